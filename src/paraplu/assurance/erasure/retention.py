"""What is over, or will be soon: per client, retention class and year; and the declaration of destruction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from paraplu.assurance.erasure.doomed import Dooms
from paraplu.assurance.erasure.erased import Erasure
from paraplu.assurance.erasure.erasing import Erasures
from paraplu.assurance.erasure.reach import Beyond
from paraplu.domain.person import Role
from paraplu.domain.retention import STAFF, parse
from paraplu.engine.opening import owner_of
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.engine.proposals import OURS
from paraplu.store import erasures

_READERS = (Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Due:
    """One client, class and year. `client` None: our own people and settings of record.

    `last_day` is the last day on which it is kept, `over` whether that has passed; `open` cases and `held`
    (a legal hold) are in the way of destroying it. `files` are those of evidence of cases.
    """

    client: str | None
    retention: str
    year: int
    last_day: date
    over: bool
    persons: int
    cases: int
    open: int
    entries: int
    files: int
    held: bool


class Retentions:
    """Looks at what is kept, and until when."""

    def __init__(self, parts: Parts, erasing: Erasures) -> None:
        self._parts = parts
        self._dooms: Dooms = erasing.dooms
        self._holds = erasing.holds

    def due(self, by: Known, within: timedelta | None = timedelta(0)) -> list[Due]:
        """What is over, or will be within a time, the earliest first; `within` None gives everything kept."""
        require(by, None, *_READERS)
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            found: list[Due] = []
            for client in self._parts.clients.every(connection):
                if by.person.sees(client.id):
                    found += self._of_client(connection, client.id, within)
            if by.person.sees(OURS):
                found += self._ours(connection, within)
        return sorted(found, key=lambda one: (one.last_day, one.client or "", one.retention))

    def _of_client(
        self, connection: Connection, client: str, within: timedelta | None
    ) -> list[Due]:
        keys, today = self._parts.keys, self._dooms.today(connection, client)
        own = {one.uid: (one.retention, one.year) for one in keys.held(owner_of(client, None))}
        lying: dict[str, list[erasures.Lying]] = defaultdict(list)
        for one in erasures.lying(connection, client):
            lying[one.key].append(one)
        pairs: dict[tuple[str, int], list[str]] = defaultdict(list)
        for held in keys.held():
            if held.retention != STAFF and (held.uid in lying or held.uid in own):
                pairs[held.retention, held.year].append(held.uid)
        found = []
        for (code, year), uids in pairs.items():
            last = parse(code).last_day(year)
            if within is not None and today + within <= last:
                continue
            counted = [one for uid in uids for one in lying.get(uid, [])]
            holds = self._holds.on(
                connection, client, [one for one in keys.held() if one.uid in set(uids)]
            )
            found.append(
                Due(
                    client,
                    code,
                    year,
                    last,
                    today > last,
                    sum(uid not in own for uid in uids),
                    sum(one.cases for one in counted),
                    sum(one.open for one in counted),
                    sum(one.entries for one in counted),
                    sum(one.files for one in counted),
                    bool(holds),
                )
            )
        return found

    def _ours(self, connection: Connection, within: timedelta | None) -> list[Due]:
        today = self._dooms.today(connection, None)
        found = []
        for year in sorted({one.year for one in self._parts.keys.held(retention=STAFF)}):
            last = parse(STAFF).last_day(year)
            if within is not None and today + within <= last:
                continue
            doomed = self._dooms.whole_class(connection, None, STAFF, year)
            held = bool(self._holds.on(connection, None, doomed.keys))
            persons = doomed.persons
            found.append(Due(None, STAFF, year, last, today > last, persons, 0, 0, 0, 0, held))
        return found


def declaration(
    one: Erasure, names: Mapping[str, str], client_name: str | None, left: Beyond | None = None
) -> str:
    """A declaration of destruction as a Dutch archive asks for it ("verklaring van vernietiging"), as text.

    It says what was destroyed, on what ground, how, when and by whom; and what is not reached.
    """
    lines = [
        "VERKLARING VAN VERNIETIGING",
        "",
        f"Archiefvormer:      {client_name or one.client or 'het servicecentrum zelf'}",
        "Wat is vernietigd:  persoonsgegevens in zaken, auditlog en bewijsbestanden",
    ]
    for code, year in one.pairs:
        found = parse(code)
        lines += [
            f"Bewaarklasse:       {code}, ontvangen in {year}, te bewaren tot en met "
            f"{_day(found.last_day(year))}",
            f"Grond van de termijn: {found.source or 'de overeenkomst'}",
        ]
    ground = "de bewaartermijn is verstreken" if one.basis == "period-over" else one.ground
    counts = one.counts
    done = one.done_at
    lines += [
        f"Grond van de vernietiging: {ground or 'niet meer leesbaar'}",
        f"Omvang:             {counts['persons']} personen, {counts['cases']} zaken, "
        f"{counts['entries']} regels in het auditlog met {counts['values']} persoonsgegevens, "
        f"{counts['evidence']} bewijsbestanden",
        "Wijze:              de sleutels waaronder de gegevens versleuteld zijn, zijn onherstelbaar",
        "                    vernietigd; de versleutelde bewijsbestanden zijn verwijderd",
        f"Gevraagd door:      {names.get(one.asked_by, one.asked_by)}",
        f"Goedgekeurd door:   {names.get(one.accepted_by, one.accepted_by)} op "
        f"{one.accepted_at:%d-%m-%Y %H:%M} UTC",
        "Uitgevoerd:         " + ("nog niet" if done is None else f"{done:%d-%m-%Y %H:%M} UTC"),
        f"Bewijs:             regel {one.place} en regel {one.done_place} van het auditlog "
        f"(voorstel {one.proposal})",
    ]
    if left is not None and left.lines:
        lines += ["", "Niet bereikt (Engels):", *(f"- {text}" for text in left.lines)]
    lines += [
        "",
        "Plaats en datum:    ______________________",
        "",
        "Handtekening:       ______________________",
        "",
    ]
    return "\n".join(lines)


def _day(day: date) -> str:
    return f"{day:%d-%m-%Y}"
