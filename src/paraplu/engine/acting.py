"""The act and what follows it: look again, compare by role, record; and the same after a crash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeGuard

from paraplu.audit.part import Approval, Evidence
from paraplu.domain.case import State
from paraplu.domain.finding import ToPerson, to_person
from paraplu.domain.look import Comparison, RoleKind
from paraplu.domain.plan import Intent
from paraplu.domain.retry import obeyed
from paraplu.engine.clock import to_ms
from paraplu.engine.differences import in_words
from paraplu.engine.hands import HandsLost, Seen
from paraplu.engine.journal import Personal
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Turn
from paraplu.errors import (
    FenceLost,
    IntegrityBroken,
    NothingDone,
    OutcomeUnknown,
    ParapluError,
    PluginWrong,
    TargetDown,
)
from paraplu.store import cases, exceptions, plans, runs
from paraplu.store.database import StorageDown

_ROUNDS = 4  # stages of one act that may be gone through after each other without getting further


class StillOpen(TargetDown):
    """What became of an intent cannot be looked at now. The case was let go of, the intent stands open."""


class Acting:
    """Carries an intent out and judges what became of it by its own stored before and wanted."""

    def __init__(self, turn: Turn, settling: Settling) -> None:
        self._turn = turn
        self._parts = turn.parts
        self._settling = settling
        self.failure: Exception | None = None  # what the last act raised when nothing came of it

    def act(
        self,
        case: Held,
        intent_uid: str,
        intent: Intent,
        reached: str | None,
        approvals: Sequence[Approval],
    ) -> State | None:
        """Act, look again, and settle. None when nothing happened and it may be tried again.

        Raises `StillOpen` when the target cannot be looked at: the intent stays open for a later run.
        """
        for _round in range(_ROUNDS):
            self._check_fence(case)
            self.failure = failure = self._do(reached, intent_uid)
            if _asks_to_wait(failure):
                raise self._later(case, failure, case.row.attempts)  # a look is a request, too
            ended, sure = self._parts.clock.passed(), isinstance(failure, NothingDone | None)
            try:
                seen = self._look_again(case, intent)
                if not sure:
                    seen = self._settled(case, intent, seen, ended)
            except PluginWrong as error:
                return self._unresolved(case, intent_uid, str(error))
            if seen.comparison.verdict != "stage" or seen.comparison.stage == reached:
                break
            reached = seen.comparison.stage
        if seen.comparison.verdict == "stage":
            return self._stuck(case, intent_uid, seen.comparison, failure)
        return self._settle(case, intent_uid, intent, seen, approvals)

    def resolve(self, case: Held, row: Any) -> State | None:
        """Find out what became of an intent whose run broke off, and go on from there.

        None when nothing had happened: the case starts again from the top.
        """
        intent = self._parts.case_files.intent(case.uid, row.sealed)
        place = self._turn.place
        place.case, place.key, place.fence = case.uid, case.key, case.fence
        place.intent, place.step = row.uid, "resolve"
        begun = self._parts.clock.passed()  # when it broke off, only clocks could tell that are set
        try:
            self._turn.take_up(case.row)
            change = self._turn.hands.change()
        except (TargetDown, OutcomeUnknown) as error:
            self._settling.let_go(case, crashes=case.row.crashes + isinstance(error, HandsLost))
            raise
        except (StorageDown, IntegrityBroken):
            raise
        except ParapluError as error:
            return self._unresolved(case, row.uid, str(error))
        if change.record != intent.plan.record:
            return self._unresolved(case, row.uid, "The bot would change another record now.")
        try:
            seen = self._look_again(case, intent)
            seen = self._settled(case, intent, seen, begun)
        except PluginWrong as error:
            return self._unresolved(case, row.uid, str(error))
        self._parts.journal.write_alone(
            "intent-resolved",
            self._turn.hand,
            case=case.uid,
            fence=case.fence,
            intent=row.uid,
            status_code=seen.comparison.verdict,
            **self._turn.names,
        )
        with self._parts.database.read() as connection:
            approvals = [
                Approval(one.person, one.mandate, "approved", one.decided_at)
                for one in plans.decisions(connection, case.uid)
                if one.digest == row.digest and one.decision == "approved"
            ]
        if seen.comparison.verdict == "stage":
            if case.row.crashes >= self._most_crashes:
                return self._unresolved(
                    case, row.uid, "It broke off again and again at the same stage."
                )
            return self.act(case, row.uid, intent, seen.comparison.stage, approvals)
        if seen.comparison.verdict == "nothing" and not change.look_tells:
            return self._unresolved(case, row.uid, "The system cannot tell whether it was done.")
        return self._settle(case, row.uid, intent, seen, approvals)

    def give_up(self, case: Held, intent_uid: str) -> State:
        """Set a case aside whose run breaks off even when it only looks at what was done."""
        return self._unresolved(case, intent_uid, "It broke off again and again.")

    def _check_fence(self, case: Held) -> None:
        """The last look at our own records before something happens outside."""
        with self._parts.database.read() as connection:
            runs.held(connection, self._turn.uid, self._turn.token)
            if cases.get(connection, case.uid).fence != case.fence:
                raise FenceLost("Another run holds this case by now: nothing was done.")

    def _do(self, reached: str | None, intent: str) -> Exception | None:
        """Act. Whatever it raises is kept: only the look afterwards says what was done."""
        self._turn.place.intent, self._turn.place.step = intent, "act"
        try:
            return self._turn.hands.act(reached)
        except IntegrityBroken:
            raise
        except ParapluError as error:
            return error

    def _look_again(self, case: Held, intent: Intent) -> Seen:
        self._turn.place.step = "look-again"
        crashes = case.row.crashes
        for chance in (True, False):
            try:
                return self._turn.hands.look_again(intent)
            except (TargetDown, OutcomeUnknown, StorageDown, IntegrityBroken) as error:
                crashes += isinstance(error, HandsLost)
                if chance and not _asks_to_wait(error) and self._turn.sign_in_again():
                    continue
                if isinstance(error, HandsLost) and crashes > self._most_crashes:
                    raise PluginWrong(f"Its hands died {crashes} times.") from None
                raise self._later(case, error, case.row.attempts, crashes) from None
            except Exception as error:
                if chance and self._turn.sign_in_again():
                    continue
                tried = case.row.attempts + 1
                if tried >= self._turn.terms.agreement.limits.attempts:
                    raise PluginWrong(f"{error} This happened {tried} times.") from error
                raise self._later(case, error, tried, crashes) from error
        raise AssertionError("unreachable")

    def _settled(self, case: Held, intent: Intent, seen: Seen, ended: float) -> Seen:
        """What an act left that broke off, looked at once more when it may not be all yet.

        A request that had left goes on in the target when the browser that sent it is dead. Who acts again
        on a look that came before it does the same twice. `ended` is the latest at which anything can have
        been sent, by `Clock.passed`.
        """
        quiet = self._parts.clock.passed() - ended
        wait = self._turn.terms.agreement.limits.settle_seconds - quiet
        if seen.comparison.verdict == "confirmed" or wait <= 0:
            return seen
        time.sleep(wait)
        self._check_fence(case)
        return self._look_again(case, intent)

    @property
    def _most_crashes(self) -> int:
        return self._turn.terms.agreement.limits.crashes

    def _later(
        self, case: Held, error: Exception, tried: int, crashes: int | None = None
    ) -> StillOpen:
        """Leave an intent open for a later run, and until then when the target asks for a time."""
        wait = error.retry_after if _asks_to_wait(error) else None
        later = None if wait is None else to_ms(self._parts.clock.now() + obeyed(wait))
        self._settling.let_go(case, later_ms=later, attempts=tried, crashes=crashes)
        return StillOpen(
            f"What became of an intent cannot be looked at now ({type(error).__name__}); "
            "a later run looks again before anything else.",
            retry_after=wait,
        )

    def _settle(
        self,
        case: Held,
        intent_uid: str,
        intent: Intent,
        seen: Seen,
        approvals: Sequence[Approval],
    ) -> State | None:
        pictures = self._turn.picture("after")
        if seen.comparison.verdict == "confirmed":
            return self._confirmed(case, intent_uid, intent, seen, approvals, pictures)
        if seen.comparison.verdict == "nothing":
            self._nothing(case, intent_uid, pictures)
            return None
        return self._collateral(case, intent_uid, intent, seen.comparison, pictures)

    def _confirmed(
        self,
        case: Held,
        intent_uid: str,
        intent: Intent,
        seen: Seen,
        approvals: Sequence[Approval],
        pictures: list[Evidence],
    ) -> State:
        flat = seen.after
        told = {path for path in {*intent.before, *flat} if _told(intent, path)}
        personal = Personal(
            case.key,
            {"record": intent.plan.record, "result": dict(seen.result)},
            {path: value for path, value in intent.before.items() if path in told},
            {path: value for path, value in flat.items() if path in told},
            {path: value for path, value in flat.items() if path not in told},
            "result",
        )
        now = self._parts.clock.ms()
        with self._parts.database.write() as connection:
            plans.close_intent(connection, intent_uid, "confirmed", now)
            if seen.watch is not None:
                exceptions.open_watch(
                    connection,
                    uid=self._parts.clock.uid(),
                    case_uid=case.uid,
                    code=seen.watch.code,
                    due=to_ms(seen.watch.due),
                )
            self._settling.done(
                connection,
                case,
                seen.result,
                pictures,
                intent=intent_uid,
                personal=personal,
                approvals=approvals,
            )
            if seen.mistake is not None:
                self._settling.add_exception(connection, case, seen.mistake)
            if seen.watch is not None:
                self._parts.journal.write(
                    connection,
                    self._parts.journal.entry(
                        "watch-opened",
                        self._turn.hand,
                        case=case.uid,
                        status_code=seen.watch.code,
                        **self._turn.names,
                    ),
                )
        return State.DONE

    def nothing_done(self, case: Held, intent_uid: str) -> None:
        """Close an intent that was not acted on: the audit log does not cover it as was agreed."""
        self._nothing(case, intent_uid, [], "not-covered")

    def _nothing(
        self, case: Held, intent_uid: str, pictures: list[Evidence], why: str | None = None
    ) -> None:
        with self._parts.database.write() as connection:
            plans.close_intent(connection, intent_uid, "nothing", self._parts.clock.ms())
            cases.write(connection, case.uid, fence=case.fence, state=State.READY)
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "outcome-nothing",
                    self._turn.hand,
                    case=case.uid,
                    fence=case.fence,
                    intent=intent_uid,
                    evidence=pictures,
                    status_code=why,
                    **self._turn.names,
                ),
            )

    def _collateral(
        self,
        case: Held,
        intent_uid: str,
        intent: Intent,
        comparison: Comparison,
        pictures: list[Evidence],
    ) -> State:
        differences = comparison.differences
        finding = to_person(
            "collateral",
            "After the change something is not as it should be: {differences}. Nothing more is done here.",
            differences=in_words(differences),
        )
        personal = Personal(
            case.key,
            {"record": intent.plan.record},
            {one.path: one.before for one in differences if one.before is not None},
            {one.path: one.found for one in differences if one.found is not None},
            thing="collateral",
        )
        return self._alarm(case, intent_uid, "collateral", finding, pictures, personal)

    def _stuck(
        self, case: Held, intent_uid: str, comparison: Comparison, failure: Exception | None
    ) -> State:
        if isinstance(failure, TargetDown):
            raise self._later(case, failure, case.row.attempts)
        finding = to_person(
            "stuck-at-stage",
            "The change stands half done at the stage '{stage}' and does not get further.",
            stage=comparison.stage or "",
        )
        return self._alarm(
            case, intent_uid, "stage", finding, self._turn.picture("after", show=False), None
        )

    def _unresolved(self, case: Held, intent_uid: str, why: str) -> State:
        finding = to_person(
            "unresolved",
            "The run broke off in the middle of the change, and what became of it cannot be told: {why}",
            why=why,
        )
        return self._alarm(case, intent_uid, "unresolved", finding, [], None)

    def _alarm(
        self,
        case: Held,
        intent_uid: str,
        verdict: str,
        finding: ToPerson,
        pictures: list[Evidence],
        personal: Personal | None,
    ) -> State:
        with self._parts.database.write() as connection:
            plans.close_intent(connection, intent_uid, verdict, self._parts.clock.ms())
            self._settling.aside_within(
                connection,
                case,
                [finding],
                kind="outcome-collateral",
                intent=intent_uid,
                evidence=pictures,
                personal=personal,
            )
        return State.WITH_PERSON


def _asks_to_wait(error: Exception | None) -> TypeGuard[TargetDown]:
    """Whether a target answered that it wants to be left alone for a time."""
    return isinstance(error, TargetDown) and bool(error.retry_after)


def _told(intent: Intent, path: str) -> bool:
    """Whether a field was asked or follows from what was asked: the rest is bystanders' or kept."""
    return intent.roles.of(path).kind in (RoleKind.ASKED, RoleKind.DERIVED)
