"""`verify_audit`: whether the audit log is whole, and what the rules rest on is in place."""

import argparse
import re

from django.core.management.base import BaseCommand, CommandError

from ...audit.chain import verify
from ...audit.reconcile import find_drift
from ...database import triggers
from ...models import AuditEvent, Registry, restriction_journal
from ...models.event import GENESIS
from ...operations.doctor import core_faults
from ...operations.prepare import journal_errors, journal_faults, one_snapshot, pending


def anchor(text):
    """A `SEQ:HASH` of the command line, as a pair."""
    if not (parts := re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)):
        raise argparse.ArgumentTypeError("an anchor is SEQ:HASH, as this command prints it")
    return int(parts[1]), parts[2]


class Command(BaseCommand):
    """Reads the whole log; the exit code is 1 where anything is wrong."""

    help = "Verify the audit log, the database triggers and the core registries."

    def add_arguments(self, parser):
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            type=anchor,
            metavar="SEQ:HASH",
            help="an end of the log that was noted earlier, outside the database; may be repeated",
        )

    def handle(self, **options):
        if pending():
            raise CommandError("The database is not prepared for this version: run `manage.py migrate` first.")
        with one_snapshot():
            number, faults = verify(options["anchor"])
            faults += [
                f"The trigger {name} is missing: `manage.py migrate` puts it back." for name in triggers.missing()
            ]
            faults += core_faults()
            if not faults:
                faults += find_drift()
        with journal_errors():
            faults += journal_faults(Registry.objects.unnoted(), restriction_journal.read())
            faults += [
                f"{again} was restricted after this backup was taken."
                for again in Registry.objects.restricted_before_restore()
            ]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"Entries: {number}. Faults: {len(faults)}.")
        seal = AuditEvent.objects.filter(seq=number).values_list("hash", flat=True).first() or GENESIS
        self.stdout.write(f"Entries: {number}\nAnchor: {number}:{seal}\nEverything is in order.")
