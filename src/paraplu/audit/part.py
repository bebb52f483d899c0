"""The parts an entry is composed of. Each takes terms, counts and digests only, never clear values.

They check themselves when made, so an entry that was composed holds nothing else. Errors name the
part and the field, never the value (`NotRecordable`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from paraplu.audit import term
from paraplu.audit.canonical import MAX_INTEGER
from paraplu.audit.errors import NotRecordable

MAX_TIME_MS = 253_402_300_799_999  # the last millisecond of the year 9999


class UserType(IntEnum):
    """OCSF `user.type_id`: who acts."""

    USER = 1
    ADMIN = 2
    SYSTEM = 3
    SERVICE = 4


@dataclass(frozen=True, slots=True)
class Product:
    """The program that writes the entry, and its version."""

    name: str
    version: str

    def __post_init__(self) -> None:
        term.word(self.name, "product.name")
        term.detail(self.version, "product.version")

    def document(self) -> dict[str, Any]:
        """Give the OCSF object `product`."""
        return {"name": self.name, "version": self.version}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or service account by its random uid, through which app, in which run.

    `app_name` is the bot or part of Paraplu, `app_uid` the same with its version
    (`payroll-correction@1.4.2`), `run` the uid of the run.
    """

    uid: str
    type: UserType = UserType.USER
    app_name: str | None = None
    app_uid: str | None = None
    run: str | None = None

    def __post_init__(self) -> None:
        term.word(self.uid, "actor.user.uid")
        for value, where in (
            (self.app_name, "actor.app_name"),
            (self.app_uid, "actor.app_uid"),
            (self.run, "actor.process.uid"),
        ):
            if value is not None:
                term.word(value, where)

    def document(self) -> dict[str, Any]:
        """Give the OCSF object `actor`."""
        found: dict[str, Any] = {"user": self.user()}
        if self.app_name is not None:
            found["app_name"] = self.app_name
        if self.app_uid is not None:
            found["app_uid"] = self.app_uid
        if self.run is not None:
            found["process"] = {"uid": self.run}
        return found

    def user(self) -> dict[str, Any]:
        """Give the OCSF object `user`."""
        kind = UserType(self.type)
        return {"uid": self.uid, "type": kind.name.capitalize(), "type_id": kind.value}


@dataclass(frozen=True, slots=True)
class State:
    """What a thing was (before) or became (after): its type, and digests of its values.

    `type` is a code such as `employee.salary`, `digests` come from `Disclosure.digest`, `uid` is an
    opaque uid if the thing has one here.
    """

    type: str
    digests: tuple[str, ...] = ()
    uid: str | None = None

    def __post_init__(self) -> None:
        term.word(self.type, "entity.type")
        object.__setattr__(self, "digests", sorted_digests(self.digests, "entity._sd"))
        if self.uid is not None:
            term.word(self.uid, "entity.uid")

    def document(self) -> dict[str, Any]:
        """Give the OCSF object `managed_entity`, with `_sd` (RFC 9901) for the values."""
        found: dict[str, Any] = {"type": self.type}
        if self.digests:
            found["_sd"] = list(self.digests)
        if self.uid is not None:
            found["uid"] = self.uid
        return found


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's word on a plan: who, under which mandate, yes or no, when (ms, UTC)."""

    person: str
    mandate: str
    decision: Literal["approved", "declined"]
    time_ms: int

    def __post_init__(self) -> None:
        term.word(self.person, "rpa.approved_by.user.uid")
        term.word(self.mandate, "rpa.approved_by.mandate")
        if self.decision not in ("approved", "declined"):
            raise NotRecordable("rpa.approved_by.decision: 'approved' or 'declined'")
        term.count(self.time_ms, "rpa.approved_by.time", MAX_TIME_MS)

    def document(self) -> dict[str, Any]:
        """Give one element of `rpa.approved_by`."""
        return {
            "user": {"uid": self.person},
            "mandate": self.mandate,
            "decision": self.decision,
            "time": self.time_ms,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """A kept file: SHA-256 of the stored bytes, their number, and the media type of the content."""

    hash: str
    size: int
    media_type: str

    def __post_init__(self) -> None:
        term.hash_(self.hash, "rpa.evidence.hash")
        term.count(self.size, "rpa.evidence.size", MAX_INTEGER)
        term.media_type(self.media_type, "rpa.evidence.media_type")

    def document(self) -> dict[str, Any]:
        """Give one element of `rpa.evidence`."""
        return {"hash": self.hash, "size": self.size, "media_type": self.media_type}


def sorted_digests(digests: Iterable[str], where: str) -> tuple[str, ...]:
    """Give the digests in alphabetical order, which hides the order of the values (RFC 9901, 4.2.4.1).

    Raises `NotRecordable` for something that is no digest.
    """
    if isinstance(digests, str):
        raise NotRecordable(f"{where}: a list of digests, not one text")
    return tuple(sorted(term.digest(item, where) for item in digests))
