"""`flush`, with the triggers lifted: for the test runner, and refused to everybody else."""

from pathlib import Path

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as Flush
from django.db import connections, transaction

from ...database import triggers


class Command(Flush):
    """Django's flush, in test databases alone: elsewhere it would erase the audit log."""

    def handle(self, **options):
        using = options["database"]
        if not Path(connections[using].settings_dict["NAME"]).name.startswith("test_"):
            raise CommandError("flush would erase the audit log; it is refused outside tests.")
        with transaction.atomic(using=using):
            triggers.drop(using)
        super().handle(**options)  # its post_migrate signal puts triggers and chain head back
        triggers.install(using)
