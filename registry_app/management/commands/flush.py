"""`flush`: refused, because it would erase the audit log."""

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as Flush


class Command(Flush):
    """Django's command of this name deletes every row of the database."""

    def handle(self, **options):
        raise CommandError("flush would erase the audit log; it is refused.")
