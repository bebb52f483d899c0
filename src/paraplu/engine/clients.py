"""Settings of record: clients, agreements and mandates, applied from reviewed files and written out again.

The database is the truth. A file says on which revision of the records it is based; when they have
changed since, it is refused and shows what to do. The difference between file and records is shown
before anything is written, and an entry names who applied it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Person, Role
from paraplu.engine.clock import Clock
from paraplu.engine.journal import Journal, Personal, words
from paraplu.engine.people import RETENTION, Known, People, require
from paraplu.errors import NotFound, Refused, SettingsWrong
from paraplu.store import clients
from paraplu.store.database import Database
from paraplu.store.keys import KeyStore, Scope


class ClientFile(BaseModel):
    """The content of one file of `schedules/`: a client with its people, agreements and mandates.

    A file without a client holds people of the service centre only. `revision` is that of the records
    the file was exported from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str | None = None
    client: Client | None = None
    person: tuple[Person, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    mandate: tuple[Mandate, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: ``+`` added, ``-`` ended, ``~`` changed; `what` says what, in English."""

    sign: str
    what: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a client's service today: the agreement in force and the mandates, by uid."""

    client: Client
    agreement: Agreement
    mandates: Mapping[str, Mandate]


class Clients:
    """The settings of record."""

    def __init__(
        self,
        database: Database,
        keys: KeyStore,
        clock: Clock,
        journal: Journal,
        people: People,
        services: Mapping[str, Any],
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._journal = journal
        self._people = people
        self._services = services

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
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def difference(self, connection: Connection, file: ClientFile) -> list[Line]:
        """What applying `file` would change."""
        lines: list[Line] = []
        for person in file.person:
            known = self._people.by_handle(connection, person.handle)
            if known is None:
                lines.append(Line("+", f"person {person.handle}"))
            elif known.person != person:
                lines.append(Line("~", f"person {person.handle}"))
        if file.client is None:
            return lines
        client = file.client.id
        settings = clients.get(connection, client)
        if settings is None:
            lines.append(Line("+", f"client {client}"))
        elif Client.model_validate_json(settings) != file.client:
            lines.append(Line("~", f"client {client}"))
        newest = (
            {one.service: one for one in self.agreements(connection, client)} if settings else {}
        )
        for agreement in file.agreement:
            now = newest.get(agreement.service)
            if now is None:
                lines.append(Line("+", f"agreement {agreement.id}"))
            elif now != agreement:
                lines.append(Line("~", f"agreement {now.id} -> {agreement.id}"))
        lines += self._mandate_lines(connection, file)
        return lines

    def apply(self, file: ClientFile, by: Known, *, force: bool = False) -> list[Line]:
        """Bring the records into the state of `file`. Gives what was changed.

        Raises `SettingsWrong` when the file contradicts itself or the plugins, `Refused` when the records
        have changed since the file was exported (`force` passes over that and is in the entry), `NotAllowed`
        for a person without the role for it.
        """
        require(by, None, Role.ADMINISTRATOR, Role.LEAD)
        self._check(file)
        with self._database.write() as connection:
            lines = self.difference(connection, file)
            if not lines:
                return []
            if file.client is not None and not force:
                self._check_revision(connection, file)
            for person in file.person:
                self._people.put(connection, person, by.hand)
            if file.client is not None:
                self._write(connection, file, file.client, by, lines, force)
            return lines

    def export(self, client: str, by: Known) -> ClientFile:
        """The records of a client as a file, with the revision it is based on. An entry tells of it."""
        with self._database.write() as connection:
            newest = {one.service: one for one in self.agreements(connection, client)}
            handles = {known.uid: known.person for known in self._people.every(connection)}
            mandates = [
                self._with_handles(Mandate.model_validate_json(text), handles)
                for _uid, text in clients.mandates_of(connection, client)
            ]
            involved = {
                handle for one in mandates for handle in (one.person, one.granted_by, one.deputy_of)
            }
            people = sorted(
                (
                    person
                    for person in handles.values()
                    if person.handle in involved or client in person.clients
                ),
                key=lambda person: person.handle,
            )
            self._journal.write(
                connection, self._journal.entry("settings-exported", by.hand, client=client)
            )
            return ClientFile(
                revision=self.revision(connection, client),
                client=self.get(connection, client),
                person=tuple(people),
                agreement=tuple(newest.values()),
                mandate=tuple(sorted(mandates, key=lambda one: (one.service, one.may, one.person))),
            )

    def _check(self, file: ClientFile) -> None:
        handles = [person.handle for person in file.person]
        if len(set(handles)) != len(handles):
            raise SettingsWrong("A person stands twice in the file: every handle may stand once.")
        if file.client is None:
            if file.agreement or file.mandate:
                raise SettingsWrong("The file has agreements or mandates but no [client].")
            return
        services = [agreement.service for agreement in file.agreement]
        if len(set(services)) != len(services):
            raise SettingsWrong(
                "Two agreements are about one service: a file holds the newest version only."
            )
        named = [agreement.client for agreement in file.agreement]
        named += [mandate.client for mandate in file.mandate]
        for other in set(named) - {file.client.id}:
            raise SettingsWrong(f"'{other}' is not the client of this file, '{file.client.id}'.")
        for agreement in file.agreement:
            bot = self._services.get(agreement.service)
            if bot is None:
                known = ", ".join(sorted(self._services)) or "none"
                raise SettingsWrong(
                    f"No bot offers the service '{agreement.service}'. Offered are: {known}."
                )
            try:
                bot.variants.model_validate(agreement.variants)
            except ValidationError as error:
                wrong = "; ".join(
                    f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
                )
                raise SettingsWrong(f"The variants of {agreement.id} are wrong: {wrong}") from None

    def _check_revision(self, connection: Connection, file: ClientFile) -> None:
        client = file.client.id if file.client else ""
        now = self.revision(connection, client)
        if now is not None and file.revision != now:
            raise Refused(
                f"The records of '{client}' have changed since this file was exported "
                f"(file: {file.revision or 'no revision'}, records: {now}). "
                f"Run 'paraplu export {client}', bring your changes into that file and apply it."
            )

    def _write(
        self,
        connection: Connection,
        file: ClientFile,
        client: Client,
        by: Known,
        lines: list[Line],
        force: bool,
    ) -> None:
        now = self._clock.ms()
        clients.put(connection, client.id, client.model_dump_json(), now)
        newest = {one.service: one for one in self.agreements(connection, client.id)}
        for agreement in file.agreement:
            old = newest.get(agreement.service)
            if old == agreement:
                continue
            if old is not None and agreement.version <= old.version:
                raise Refused(
                    f"The agreement about '{agreement.service}' was changed but is still version "
                    f"{agreement.version}: write version = {old.version + 1}."
                )
            clients.add_agreement(
                connection,
                client=client.id,
                service=agreement.service,
                version=agreement.version,
                settings=agreement.model_dump_json(),
                by=by.uid,
                now=now,
            )
        added, ended = self._mandate_changes(connection, file)
        for uid in ended:
            clients.end_mandate(connection, uid, now)
        for mandate in added:
            clients.add_mandate(
                connection,
                uid=self._clock.uid(),
                client=client.id,
                service=mandate.service,
                settings=mandate.model_dump_json(),
                by=by.uid,
                now=now,
            )
        key = self._keys.key_for(Scope(f"client/{client.id}", RETENTION, self._clock.now().year))
        self._journal.write(
            connection,
            self._journal.entry(
                "settings-applied",
                by.hand,
                client=client.id,
                personal=Personal(
                    key,
                    {
                        "difference": [f"{line.sign} {line.what}" for line in lines],
                        "settings": json.loads(file.model_dump_json()),
                    },
                ),
                detail={
                    "agreements": words(agreement.id for agreement in file.agreement),
                    "mandates_added": len(added),
                    "mandates_ended": len(ended),
                    "forced": force,
                },
            ),
        )

    def _mandate_changes(
        self, connection: Connection, file: ClientFile
    ) -> tuple[list[Mandate], list[str]]:
        """Mandates to add (persons by uid) and uids of those to end."""
        if file.client is None:
            return [], []
        wanted = [self._with_uids(connection, mandate) for mandate in file.mandate]
        have = {
            uid: Mandate.model_validate_json(text)
            for uid, text in clients.mandates_of(connection, file.client.id)
        }
        added = [mandate for mandate in wanted if mandate not in have.values()]
        return added, [uid for uid, mandate in have.items() if mandate not in wanted]

    def _mandate_lines(self, connection: Connection, file: ClientFile) -> list[Line]:
        handles = {known.uid: known.person for known in self._people.every(connection)}
        coming = {person.handle for person in file.person}
        lines: list[Line] = []
        have = [
            self._with_handles(Mandate.model_validate_json(text), handles)
            for _uid, text in clients.mandates_of(connection, file.client.id if file.client else "")
        ]
        for mandate in file.mandate:
            known = coming | {person.handle for person in handles.values()}
            for handle in (mandate.person, mandate.granted_by, mandate.deputy_of):
                if handle is not None and handle not in known:
                    raise SettingsWrong(
                        f"A mandate names '{handle}', whom nobody knows: add a [[person]] with that handle."
                    )
            if mandate not in have:
                lines.append(Line("+", _in_words(mandate)))
        lines += [Line("-", _in_words(mandate)) for mandate in have if mandate not in file.mandate]
        return lines

    def _with_uids(self, connection: Connection, mandate: Mandate) -> Mandate:
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


def _in_words(mandate: Mandate) -> str:
    limit = "any amount" if mandate.limit is None else f"up to {mandate.limit}"
    return f"mandate of {mandate.person} to {mandate.may} {mandate.service}, {limit}"
