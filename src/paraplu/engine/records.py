"""Settings of record: put into force from reviewed files, and written out again.

The database is the truth. A file says on which revision of the records it is based; when they have
changed since, it is refused and shows what to do. All files of a call are checked before anything is
written, and they come into force together or not at all; an entry names who applied each, with what was
before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Role
from paraplu.engine.checking import OnRecord, wrong_places
from paraplu.engine.clientfile import ClientFile, Line, difference
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.journal import Journal, Personal, words
from paraplu.engine.people import RETENTION, Known, People, require
from paraplu.engine.reviewed import Reviewed, Wrong, require_right
from paraplu.store import clients
from paraplu.store.database import Database
from paraplu.store.keys import KeyStore, Scope


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one file: the lines of its difference, and the revision of the records now."""

    lines: list[Line]
    revision: str | None = None


class Records:
    """Checks, compares, applies and exports settings of record."""

    def __init__(
        self,
        database: Database,
        keys: KeyStore,
        clock: Clock,
        journal: Journal,
        people: People,
        clients: Clients,
        bots: Mapping[str, Any],
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._journal = journal
        self._people = people
        self._clients = clients
        self._bots = bots

    def check(self, files: Sequence[Reviewed]) -> None:
        """Raise `SettingsWrong` that names every wrong place of these files, each with its line."""
        with self._database.read() as connection:
            require_right(wrong_places(files, self._bots, self._on_record(connection, files)))

    def difference(self, files: Sequence[Reviewed]) -> list[list[Line]]:
        """What applying each of these files would change. Raises `SettingsWrong` as `check` does."""
        self.check(files)
        with self._database.read() as connection:
            return [self._difference(connection, file.content) for file in files]

    def apply(self, files: Sequence[Reviewed], by: Known, *, force: bool = False) -> list[Applied]:
        """Bring the records into the state of these files, all or none of them.

        Raises `SettingsWrong` with every wrong place when a file contradicts itself, the others, the bots or
        the records, or when the records have changed since it was exported (`force` passes over that and is
        in the entry); `NotAllowed` for a person without the role for it.
        """
        require(by, None, Role.ADMINISTRATOR, Role.LEAD)
        with self._database.write() as connection:
            known = self._on_record(connection, files)
            found = wrong_places(files, self._bots, known)
            if not force:
                found = [self._stale(connection, file, wrong) for file, wrong in found]
            require_right(found)
            return [self._apply(connection, file.content, by, force) for file in files]

    def export(self, client: str, by: Known) -> ClientFile:
        """The records of a client as a file, with the revision it is based on. An entry tells of it."""
        with self._database.write() as connection:
            file = self._clients.as_file(connection, client)
            self._journal.write(
                connection, self._journal.entry("settings-exported", by.hand, client=client)
            )
            return file

    def _on_record(self, connection: Connection, files: Sequence[Reviewed]) -> OnRecord:
        named = {file.content.client.id for file in files if file.content.client is not None}
        return OnRecord(
            frozenset(known.person.handle for known in self._people.every(connection)),
            {
                client: self._clients.as_file(connection, client)
                for client in named & set(clients.every(connection))
            },
        )

    def _difference(self, connection: Connection, file: ClientFile) -> list[Line]:
        return difference(self._now(connection, file), file)

    def _now(self, connection: Connection, file: ClientFile) -> ClientFile:
        """What is on record where `file` speaks, with everybody who is known here."""
        now = ClientFile()
        if file.client is not None and file.client.id in clients.every(connection):
            now = self._clients.as_file(connection, file.client.id)
        everybody = tuple(known.person for known in self._people.every(connection))
        return now.model_copy(update={"person": everybody})

    def _stale(
        self, connection: Connection, file: Reviewed, wrong: list[Wrong]
    ) -> tuple[Reviewed, list[Wrong]]:
        """What is wrong in a file, which is that alone when the records are not those it is based on."""
        if file.content.client is None or file.wrong:
            return file, wrong
        client = file.content.client.id
        now = self._clients.revision(connection, client)
        unchanged = now is None or file.content.revision == now
        if unchanged or not self._difference(connection, file.content):
            return file, wrong
        return file, [
            Wrong(
                ("revision",),
                f"The records of '{client}' have changed since this file was exported "
                f"(file: {file.content.revision or 'no revision'}, records: {now}). "
                f"Run 'paraplu export {client}', bring your changes into that file and apply it.",
            )
        ]

    def _apply(self, connection: Connection, file: ClientFile, by: Known, force: bool) -> Applied:
        lines = self._difference(connection, file)
        if not lines:
            return Applied(lines)
        for person in file.person:
            self._people.put(connection, person, by.hand)
        if file.client is None:
            return Applied(lines)
        self._write(connection, file, by)
        self._tell(connection, file, by, lines, force)
        return Applied(lines, self._clients.revision(connection, file.client.id))

    def _write(self, connection: Connection, file: ClientFile, by: Known) -> None:
        if file.client is None:
            return
        now, client = self._clock.ms(), file.client
        clients.put(connection, client.id, client.model_dump_json(), now)
        newest = {one.service: one for one in self._clients.agreements(connection, client.id)}
        for agreement in file.agreement:
            if newest.get(agreement.service) != agreement:
                clients.add_agreement(
                    connection,
                    client=client.id,
                    service=agreement.service,
                    version=agreement.version,
                    settings=agreement.model_dump_json(),
                    by=by.uid,
                    now=now,
                )
        wanted = [self._clients.with_uids(connection, mandate) for mandate in file.mandate]
        have = {
            uid: Mandate.model_validate_json(text)
            for uid, text in clients.mandates_of(connection, client.id)
        }
        for uid, mandate in have.items():
            if mandate not in wanted:
                clients.end_mandate(connection, uid, now)
        for mandate in wanted:
            if mandate not in have.values():
                clients.add_mandate(
                    connection,
                    uid=self._clock.uid(),
                    client=client.id,
                    service=mandate.service,
                    settings=mandate.model_dump_json(),
                    by=by.uid,
                    now=now,
                )

    def _tell(
        self, connection: Connection, file: ClientFile, by: Known, lines: list[Line], force: bool
    ) -> None:
        """The entry about a client's settings, with what was before and after."""
        client = file.client.id if file.client is not None else ""
        key = self._keys.key_for(Scope(f"client/{client}", RETENTION, self._clock.now().year))
        mandates = [line for line in lines if line.what.startswith("mandate ")]
        self._journal.write(
            connection,
            self._journal.entry(
                "settings-applied",
                by.hand,
                client=client,
                personal=Personal(
                    key,
                    {"difference": [str(line) for line in lines]},
                    before={line.what: line.before for line in lines if line.before is not None},
                    after={line.what: line.after for line in lines if line.after is not None},
                    thing="settings",
                ),
                detail={
                    "agreements": words(agreement.id for agreement in file.agreement),
                    "mandates_added": sum(line.sign == "+" for line in mandates),
                    "mandates_ended": sum(line.sign == "-" for line in mandates),
                    "forced": force,
                },
            ),
        )
