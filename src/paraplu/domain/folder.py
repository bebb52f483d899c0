"""Folders that clients put workbooks into: what was agreed about one, and when a file in it is complete.

A share tells nobody that a copy is finished, so a file counts as complete when it did not change between
two looks that lie some time apart. How far apart is told by the clock of the looks alone: the time that
stands on a file comes from the share's clock, and is only ever compared with what it was before.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath, PureWindowsPath
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

TAKEN_IN = "taken-in"
"""The folder in a watched folder where files go that were taken in, or had been before."""

_WORKBOOKS = (".xlsx", ".xlsm")
_DRAFTS = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".lock")
_NOBODYS = ("thumbs.db", "desktop.ini", "ehthumbs.db")
_PATIENCE = 30
"""How many times the time to settle a file may take to become whole before it is judged as it is."""
_LONGEST_PAUSE = 3600.0  # seconds between two tries with a file that cannot be handled
_NAME_BYTES = 180  # a file system allows 255, and an answer's name is longer
_FORBIDDEN = frozenset('\\/:*?"<>|')


class WatchedFolder(BaseModel):
    """A folder that only one client writes to, which is what proves who delivers: `submitter`, a handle.

    `path` is absolute, or below the home's ``folders``. `names` are patterns with ``*`` and ``?``, without
    regard to capitals. Answers go to `answered`, which is a folder in the watched one or a path of its
    own; files that are not accepted are moved to `refused`, a folder in the watched one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1, max_length=400)
    submitter: str = Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")
    names: tuple[str, ...] = ("*.xlsx", "*.xlsm")
    answered: str = Field(default="answered", min_length=1, max_length=400)
    refused: str = Field(default="refused", min_length=1, max_length=80)
    settle_seconds: int = Field(default=10, ge=1, le=3600)

    @field_validator("path", "answered")
    @classmethod
    def _a_plain_path(cls, value: str) -> str:
        if any(not letter.isprintable() for letter in value):
            raise ValueError("holds a character that cannot be printed: write the path of a folder")
        if ".." in parts_of(value):
            raise ValueError("must not hold '..': write where the folder is, from the top")
        return value

    @field_validator("refused")
    @classmethod
    def _a_folder_inside(cls, value: str) -> str:
        if is_absolute(value) or len(parts_of(value)) != 1 or value in (".", ".."):
            raise ValueError(
                "must be the name of a folder in the watched one, for instance refused: files are moved "
                "there in one step, which only works there"
            )
        return value

    @field_validator("answered")
    @classmethod
    def _a_folder_or_a_whole_path(cls, value: str) -> str:
        if not is_absolute(value) and len(parts_of(value)) != 1:
            raise ValueError(
                "must be the name of a folder in the watched one, for instance answered, or a whole path"
            )
        return value

    @field_validator("names")
    @classmethod
    def _patterns_of_workbooks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError('must name at least one pattern, for instance ["corrections-*.xlsx"]')
        for pattern in value:
            if (_FORBIDDEN - {"*", "?"}) & set(pattern) or not pattern.lower().endswith(_WORKBOOKS):
                raise ValueError(
                    f"'{pattern}' is no pattern for workbooks: write the name of a file that ends in .xlsx "
                    "or .xlsm, with * for any letters, for instance corrections-*.xlsx"
                )
        return value

    @model_validator(mode="after")
    def _folders_apart(self) -> Self:
        inside = [parts_of(one) for one in (self.answered, self.refused, TAKEN_IN)]
        if len({tuple(part.casefold() for part in one) for one in inside}) != len(inside):
            raise ValueError(
                f"answered and refused must be two folders, and neither may be called {TAKEN_IN}"
            )
        if parts_of(self.answered) == parts_of(self.path) or not parts_of(self.answered):
            raise ValueError("answered must be another folder than the one that is watched")
        return self

    def takes(self, name: str) -> bool:
        """Whether the agreement lets a file be called so."""
        found = _folded(name)
        return any(fnmatchcase(found, _folded(one).replace("[", "[[]")) for one in self.names)


def is_absolute(path: str) -> bool:
    """Whether a path, of whichever system, begins at the top."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def parts_of(path: str) -> tuple[str, ...]:
    """The names in a path, of whichever system; two spellings of one path have the same."""
    return PureWindowsPath(path).parts


def is_passed_over(name: str) -> bool:
    """Whether a file of this name is never meant for us: drafts, locks, and what systems leave behind."""
    lower = name.lower()
    return lower.startswith(("~$", ".")) or lower.endswith(_DRAFTS) or lower in _NOBODYS


def locks_of(name: str) -> tuple[str, ...]:
    """The names of the files by which a program says that it has `name` open.

    Excel's is ``~$name``, in which long names of old lose two letters; LibreOffice's ``.~lock.name#``.
    """
    return (f"~${name}", f"~${name[2:]}", f".~lock.{name}#")


def shown(name: str) -> str:
    """A file's name as it is kept and used for other files: composed (NFC), printable, not too long.

    The ending stays. A name in an encoding that nobody knows has `?` where it cannot be read.
    """
    readable = name.encode("utf-8", "replace").decode("utf-8", "replace")
    composed = unicodedata.normalize("NFC", readable)
    plain = "".join(
        "_" if letter in _FORBIDDEN or not letter.isprintable() else letter for letter in composed
    )
    stem, _dot, ending = plain.rpartition(".")
    if not stem or not ending or len(ending.encode()) > 10:
        stem, ending = plain, ""
    return (cut(stem, _NAME_BYTES) + (f".{ending}" if ending else "")).strip() or "_"


def cut(text: str, most: int) -> str:
    """As many letters of `text` as fit into `most` bytes of UTF-8."""
    return text.encode()[:most].decode("utf-8", "ignore")


def _folded(name: str) -> str:
    return same_name(name).casefold()


def same_name(name: str) -> str:
    """What two spellings of one name have in common: systems compose letters in different ways."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8", "replace"))


def shared_paths(folders: Mapping[str, WatchedFolder]) -> list[tuple[str, str]]:
    """Pairs of `folders`, by their keys, of which one is or lies in the other.

    Only who writes into a folder proves who delivers, so that no two may be one.
    """
    ways = sorted(
        (tuple(part.casefold() for part in parts_of(folder.path)), key)
        for key, folder in folders.items()
    )
    found: list[tuple[str, str]] = []
    top: tuple[tuple[str, ...], str] | None = None
    for way, key in ways:  # what lies in a folder follows it
        if top is not None and way[: len(top[0])] == top[0]:
            found.append((top[1], key))
        else:
            top = (way, key)
    return found


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen to lie: its bytes, the time on it (the share's, nanoseconds), and since when.

    `since` is of the clock of the looks, in seconds.
    """

    size: int
    changed: int
    since: float

    def seen_again(self, size: int, changed: int, at: float) -> Sighting:
        """What is known after another look: the same when nothing changed, else all begins anew."""
        same = (size, changed) == (self.size, self.changed)
        return self if same else Sighting(size, changed, at)

    def is_settled(self, at: float, seconds: float) -> bool:
        """Whether nothing has changed for so long."""
        return at - self.since >= seconds

    def judged_at(self, seconds: float) -> float:
        """When a file that is empty or lacks its end is judged as it is: its copy may only have stalled."""
        return self.since + _PATIENCE * seconds


class Pauses:
    """What is not to be tried before when: things that failed, by any key, and files that may still grow."""

    def __init__(self) -> None:
        self._until: dict[Hashable, tuple[float, int]] = {}

    def is_due(self, key: Hashable, at: float) -> bool:
        """Whether it may be tried now."""
        return at >= self._until.get(key, (at, 0))[0]

    def wait_until(self, key: Hashable, until: float) -> None:
        """Not before this moment."""
        self._until[key] = (until, 0)

    def put_off(self, key: Hashable, at: float, seconds: float) -> None:
        """It failed: try again after a pause that doubles each time, up to an hour."""
        tries = self._until.get(key, (at, 0))[1]
        pause = min(_LONGEST_PAUSE, seconds * 2.0 ** min(tries, 20))
        self._until[key] = (at + pause, tries + 1)

    def forget(self, key: Hashable) -> None:
        """It went well, or is another thing by now."""
        self._until.pop(key, None)
