"""Which agreement of a client is in force at an instant: read once for many planned runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import Connection

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.pause import Subject
from paraplu.engine.clock import from_ms
from paraplu.store import clients


@lru_cache(maxsize=4096)
def read_agreement(settings: str) -> Agreement:
    """An agreement from its settings of record."""
    return Agreement.model_validate_json(settings)


@lru_cache(maxsize=1024)
def read_client(settings: str) -> Client:
    """A client from its settings of record."""
    return Client.model_validate_json(settings)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Clients by id, and all versions of their agreements by client and service."""

    clients: Mapping[str, Client]
    agreements: Mapping[tuple[str, str], Sequence[Agreement]]

    @classmethod
    def of(cls, connection: Connection, wanted: Collection[str] | None = None) -> Agreed:
        """What is on record about these clients, about all if none are given."""
        found, texts = clients.everything(connection, wanted)
        agreements: dict[tuple[str, str], list[Agreement]] = {}
        for text in texts:
            one = read_agreement(text)
            agreements.setdefault((one.client, one.service), []).append(one)
        return cls({id: read_client(text) for id, text in found.items()}, agreements)

    def on(self, client: str, service: str, day: date) -> Agreement | None:
        """The agreement in force on a day: the newest version that has begun, if it has not ended."""
        begun = [one for one in self.agreements.get((client, service), ()) if one.valid_from <= day]
        newest = max(begun, key=lambda one: one.version, default=None)
        return newest if newest is not None and newest.valid_on(day) else None

    def subject(self, client: str, service: str, at: int, schedule: str | None = None) -> Subject:
        """What might begin at an instant (milliseconds), as pauses see it."""
        agreement = self.in_force(client, service, at)
        return Subject(client, service, None if agreement is None else agreement.target, schedule)

    def in_force(self, client: str, service: str, at: int) -> Agreement | None:
        """The agreement in force at an instant (milliseconds), by the client's own day."""
        known = self.clients.get(client)
        if known is None:
            return None
        return self.on(client, service, from_ms(at).astimezone(known.zone).date())
