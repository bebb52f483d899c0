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

from paraplu.domain.agreement import Client
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Role
from paraplu.domain.shared_calendar import SharedCalendar
from paraplu.engine.ahead import Ahead
from paraplu.engine.calendars import Calendars
from paraplu.engine.checking import OnRecord, wrong_places
from paraplu.engine.clientfile import (
    CalendarFile,
    ClientFile,
    Line,
    calendar_difference,
    difference,
    plain_calendar,
    revision_of,
)
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.journal import Journal, Personal, words
from paraplu.engine.people import RETENTION, Known, People, require
from paraplu.engine.proposals import OURS, Proposals
from paraplu.engine.reviewed import Reviewed, Wrong, given, require_right
from paraplu.errors import NotAllowed, NotFound
from paraplu.store import calendars, clients, schedules
from paraplu.store.database import Database
from paraplu.store.keys import KeyStore, Scope


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one file: the lines of its difference, and the revision of the records now.

    `revision` is None when nothing was changed that has one. `proposal` is the uid of the proposal that the
    file has become, when its changes need a second person.
    """

    lines: list[Line]
    revision: str | None = None
    proposal: str | None = None


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
        calendars: Calendars,
        ahead: Ahead,
        proposals: Proposals,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._journal = journal
        self._people = people
        self._clients = clients
        self._bots = bots
        self._calendars = calendars
        self._ahead = ahead
        self._proposals = proposals
        proposals.kinds["settings"] = self._carry_out

    def wrong(self, files: Sequence[Reviewed]) -> list[tuple[Reviewed, list[Wrong]]]:
        """Every wrong place of these files, beside what is on record."""
        with self._database.read() as connection:
            return wrong_places(files, self._bots, self._on_record(connection, files))

    def difference(self, files: Sequence[Reviewed]) -> list[list[Line]]:
        """What applying each of these files would change. Raises `SettingsWrong` with every wrong place."""
        require_right(self.wrong(files))
        with self._database.read() as connection:
            return [self._difference(connection, file) for file in files]

    def apply(self, files: Sequence[Reviewed], by: Known, *, force: bool = False) -> list[Applied]:
        """Bring the records into the state of these files, all or none of them.

        Raises `SettingsWrong` with every wrong place when a file contradicts itself, the others, the bots or
        the records, or when the records have changed since it was exported (`force` passes over that and is
        in the entry); `NotAllowed` for a person without the role for it. A file whose changes need a second
        person becomes a proposal, and nothing of it comes into force before that is accepted.
        """
        require(by, None, Role.ADMINISTRATOR, Role.LEAD)
        with self._database.write() as connection:
            schedules.alone(connection)  # what is checked must still be so when it is written
            found = wrong_places(files, self._bots, self._on_record(connection, files))
            if not force:
                found = [(file, self._stale(connection, file) or wrong) for file, wrong in found]
            require_right(found)
            return [self._apply(connection, file, by, force) for file in files]

    def export(self, client: str, by: Known) -> ClientFile:
        """The records of a client as a file, with the revision it is based on. An entry tells of it."""
        with self._database.write() as connection:
            file = self._clients.as_file(connection, client)
            entry = self._journal.entry("settings-exported", by.hand, client=client)
            self._journal.write(connection, entry)
            return file

    def export_calendar(self, calendar: str, by: Known) -> CalendarFile:
        """A shared calendar as a file; see `export`. Raises `NotFound`."""
        with self._database.write() as connection:
            found = calendars.every(connection)
            if calendar not in found:
                known = ", ".join(found) or "none yet"
                raise NotFound(f"There is no shared calendar '{calendar}'. Known are: {known}.")
            detail = {"calendar": calendar}
            entry = self._journal.entry("settings-exported", by.hand, detail=detail)
            self._journal.write(connection, entry)
            file = CalendarFile.model_validate_json(found[calendar])
            return file.model_copy(update={"revision": revision_of([found[calendar]])})

    def _on_record(self, connection: Connection, files: Sequence[Reviewed]) -> OnRecord:
        named = {file.client_file.client.id for file in files if file.client_file.client}
        return OnRecord(
            frozenset(known.person.handle for known in self._people.every(connection)),
            {
                client: self._clients.as_file(connection, client)
                for client in named & set(clients.every(connection))
            },
            {
                calendar: SharedCalendar.model_validate_json(settings)
                for calendar, settings in calendars.every(connection).items()
            },
            [one for one in self._clients.schedules(connection) if one.client not in named],
            [
                one
                for client in clients.every(connection)
                if client not in named
                for one in self._clients.agreements(connection, client)
            ],
        )

    def _difference(self, connection: Connection, file: Reviewed) -> list[Line]:
        content = file.content
        if isinstance(content, CalendarFile):
            settings = calendars.every(connection).get(content.id)
            now = None if settings is None else SharedCalendar.model_validate_json(settings)
            return calendar_difference(now, content)
        return [] if content is None else difference(self._now(connection, content), content)

    def _now(self, connection: Connection, file: ClientFile) -> ClientFile:
        """What is on record where `file` speaks, with everybody who is known here."""
        now = ClientFile()
        if file.client is not None and file.client.id in clients.every(connection):
            now = self._clients.as_file(connection, file.client.id)
        everybody = tuple(known.person for known in self._people.every(connection))
        return now.model_copy(update={"person": everybody})

    def _revision(self, connection: Connection, file: Reviewed) -> tuple[str, str | None]:
        """What a file is about, and the revision of what is on record about it."""
        if isinstance(file.content, CalendarFile):
            settings = calendars.every(connection).get(file.content.id)
            return file.content.id, None if settings is None else revision_of([settings])
        client = file.client_file.client
        if client is None:
            return "", None
        return client.id, self._clients.revision(connection, client.id)

    def _stale(self, connection: Connection, file: Reviewed) -> list[Wrong]:
        """What is wrong in a file when the records are not those that it is based on."""
        about, now = self._revision(connection, file)
        if file.wrong or now is None or file.content is None or file.content.revision == now:
            return []
        if not self._difference(connection, file):
            return []
        export = f"{about} --calendar" if isinstance(file.content, CalendarFile) else about
        return [
            Wrong(
                ("revision",),
                f"The records of '{about}' have changed since this file was exported "
                f"(file: {file.content.revision or 'no revision'}, records: {now}). "
                f"Run 'paraplu export {export}', bring your changes into that file and apply it.",
            )
        ]

    def _apply(self, connection: Connection, file: Reviewed, by: Known, force: bool) -> Applied:
        lines = self._difference(connection, file)
        if not lines:
            return Applied(lines)
        if isinstance(file.content, CalendarFile):
            self._write_calendar(connection, file.content, by, lines, force)
        else:
            content = file.client_file
            if self._need_two(connection, content.client, lines, by):
                proposal = self._proposals.make(
                    connection,
                    OURS if content.client is None else content.client.id,
                    "settings",
                    {"file": content.model_dump(mode="json"), "forced": force},
                    map(str, lines),
                    by,
                )
                return Applied(lines, proposal=proposal)
            for person in content.person:
                self._people.put(connection, person, by.hand)
            if content.client is None:
                return Applied(lines)
            self._write(connection, content, by, lines)
            self._tell(connection, content, by, lines, {"forced": force})
        return Applied(lines, self._revision(connection, file)[1])

    def _need_two(
        self, connection: Connection, client: Client | None, lines: Sequence[Line], by: Known
    ) -> bool:
        """Whether one of these changes needs a second person; one of the client, if any service does.

        One of people, if any service of any client does: else who is alone in an office of four eyes would
        make the second person. The first who may accept something has to be made by one alone.
        """
        kinds = {line.kind for line in lines}
        if "person" in kinds and self._proposals.somebody_else(connection, by):
            every = clients.every(connection)
            if any(self._proposals.needed(connection, one) for one in every):
                return True
        if client is None:
            return False
        if "client" in kinds:
            return self._proposals.needed(connection, client.id)
        services = {line.service for line in lines if line.service is not None}
        return self._proposals.needed(connection, client.id, services)

    def _carry_out(
        self,
        connection: Connection,
        content: Mapping[str, Any],
        maker: Known,
        by: Known,
        proposal: str,
    ) -> None:
        """Put a file into force that `maker` proposed and `by` accepts."""
        file = given(ClientFile.model_validate(content["file"]))
        require_right(wrong_places([file], self._bots, self._on_record(connection, [file])))
        lines = self._difference(connection, file)
        for line in lines:
            part = line.after or line.before or {}
            if line.kind == "mandate" and part.get("person") == by.person.handle:
                raise NotAllowed(
                    "A mandate of your own is changed by this: somebody else must accept it."
                )
        for person in file.client_file.person:
            self._people.put(connection, person, by.hand)
        if file.client_file.client is None:
            return
        self._write(connection, file.client_file, maker, lines)
        detail = {"forced": content["forced"], "proposal": proposal, "proposed_by": maker.uid}
        self._tell(connection, file.client_file, by, lines, detail)

    def _write(
        self, connection: Connection, file: ClientFile, by: Known, lines: list[Line]
    ) -> None:
        if file.client is None:
            return
        now, client = self._clock.ms(), file.client
        before = {one.name: one for one in self._clients.schedules(connection, client.id)}
        planned = [
            one for one in before.values() if any(line.kind == "agreement" for line in lines)
        ]
        self._ahead.bring(connection, planned)
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
        self._write_mandates(connection, client.id, file.mandate, by, now)
        for name in sorted(before.keys() - {one.name for one in file.schedule}):
            self._ahead.end(connection, client.id, name, by.uid)
        for one in file.schedule:
            self._ahead.put(connection, one, by.uid)
        self._ahead.bring(connection, planned)

    def _write_mandates(
        self,
        connection: Connection,
        client: str,
        mandates: Sequence[Mandate],
        by: Known,
        now: int,
    ) -> None:
        wanted = [self._clients.with_uids(connection, mandate) for mandate in mandates]
        have = {
            uid: Mandate.model_validate_json(text)
            for uid, text in clients.mandates_of(connection, client)
        }
        for uid, mandate in have.items():
            if mandate not in wanted:
                clients.end_mandate(connection, uid, now)
        for mandate in wanted:
            if mandate not in have.values():
                clients.add_mandate(
                    connection,
                    uid=self._clock.uid(),
                    client=client,
                    service=mandate.service,
                    settings=mandate.model_dump_json(),
                    by=by.uid,
                    now=now,
                )

    def _write_calendar(
        self, connection: Connection, file: CalendarFile, by: Known, lines: list[Line], force: bool
    ) -> None:
        users = self._calendars.users(connection, file.id)
        self._ahead.bring(connection, users)  # up to now as the calendar still says
        settings = plain_calendar(file).model_dump_json()
        calendars.put(connection, file.id, settings, by.uid, self._clock.ms())
        self._ahead.bring(connection, users)
        detail = {"calendar": file.id, "forced": force}
        owner = f"calendar/{file.id}"
        entry = self._entry("calendar-applied", owner, by, lines, detail=detail)
        self._journal.write(connection, entry)

    def _tell(
        self,
        connection: Connection,
        file: ClientFile,
        by: Known,
        lines: list[Line],
        more: Mapping[str, Any],
    ) -> None:
        """The entry about a client's settings, with what was before and after."""
        client = file.client.id if file.client is not None else ""

        def count(kind: str, sign: str) -> int:
            return sum(line.kind == kind and line.sign == sign for line in lines)

        detail = {
            "agreements": words(agreement.id for agreement in file.agreement),
            "mandates_added": count("mandate", "+"),
            "mandates_ended": count("mandate", "-"),
            "schedules_added": count("schedule", "+"),
            "schedules_changed": count("schedule", "~"),
            "schedules_ended": count("schedule", "-"),
            **more,
        }
        owner = f"client/{client}"
        entry = self._entry("settings-applied", owner, by, lines, client=client, detail=detail)
        self._journal.write(connection, entry)

    def _entry(self, kind: str, owner: str, by: Known, lines: list[Line], **terms: Any) -> Any:
        key = self._keys.key_for(Scope(owner, RETENTION, self._clock.now().year))
        personal = Personal(
            key,
            {"difference": [str(line) for line in lines]},
            before={line.what: line.before for line in lines if line.before is not None},
            after={line.what: line.after for line in lines if line.after is not None},
            thing="settings",
        )
        return self._journal.entry(kind, by.hand, personal=personal, **terms)
