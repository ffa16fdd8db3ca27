"""`python -m tests.prepare_worker CASES`: prepares one database from several processes at once; the cases are JSON.

A case is [how many processes, an app whose migrations are taken back before or "", after how many migrations the first
that migrates is killed or null]. Printed of each, as JSON: [[exit code, printed lines] of each process, what the
database lacks then].
"""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
from itertools import count
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.core.management import call_command  # noqa: E402 (models are there now)
from django.core.management.base import BaseCommand  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from registry_app.database import triggers  # noqa: E402
from registry_app.operations.prepare import pending, prepare  # noqa: E402

forks = multiprocessing.get_context("fork")  # the apps are loaded once


def kill_after(number: int, died: Path) -> None:
    """Let this process kill itself before its next migration after `number`, unless another one `died` so."""
    apply, numbers = MigrationExecutor.apply_migration, count()

    def apply_or_die(*args, **kwargs):
        if next(numbers) == number and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return apply(*args, **kwargs)

    MigrationExecutor.apply_migration = apply_or_die


def start(together, output: Path, number: int | None) -> None:
    """What one process does, at the same moment as the others."""
    if number is not None:
        kill_after(number, output.with_name("died"))
    together.wait()
    with output.open("w") as printed:
        prepare(BaseCommand(stdout=printed))


def run(processes: int, undone: str, number: int | None) -> list:
    """The results of a case."""
    if undone:
        call_command("migrate", undone, "zero", verbosity=0)
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder, str(each)) for each in range(processes)]
        together = forks.Barrier(processes)
        started = [forks.Process(target=start, args=(together, output, number)) for output in outputs]
        for process in started:
            process.start()
        for process in started:
            process.join()
        told = [[one.exitcode, output.read_text().splitlines()] for one, output in zip(started, outputs, strict=True)]
    return [told, pending() + [[name] for name in triggers.missing()]]


print(json.dumps([run(*case) for case in json.loads(sys.argv[1])]))
