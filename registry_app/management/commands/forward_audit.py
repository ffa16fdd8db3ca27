"""`forward_audit`: send the audit log to where REGISTRY_AUDIT_FORWARD says, as it is written."""

import signal
from threading import Event

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...operations.forwarding import Forwarder


class Command(BaseCommand):
    """Forwards until it is told to stop, or, with --once, what there is by now; exits with 1 if that fails."""

    help = "Forward the audit log to REGISTRY_AUDIT_FORWARD."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="send what there is, and end; for cron")

    def handle(self, **options):
        if not settings.AUDIT_FORWARD:
            raise CommandError("REGISTRY_AUDIT_FORWARD says where to, and isn't set.")
        stop = Event()
        forwarder = Forwarder(settings.AUDIT_FORWARD, stop)
        if options["once"]:
            self._once(forwarder)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        forwarder.run()

    def _once(self, forwarder):
        try:
            number = forwarder.run_once()
        except OSError as error:
            raise CommandError(f"{forwarder.target} doesn't take the audit log: {error}") from error
        if number is None:
            self.stdout.write("Another process forwards the audit log.")
        else:
            self.stdout.write(f"{number:,} entries are forwarded.")
