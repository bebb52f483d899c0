"""The file side of one watched folder: what lies in it, a private copy of a file, and files put and moved.

Works on what network shares can do: listing, reading, renaming within a folder. Links are never followed,
a name is never written over unless it is ours, and everything may fail with an `OSError` at any moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from paraplu.domain.folder import TAKEN_IN, is_absolute, locks_of

_CHUNK = 1024 * 1024
_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that somebody put there must not hold us
    | getattr(os, "O_BINARY", 0)
)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Away(Exception):
    """The folder cannot be used now; `code` says how, in words for the operational log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Changed(Exception):
    """The file is not the one that was seen: it changed, went away or became something else."""


class InUse(Exception):
    """A program has the file open."""


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies in the folder: ordinary files by name with size and time (ns); links and the like apart."""

    files: dict[str, tuple[int, int]]
    others: frozenset[str]

    def is_open(self, name: str) -> bool:
        """Whether a program says that it has this file open."""
        return any(lock in self.files or lock in self.others for lock in locks_of(name))


class Share:
    """The folder `inbox` with the two folders in it, and the out-folder `answered`."""

    def __init__(self, inbox: Path, answered: str, refused: str) -> None:
        self.inbox = inbox
        self.taken_in = inbox / TAKEN_IN
        self.refused = inbox / refused
        self.answered = Path(answered) if is_absolute(answered) else inbox / answered
        self._own = [self.taken_in, self.refused]
        if not is_absolute(answered):
            self._own.append(self.answered)

    def open(self, *, known: bool) -> Lying:
        """What lies in it. Raises `Away` when the folder cannot be used.

        Its own folders are made when it was never used before. In one that is `known` they are missing
        only when the share is not mounted: an empty folder in its place must not be taken for it.
        """
        try:
            for folder in self._own:
                self._require(folder, known)
            return self._listing()
        except FileNotFoundError:
            raise Away("folder-missing") from None
        except PermissionError:
            raise Away("folder-not-allowed") from None
        except OSError:
            raise Away("folder-does-not-answer") from None

    def require_out(self) -> None:
        """Raise `Away` unless the out-folder is there."""
        try:
            real = stat.S_ISDIR(self.answered.lstat().st_mode)
        except OSError:
            raise Away("out-folder-missing") from None
        if not real:
            raise Away("out-folder-is-no-folder")

    def _require(self, folder: Path, known: bool) -> None:
        try:
            mode = folder.lstat().st_mode
        except FileNotFoundError:
            if not self.inbox.is_dir():
                raise
            if known:
                raise Away("folder-not-mounted") from None
            folder.mkdir(exist_ok=True)
            return
        if not stat.S_ISDIR(mode):  # not through a link either: a client could point it anywhere
            raise Away("folder-in-it-is-no-folder")

    def _listing(self) -> Lying:
        files: dict[str, tuple[int, int]] = {}
        others: set[str] = set()
        with os.scandir(self.inbox) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:  # went away between the two, or is not for us
                    continue
                if stat.S_ISREG(found.st_mode):
                    files[entry.name] = (found.st_size, found.st_mtime_ns)
                else:
                    others.add(entry.name)
        return Lying(files, frozenset(others))

    def copy(self, name: str, seen: tuple[int, int], into: Path) -> str:
        """Copy a file that was seen with this size and time, read once. Gives the SHA-256 of the copy.

        Raises `Changed` when it is not that file any more, or did not stay so while it was read.
        """
        path = self.inbox / name
        digest = hashlib.sha256()
        with _opened(path, seen) as file, into.open("xb") as private:
            size = 0
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > seen[0]:
                    raise Changed
                digest.update(chunk)
                private.write(chunk)
            if size != seen[0] or _of(os.fstat(file.fileno())) != seen or _at(path) != seen:
                raise Changed
        return digest.hexdigest()

    @staticmethod
    def sha256(path: Path) -> str:
        """The SHA-256 of a file that lies in a share. Raises `Changed` when it is no ordinary file."""
        seen = _at(path)
        if seen is None:
            raise Changed
        with _opened(path, seen) as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            return digest.hexdigest()

    def move(self, name: str, to: Path) -> None:
        """Move a file of the in-folder to `to`, where nothing of that name may lie."""
        (self.inbox / name).rename(to)

    def put_back(self, path: Path, name: str) -> None:
        """Move a file back into the in-folder, under another name when somebody uses that one by now."""
        stem, dot, ending = name.rpartition(".")
        if not dot:
            stem, ending = name, ""
        for number in range(1, 1000):
            free = self.inbox / (name if number == 1 else f"{stem} ({number}){dot}{ending}")
            if not os.path.lexists(free):
                path.rename(free)
                return
        raise FileExistsError

    def put(self, name: str, draft: str, data: bytes) -> None:
        """Put a file into the out-folder, in place of one of that name, in one step and durably.

        `draft` is the name of ours that it has until then. Raises `InUse` when a program has the old one
        open.
        """
        path, beside = self.answered / name, self.answered / draft
        if any(os.path.lexists(self.answered / lock) for lock in locks_of(name)):
            raise InUse
        beside.unlink(missing_ok=True)  # of an earlier try that was cut short
        try:
            with os.fdopen(os.open(beside, _NEW, 0o666), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _settle(self.answered)


def seen_at(path: Path) -> tuple[int, int] | None:
    """Size and time of an ordinary file, None when there is none."""
    return _at(path)


def _opened(path: Path, seen: tuple[int, int]) -> IO[bytes]:
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise Changed from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or _of(found) != seen:
        os.close(descriptor)
        raise Changed
    return os.fdopen(descriptor, "rb")


def _at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return _of(found) if stat.S_ISREG(found.st_mode) else None


def _of(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _settle(folder: Path) -> None:
    """Make a new name durable, where a folder can be flushed."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
