"""Watches: what must still come true after a case is done, looked at again in later runs."""

from __future__ import annotations

from typing import Any

from paraplu.domain.finding import Finding, ToClient, ToPerson, to_person
from paraplu.engine.clock import from_ms
from paraplu.engine.hands import HandsLost
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Turn
from paraplu.errors import IntegrityBroken, OutcomeUnknown, TargetDown
from paraplu.store import cases, exceptions
from paraplu.store.database import StorageDown


def open_watches(turn: Turn) -> list[Any]:
    """The watches of the client's service."""
    agreement = turn.terms.agreement
    with turn.parts.database.read() as connection:
        return exceptions.open_watches(connection, turn.terms.client.id, agreement.service)


def look_at_watches(turn: Turn, watches: list[Any]) -> None:
    """See whether what must still come true has: an exception on the case when it cannot any more."""
    parts, settling = turn.parts, Settling(turn)
    for watch in watches:
        with parts.database.read() as connection:
            row = cases.get(connection, watch.case_uid)
        turn.place.case, turn.place.key, turn.place.step = row.uid, row.key, "watch"
        found = _watched(turn, row, watch)
        if found is False:
            continue
        if isinstance(found, ToClient):
            found = ToPerson(found.message)
        with parts.database.write() as connection:
            kind = "watch-fulfilled" if found is True else "watch-missed"
            if not exceptions.close_watch(connection, watch.uid, kind, parts.clock.ms()):
                continue  # another run has seen it
            said: dict[str, Any] = {}
            if isinstance(found, ToPerson):
                settling.open_exception(connection, Held(row, row.fence), found)
                said = {"status_code": found.message.code}
            parts.journal.write(
                connection,
                parts.journal.entry(kind, turn.hand, case=row.uid, **said, **turn.names),
            )
    turn.place.case, turn.place.key, turn.place.step = None, turn.client_key(), "run"


def _watched(turn: Turn, row: Any, watch: Any) -> Finding | bool:
    """What the bot sees of a watch. One that did not come true in time is an exception.

    A bot that cannot look sees nothing yet: its mistake stops no other case, and time runs on. The same
    holds when looking costs the hands.
    """
    try:
        turn.take_up(row)
        found = turn.hands.watched(watch.code)
    except HandsLost:
        if not turn.sign_in_again():
            raise
        found = False
    except (TargetDown, OutcomeUnknown, IntegrityBroken, StorageDown):
        raise
    except Exception:
        found = False
    if found is not False or turn.parts.clock.ms() <= watch.due:
        return found
    due = from_ms(watch.due).astimezone(turn.terms.client.zone)
    return to_person(
        "watch-overdue",
        "What was expected by {due} has not come true: a person must look.",
        due=due,
    )
