"""Persons: who acts, who may see what, and whose handle is whose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from paraplu.audit.part import UserType
from paraplu.domain.person import Person, Role
from paraplu.domain.retention import STAFF
from paraplu.engine.clock import Clock
from paraplu.engine.journal import Hand, Journal, Personal, pack, unpack
from paraplu.errors import NotAllowed, NotFound
from paraplu.store import persons
from paraplu.store.database import Database
from paraplu.store.keys import Erased, KeyStore, Scope

RETENTION = STAFF


@dataclass(frozen=True, slots=True)
class Known:
    """A person with the random uid by which entries name them."""

    uid: str
    person: Person
    claimed: bool = False

    @property
    def hand(self) -> Hand:
        """This person as the actor of an entry."""
        kind = UserType.ADMIN if self.person.has(Role.ADMINISTRATOR) else UserType.USER
        return Hand(self.uid, kind, "command-line", claimed=self.claimed)


class People:
    """Everybody known here."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock, journal: Journal) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._journal = journal

    def put(self, connection: Connection, person: Person, by: Hand | None) -> Known:
        """Add a person, or replace what is known of the one with this handle. An entry tells of it.

        `by` None means the person adds themself, which only the first one does.
        """
        row = persons.by_handle(connection, self._handle(person.handle))
        uid = self._clock.uid() if row is None else row.uid
        if row is not None and self._read(row.uid, row.sealed).person == person:
            return Known(uid, person)
        year = self._clock.now().year
        key = self._keys.key_for(Scope(f"person/{uid}", RETENTION, year))
        system_user = None if person.system_user is None else self._system_user(person.system_user)
        persons.put(
            connection,
            uid=uid,
            handle=self._handle(person.handle),
            system_user=system_user,
            sealed=self._keys.seal(key, pack(person.model_dump(mode="json")), f"person:{uid}"),
            now=self._clock.ms(),
        )
        known = Known(uid, person)
        self._journal.write(
            connection,
            self._journal.entry(
                "person-added",
                by or known.hand,
                personal=Personal(key, {"person": person.model_dump(mode="json")}, thing="person"),
                detail={"person": uid, "roles": [role.value for role in person.roles]},
            ),
        )
        return known

    def by_handle(self, connection: Connection, handle: str) -> Known | None:
        """The person with this user name."""
        row = persons.by_handle(connection, self._handle(handle.strip().lower()))
        return None if row is None else self._there(row.uid, row.sealed)

    def by_uid(self, connection: Connection, uid: str) -> Known | None:
        """The person with this uid."""
        return next((known for known in self.every(connection) if known.uid == uid), None)

    def every(self, connection: Connection) -> list[Known]:
        """Everybody whose data has not been erased."""
        found = (self._there(uid, sealed) for uid, sealed in persons.every(connection))
        return [known for known in found if known is not None]

    def reseal(self, connection: Connection, keys: Collection[str]) -> int:
        """Seal everybody who is still here and lies under one of these keys under this year's. How many.

        For when the time of an earlier year is over.
        """
        number = 0
        for uid, sealed in persons.every(connection):
            if self._keys.key_of(sealed) in keys:
                scope = Scope(f"person/{uid}", RETENTION, self._clock.now().year)
                data = self._keys.open(sealed, f"person:{uid}")
                again = self._keys.seal(self._keys.key_for(scope), data, f"person:{uid}")
                persons.reseal(connection, uid, again, self._clock.ms())
                number += 1
        return number

    def acting(self, system_user: str, claimed_handle: str | None, *, demo: bool) -> Known:
        """Who acts on the command line: the person bound to the operating-system user.

        In a demo home `claimed_handle` may name somebody else, which every entry then says. Raises
        `NotAllowed` for an unknown user, or a claim outside a demo.
        """
        with self._database.read() as connection:
            if claimed_handle is not None:
                if not demo:
                    raise NotAllowed("--as works in a demo home only: sign in as yourself.")
                known = self.by_handle(connection, claimed_handle)
                if known is None:
                    raise NotFound(f"Nobody here has the user name '{claimed_handle}'.")
                return Known(known.uid, known.person, claimed=True)
            row = persons.by_system_user(connection, self._system_user(system_user))
            if row is None:
                raise NotAllowed(
                    f"The user '{system_user}' of this computer is bound to nobody here. An administrator "
                    "adds a person with system_user to a client file and runs: paraplu apply"
                )
            return self._read(row.uid, row.sealed)

    def names(self, connection: Connection) -> dict[str, str]:
        """Names by uid."""
        return {known.uid: known.person.name for known in self.every(connection)}

    def _there(self, uid: str, sealed: bytes) -> Known | None:
        try:
            return self._read(uid, sealed)
        except Erased:
            return None

    def _read(self, uid: str, sealed: bytes) -> Known:
        return Known(uid, Person.model_validate(unpack(self._keys.open(sealed, f"person:{uid}"))))

    def _handle(self, handle: str) -> str:
        return self._keys.hash("handle", handle)

    def _system_user(self, name: str) -> str:
        return self._keys.hash("system-user", name)


def require(known: Known, client: str | None, *roles: Role) -> None:
    """Raise `NotAllowed` unless the person has one of `roles` and works for or with `client`."""
    if roles and not known.person.has(*roles):
        wanted = " or ".join(role.value for role in roles)
        raise NotAllowed(f"This takes the role {wanted}; you do not have it.")
    if client is not None and not known.person.sees(client):
        raise NotAllowed("You do not work for this client.")
