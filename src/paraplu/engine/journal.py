"""Writes the audit log: composes entries, seals what is personal in them, signs heads.

An entry is written in the transaction of the state it describes, never before and never after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from paraplu.audit import entry
from paraplu.audit.checkpoint import Checkpoint
from paraplu.audit.disclosure import KEPT, Disclosure
from paraplu.audit.note import Verifier
from paraplu.audit.part import Actor, Product, State, UserType
from paraplu.engine.clock import Clock
from paraplu.engine.sealing import open_together, seal_together
from paraplu.engine.sequencer import sequence_now
from paraplu.engine.signing import Signing
from paraplu.engine.succession import Succession
from paraplu.store import entries, heads, logs
from paraplu.store.database import Database
from paraplu.store.keys import Erased, KeyStore


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something: a person or a robot account, through which part, in which run.

    `claimed` says that in a demo somebody acts as somebody else.
    """

    uid: str
    type: UserType = UserType.USER
    app: str | None = None
    app_uid: str | None = None
    run: str | None = None
    claimed: bool = False

    def actor(self) -> Actor:
        """The actor of an entry."""
        return Actor(self.uid, self.type, self.app, self.app_uid, self.run)


_NEVER = 2**62
KEEPING = frozenset({"intent", "outcome-confirmed"})
"""The kinds of entries in which lines that nobody asked about may stand, as one digest that nothing opens."""

_MOST_DIGESTS = 300  # of one state in one entry; more of them share one

OURSELVES = Hand("paraplu", UserType.SYSTEM, "paraplu")
"""Paraplu itself, where nobody in particular acts."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Values that may be personal, by field name; `key` is the uid of the key they are sealed under.

    `kept` are values of which only a digest stays: lines that nobody asked about.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    thing: str = "record"


class Journal:
    """The one writer of entries. `first` is the name of the installation's first log."""

    def __init__(
        self,
        *,
        database: Database,
        keys: KeyStore,
        clock: Clock,
        first: str,
        version: str,
        signing: Signing,
        zone: ZoneInfo,
    ) -> None:
        self.signing = signing
        self._first = first
        self._database = database
        self._keys = keys
        self._clock = clock
        self._product = Product("paraplu", version)
        self._succession = Succession(zone, signing)
        self._known: tuple[str, int] | None = None  # the log that is open, and when its year ends

    @property
    def log(self) -> str:
        """The name of the log that is open, as far as this process knows."""
        return self._current()[0]

    @property
    def verifier(self) -> Verifier:
        """The current key of the log that is open."""
        return self.signing.verifiers(self.log)[0]

    def verifiers(self, log: str) -> tuple[Verifier, ...]:
        """The keys that are trusted to sign heads of a log of ours."""
        return self.signing.verifiers(log)

    def open_log(self, hand: Hand) -> None:
        """Start the first log with its first entry."""
        with self._database.write() as connection:
            entries.open_log(connection, self._first, at=self._clock.ms())
            opened = self.entry("log-opened", hand, log=self._first)
            entries.append(connection, [opened])
        self._known = None

    def succeed(self, connection: Connection, hand: Hand | None = None) -> str | None:
        """Go over to a new log, when a new year has begun, or at once by somebody's `hand`.

        In the transaction of `connection`. Gives the name of the new log, None when nothing was to be done.
        """
        now = self._clock.ms()
        if hand is None and now < self._current(connection)[1]:
            return None
        by = hand or OURSELVES

        def compose(kind: str, *, log: str, detail: Mapping[str, Any]) -> entries.NewEntry:
            return self.entry(kind, by, log=log, detail=detail)

        name = self._succession.succeed(connection, compose, now, anyway=hand is not None)
        self._known = None  # looked at anew, when this transaction is through
        return name

    def _current(self, connection: Connection | None = None) -> tuple[str, int]:
        if self._known is None:
            if connection is None:
                with self._database.read() as reading:
                    return self._current(reading)
            found = [one for one in logs.every(connection) if one.closed_at is None]
            if not found:  # not opened yet
                return self._first, _NEVER
            ends = self._succession.ends_at(found[-1]) if found[-1].opened_at else _NEVER
            self._known = (found[-1].log, ends)
        return self._known

    def entry(
        self,
        kind: str,
        hand: Hand,
        *,
        personal: Personal | None = None,
        log: str | None = None,
        **terms: Any,
    ) -> entries.NewEntry:
        """Compose one entry; `terms` are those of `paraplu.audit.entry.compose`.

        It names the log that is open (or `log`); one that is composed just before a year ends may come to
        stand in the next.
        """
        disclosures: list[Disclosure] = []
        if kind in KEEPING:
            terms["detail"] = {**(terms.get("detail") or {}), KEPT: None}
        if hand.claimed:
            terms["detail"] = {**(terms.get("detail") or {}), "claimed": True}
        if personal is not None:
            for part, values in (("before", personal.before), ("after", personal.after)):
                if len(values) > _MOST_DIGESTS:  # an entry has 65,535 bytes at most
                    values = {"fields": dict(values)}
                if values:
                    made = self._disclosures(values)
                    disclosures += made
                    name = "entity" if part == "before" else "entity_result"
                    terms[name] = State(personal.thing, tuple(one.digest for one in made))
            made = self._disclosures(personal.values)
            disclosures += made
            own = [one.digest for one in made]
            if personal.kept and kind in KEEPING:
                lines = recordable(dict(personal.kept))
                kept = Disclosure(self._clock.salt(), "kept", lines).digest
                own.append(kept)
                terms["detail"] = {**(terms.get("detail") or {}), KEPT: kept}
            if own:
                terms["digests"] = own
        uid, now, sealed = self._clock.uid(), self._clock.ms(), None
        if personal is not None and disclosures:
            sealed = seal_together(self._keys, personal.key, uid, disclosures)
        data = entry.compose(
            kind=kind,
            uid=uid,
            time_ms=now,
            log=log or self.log,
            product=self._product,
            actor=hand.actor(),
            **terms,
        )
        return entries.NewEntry(data, uid, kind, now, hand.uid, terms.get("case"), hand.run, sealed)

    def write(self, connection: Connection, *new: entries.NewEntry) -> None:
        """Append entries inside the transaction of what they describe."""
        if new:
            if self._database.is_sqlite:  # on PostgreSQL whoever gives places sees to it
                self.succeed(connection)
            entries.append(connection, new)

    def write_alone(
        self,
        kind: str,
        hand: Hand,
        *,
        power_safe: bool = True,
        first: Callable[[Connection], object] = lambda _connection: None,
        **terms: Any,
    ) -> None:
        """Append an entry that describes no state of ours; see `entry`.

        It is composed inside the transaction, so that entries of two runs do not overtake each other.
        Nothing is written when `first`, which is called in the transaction before, raises something.
        """
        with self._database.write(power_safe=power_safe) as connection:
            first(connection)
            self.write(connection, self.entry(kind, hand, **terms))

    def sign_head(self) -> Checkpoint | None:
        """Sign the logs as they stand and keep the heads. None when there is no signing key here.

        Everything that was committed before has its place in a log then. Gives the head of the log that is
        open. Raises `CannotSign` when the key cannot be used now.
        """
        self.complete()
        if not self.signing.at_hand:
            return None
        with self._database.write() as connection:
            for log in logs.every(connection):
                if log.size > heads.signed_size(connection, log.log) or log.size == 0:
                    note = self.signing.sign(log.log, log.frontier)
                    heads.keep(connection, log.log, log.frontier, self._clock.ms(), note)
        return Checkpoint(log.log, log.size, log.frontier.root())

    def unsigned(self) -> bool:
        """Whether there is an entry that no signed head covers."""
        with self._database.read() as connection:
            return any(
                log.size > heads.signed_size(connection, log.log) for log in logs.every(connection)
            )

    def complete(self) -> None:
        """See to it that everything committed by now stands in the log: for whoever is about to read it."""
        self._known = None  # another process may have gone over to a new log
        sequence_now(self._database, self.succeed)

    def disclosed(self, connection: Connection, places: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The personal values of these entries, by place and name; those whose key is gone are left out.

        What a thing was and became has ``before`` or ``after`` in front of its name. A value is only
        given when its digest stands in the entry.
        """
        found: dict[int, dict[str, Any]] = {}
        parts = {
            one.place: _parts_by_digest(entry.Entry(one.data))
            for one in entries.at(connection, places)
        }
        for place, (uid, sealed) in entries.sealed_of(connection, places).items():
            try:
                disclosures = open_together(self._keys, uid, sealed)
            except Erased:
                continue
            for one in disclosures:
                part = parts[place].get(one.digest)
                if part is not None:
                    found.setdefault(place, {})[f"{part}{one.name}"] = one.value
        return found

    def _disclosures(self, values: Mapping[str, Any]) -> list[Disclosure]:
        return [
            Disclosure(self._clock.salt(), name, recordable(value))
            for name, value in values.items()
        ]


def _parts_by_digest(one: entry.Entry) -> dict[str, str]:
    """What stands in front of the name of a value, by its digest."""
    places = (("entity", "before "), ("entity_result", "after "), ("rpa", ""))
    return {
        digest: part
        for name, part in places
        for digest in one.document.get(name, {}).get("_sd", ())
    }


def recordable(value: Any) -> Any:
    """A value as the log takes it, whose keys are ASCII: a mapping with another one as a list of its pairs.

    Targets key what they show by what identifies it, which may be a name: ``[["Laura Ramírez", "9.50"]]``.
    """
    if isinstance(value, Mapping):
        inside = {key: recordable(item) for key, item in value.items()}
        if "".join(inside).isascii():
            return inside
        return [[key, inside[key]] for key in sorted(inside)]
    if isinstance(value, list | tuple):
        return [recordable(item) for item in value]
    return value


def pack(value: Any) -> bytes:
    """JSON bytes of something that is about to be sealed."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def unpack(data: bytes) -> Any:
    """The inverse of `pack`."""
    return orjson.loads(data)


def words(codes: Iterable[str]) -> list[str]:
    """Codes in a stable order, for an entry's detail."""
    return sorted(set(codes))
