"""What an erasure would destroy: keys, and what lies under them; and what keeps it from being destroyed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from paraplu.assurance.erasure.holds import Holds
from paraplu.domain.mandate import Mandate
from paraplu.domain.retention import STAFF, parse
from paraplu.engine.opening import owner_of
from paraplu.engine.parts import Parts
from paraplu.errors import Refused
from paraplu.store import clients, erasures
from paraplu.store.keys import Held

PERSON, ONE_OF_OURS, CLASS = "person", "staff", "class"


@dataclass(frozen=True, slots=True)
class Doomed:
    """Keys that are to be destroyed, and what lies under them.

    `what` is ``person``, ``staff`` or ``class``; `client` None is our own house; `staff` the uid of one
    of our own people. `files` are the hashes of evidence, `entries` and `values` numbers in the log,
    `receipts` the uids of the deliveries that go with it, `workbooks` those of deliveries that stay and
    hold rows of it.
    """

    what: str
    client: str | None
    keys: tuple[Held, ...]
    staff: str | None = None
    cases: tuple[str, ...] = ()
    persons: int = 0
    files: tuple[str, ...] = ()
    entries: int = 0
    values: int = 0
    receipts: tuple[str, ...] = ()
    workbooks: tuple[str, ...] = ()

    @property
    def uids(self) -> tuple[str, ...]:
        """The uids of the keys."""
        return tuple(one.uid for one in self.keys)

    @property
    def pairs(self) -> tuple[tuple[str, int], ...]:
        """Classes and years, each once, in order."""
        return tuple(sorted({(one.retention, one.year) for one in self.keys}))

    @property
    def counts(self) -> dict[str, int]:
        """How much it is, as entries and people are told."""
        return {
            "persons": self.persons,
            "cases": len(self.cases),
            "entries": self.entries,
            "values": self.values,
            "evidence": len(self.files),
        }


class Dooms:
    """Finds what an erasure would destroy."""

    def __init__(self, parts: Parts, holds: Holds) -> None:
        self._parts = parts
        self._holds = holds

    def today(self, connection: Connection, client: str | None) -> date:
        """Today where the client is; for our own house in UTC."""
        now = self._parts.clock.now()
        if client is None:
            return now.date()
        return now.astimezone(self._parts.clients.get(connection, client).zone).date()

    def person(
        self, connection: Connection, client: str, person: str, pairs: Collection[tuple[str, int]]
    ) -> Doomed:
        """A person of a client, all classes and years or only `pairs`."""
        held = self._parts.keys.held(owner_of(client, person.strip()))
        keys = tuple(one for one in held if not pairs or (one.retention, one.year) in pairs)
        return self._with_cases(connection, Doomed(PERSON, client, keys, persons=1))

    def one_of_ours(self, connection: Connection, uid: str) -> Doomed:
        """Somebody who worked with us."""
        keys = tuple(self._parts.keys.held(f"person/{uid}"))
        found = Doomed(ONE_OF_OURS, None, keys, staff=uid, persons=1)
        return self._with_values(connection, found)

    def whole_class(
        self, connection: Connection, client: str | None, retention: str, year: int
    ) -> Doomed:
        """Everything of a class and year of a client, or of our own people and settings."""
        if client is None:
            every = self._parts.keys.held(retention=STAFF)
            keys = tuple(one for one in every if one.year == year)
            persons = self._people_under(connection, {one.uid for one in keys})
            return self._with_values(connection, Doomed(CLASS, None, keys, persons=persons))
        under = {one.key for one in erasures.lying(connection, client)}
        own = {one.uid for one in self._parts.keys.held(owner_of(client, None))}
        every = self._parts.keys.held(retention=retention)
        keys = tuple(one for one in every if one.year == year and one.uid in under | own)
        persons = sum(one.uid not in own for one in keys)
        doomed = Doomed(CLASS, client, keys, persons=persons)
        return self._with_cases(connection, doomed, own & set(doomed.uids))

    def _people_under(self, connection: Connection, keys: Collection[str]) -> int:
        """How many of those who work with us have something under these keys."""
        return sum(
            any(one.uid in keys for one in self._parts.keys.held(f"person/{uid}"))
            for uid, _sealed in erasures.persons_under(connection)
        )

    def _with_values(self, connection: Connection, doomed: Doomed) -> Doomed:
        values = erasures.values_under(connection, doomed.uids)
        return replace(doomed, values=values)

    def _with_cases(
        self, connection: Connection, doomed: Doomed, own: Collection[str] = ()
    ) -> Doomed:
        """With cases and files; with `own` keys of a client also the deliveries that lie under those."""
        parts, client = self._parts, doomed.client or ""
        rows = erasures.cases_under(connection, doomed.uids)
        cases = [row.uid for row in rows]
        under = set(doomed.uids)
        files = [
            name
            for name in erasures.files_of(connection, cases)
            if parts.files.key_of(name) in under | {None}
        ]
        entries, values = erasures.entries_about(connection, cases)
        gone: list[str] = []
        if own:
            loose = erasures.loose_files(connection, client)
            files += [name for name in loose if parts.files.key_of(name) in under]
            receipts = erasures.receipts_of(connection, client)
            gone = [row.uid for row in receipts if parts.keys.key_of(row.sealed) in under]
            values = erasures.values_under(connection, doomed.uids)
        stay = sorted({row.receipt for row in rows} - set(gone))
        return replace(
            doomed,
            cases=tuple(cases),
            files=tuple(files),
            entries=entries,
            values=values,
            receipts=tuple(gone),
            workbooks=tuple(stay),
        )

    def require_free(self, connection: Connection, doomed: Doomed) -> None:
        """Raise `Refused` when something must not be erased now: an open case, a legal hold, a mandate."""
        opened = erasures.open_under(connection, doomed.uids)
        if opened:
            some = ", ".join(opened[:5]) + (", ..." if len(opened) > 5 else "")
            raise Refused(
                f"{_number(len(opened), 'case is', 'cases are')} open or watched and cannot be erased "
                f"({some}): finish or withdraw them first."
            )
        holds = self._holds.on(connection, doomed.client, doomed.keys)
        if holds:
            raise Refused(
                f"A legal hold keeps this from being erased ({holds[0].uid}, since "
                f"{holds[0].at:%Y-%m-%d}). Whoever may release it: paraplu erase release {holds[0].uid}"
            )
        if doomed.staff is not None:
            self._require_left(connection, doomed.staff)
        if doomed.what == CLASS and doomed.client is None:
            under = set(doomed.uids)
            sealed = erasures.open_pauses(connection)
            if any(self._parts.keys.key_of(one) in under for one in sealed):
                raise Refused("A pause of that year has not been ended: end it first.")

    def _require_left(self, connection: Connection, uid: str) -> None:
        """Somebody of ours is erased only when nothing here depends on them any more."""
        for client in clients.every(connection):
            for _uid, text in clients.mandates_of(connection, client):
                one = Mandate.model_validate_json(text)
                if uid in (one.person, one.granted_by, one.deputy_of):
                    raise Refused(
                        f"A mandate of '{client}' in force names this person: end it first "
                        f"(paraplu export {client}, take it out, paraplu apply)."
                    )
        number = erasures.open_with(connection, uid)
        if number:
            raise Refused(
                f"This person asked for, delivered or has in hand "
                f"{_number(number, 'case that is', 'cases that are')} open: finish them first."
            )


def told(doomed: Doomed, day: date) -> list[str]:
    """What is about to be destroyed, in English, for the two people who decide."""
    counts = doomed.counts
    lines = [
        f"{counts['cases']} cases, {counts['entries']} entries of them in the log, "
        f"{counts['values']} personal values, {counts['evidence']} files of evidence"
    ]
    for code, year in doomed.pairs:
        last = parse(code).last_day(year)
        state = "over since then" if day > last else "NOT over yet"
        lines.append(f"{code} {year}: kept until {last}, {state}")
    return lines


def over(keys: Iterable[Held], day: date) -> tuple[Held, ...]:
    """Those of these keys whose time is over on `day`."""
    return tuple(one for one in keys if parse(one.retention).over(one.year, day))


def _number(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
