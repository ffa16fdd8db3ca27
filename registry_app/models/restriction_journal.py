"""The journal of restrictions beside the database: an old backup that is restored can't open a restricted registry.

Rule 9 holds in a database, but a backup older than a restriction knows nothing of it, and nothing in it can. So each
restriction is noted in a file of the data folder, one JSON object a line, in two steps:

1. Within the transaction, before commit: a line that names the entry of the log. What can't be noted isn't restricted.
2. After commit, before anybody is told that it is done: the line once more, without the entry. Now it is sure.

A line that isn't sure is left by a crash or a rollback. Whether it counts, the log tells (`_happened`), and each start
settles it. All lines are on the disk (fsync) before anything else is done.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import transaction

from .. import rules
from .event import GENESIS, AuditEvent, canonical_json
from .validation import raise_refusal

if TYPE_CHECKING:
    from .registry import Registry

IDS = range(1, 2**63)  # what a database takes
ENTRY = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Line(NamedTuple):
    """That a registry was restricted. `born`, the moment of its creation (ISO), tells another database's ids apart.

    Not sure where `entry` names the entry of the log (SEQ:HASH) that says so; `before` is then the hash of the entry
    that it follows.
    """

    registry: int
    born: str
    name: str
    entry: str = ""
    before: str = ""

    @property
    def of(self) -> tuple[int, str]:
        """Which registry it speaks of."""
        return self.registry, self.born

    @property
    def sure(self) -> "Line":
        """The same, of a restriction that is committed."""
        return Line(self.registry, self.born, self.name)

    def text(self) -> bytes:
        """As it stands in the file."""
        facts = {field: value for field, value in self._asdict().items() if value != "" or field == "name"}
        return f"{canonical_json(facts)}\n".encode()


class Journal(NamedTuple):
    """What the file says: whether it `exists`, its lines, and by number what stands in it that is no line."""

    exists: bool
    lines: list[Line]
    unreadable: dict[int, bytes]

    def restricted(self) -> dict[tuple[int, str], Line]:
        """{which registry: a sure line} of all that were restricted, as far as the file and the log know."""
        found = {line.of: line for line in self.lines if not line.entry}
        found |= {line.of: line.sure for line in self.lines if line.of not in found and _happened(line)}
        return found


def read() -> Journal:
    """The journal as it is now. OSError where the file is there and can't be read."""
    try:
        return _parse(_path().read_bytes())
    except FileNotFoundError:
        return Journal(False, [], {})


def note(registry: "Registry", event: AuditEvent) -> None:
    """Note a restriction, in the transaction whose last entry, `event`, says so.

    Refuses with `restriction_not_noted` where the file can't be written. Should that happen to the second step only,
    OSError is raised after commit: nobody is told that all went well.
    """
    born, entry = registry.created_at.isoformat(), f"{event.seq}:{event.hash}"
    line = Line(registry.pk, born, registry.name, entry, event.prev_hash)
    try:
        _append(line)
    except OSError:
        raise_refusal(rules.RESTRICTION_NOT_NOTED)
    transaction.on_commit(lambda: _append(line.sure))


def begin() -> None:
    """Let there be a file. OSError where there can't."""
    with _held():
        pass


def settle(seen: Journal, lines: Iterable[Line]) -> None:
    """Write the file anew, with these sure `lines` in place of what was `seen` in it, and with what came since.

    What is unreadable is kept in a file beside it. OSError where that can't be done; then the file is as it was.
    """
    path = _path()
    draft, aside = (path.with_name(f"{path.name}.{name}") for name in ("new", "unreadable"))
    with _held() as descriptor:
        now = _parse(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
        if now.unreadable:
            _write_file(aside, os.O_APPEND, b"".join(text + b"\n" for text in now.unreadable.values()))
        kept = [*lines, *(line for line in now.lines if line not in seen.lines)]
        _write_file(draft, os.O_TRUNC, b"".join(line.text() for line in kept))
        draft.replace(path)
        _sync(path.parent)


def _happened(line: Line) -> bool:
    """Whether a line that isn't sure says what was done.

    It was, if the log has its entry; it wasn't, if the log goes on, or ends, with the entry before it. A log that
    doesn't reach so far is an old backup's and knows nothing: then it counts, for a registry stays closed on doubt.
    """
    seq, seal = line.entry.split(":")
    number = int(seq)
    seals = dict(AuditEvent.objects.filter(seq__in=[number - 1, number]).values_list("seq", "hash"))
    seals[0] = GENESIS
    return seals.get(number) == seal or seals.get(number - 1) != line.before


# The file.


def _path() -> Path:
    """Where it is; it may be a link to a file that several machines share."""
    return Path(settings.RESTRICTION_JOURNAL).resolve()


def _parse(contents: bytes) -> Journal:
    lines, unreadable = [], {}
    for number, text in enumerate(contents.split(b"\n"), 1):
        if line := _line(text):
            lines.append(line)
        elif text.strip():
            unreadable[number] = text
    return Journal(True, lines, unreadable)


def _line(text: bytes) -> Line | None:
    """The Line that `text` is, or None. Fields that this version doesn't know are passed over."""
    try:
        facts = json.loads(text)
        line = Line(**{field: facts[field] for field in Line._fields if field in facts})
    except (ValueError, TypeError, RecursionError):
        return None
    known = type(line.registry) is int and line.registry in IDS and all(isinstance(field, str) for field in line[1:])
    return line if known and (not line.entry or ENTRY.fullmatch(line.entry)) else None


@contextmanager
def _held() -> Iterator[int]:
    """The file, opened to read and append, made where there is none; until the block ends no other process holds it."""
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):  # else `settle` replaced it
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _append(line: Line) -> None:
    """Add a line, never to a torn one, and wholly or not at all."""
    with _held() as descriptor:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
        try:
            _write(descriptor, b"\n" * torn + line.text())
        except OSError:
            os.ftruncate(descriptor, end)
            raise
        if end == 0:
            _sync(_path().parent)


def _write(descriptor: int, contents: bytes) -> None:
    while contents:
        contents = contents[os.write(descriptor, contents) :]
    os.fsync(descriptor)


def _write_file(path: Path, flag: int, contents: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    try:
        _write(descriptor, contents)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """Let what a folder holds be on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
