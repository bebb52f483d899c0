"""What was erased: out of the log alone, so that whoever meets something unreadable can say why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from paraplu.audit.entry import Entry
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Journal
from paraplu.store import entries

ACCEPTED = "erasure-accepted"
DONE = frozenset({"erasure-done", "retention-destroyed"})


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure that two people agreed on.

    `what` is ``person`` (of a client), ``staff`` (one of our own people) or ``class`` (a class and year of
    a client, or of our own people when `client` is None). `pairs` are classes and years. `basis` is
    ``period-over`` or ``stated``, `ground` in what words, None when those cannot be read any more. `keys` and
    `files` are what it names to be destroyed; `counts` how much that was. `done_at` is None until the
    keys are gone, and `done_place` the place of the entry that says so.
    """

    proposal: str
    what: str
    client: str | None
    pairs: tuple[tuple[str, int], ...]
    basis: str
    ground: str | None
    asked_by: str
    accepted_by: str
    accepted_at: datetime
    place: int
    staff: str | None = None
    keys: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)
    done_at: datetime | None = None
    done_place: int | None = None


def read_all(connection: Connection, journal: Journal) -> list[Erasure]:
    """Every erasure in the log, oldest first. Those of a proposal that has several entries are one."""
    found = list(entries.chosen(connection, kinds=[ACCEPTED, *sorted(DONE)]))[::-1]
    said = journal.disclosed(connection, [one.place for one in found])
    erasures: dict[str, Erasure] = {}
    for one in found:
        entry = Entry(one.data)
        detail = entry.rpa["detail"]
        known = erasures.get(detail["proposal"])
        if entry.kind in DONE:
            if known is not None:
                done = replace(known, done_at=from_ms(entry.time_ms), done_place=one.place)
                erasures[known.proposal] = done
        elif known is not None:
            erasures[known.proposal] = replace(
                known,
                keys=known.keys | set(detail["keys"]),
                files=known.files | set(detail["files"]),
            )
        else:
            erasures[detail["proposal"]] = Erasure(
                proposal=detail["proposal"],
                what=detail["what"],
                client=entry.rpa.get("client"),
                pairs=tuple(zip(detail["classes"], detail["years"], strict=True)),
                basis=detail["basis"],
                ground=said.get(one.place, {}).get("ground"),
                asked_by=detail["asked_by"],
                accepted_by=entry.actor,
                accepted_at=from_ms(entry.time_ms),
                place=one.place,
                staff=detail.get("person"),
                keys=frozenset(detail["keys"]),
                files=frozenset(detail["files"]),
                counts={name: detail[name] for name in COUNTED},
            )
    return list(erasures.values())


COUNTED = ("persons", "cases", "entries", "values", "evidence")
"""What is counted of an erasure, by its name in the entries."""


def by_key(erasures: Iterable[Erasure]) -> dict[str, Erasure]:
    """Which erasure destroyed, or is about to destroy, each key."""
    return {key: one for one in erasures for key in one.keys}


def in_words(one: Erasure, names: Mapping[str, str]) -> str:
    """``erased on 2034-01-02 by Lea Groot, asked by Ines Bakker``, for whoever meets it."""
    at = one.done_at or one.accepted_at
    by, asked = (names.get(uid, uid) for uid in (one.accepted_by, one.asked_by))
    why = "its time was over" if one.basis == "period-over" else (one.ground or "ground not kept")
    verb = "erased on" if one.done_at else "being erased since"
    return f"{verb} {at:%Y-%m-%d} by {by}, asked by {asked} ({why})"
