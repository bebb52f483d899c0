"""Check, look and plan: what a case would change, decided anew from the records and the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from paraplu.domain.bot import CaseInHand, Desk
from paraplu.domain.case import State
from paraplu.domain.change import Change
from paraplu.domain.finding import Finding, ToClient, ToPerson, to_person
from paraplu.domain.look import flatten
from paraplu.domain.plan import Intent, Plan, planned_bounds, planned_fields, stray_fields
from paraplu.engine.mandates import Asked, who_asked
from paraplu.engine.settling import Held, finding_hash
from paraplu.engine.turn import Turn
from paraplu.errors import IntegrityBroken, NothingDone, OutcomeUnknown, PluginWrong
from paraplu.store import cases, exceptions

REMARK = "remark"
"""The code of the finding that somebody wrote a remark: a person reads it, whatever else is found."""


class Moved(NothingDone):
    """What the plan rests on has changed since it was made: it is made again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change looked at and planned, ready to be intended."""

    change: Change[Any]
    before: Any
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
        hand = guarded("case", lambda: self._turn.case_in_hand(case.row))
        desk = self._turn.desk()
        asked = who_asked(self._turn.terms, case.row, hand.request, desk.today)
        if asked.finding is not None:
            return [asked.finding]
        findings = self._check(case, hand, desk)
        if findings:
            return findings
        self._turn.place.step = "look"
        change = guarded("change", lambda: self._turn.bot.change(hand, desk))
        before = guarded("look", change.look)
        intent = guarded("plan", lambda: self._plan(change, before))
        salt = self._parts.case_files.content(case.row, self._turn.bot.request).salt
        return Prepared(change, before, intent, intent.plan.digest(salt), asked)

    def _check(self, case: Held, hand: CaseInHand[Any], desk: Desk) -> list[ToClient | ToPerson]:
        findings = guarded("check", lambda: _told(self._turn.bot.check(hand, desk)))
        if hand.request.remark and not any(one.message.code == REMARK for one in findings):
            findings.append(
                to_person(
                    REMARK,
                    "A remark must be read by a person first: {remark}",
                    remark=hand.request.remark,
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
            if isinstance(finding, ToClient)
            or finding_hash(self._parts.keys, finding.message) not in seen
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

    def _plan(self, change: Change[Any], before: Any) -> Intent:
        wanted, roles = change.wanted(before), change.roles(before)
        flat_before, flat_wanted = flatten(before), flatten(wanted)
        stray = stray_fields(flat_before, flat_wanted, roles)
        if stray:
            raise PluginWrong(f"The bot's change alters {len(stray)} fields that nobody asked for.")
        plan = Plan(
            target=self._turn.terms.agreement.target,
            record=change.record,
            asked=planned_fields(flat_before, flat_wanted, roles),
            bounds=planned_bounds(flat_before, flat_wanted, roles),
            preconditions=dict(change.preconditions()),
            agreement=self._turn.terms.agreement.id,
            effect=change.effect(before),
            latest=change.latest,
        )
        stages = {name: flatten(stage) for name, stage in change.stages(wanted).items()}
        return Intent(plan, flat_before, flat_wanted, stages, roles)


def _told(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of a check, each of which can be said in words."""
    told = list(findings)
    for finding in told:
        str(finding.message)
    return told


def guarded(step: str, work: Callable[[], Any]) -> Any:
    """Run the author's code: what it should not raise becomes `PluginWrong`, named by type only."""
    try:
        return work()
    except (NothingDone, OutcomeUnknown, IntegrityBroken, PluginWrong):
        raise
    except Exception as error:
        raise PluginWrong(f"The bot failed in '{step}' with {type(error).__name__}.") from error
