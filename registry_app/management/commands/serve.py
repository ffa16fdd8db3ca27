"""`serve`: the site as people use it, on settings.HOST and settings.PORT."""

import socket
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.urls import reverse

from ...models import Organization, setup_token
from ...operations.prepare import mend_journal, prepare, restore_restrictions
from ..server import Server, limit_statements


class Command(BaseCommand):
    """Prepares the database, checks that its triggers are in place, and serves until it is told to stop."""

    help = "Serve the site (HOST, PORT and REGISTRY_WORKERS from the environment)."
    requires_system_checks = []  # asked in handle, once there are tables

    def handle(self, **options):
        if not settings.DEBUG and not Path(settings.STATIC_ROOT, "staticfiles.json").exists():
            raise CommandError("The static files are not collected: start with `make run`, or run collectstatic first.")
        with _listen(settings.HOST, settings.PORT) as listener:
            prepare(self)
            mend_journal(self)
            restore_restrictions(self)
            self.check(databases=["default"], fail_level=checks.WARNING)
            home, setup = reverse("organizations:home"), reverse("organizations:setup", args=[setup_token()])
            lines = [f"{settings.PRODUCT} is at {settings.PUBLIC_URL}{home.rstrip('/')} (Ctrl-C stops it)."]
            if not Organization.objects.exists():
                lines.insert(0, f"To create your organization (works once): {settings.PUBLIC_URL}{setup}")
            limit_statements(connections[DEFAULT_DB_ALIAS])
            connections.close_all()  # a connection must not be shared with the workers that are forked off
            Server(listener, ready=lambda: self.tell(lines)).run()

    def tell(self, lines):
        """Print `lines` at once, also into a pipe."""
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = str(error.strerror).split(" (")[0]
        raise CommandError(f"Can't listen on {host}, port {port}: {why}. HOST and PORT choose another.") from error
