"""Digests of files and folders: what is shown while they are made, what is noted, and that memory stays flat."""

import json
import tracemalloc
from io import StringIO

import pytest
from django.core.management.base import CommandError

from registry_app.importers import digests


def test_memory_stays_flat(tmp_path, notes):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    tracemalloc.start()
    hashed = digests.hash_path(str(path), Stream())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert hashed.size == 200 * 1024 * 1024 and peak < 8 * 1024 * 1024


class Stream(StringIO):
    """A stream that is a terminal or none, and writes as a command's does."""

    def __init__(self, terminal=False):
        super().__init__()
        self.isatty = lambda: terminal

    def write(self, text, style_func=str, ending=""):
        """As Django's OutputWrapper."""
        return super().write(text + ending)


def test_a_terminal_shows_a_bar_and_anything_else_one_line(folder, notes):
    terminal, file = Stream(terminal=True), Stream()
    for stream in (terminal, file):
        digests.hash_path(str(folder), stream)
        digests.clear(str(folder))
    assert "\r[" in terminal.getvalue() and "100 %" in terminal.getvalue()
    assert file.getvalue() == "Hashed: 3 files, 3,000,002 bytes.\n"


def test_the_notes_are_of_one_path_alone(folder, tmp_path, notes):
    digests.hash_path(str(folder), Stream())
    (line, *_) = [line for line in next(notes.iterdir()).read_text().splitlines() if line]
    assert len(json.loads(line)) == 4
    with pytest.raises(CommandError):
        digests.hash_path(str(tmp_path / "nothing"), Stream())
