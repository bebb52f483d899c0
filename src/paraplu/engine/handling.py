"""The change protocol up to the act: check, look, plan, approve, intend (design section 6).

Every step is decided anew from the records and the target; nothing is remembered from an earlier try
but what was written down. Whatever is not understood ends with a person, never with a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from paraplu.audit.part import Approval, Evidence
from paraplu.domain.approval import approval_needed
from paraplu.domain.case import DUE, State
from paraplu.domain.finding import ToClient, ToPerson, to_person
from paraplu.domain.plan import Intent, Plan
from paraplu.engine.acting import Acting
from paraplu.engine.casefile import Said, Story
from paraplu.engine.clients import Terms
from paraplu.engine.clock import to_ms
from paraplu.engine.journal import Personal
from paraplu.engine.mandates import standing_approvals, who_asked
from paraplu.engine.planning import REMARK, Moved, Planning, Prepared
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Turn
from paraplu.errors import (
    FenceLost,
    NothingDone,
    OutcomeUnknown,
    PageChanged,
    PluginWrong,
    Refused,
    TargetDown,
    TargetRefused,
    WriteStopped,
)
from paraplu.store import cases, plans
from paraplu.store.database import StorageDown


class Handling:
    """Takes one case as far as it goes."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts = turn.parts
        self._settling = Settling(turn)
        self._acting = Acting(turn, self._settling)
        self._planning = Planning(turn)

    def handle(self, uid: str) -> State:
        """Claim a case and take it as far as it goes. Gives the state it is in then.

        Raises `TargetDown` when the target does not answer: the case stays due, and `FenceLost` when a
        person or another run has taken it over.
        """
        case = self._claim(uid)
        limits = self._turn.terms.agreement.limits
        intent = self._open_intent(uid)
        often = case.row.crashes >= limits.crashes
        if often and intent is None:
            return self._crashed_often(case)
        if intent is not None:
            if case.row.crashes > limits.crashes:
                return self._acting.give_up(case, intent.uid)
            verdict = self._acting.resolve(case, intent)
            if verdict is not None:
                return verdict
            if often:
                return self._crashed_often(case)
        return self._attempts(case, limits.attempts)

    def rehearse(self, uid: str) -> tuple[str, Plan | None, tuple[Said, ...]]:
        """Check and plan a case on live reads. Gives what would happen, the plan and what would be said.

        The state of the case is not touched; an entry tells that it was rehearsed.
        """
        with self._parts.database.read() as connection:
            row = cases.get(connection, uid)
        case = Held(row, row.fence)
        self._enter(case, "rehearsal")
        plan: Plan | None = None
        try:
            outcome = self._planning.prepare(case)
        except (TargetDown, StorageDown, WriteStopped):
            raise
        except (NothingDone, PluginWrong) as error:
            outcome = [to_person("not-done", _why_not(error))]
        said: tuple[Said, ...] = ()
        if isinstance(outcome, Prepared):
            plan = outcome.intent.plan
            verdict = self._verdict(case, outcome)
        elif back := _to_client(outcome):
            verdict, said = "returned", tuple(Said(one.field, one.message) for one in back)
        else:
            verdict, said = "with-person", tuple(Said(None, one.message) for one in outcome)
        self._parts.journal.write_alone(
            "rehearsed",
            self._turn.hand,
            case=uid,
            status_code=verdict,
            personal=Personal(
                case.key,
                {
                    "said": [str(one.message) for one in said],
                    "plan": plan.to_json() if plan else None,
                },
            ),
            **self._turn.names,
        )
        return verdict, plan, said

    def _claim(self, uid: str) -> Held:
        with self._parts.database.write() as connection:
            row = cases.get(connection, uid)
            if State(row.state) not in DUE:
                raise FenceLost("A person has dealt with this case since the run began.")
            fence = cases.claim(connection, uid, self._turn.uid, crashed=row.run is not None)
            return Held(cases.get(connection, uid), fence)

    def _crashed_often(self, case: Held) -> State:
        text = "The run broke off {count} times while it worked on this: a developer must look."
        finding = to_person("crashed-often", text, count=case.row.crashes)
        return self._settling.aside(case, [finding])

    def _open_intent(self, uid: str) -> Any:
        with self._parts.database.read() as connection:
            return plans.intent_of(connection, uid)

    def _enter(self, case: Held, step: str) -> None:
        place = self._turn.place
        place.case, place.key, place.fence = case.uid, case.key, case.fence
        place.intent, place.step = None, step

    def _attempts(self, case: Held, most: int) -> State:
        """Try until something is decided; only what did nothing outside is tried again."""
        failure: Exception | None = None
        for _attempt in range(most):
            try:
                verdict = self._once(case)
            except StorageDown:
                raise
            except (TargetDown, OutcomeUnknown, Refused):
                # Up to the intent nothing was done, and an intent that stands open is looked at later.
                self._settling.let_go(case)
                raise
            except NothingDone as error:
                failure = error
                continue
            except PluginWrong as error:
                failure = error
                break
            if verdict is not None:
                return verdict
            failure = self._acting.failure
            if isinstance(failure, TargetDown):
                self._settling.let_go(case)
                raise failure
        return self._settling.aside(case, [to_person("not-done", _why_not(failure))])

    def _once(self, case: Held) -> State | None:
        """One try. None when nothing happened in the target and it may be tried again."""
        self._enter(case, "check")
        outcome = self._planning.prepare(case)
        if not isinstance(outcome, Prepared):
            if back := _to_client(outcome):
                return self._settling.returned(case, back)
            return self._settling.aside(case, [one for one in outcome if isinstance(one, ToPerson)])
        plan = outcome.intent.plan
        if plan.nothing_left:
            asked = {field.path: field.after for field in plan.asked if field.after is not None}
            return self._settling.already(case, asked, self._turn.picture("already-so"))
        now = self._parts.clock.now()
        if _too_late(plan, now):
            return self._settling.aside(
                case,
                [to_person("too-late", "The latest moment to do this has passed.", before=now)],
            )
        approvals = self._approve(case, outcome)
        if approvals is None:
            return State.WAITING
        pictures = self._turn.picture("before")
        intent = self._intend(case, outcome, approvals, pictures)
        return self._acting.act(case, intent, outcome.intent, None, approvals)

    def _verdict(self, case: Held, prepared: Prepared) -> str:
        if prepared.intent.plan.nothing_left:
            return "already-so"
        if _too_late(prepared.intent.plan, self._parts.clock.now()):
            return "with-person"
        return "waiting" if self._open_question(case, prepared) else "ready"

    def _open_question(self, case: Held, prepared: Prepared) -> Any:
        """Why a person must say yes first, None when one has or none is needed."""
        mandate = prepared.asked.held.mandate if prepared.asked.held else None
        needed = approval_needed(
            self._turn.terms.agreement,
            mandate,
            prepared.intent.plan.effect,
            proven=prepared.asked.proven,
        )
        return needed if needed is not None and not self._standing(case, prepared) else None

    def _standing(self, case: Held, prepared: Prepared, terms: Terms | None = None) -> list[Any]:
        with self._parts.database.read() as connection:
            decisions = plans.decisions(connection, case.uid)
        request = self._turn.case_in_hand(case.row).request
        terms, effect = terms or self._turn.terms, prepared.intent.plan.effect
        return standing_approvals(terms, decisions, prepared.digest, self._today(), request, effect)

    def _approve(self, case: Held, prepared: Prepared) -> list[Approval] | None:
        """Keep the plan. Gives the approvals it stands on, None when it must wait for one."""
        question = self._open_question(case, prepared)
        plan = prepared.intent.plan
        files = self._parts.case_files
        changed = {
            field.path: field.before
            for field in plan.asked
            if field.before is not None and field.before != field.after
        }
        after = {field.path: field.after for field in plan.asked if field.after is not None}
        personal = Personal(
            case.key,
            {
                "record": plan.record,
                "bounds": dict(plan.bounds),
                "preconditions": dict(plan.preconditions),
                "effect": [str(plan.effect.amount), plan.effect.currency],
            },
            changed,
            after,
            thing="plan",
        )
        with self._parts.database.write() as connection:
            plans.keep(
                connection,
                case.uid,
                prepared.digest,
                files.seal_plan(case.uid, case.key, plan),
                self._parts.clock.ms(),
            )
            values: dict[str, Any] = {
                "digest": prepared.digest,
                "latest": None if plan.latest is None else to_ms(plan.latest),
            }
            if question is None:
                cases.write(connection, case.uid, fence=case.fence, state=State.PLANNED, **values)
            else:
                story = files.seal_story(case.uid, case.key, Story((Said(None, question),)))
                cases.write(
                    connection,
                    case.uid,
                    fence=case.fence,
                    state=State.WAITING,
                    reason=question.code,
                    run=None,
                    sealed_story=story,
                    **values,
                )
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "case-planned" if question is None else "approval-asked",
                    self._turn.hand,
                    case=case.uid,
                    fence=case.fence,
                    plan=prepared.digest,
                    mandate=prepared.asked.held.uid if prepared.asked.held else None,
                    requested_by=case.row.requester,
                    status_code=question.code if question else None,
                    personal=personal,
                    **self._turn.names,
                ),
            )
        if question is not None:
            return None
        return [
            Approval(decision.person, decision.mandate, "approved", decision.decided_at)
            for decision in self._standing(case, prepared)
        ]

    def _intend(
        self,
        case: Held,
        prepared: Prepared,
        approvals: list[Approval],
        pictures: list[Evidence],
    ) -> str:
        """Read preconditions and mandates again, then write the durable word before the act."""
        self._turn.place.step = "intend"
        plan = prepared.intent.plan
        now_true: Mapping[str, str] = self._turn.hands.preconditions()
        if dict(now_true) != dict(plan.preconditions):
            raise Moved("What the plan rests on has changed between the look and the act.")
        with self._parts.database.read() as connection:
            terms = self._parts.clients.terms(
                connection,
                self._turn.terms.client.id,
                self._turn.terms.agreement.service,
                self._today(),
            )
        now_agreed, signed_in = terms.agreement, self._turn.terms.agreement
        if (now_agreed.target, now_agreed.credential) != (signed_in.target, signed_in.credential):
            raise Refused(
                "The agreement names another system or credential since the run began: run again."
            )
        hand = self._turn.case_in_hand(case.row)
        asked = who_asked(terms, case.row, hand.request, self._today())
        needed = approval_needed(
            terms.agreement,
            asked.held.mandate if asked.held else None,
            plan.effect,
            proven=asked.proven,
        )
        lapsed = (approvals or needed) and not self._standing(case, prepared, terms)
        if terms.agreement.id != plan.agreement or asked.finding is not None or lapsed:
            self._turn.terms = terms  # the plan is made anew under what holds now
            raise Moved("What the plan was allowed by does not hold any more.")
        entry = self._parts.journal.entry(
            "intent",
            self._turn.hand,
            case=case.uid,
            fence=case.fence,
            plan=prepared.digest,
            mandate=asked.held.uid if asked.held else None,
            requested_by=case.row.requester,
            submitted_by=case.row.submitter,
            approved_by=approvals,
            credential=terms.agreement.credential,
            evidence=pictures,
            personal=_before_and_wanted(case.key, prepared.intent),
            **self._turn.names,
        )
        with self._parts.database.write() as connection:
            cases.write(connection, case.uid, fence=case.fence, state=State.WORKING)
            plans.open_intent(
                connection,
                uid=entry.uid,
                case_uid=case.uid,
                digest=prepared.digest,
                fence=case.fence,
                opened_at=self._parts.clock.ms(),
                sealed=self._parts.case_files.seal_intent(case.uid, case.key, prepared.intent),
            )
            self._parts.journal.write(connection, entry)
        return entry.uid

    def _today(self) -> date:
        return self._parts.clock.now().astimezone(self._turn.terms.client.zone).date()


def _to_client(findings: Sequence[ToClient | ToPerson]) -> list[ToClient]:
    """What the client must be told: one such finding sends the whole request back.

    But a remark is read by a person first, even when the request would go back anyway.
    """
    if any(isinstance(one, ToPerson) and one.message.code == REMARK for one in findings):
        return []
    return [finding for finding in findings if isinstance(finding, ToClient)]


def _too_late(plan: Plan, now: datetime) -> bool:
    return plan.latest is not None and now >= plan.latest


def _why_not(failure: Exception | None) -> str:
    """Why a case was not done although it was tried, for a person."""
    match failure:
        case PageChanged():
            return "A page of the system is not as expected: the bot's developer must look."
        case TargetRefused():
            return "The system refuses this change: a person must look why."
        case Moved():
            return "The situation in the system changes again and again: a person must look."
        case None | NothingDone() | OutcomeUnknown():
            return "This did not succeed although it was tried several times."
        case _:
            return "The bot made a mistake on this case: its developer must look."


def _before_and_wanted(key: str, intent: Intent) -> Personal:
    """Asked fields in clear to those who may read them; everything else as one digest."""
    asked = {field.path for field in intent.plan.asked}
    return Personal(
        key,
        {"record": intent.plan.record},
        {path: value for path, value in intent.before.items() if path in asked},
        {path: value for path, value in intent.wanted.items() if path in asked},
        {path: value for path, value in intent.before.items() if path not in asked},
        "wanted",
    )
