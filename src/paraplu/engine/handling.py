"""The change protocol up to the act: check, look, plan, approve, intend (design section 6).

Every step is decided anew from the records and the target; nothing is remembered from an earlier try
but what was written down. Whatever is not understood ends with a person, never with a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from paraplu.audit.part import Approval, Evidence
from paraplu.domain.approval import approval_needed
from paraplu.domain.case import State
from paraplu.domain.finding import ToClient, ToPerson, to_person
from paraplu.domain.plan import Intent, Plan
from paraplu.domain.retry import Failure, Kind, SetAside, decide, failure_of
from paraplu.engine.acting import Acting, StillOpen
from paraplu.engine.approving import Approving
from paraplu.engine.casefile import Said
from paraplu.engine.clock import to_ms
from paraplu.engine.hands import HandsLost
from paraplu.engine.journal import Personal
from paraplu.engine.mandates import who_asked
from paraplu.engine.planning import REMARK, Moved, Planning, Prepared
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Turn
from paraplu.errors import (
    IntegrityBroken,
    NotCovered,
    NothingDone,
    OutcomeUnknown,
    PageChanged,
    ParapluError,
    PluginWrong,
    Refused,
    TargetDown,
    TargetRefused,
    WriteStopped,
)
from paraplu.store import cases, plans, runs
from paraplu.store.database import StorageDown


class Handling:
    """Takes one case as far as it goes."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts = turn.parts
        self._settling = Settling(turn)
        self._acting = Acting(turn, self._settling)
        self._planning = Planning(turn)
        self._approving = Approving(turn)

    def handle(self, case: Held, *, alone: bool) -> State | None:
        """Take a case that was claimed as far as it goes. Gives the state it is in then.

        None when it was put off: it is tried again later. Raises `TargetDown` or `OutcomeUnknown` when the
        target does not answer: the case stays due; `FenceLost` when a person or another run has taken it
        over. `alone` says that the target has answered for other cases of the run.
        """
        limits = self._turn.terms.agreement.limits
        intent = self._open_intent(case.uid)
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
        return self._attempts(case, alone)

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

    def _crashed_often(self, case: Held, crashes: int | None = None) -> State:
        text = "The run broke off {count} times while it worked on this: a developer must look."
        finding = to_person("crashed-often", text, count=crashes or case.row.crashes)
        return self._settling.aside(case, [finding])

    def _open_intent(self, uid: str) -> Any:
        with self._parts.database.read() as connection:
            return plans.intent_of(connection, uid)

    def _enter(self, case: Held, step: str) -> None:
        place = self._turn.place
        place.case, place.key, place.fence = case.uid, case.key, case.fence
        place.intent, place.step = None, step

    def _attempts(self, case: Held, alone: bool) -> State | None:
        """Try until something is decided, as often as `paraplu.domain.retry` says."""
        tries, crashes = case.row.attempts, case.row.crashes
        while True:
            try:
                verdict = self._once(case)
            except (StorageDown, IntegrityBroken, StillOpen):
                raise
            except Refused:
                self._settling.let_go(case)
                raise
            except ParapluError as error:
                failure: Exception | None = error
            else:
                if verdict is not None:
                    return verdict
                failure = self._acting.failure
            alone = alone and not isinstance(failure, NotCovered)  # no case's own trouble
            tries += 1
            crashes += isinstance(failure, HandsLost)
            now = self._parts.clock.now()
            decision = decide(
                _failure(failure, tries, crashes, alone), self._turn.terms.agreement.limits, now
            )
            if isinstance(decision, SetAside):
                return self._set_aside(case, decision, failure, crashes)
            lost = isinstance(failure, HandsLost)
            down = isinstance(failure, TargetDown | OutcomeUnknown)
            at_once = decision.moment <= now and (not down or (lost and self._turn.sign_in_again()))
            if at_once:
                continue
            # A target that is down for everybody puts no case off: the run pauses, the next one tries.
            asked = isinstance(failure, TargetDown) and failure.retry_after is not None
            off = (alone or asked or not down) and decision.moment > now
            self._settling.let_go(
                case,
                later_ms=to_ms(decision.moment) if off else None,
                attempts=tries if alone or not down else case.row.attempts,
                crashes=crashes,
            )
            if down and failure is not None:
                raise failure
            return None

    def _set_aside(
        self, case: Held, decision: SetAside, failure: Exception | None, crashes: int
    ) -> State:
        if decision.code == "crashed-often":
            return self._crashed_often(case, crashes)
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
        approvals = self._approving.approve(case, outcome)
        if approvals is None:
            return State.WAITING
        pictures = self._turn.picture("before")
        intent = self._intend(case, outcome, approvals, pictures)
        self._cover(case, intent, plan)
        return self._acting.act(case, intent, outcome.intent, None, approvals)

    def _cover(self, case: Held, intent: str, plan: Plan) -> None:
        """Wait until the audit log covers an intent as the agreement asks; then it may be acted on.

        When it cannot be, the intent is closed: nothing was done, and nothing is without. A run that breaks
        off in here leaves it open, and the next one looks first, as ever.
        """
        level = self._turn.terms.agreement.intent
        if level == "durable":
            return
        self._turn.place.step = "cover"
        try:
            self._parts.covered(level, intent)
            if _too_late(plan, self._parts.clock.now()):
                raise Moved("The latest moment passed while the intent was being witnessed.")
        except StorageDown:
            raise
        except ParapluError:
            self._acting.nothing_done(case, intent)
            raise

    def _verdict(self, case: Held, prepared: Prepared) -> str:
        if prepared.intent.plan.nothing_left:
            return "already-so"
        if _too_late(prepared.intent.plan, self._parts.clock.now()):
            return "with-person"
        return "waiting" if self._approving.question(case, prepared) else "ready"

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
                self._turn.today(),
            )
        now_agreed, signed_in = terms.agreement, self._turn.terms.agreement
        if (now_agreed.target, now_agreed.credential) != (signed_in.target, signed_in.credential):
            raise Refused(
                "The agreement names another system or credential since the run began: run again."
            )
        hand = self._turn.case_in_hand(case.row)
        asked = who_asked(terms, case.row, hand.request, self._turn.today())
        needed = approval_needed(
            terms.agreement,
            asked.held.mandate if asked.held else None,
            plan.effect,
            proven=asked.proven,
        )
        lapsed = (approvals or needed) and not self._approving.standing(case, prepared, terms)
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
            runs.held(connection, self._turn.uid, self._turn.token)
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


def _failure(failure: Exception | None, tries: int, crashes: int, alone: bool) -> Failure:
    """What kind of failure it was; None is an act that did nothing and raised nothing."""
    if isinstance(failure, Moved):
        return Failure(Kind.MOVED, tries, intent_open=False)
    if isinstance(failure, HandsLost):
        return Failure(Kind.HANDS_LOST, tries, intent_open=False, crashes=crashes)
    error = failure or NothingDone()
    found = failure_of(error, tries, intent_open=False, crashes=crashes, alone=alone)
    return found or Failure(Kind.NOT_UNDERSTOOD, tries, intent_open=False)


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
