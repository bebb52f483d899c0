"""Which code ran when, by its hash, and who said that they had put it there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from paraplu.assurance.questions.shown import Shown
from paraplu.audit.entry import Entry
from paraplu.engine.clock import from_ms


@dataclass(frozen=True, slots=True)
class Ran:
    """One code hash of one bot on one target, from its first run in the log to its last.

    `deployed_by` (a uid) is who wrote down that they put this code there and `deployed_at` when; None when
    nobody did, which an auditor will ask about. `reviewed` is where they said it was reviewed, None when
    that cannot be read (any more).
    """

    service: str
    target: str
    bot: str
    code: str
    first: datetime
    last: datetime
    runs: int
    deployed_by: str | None = None
    deployed_at: datetime | None = None
    reviewed: str | None = None


def ran(found: Iterable[Entry], put_there: Iterable[Shown]) -> list[Ran]:
    """What ran, by bot and time, out of the entries ``run-started`` that were found and all of the kind
    ``code-deployed`` (`put_there`), both in the order of the log.
    """
    seen: dict[tuple[str, str, str], Ran] = {}
    deployed: dict[str, Shown] = {}
    for said in put_there:
        deployed.setdefault(str(said.rpa.get("code")), said)
    for entry in found:
        rpa = entry.rpa
        key = (rpa.get("service", ""), rpa.get("target", ""), rpa.get("code", ""))
        at, bot = from_ms(entry.time_ms), entry.document["actor"].get("app_uid", "")
        known = seen.get(key)
        seen[key] = (
            Ran(*key[:2], bot, key[2], at, at, 1)
            if known is None
            else replace(known, last=at, runs=known.runs + 1)
        )
    return [
        replace(
            one,
            deployed_by=None if said is None else said.actor,
            deployed_at=None if said is None else said.time,
            reviewed=None if said is None else said.values.get("reviewed"),
        )
        for one in sorted(seen.values(), key=lambda one: (one.service, one.target, one.first))
        for said in [deployed.get(one.code)]
    ]
