"""How tests run a command as the shell does."""

from typing import NamedTuple

import pytest
from django.core.management import execute_from_command_line
from django.db import connections


class Run(NamedTuple):
    """What a command answered to the shell."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs `manage.py` with these words, and keeps the connections that a command closes in the end."""
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(*words):
        status = 0
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as stop:
            status = stop.code
        return Run(status, *capsys.readouterr())

    return run
