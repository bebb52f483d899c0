"""Check, look and plan: what a case would change, decided anew from the records and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paraplu.domain.case import State
from paraplu.domain.finding import ToClient, ToPerson, to_person
from paraplu.domain.plan import Intent
from paraplu.domain.request import Request
from paraplu.engine.hands import guarded
from paraplu.engine.mandates import Asked, who_asked
from paraplu.engine.settling import Held, finding_hash
from paraplu.engine.turn import Turn
from paraplu.errors import NothingDone
from paraplu.store import cases, exceptions

REMARK = "remark"
"""The code of the finding that somebody wrote a remark: a person reads it, whatever else is found."""


class Moved(NothingDone):
    """What the plan rests on has changed since it was made: it is made again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change looked at and planned, ready to be intended."""

    intent: Intent
    digest: str
    asked: Asked


class Planning:
    """Makes plans for the cases of one run."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts = turn.parts

    def prepare(self, case: Held) -> Prepared | list[ToClient | ToPerson]:
        """Check and plan; or everything that stands against it."""
        turn = self._turn
        content = guarded(
            "case", lambda: self._parts.case_files.content(case.row, turn.bot.request)
        )
        today = self._parts.clock.now().astimezone(turn.terms.client.zone).date()
        asked = who_asked(turn.terms, case.row, content.request, today)
        if asked.finding is not None:
            return [asked.finding]
        turn.take_up(case.row)
        findings = self._check(case, content.request)
        if findings:
            return findings
        turn.place.step = "look"
        intent = turn.hands.look()
        return Prepared(intent, intent.plan.digest(content.salt), asked)

    def _check(self, case: Held, request: Request) -> list[ToClient | ToPerson]:
        findings = self._turn.hands.check()
        if request.remark and not any(one.message.code == REMARK for one in findings):
            findings.append(
                to_person(
                    REMARK,
                    "A remark must be read by a person first: {remark}",
                    remark=request.remark,
                )
            )
        with self._parts.database.read() as connection:
            seen = exceptions.seen(connection, case.uid)
            others = self._alarm_elsewhere(connection, case)
        if others:
            findings.append(
                to_person(
                    "record-under-alarm",
                    "Something unexpected happened to this record in another case: it is left alone "
                    "until that is solved.",
                )
            )
        return [
            finding
            for finding in findings
            if isinstance(finding, ToClient) or finding_hash(self._parts.keys, finding) not in seen
        ]

    def _alarm_elsewhere(self, connection: Any, case: Held) -> bool:
        """Whether an open alarm is about the same subject, unless this case is the follow-up of it."""
        if case.row.subject_hash is None:
            return False
        rows = cases.listed(
            connection, client=case.row.client, states=[State.WITH_PERSON], most=1000
        )
        return any(
            row.subject_hash == case.row.subject_hash
            and row.reason == "collateral"
            and row.uid not in (case.uid, case.row.follows)
            for row in rows
        )
