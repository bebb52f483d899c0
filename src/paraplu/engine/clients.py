"""What is on record about clients: their settings, agreements and mandates, and what of it is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Person
from paraplu.domain.schedule import Schedule
from paraplu.engine.clientfile import ClientFile, revision_of
from paraplu.engine.clock import Clock
from paraplu.engine.people import People
from paraplu.errors import NotFound, Refused
from paraplu.store import clients, schedules


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a client's service today: the agreement in force and the mandates, by uid."""

    client: Client
    agreement: Agreement
    mandates: Mapping[str, Mandate]


class Clients:
    """The clients, as they stand on record."""

    def __init__(self, clock: Clock, people: People) -> None:
        self._clock = clock
        self._people = people

    def get(self, connection: Connection, client: str) -> Client:
        """A client. Raises `NotFound`."""
        settings = clients.get(connection, client)
        if settings is None:
            known = ", ".join(clients.every(connection)) or "none yet"
            raise NotFound(f"There is no client '{client}'. Known are: {known}.")
        return Client.model_validate_json(settings)

    def every(self, connection: Connection) -> list[Client]:
        """All clients."""
        return [self.get(connection, client) for client in clients.every(connection)]

    def agreements(self, connection: Connection, client: str) -> list[Agreement]:
        """All versions of all agreements of a client."""
        return [
            Agreement.model_validate_json(text)
            for text in clients.agreements_of(connection, client)
        ]

    def schedules(self, connection: Connection, client: str | None = None) -> list[Schedule]:
        """The schedules of a client, or of all, that have not been ended."""
        rows = schedules.listed(connection, client)
        return [Schedule.model_validate_json(row.settings) for row in rows]

    def terms(self, connection: Connection, client: str, service: str, day: date) -> Terms:
        """What holds on `day`. Raises `Refused` when no agreement about the service is in force."""
        found = self.get(connection, client)
        versions = [one for one in self.agreements(connection, client) if one.service == service]
        if not versions:
            raise Refused(f"There is no agreement with '{client}' about '{service}'.")
        begun = [one for one in versions if one.valid_from <= day]
        if not begun:
            first = min(one.valid_from for one in versions)
            raise Refused(
                f"The agreement with '{client}' about '{service}' begins on {first}: "
                "nothing is taken in before that day."
            )
        newest = max(begun, key=lambda one: one.version)
        if not newest.valid_on(day):
            raise Refused(
                f"The agreement with '{client}' about '{service}' ended on {newest.valid_until}: "
                "nothing is taken in. Apply a new version first."
            )
        mandates = {
            uid: Mandate.model_validate_json(text)
            for uid, text in clients.mandates_of(connection, client, service)
        }
        return Terms(found, newest, mandates)

    def slots(self, connection: Connection, credential: str) -> int:
        """How many runs may use a credential at once: the least that an agreement in force says."""
        newest: dict[tuple[str, str], Agreement] = {}
        for client in self.every(connection):
            today = self._clock.now().astimezone(client.zone).date()
            for one in self.agreements(connection, client.id):
                if one.valid_on(today):
                    newest[client.id, one.service] = one
        mine = [one.limits.slots for one in newest.values() if one.credential == credential]
        return min(mine, default=1)

    def revision(self, connection: Connection, client: str) -> str | None:
        """A short digest of everything on record about a client, None when there is nothing."""
        settings = clients.get(connection, client)
        if settings is None:
            return None
        parts = [settings, *clients.agreements_of(connection, client)]
        parts += sorted(text for _uid, text in clients.mandates_of(connection, client))
        parts += [row.settings for row in schedules.listed(connection, client)]
        return revision_of(parts)

    def as_file(self, connection: Connection, client: str) -> ClientFile:
        """The records of a client as a file, with their revision. Raises `NotFound`."""
        settings = self.get(connection, client)
        newest = {one.service: one for one in self.agreements(connection, client)}
        handles = {known.uid: known.person for known in self._people.every(connection)}
        mandates = [
            self._with_handles(Mandate.model_validate_json(text), handles)
            for _uid, text in clients.mandates_of(connection, client)
        ]
        involved = {
            handle for one in mandates for handle in (one.person, one.granted_by, one.deputy_of)
        }
        people = [
            person
            for person in handles.values()
            if person.handle in involved or client in person.clients
        ]
        return ClientFile(
            revision=self.revision(connection, client),
            client=settings,
            person=tuple(sorted(people, key=lambda one: one.handle)),
            agreement=tuple(newest.values()),
            mandate=tuple(sorted(mandates, key=lambda one: (one.service, one.may, one.person))),
            schedule=tuple(self.schedules(connection, client)),
        )

    def with_uids(self, connection: Connection, mandate: Mandate) -> Mandate:
        """A mandate as it stands on record: persons by uid, in a file by user name."""

        def uid(handle: str | None) -> str | None:
            known = None if handle is None else self._people.by_handle(connection, handle)
            return None if known is None else known.uid

        return mandate.model_copy(
            update={
                "person": uid(mandate.person),
                "granted_by": uid(mandate.granted_by),
                "deputy_of": uid(mandate.deputy_of),
            }
        )

    @staticmethod
    def _with_handles(mandate: Mandate, persons: Mapping[str, Person]) -> Mandate:
        def handle(uid: str | None) -> str | None:
            return None if uid is None else persons[uid].handle

        return mandate.model_copy(
            update={
                "person": handle(mandate.person),
                "granted_by": handle(mandate.granted_by),
                "deputy_of": handle(mandate.deputy_of),
            }
        )
