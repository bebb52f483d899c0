"""A copy in a file on another disk or share: notes are appended to it, and nothing is ever taken away."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from paraplu.assurance.keeping.kept import Contradicted, Unkept
from paraplu.audit import notefile

_MODE = 0o644  # whoever checks may read it; nothing in it is secret


@dataclass(frozen=True, slots=True)
class FileCopy:
    """The file of the copy `name`. It lies at the same path on every machine of an installation."""

    name: str
    path: Path

    @property
    def where(self) -> str:
        """The copy, in a sentence."""
        return f"The copy '{self.name}' ({self.path})"

    def read(self, extent: int = 0) -> notefile.Read:
        """The notes in the file, after the first `extent` bytes.

        Raises `Unkept` when it cannot be read, `Contradicted` when it is shorter than `extent`.
        """
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < extent:
                    raise Contradicted(
                        f"{self.where} is shorter than it was: it had {extent} bytes and has {size}. "
                        "Somebody cut it, or put an old one in its place. Run: paraplu audit verify"
                    )
                file.seek(extent)
                return notefile.read(file.read())
        except FileNotFoundError:
            if extent:
                raise Unkept(f"{self.where} is gone, or its disk is not there.", "gone") from None
            return notefile.Read((), 0)
        except OSError as error:
            raise Unkept(f"{self.where} cannot be read: {error.strerror}.", "unreadable") from None

    def length(self) -> int:
        """How many bytes the file has."""
        return self.path.stat().st_size

    def append(self, note: bytes) -> int:
        """Add a note durably; gives the length of the file then. Raises `Unkept` when it cannot be."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - 2))
                record = notefile.record(note, file.read(2))
                written = file.write(record)
                os.fsync(descriptor)
                if written != len(record):
                    raise OSError(None, "the disk is full")
                return file.seek(0, os.SEEK_END)
        except OSError as error:
            raise Unkept(
                f"{self.where} cannot be written: {error.strerror}. Is its disk there, may this user write "
                "to it?",
                "unwritable",
            ) from None
