"""Changes that need a second person: made by one, put into force or declined by another.

A proposal holds on which revision of the records it was made. It is carried out only while they still have
that revision, in one transaction with the entries that name both people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.person import Role
from paraplu.engine.agreed import Agreed
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock, from_ms
from paraplu.engine.journal import Journal, pack, unpack
from paraplu.engine.people import RETENTION, Known, People, require
from paraplu.errors import IntegrityBroken, NotAllowed, NotFound, Refused
from paraplu.store import proposals, schedules
from paraplu.store.database import Database
from paraplu.store.keys import Erased, KeyStore, Scope

_MAY = (Role.ADMINISTRATOR, Role.LEAD)
OURS = "-"
"""Stands for a client where something is about the service centre itself: no client has this id."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits: of which client and kind, by whom, and what would change, in English."""

    uid: str
    client: str
    kind: str
    made_at: datetime
    made_by: str
    lines: tuple[str, ...]


Carry = Callable[[Connection, Mapping[str, Any], Known, Known, str], None]
"""Carries a proposal out: its content, who made it, who accepts it, its uid."""


class Proposals:
    """Makes, shows, accepts and declines proposals.

    `kinds` carries each kind out, in the transaction of the decision; `afterwards` does what cannot be
    done in a transaction, with the proposal's uid and who accepted it.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyStore,
        clock: Clock,
        journal: Journal,
        people: People,
        clients: Clients,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._journal = journal
        self._people = people
        self._clients = clients
        self.kinds: dict[str, Carry] = {}
        self.afterwards: dict[str, Callable[[str, Known], None]] = {}

    def needed(
        self, connection: Connection, client: str, services: Iterable[str] | None = None
    ) -> bool:
        """Whether a change of what belongs to these services of a client needs a second person.

        It does when the agreement in force or the newest one says so; without services, that of any.
        """
        agreed, today = Agreed.of(connection, {client}), self._clock.now().date()
        wanted = None if services is None else set(services)
        for (_client, service), versions in agreed.agreements.items():
            now = agreed.on(client, service, today)
            newest = max(versions, key=lambda one: one.version)
            if (wanted is None or service in wanted) and (
                newest.two_people or (now is not None and now.two_people)
            ):
                return True
        return False

    def somebody_else(self, connection: Connection, by: Known) -> bool:
        """Whether there is a second person at all, who could accept what somebody proposes."""
        return any(
            one.uid != by.uid and not one.person.clients and any(map(one.person.has, _MAY))
            for one in self._people.every(connection)
        )

    def make(
        self,
        connection: Connection,
        client: str,
        kind: str,
        content: Mapping[str, Any],
        lines: Iterable[str],
        by: Known,
        *,
        key: str | None = None,
    ) -> str:
        """Keep a change until a second person decides. Gives its uid.

        `content` is plain data that `kinds` understands. One that is about a person is sealed under a `key`
        of theirs: it does not depend on the records, and nothing of it is kept once it is decided. Raises
        `Refused` when the same waits already.
        """
        uid = self._clock.uid()
        revision = None if key else self._clients.revision(connection, client)
        body = pack({"content": content, "lines": list(lines), "revision": revision})
        digest = hashlib.sha256(body).hexdigest()
        for row in proposals.undecided(connection):
            if row.digest == digest:
                raise Refused(f"This waits for a second person already, as proposal {row.uid}.")
        if key is None:
            key = self._keys.key_for(Scope(f"client/{client}", RETENTION, self._clock.now().year))
        proposals.add(
            connection,
            uid=uid,
            client=client,
            kind=kind,
            digest=digest,
            made_at=self._clock.ms(),
            made_by=by.uid,
            sealed=self._keys.seal(key, body, f"proposal:{uid}"),
        )
        self._tell(connection, "proposal-made", uid, client, digest, by)
        return uid

    def waiting(self, by: Known) -> list[Proposal]:
        """Those that wait, of the clients that the person works for."""
        require(by, None, *_MAY, Role.AUDITOR)
        with self._database.read() as connection:
            rows = [row for row in proposals.undecided(connection) if by.person.sees(row.client)]
            return [self._shown(connection, row) for row in rows]

    def show(self, uid: str, by: Known) -> Proposal:
        """One that waits. Raises `NotFound`, `Refused` when it was decided."""
        with self._database.read() as connection:
            row = self._undecided(connection, uid)
            require(by, row.client, *_MAY, Role.AUDITOR)
            return self._shown(connection, row)

    def accept(self, uid: str, by: Known) -> Proposal:
        """Put a proposal of somebody else into force.

        Raises `NotFound`, `Refused` when it was decided or the records have changed since it was made,
        `NotAllowed` for who made it, who gains by it, and a person without the role for it.
        """
        with self._database.write() as connection:
            schedules.alone(connection)  # nobody changes the records meanwhile
            row = self._undecided(connection, uid)
            require(by, row.client, *_MAY)
            maker = self._people.by_uid(connection, row.made_by)
            if maker is None or maker.uid == by.uid:
                raise NotAllowed("You made this proposal: a second person must accept it.")
            require(maker, row.client, *_MAY)
            try:
                body = self._open(row)
            except Erased:
                raise Refused(
                    "What this is about was erased meanwhile: there is nothing to accept. Decline it."
                ) from None
            if body["revision"] not in (None, self._clients.revision(connection, row.client)):
                raise Refused(
                    f"The records of '{row.client}' have changed since this was proposed: decline it, "
                    f"run 'paraplu export {row.client}' and apply the change anew."
                )
            shown = self._shown(connection, row)
            self.kinds[row.kind](connection, body["content"], maker, by, uid)
            proposals.decide(connection, uid, "accepted", by.uid, self._clock.ms())
            self._forget(connection, row, body)
            self._tell(connection, "proposal-accepted", uid, row.client, row.digest, by, maker.uid)
        if row.kind in self.afterwards:
            self.afterwards[row.kind](uid, by)
        return shown

    def decline(self, uid: str, by: Known) -> Proposal:
        """Decline a proposal, or take back one's own. Raises as `accept` does."""
        with self._database.write() as connection:
            row = self._undecided(connection, uid)
            require(by, row.client, *_MAY)
            shown = self._shown(connection, row)
            proposals.decide(connection, uid, "declined", by.uid, self._clock.ms())
            with suppress(Erased):
                self._forget(connection, row, self._open(row))
            self._tell(
                connection, "proposal-declined", uid, row.client, row.digest, by, row.made_by
            )
            return shown

    def _undecided(self, connection: Connection, uid: str) -> Any:
        row = proposals.get(connection, uid)
        if row is None:
            raise NotFound(f"There is no proposal {uid}.")
        if row.decided_at is not None:
            raise Refused(f"This proposal was {row.decision} already.")
        return row

    @staticmethod
    def _forget(connection: Connection, row: Any, body: Any) -> None:
        """Keep nothing of what is about a person; the digest of it stands in the log."""
        if body["revision"] is None:
            proposals.forget(connection, row.uid)

    def _open(self, row: Any) -> Any:
        body = self._keys.open(row.sealed, f"proposal:{row.uid}")
        if hashlib.sha256(body).hexdigest() != row.digest:
            raise IntegrityBroken("A proposal does not have the content that it was made with.")
        return unpack(body)

    def _shown(self, connection: Connection, row: Any) -> Proposal:
        maker = self._people.by_uid(connection, row.made_by)
        name = "somebody" if maker is None else maker.person.handle
        lines: tuple[str, ...] = ("What this is about was erased.",)
        with suppress(Erased):
            lines = tuple(self._open(row)["lines"])
        return Proposal(row.uid, row.client, row.kind, from_ms(row.made_at), name, lines)

    def _tell(
        self,
        connection: Connection,
        kind: str,
        uid: str,
        client: str,
        digest: str,
        by: Known,
        made_by: str | None = None,
    ) -> None:
        detail = {"proposal": uid, "digest": digest, "made_by": made_by}
        of = None if client == OURS else client
        entry = self._journal.entry(kind, by.hand, client=of, detail=detail)
        self._journal.write(connection, entry)
