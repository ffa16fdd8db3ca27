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


def hash_path(path: str, stream: OutputWrapper) -> Hashed:
    """The Hashed of a file (the SHA-256 of its bytes) or folder (that of its sorted lines “hex  relative/path”).

    Progress goes to `stream`. CommandError if the path is missing, unreadable or no file, or if a file changes while it
    is read. Symbolic links are left out, and counted on `stream`. Call `clear` once the digest is in use.
    """
    files, links = _find(path)
    if not files:
        raise CommandError(f"{path} holds no file.")
    progress, cache = Progress(stream, sum(file.size for file in files)), DigestCache(path)
    lines = [(_digest(file, cache, progress), file) for file in files]
    size = sum(file.size for file in files)
    left_out = f" Left out because they are symbolic links: {links}." if links else ""
    progress.end(f"Hashed: {len(files):,} files, {size:,} bytes.{left_out}")
    if files[0].path == path:
        return Hashed(f"sha256:{lines[0][0]}", size, 1)
    listed = sorted(f"{digest}  ".encode() + os.fsencode(file.name) + b"\n" for digest, file in lines)
    return Hashed(f"sha256:{hashlib.sha256(b''.join(listed)).hexdigest()}", size, len(files))


def _digest(file: File, cache: DigestCache, progress: Progress) -> str:
    if known := cache.known.get(file[1:]):
        progress.step(file.size)
        return known
    return cache.add(file, _hash(file, progress))


def clear(path: str) -> None:
    """Delete the cached digests of `path`."""
    DigestCache(path).file.unlink(missing_ok=True)


def _find(path: str) -> tuple[list[File], int]:
    """(the Files at `path`, the number of symbolic links), which aren't followed."""
    with _readable(path):
        mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise CommandError(f"{path} is a symbolic link, which isn't followed. Name what it leads to.")
    if not stat.S_ISDIR(mode):
        return [_file(path, path)], 0
    files, links, folders = [], 0, [path]
    for folder in folders:
        with _readable(folder), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink():
                    links += 1
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    files.append(_file(path, entry.path))
    return files, links


def _file(start: str, path: str) -> File:
    with _readable(path):
        found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise CommandError(f"{path} is neither a file nor a folder.")
    name = Path(path).relative_to(start).as_posix()
    if "\n" in name:
        raise CommandError(f"{path!r} has a line break in its name, which a folder's digest can't tell apart.")
    return File(path, name, found.st_size, found.st_mtime_ns)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """The block reads `path`; an OSError in it becomes a CommandError."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from error


def _hash(file: File, progress: Progress) -> str:
    """The SHA-256 of the file's bytes, in hex."""
    digest, size = hashlib.sha256(), 0
    with _readable(file.path):
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb", buffering=0) as opened:
            while block := opened.read(BLOCK):
                digest.update(block)
                size += len(block)
                progress.step(len(block))
            after = os.fstat(opened.fileno())
    if (size, after.st_size, after.st_mtime_ns) != (file.size, file.size, file.mtime):
        raise CommandError(f"{file.path} changed while it was read. Run it again when nobody writes to it.")
    return digest.hexdigest()
