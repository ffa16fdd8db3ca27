"""Digests of files and folders. Each file's digest is cached until the whole is in use, so that a retry reads less."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

BLOCK = 1024 * 1024  # bytes read at a time
BAR = 30  # characters of the progress bar


class File(NamedTuple):
    """A file to hash: its path, its name relative to the folder, and its size and time when it was found."""

    path: str
    name: str
    size: int
    mtime: int


class Hashed(NamedTuple):
    """The digest of a path, its size in bytes, and its number of files."""

    digest: str
    size: int
    file_count: int


class DigestCache:
    """The digests of files below one path that are known already: a JSON line each, in a file of the data folder."""

    def __init__(self, path: str) -> None:
        key = hashlib.sha256(os.fsencode(path)).hexdigest()
        self.file = Path(settings.HASHES) / f"{key[:32]}.jsonl"
        self.known = dict(self._read())

    def _read(self) -> Iterator[tuple[tuple[str, int, int], str]]:
        """((name, size, mtime), digest) of each complete line; a write may have been interrupted."""
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            try:
                name, size, mtime, digest = json.loads(line)
            except ValueError:
                continue
            yield (name, size, mtime), digest

    def add(self, file: File, digest: str) -> str:
        """Store the digest, and return it."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(f"\n{json.dumps([*file[1:], digest])}")
        return digest


class Progress:
    """Prints how much of `total` bytes is read: a bar on a terminal, elsewhere one line at the end."""

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        self.stream, self.total, self.done, self.shown = stream, total, 0, -1

    def step(self, size: int) -> None:
        """`size` more bytes are read."""
        self.done += size
        percent = 100 * self.done // max(1, self.total)
        if self.stream.isatty() and percent != self.shown:
            self.shown = percent
            bar = "#" * (BAR * percent // 100)
            self._write(f"\r[{bar:<{BAR}}] {percent} %", "")

    def end(self, text: str) -> None:
        """Everything is read: print `text`."""
        self._write(f"\r\033[K{text}" if self.shown >= 0 else text, "\n")

    def _write(self, text: str, ending: str) -> None:
        self.stream.write(text, style_func=str, ending=ending)
        self.stream.flush()


def hash_path(path: str, stream: OutputWrapper, *, follow: bool = False) -> Hashed:
    """The Hashed of a file (the SHA-256 of its bytes) or folder (that of its sorted lines “hex  relative/path”).

    Progress goes to `stream`. CommandError if the path is missing, unreadable or no file, or if something changes while
    it is read. Symbolic links are left out, and counted on `stream`; or it is read what they lead to, if `follow`.
    Call `clear` once the digest is in use.
    """
    files, links = _find(path, follow)
    if not files:
        _refuse_empty(path, links)
    progress, cache = Progress(stream, sum(file.size for file in files)), DigestCache(path)
    lines = [(_digest(file, cache, progress), file) for file in files]
    if changed := set(files) ^ set(_find(path, follow)[0]):
        raise _changed(min(changed).path)
    size = sum(file.size for file in files)
    left_out = f" Left out because they are symbolic links: {links}." if links else ""
    progress.end(f"Hashed: {len(files):,} files, {size:,} bytes.{left_out}")
    if files[0].path == path:
        return Hashed(f"sha256:{lines[0][0]}", size, 1)
    listed = sorted(f"{digest}  ".encode() + os.fsencode(file.name) for digest, file in lines)
    whole = hashlib.sha256(b"".join(line + b"\n" for line in listed))
    return Hashed(f"sha256:{whole.hexdigest()}", size, len(files))


def _refuse_empty(path, links):
    if not links:
        raise CommandError(f"{_shown(path)} holds no file.")
    what = "1 symbolic link" if links == 1 else f"{links:,} symbolic links"
    raise CommandError(f"{_shown(path)} holds {what}, nothing else. With --follow-links, what they lead to is read.")


def _digest(file: File, cache: DigestCache, progress: Progress) -> str:
    if known := cache.known.get(file[1:]):
        progress.step(file.size)
        return known
    return cache.add(file, _hash(file, progress))


def clear(path: str) -> None:
    """Delete the cached digests of `path`."""
    DigestCache(path).file.unlink(missing_ok=True)


def _find(path: str, follow: bool) -> tuple[list[File], int]:
    """(the Files at `path`, the number of symbolic links that are left out). A loop of links is a CommandError."""
    mode = _stat(path, follow).st_mode
    if stat.S_ISLNK(mode):
        hint = "Name what it leads to, or add --follow-links."
        raise CommandError(f"{_shown(path)} is a symbolic link, which isn't followed. {hint}")
    if not stat.S_ISDIR(mode):
        return [_file(path, path, _stat(path, follow))], 0
    files, links, folders = [], 0, [(path, frozenset[tuple[int, int]]())]
    for folder, above in folders:
        found = _stat(folder, follow)
        if (here := (found.st_dev, found.st_ino)) in above:
            raise CommandError(f"{_shown(folder)} is a symbolic link to a folder that it is in, so it never ends.")
        with _readable(folder), os.scandir(folder) as entries:
            for entry in entries:
                found = _stat(entry.path, follow)
                if stat.S_ISLNK(found.st_mode):
                    links += 1
                elif stat.S_ISDIR(found.st_mode):
                    folders.append((entry.path, above | {here}))
                else:
                    files.append(_file(path, entry.path, found))
    return files, links


def _stat(path: str, follow: bool) -> os.stat_result:
    """What is at `path`, or where a symbolic link there leads to, if `follow`."""
    with _readable(path):
        try:
            return Path(path).stat(follow_symlinks=follow)
        except FileNotFoundError:
            if follow and Path(path).is_symlink():
                where = _shown(os.fspath(Path(path).readlink()))
                raise CommandError(f"{_shown(path)} is a symbolic link to {where}, where nothing is.") from None
            raise


KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def _file(start: str, path: str, found: os.stat_result) -> File:
    if not stat.S_ISREG(found.st_mode):
        what = KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise CommandError(f"{_shown(path)} is {what}, neither a file nor a folder.")
    name = Path(path).relative_to(start).as_posix()
    if "\n" in name:
        raise CommandError(f"{path!r} has a line break in its name, which a folder's digest can't tell apart.")
    return File(path, name, found.st_size, found.st_mtime_ns)


def _shown(path: str) -> str:
    """`path` for a message: quoted, with its odd bytes escaped, if it has any."""
    return path if path.isprintable() else ascii(path)


def _changed(path: str) -> CommandError:
    return CommandError(f"{_shown(path)} changed while it was read. Run it again when nobody writes to it.")


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """The block reads `path`; an OSError in it becomes a CommandError."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{_shown(path)} can't be read: {error.strerror}.") from error


def _hash(file: File, progress: Progress) -> str:
    """The SHA-256 of the file's bytes, in hex."""
    digest, size = hashlib.sha256(), 0
    with _readable(file.path):
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that took its place holds up nobody
        with os.fdopen(descriptor, "rb", buffering=0) as opened:
            while block := opened.read(BLOCK):
                digest.update(block)
                size += len(block)
                progress.step(len(block))
            after = os.fstat(opened.fileno())
    if (size, after.st_size, after.st_mtime_ns) != (file.size, file.size, file.mtime):
        raise _changed(file.path)
    return digest.hexdigest()
