"""Who could ask, approve and administer on a day, and who had granted it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from paraplu.assurance.questions.names import Names
from paraplu.assurance.questions.search import READERS, Search
from paraplu.assurance.questions.shown import Shown
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Role
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.store import clients, entries


@dataclass(frozen=True, slots=True)
class Power:
    """What one person could do on the day: a role, or a mandate (`may` ask or approve).

    `put_in_by` is who put it into force here and `put_in_at` when; `granted_by` who gave the mandate.
    `limit` None means any amount. `client` and `service` None mean all.
    """

    name: str
    may: str
    client: str | None
    service: str | None
    limit: Decimal | None
    cost_centres: tuple[str, ...]
    deputy_of: str | None
    granted_by: str | None
    valid_from: date | None
    valid_until: date | None
    put_in_by: str
    put_in_at: datetime


class Powers:
    """Reads roles out of the log and mandates out of the settings of record, as they were."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def on(self, reader: Known, day: date, names: Names, client: str | None = None) -> list[Power]:
        """What everybody could do at the end of `day` (of each client's zone), by name."""
        require(reader, client, *READERS)
        with self._parts.database.read() as connection:
            wanted = [
                one
                for one in self._parts.clients.every(connection)
                if client in (None, one.id) and reader.person.sees(one.id)
            ]
            found = self._roles(connection, day, names, [one.id for one in wanted])
            for one in wanted:
                end = datetime.combine(day + timedelta(days=1), time(), one.zone)
                found += self._mandates(connection, one.id, day, to_ms(end), names)
        self._search.readings.tell(reader, "powers", len(found))
        return sorted(found, key=lambda one: (one.name, one.client or "", one.may))

    def _roles(
        self, connection: Connection, day: date, names: Names, wanted: list[str]
    ) -> list[Power]:
        end = to_ms(datetime.combine(day + timedelta(days=1), time(), from_ms(0).tzinfo))
        added = entries.chosen(connection, kinds=["person-added"], until=end)
        last: dict[str, Shown] = {}
        for one in reversed(self._search.shown(connection, list(added)[::-1])):
            last.setdefault(one.rpa["detail"]["person"], one)
        found = []
        for uid, one in last.items():
            said = one.values.get("person", {})
            of_clients = [name for name in said.get("clients", ()) if name in wanted]
            if said.get("clients") and not of_clients:
                continue
            for role in one.rpa["detail"].get("roles", ()):
                found += [
                    Power(
                        name=names.at(uid, one.entry.time_ms),
                        may=f"act as {Role(role).value}",
                        client=client,
                        service=None,
                        limit=None,
                        cost_centres=(),
                        deputy_of=None,
                        granted_by=None,
                        valid_from=None,
                        valid_until=None,
                        put_in_by=names.at(one.actor, one.entry.time_ms),
                        put_in_at=one.time,
                    )
                    for client in (of_clients or [None])
                ]
        return found

    def _mandates(
        self, connection: Connection, client: str, day: date, end: int, names: Names
    ) -> list[Power]:
        found = []
        for row in clients.mandates_at(connection, client, end):
            mandate = Mandate.model_validate_json(row.settings)
            if not mandate.valid_on(day):
                continue
            deputy = mandate.deputy_of
            found.append(
                Power(
                    name=names.at(mandate.person, row.applied_at),
                    may=mandate.may,
                    client=client,
                    service=mandate.service,
                    limit=mandate.limit,
                    cost_centres=mandate.cost_centres,
                    deputy_of=None if deputy is None else names.at(deputy, row.applied_at),
                    granted_by=names.at(mandate.granted_by, row.applied_at),
                    valid_from=mandate.valid_from,
                    valid_until=mandate.valid_until,
                    put_in_by=names.at(row.applied_by, row.applied_at),
                    put_in_at=from_ms(row.applied_at),
                )
            )
        return found
