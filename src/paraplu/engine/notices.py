"""Notices: who is told of what, and what time itself brings up (overdue cases, expiring passwords).

A notice is written in the transaction of what it tells of; `paraplu.engine.outbox` sends it. Somebody is
told of one thing once; what goes on is told again on each working day, in one sentence for all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.agreement import Client
from paraplu.domain.notice import PASSWORD_DAYS, Fact, NoticeKind, packed
from paraplu.domain.person import Role
from paraplu.engine.calendars import Calendars
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock, from_ms, to_ms
from paraplu.engine.journal import pack, unpack
from paraplu.engine.mandates import away_at
from paraplu.engine.people import Known, People
from paraplu.store import absences, exceptions, notices
from paraplu.store.database import Database

Expiries = Callable[[Collection[str]], Mapping[str, date]]
"""Gives the days on which the passwords of these credentials expire, as far as they are known."""

_MORNING = time(9)
_NEW = timedelta(hours=24)  # what is overdue for longer is told of in the morning only
_KEPT = timedelta(days=90)
_ADMINISTRATORS = frozenset(
    {NoticeKind.PASSWORD_EXPIRES, NoticeKind.AUDIT_BROKEN, NoticeKind.HEADS_NOT_KEPT}
)


class Notices:
    """Writes notices."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        people: People,
        clients: Clients,
        calendars: Calendars,
        expiries: Expiries,
    ) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._clients = clients
        self._calendars = calendars
        self._expiries = expiries

    def tell(
        self,
        connection: Connection,
        kind: NoticeKind,
        about: str,
        client: str | None,
        facts: Mapping[str, Fact | None],
        to: Iterable[Known] | None = None,
    ) -> int:
        """Tell people of something, in the transaction in which it happens. Gives how many are told.

        `about` is the uid of what it is about (or what else makes it one thing): a person who was told of
        it by a notice of this kind is not told again. `to` are the persons; without it those that the kind
        is for: operators and leads of the client, administrators for passwords and the audit log. Somebody
        without a mail address is not told, and the list of notices says so. Raises `NotTellable` for facts
        that a notice does not say.
        """
        kept = pack(packed(kind, facts)).decode()
        now = self._clock.ms()
        persons = self._audience(connection, kind, client) if to is None else list(to)
        rows = []
        for known in persons:
            unreachable = not known.person.email
            rows.append(
                {
                    "uid": self._clock.uid(),
                    "kind": kind.value,
                    "about": about,
                    "person": known.uid,
                    "client": client,
                    "facts": kept,
                    "made_at": now,
                    "try_at": now,
                    "given_up_at": now if unreachable else None,
                    "why": "no-address" if unreachable else None,
                }
            )
        return notices.add(connection, rows)

    def contact(self, submitter: Known) -> list[Known]:
        """Whom a delivery is confirmed to: a client's own contact who submitted it, else nobody."""
        return [submitter] if submitter.person.has(Role.CLIENT_CONTACT) else []

    def look(self, now: datetime | None = None) -> int:
        """Find what time has brought up by `now`, and tell of it. Gives how many notices are new.

        For the clock, every minute or so. Raises `SettingsWrong` when the day on which a password expires
        cannot be read; everything else was told by then.
        """
        now = now or self._clock.now()
        with self._database.read() as connection:
            found = self._overdue(connection, now)
            abouts: dict[NoticeKind, list[str]] = {}
            for kind, about, _client, _facts in found:
                abouts.setdefault(kind, []).append(about)
            known = {kind: notices.told(connection, kind, these) for kind, these in abouts.items()}
            old = notices.has_settled_before(connection, to_ms(now - _KEPT))
        new = [one for one in found if notices.fit(one[1]) not in known[one[0]]]
        told = self._tell_all(new, None if not old else to_ms(now - _KEPT))
        told += self._remind(now)
        with self._database.read() as connection:
            expiring = self._passwords(connection, now)
            these = [about for _kind, about, _client, _facts in expiring]
            told_before = notices.told(connection, NoticeKind.PASSWORD_EXPIRES, these)
        return told + self._tell_all([one for one in expiring if one[1] not in told_before], None)

    def is_morning(
        self, connection: Connection, client: Client, service: str, now: datetime
    ) -> bool:
        """Whether it is a working day of the client, 9 o'clock or later: time to say what still is so."""
        local = now.astimezone(client.zone)
        if local.time() < _MORNING:
            return False
        # Of an agreement that has ended, and its cases have not, the calendar still counts.
        calendar, _dates = self._calendars.of(connection, client.id, service)
        return calendar.is_working_day(local.date())

    def _remind(self, now: datetime) -> int:
        """Say on each working morning how many cases still wait for somebody, from before that day."""
        kind = NoticeKind.STILL_WAITING
        with self._database.read() as connection:
            clients = {one.id: one for one in self._clients.every(connection)}
            midnights = {
                name: datetime.combine(now.astimezone(one.zone).date(), time(), one.zone)
                for name, one in clients.items()
            }
            found: dict[tuple[str, str], Any] = {}
            for midnight in set(midnights.values()):
                for row in absences.waiting_for(connection, to_ms(midnight)):
                    if midnights[row.client] == midnight:
                        about = f"{row.client}/{row.service}/{midnight.date()}"
                        found[notices.fit(about), row.person] = row
            told = notices.told_persons(connection, kind.value, list(found))
            gone = away_at(connection, now)
            due = {
                key: row
                for key, row in found.items()
                if key not in told
                and row.person not in gone
                and self.is_morning(connection, clients[row.client], row.service, now)
            }
        if not due:
            return 0
        with self._database.write() as connection:
            people = {one.uid: one for one in self._people.every(connection)}
            number = 0
            for (about, person), row in due.items():
                since = from_ms(row.since).astimezone(clients[row.client].zone).date()
                facts = {"service": row.service, "cases": row.number, "since": since}
                number += self.tell(connection, kind, about, row.client, facts, [people[person]])
            return number

    def _tell_all(
        self,
        found: list[tuple[NoticeKind, str, str | None, dict[str, Fact]]],
        forget_before: int | None,
    ) -> int:
        if not found and forget_before is None:
            return 0
        with self._database.write() as connection:
            if forget_before is not None:
                notices.forget(connection, forget_before)
            return sum(
                self.tell(connection, kind, about, client, facts)
                for kind, about, client, facts in found
            )

    def _overdue(
        self, connection: Connection, now: datetime
    ) -> list[tuple[NoticeKind, str, str | None, dict[str, Fact]]]:
        late: dict[tuple[str, str], list[datetime]] = {}
        for row in exceptions.overdue(connection, to_ms(now)):
            late.setdefault((row.client, row.service), []).append(from_ms(row.due))
        found: list[tuple[NoticeKind, str, str | None, dict[str, Fact]]] = []
        for (name, service), moments in sorted(late.items()):
            client = self._clients.get(connection, name)
            today = now.astimezone(client.zone).date()
            for due in sorted({one for one in moments if one > now - _NEW}):
                about = f"{name}/{service}/{due:%Y-%m-%dT%H:%M:%SZ}"
                day = due.astimezone(client.zone).date()
                number = moments.count(due)
                facts: dict[str, Fact] = {"service": service, "cases": number, "day": day}
                found.append((NoticeKind.OVERDUE, about, name, facts))
            before = [one for one in moments if one.astimezone(client.zone).date() < today]
            if before and self.is_morning(connection, client, service, now):
                since = min(before).astimezone(client.zone).date()
                facts = {"service": service, "cases": len(before), "since": since}
                found.append((NoticeKind.STILL_OVERDUE, f"{name}/{service}/{today}", name, facts))
        return found

    def _passwords(
        self, connection: Connection, now: datetime
    ) -> list[tuple[NoticeKind, str, str | None, dict[str, Fact]]]:
        names = {
            agreement.credential
            for client in self._clients.every(connection)
            for agreement in self._clients.agreements(connection, client.id)
        }
        found: list[tuple[NoticeKind, str, str | None, dict[str, Fact]]] = []
        for name, expires in sorted(self._expiries(names).items()):
            left = (expires - now.date()).days
            told_at = [days for days in PASSWORD_DAYS if left <= days]
            if told_at:
                about = f"{name}/{expires}/{min(told_at)}"
                facts: dict[str, Fact] = {
                    "credential": name,
                    "expires": expires,
                    "days": max(left, 0),
                }
                found.append((NoticeKind.PASSWORD_EXPIRES, about, None, facts))
        return found

    def _audience(
        self, connection: Connection, kind: NoticeKind, client: str | None
    ) -> list[Known]:
        everybody = self._people.every(connection)
        administrators = [one for one in everybody if one.person.has(Role.ADMINISTRATOR)]
        if kind in _ADMINISTRATORS:
            return administrators
        theirs = [
            one
            for one in everybody
            if one.person.has(Role.OPERATOR, Role.LEAD)
            and (client is None or one.person.sees(client))
        ]
        return theirs or administrators  # somebody must hear of it


def facts_of(row: Any) -> dict[str, Any]:
    """The facts of a notice (a row) as they are kept."""
    found: dict[str, Any] = unpack(row.facts.encode())
    return found
