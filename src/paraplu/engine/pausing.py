"""What a pause keeps from beginning: asked by whoever is about to begin something."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from paraplu.domain.pause import Pause, Scope, holding_back
from paraplu.engine.agreed import Agreed
from paraplu.errors import Refused
from paraplu.store import pauses


def held_back(connection: Connection, now: int) -> set[tuple[str, str]]:
    """The clients' services that a pause holds back at `now` (milliseconds), as client and service.

    A pause of one schedule holds back nothing that is due already: that was paused when the pause began.
    """
    going = [
        one
        for one in pauses.since(connection, now)
        if one.covers(now) and one.scope is not Scope.SCHEDULE
    ]
    if not going:
        return set()
    agreed = Agreed.of(connection)
    found = set()
    for client, service in agreed.agreements:
        if holding_back(going, agreed.subject(client, service, now), now):
            found.add((client, service))
    return found


def pause_of(connection: Connection, client: str, service: str, now: int) -> Pause | None:
    """The pause that keeps a run of a client's service from beginning now."""
    found = pauses.since(connection, now)
    if not found:
        return None
    return holding_back(found, Agreed.of(connection, {client}).subject(client, service, now), now)


def is_held_back(connection: Connection, row: Any, now: int) -> bool:
    """Whether a pause keeps this run from beginning. A rehearsal changes nothing and may always begin."""
    if row.purpose != "run":
        return False
    return pause_of(connection, row.client, row.service, now) is not None


def check_free(connection: Connection, client: str, service: str, now: int) -> None:
    """Raise `Refused` when a pause keeps a run from beginning."""
    pause = pause_of(connection, client, service, now)
    if pause is not None:
        raise paused(pause)


def paused(pause: Pause) -> Refused:
    """The refusal that says what to do about a pause."""
    return Refused(
        f"{words(pause)} is paused. To let it run, resume it first: paraplu schedules resume {pause.uid}"
    )


def words(pause: Pause) -> str:
    """What a pause is about, in English, as the beginning of a sentence."""
    return "Everything" if pause.scope is Scope.ALL else f"The {pause.scope.value} {pause.name}"
