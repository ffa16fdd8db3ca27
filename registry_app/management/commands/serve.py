"""`serve`: the site as people use it, on settings.HOST and settings.PORT."""

import socket
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

from ...models import Organization, setup_token
from ..database import close_reopened, mend_ledger, prepare

THREADS = 4  # in each worker


class Command(BaseCommand):
    """Prepares the database, checks that its guards are in place, and serves until it is told to stop."""

    help = "Serve the site (HOST, PORT and REGISTRY_WORKERS from the environment)."
    requires_system_checks = []  # asked in handle, once there are tables

    def handle(self, **options):
        if not settings.DEBUG and not Path(settings.STATIC_ROOT, "staticfiles.json").exists():
            raise CommandError("The static files are not collected: start with `make run`, or run collectstatic first.")
        with _listen(settings.HOST, settings.PORT) as listener:
            prepare(self)
            mend_ledger(self)
            close_reopened(self)
            self.check(databases=["default"], fail_level=checks.WARNING)
            lines = [f"{settings.PRODUCT} is at {settings.PUBLIC_URL} (Ctrl-C stops it)."]
            if not Organization.objects.exists():
                lines.insert(
                    0, f"To found your organization (works once): {settings.PUBLIC_URL}/setup/{setup_token()}/"
                )
            connections.close_all()  # a connection must not be shared with the workers that are forked off
            Server(listener, ready=lambda: self.tell(lines)).run()

    def tell(self, lines):
        """Print `lines` at once, also into a pipe."""
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


class Server(BaseApplication):
    """gunicorn, in this process, on a socket that listens already; calls `ready` once it takes requests."""

    def __init__(self, listener, ready):
        self.address, self.ready = f"fd://{listener.detach()}", ready
        super().__init__()

    def load_config(self):
        for name, value in {
            "bind": self.address,
            "worker_class": "gthread",
            "workers": settings.WORKERS,
            "threads": THREADS,
            "preload_app": True,
            "control_socket_disable": True,
            "loglevel": "warning",
            "when_ready": lambda arbiter: self.ready(),
        }.items():
            self.cfg.set(name, value)

    def load(self):
        return get_internal_wsgi_application()


def _listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = str(error.strerror).split(" (")[0]
        raise CommandError(f"Can't listen on {host}, port {port}: {why}. HOST and PORT choose another.") from error
