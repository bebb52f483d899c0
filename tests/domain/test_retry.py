"""What is done about a failure is decided in one place, by a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from paraplu.domain.agreement import Limits
from paraplu.domain.retry import (
    LONGEST_OBEYED,
    LONGEST_WAIT,
    AgainAt,
    Breaker,
    Decision,
    Failure,
    Kind,
    LookFirst,
    SetAside,
    backoff,
    decide,
    failure_of,
    too_many_exceptions,
)
from paraplu.errors import (
    Collateral,
    FenceLost,
    IntegrityBroken,
    NothingDone,
    OutcomeUnknown,
    PageChanged,
    PluginWrong,
    TargetDown,
    TargetRefused,
    WriteStopped,
)

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
LIMITS = Limits()  # three attempts, three crashes


def again(minutes: float = 0) -> AgainAt:
    return AgainAt(NOW + timedelta(minutes=minutes))


def look(minutes: float = 0) -> LookFirst:
    return LookFirst(NOW + timedelta(minutes=minutes))


NOT_DONE, UNRESOLVED, OFTEN = (
    SetAside("not-done"),
    SetAside("unresolved"),
    SetAside("crashed-often"),
)


@pytest.mark.parametrize(
    ("kind", "attempts", "expected"),
    [
        (Kind.NOTHING_DONE, 1, again()),
        (Kind.NOTHING_DONE, 2, again(1)),
        (Kind.NOTHING_DONE, 3, NOT_DONE),
        (Kind.PAGE_CHANGED, 1, again()),
        (Kind.PAGE_CHANGED, 3, NOT_DONE),
        (Kind.MOVED, 1, again()),
        (Kind.MOVED, 3, NOT_DONE),
        (Kind.REFUSED_BY_TARGET, 1, NOT_DONE),
        (Kind.PLUGIN_WRONG, 1, NOT_DONE),
        (Kind.NOT_UNDERSTOOD, 1, NOT_DONE),
        (Kind.TARGET_DOWN, 1, again(1)),
        (Kind.TARGET_DOWN, 2, again(2)),
        (Kind.TARGET_DOWN, 3, again(4)),
        (Kind.TARGET_DOWN, 7, again(60)),
        (Kind.TARGET_DOWN, 5000, again(60)),
        (Kind.OUTCOME_UNKNOWN, 1, look()),
        (Kind.OUTCOME_UNKNOWN, 2, look(1)),
        (Kind.OUTCOME_UNKNOWN, 3, UNRESOLVED),
    ],
)
def test_without_an_intent_a_failure_is_tried_again_or_given_to_a_person(
    kind: Kind, attempts: int, expected: Decision
) -> None:
    assert decide(Failure(kind, attempts, intent_open=False), LIMITS, NOW) == expected


@pytest.mark.parametrize(
    ("kind", "attempts", "expected"),
    [
        (Kind.NOTHING_DONE, 1, look()),
        (Kind.NOTHING_DONE, 3, UNRESOLVED),
        (Kind.PAGE_CHANGED, 2, look(1)),
        (Kind.REFUSED_BY_TARGET, 1, look()),
        (Kind.REFUSED_BY_TARGET, 3, UNRESOLVED),
        (Kind.NOT_UNDERSTOOD, 1, look()),
        (Kind.NOT_UNDERSTOOD, 3, UNRESOLVED),
        (Kind.PLUGIN_WRONG, 1, UNRESOLVED),
        (Kind.TARGET_DOWN, 1, look(1)),
        (Kind.TARGET_DOWN, 50, look(60)),
        (Kind.OUTCOME_UNKNOWN, 1, look()),
        (Kind.OUTCOME_UNKNOWN, 3, UNRESOLVED),
    ],
)
def test_with_an_open_intent_somebody_looks_first(
    kind: Kind, attempts: int, expected: Decision
) -> None:
    assert decide(Failure(kind, attempts, intent_open=True), LIMITS, NOW) == expected


@pytest.mark.parametrize(
    ("crashes", "intent_open", "expected"),
    [
        (1, False, again()),
        (2, False, again()),
        (3, False, OFTEN),
        (1, True, look()),
        (3, True, look()),
        (4, True, UNRESOLVED),
    ],
)
def test_a_case_that_takes_its_hands_down_too_often_is_set_aside(
    crashes: int, intent_open: bool, expected: Decision
) -> None:
    failure = Failure(Kind.HANDS_LOST, 1, intent_open, crashes=crashes)
    assert decide(failure, LIMITS, NOW) == expected


@pytest.mark.parametrize(
    ("asked", "attempts", "minutes"),
    [
        (90, 1, 1.5),
        (0, 1, 0),
        (-5, 1, 0),
        (0, 3, 2),  # asked in vain twice: our own wait holds
        (3600, 2, 60),
        (10800, 1, 180),
        (1e300, 1, 1440),
        (float("inf"), 1, 1440),
        (float("nan"), 1, 1),
    ],
)
def test_a_target_that_asks_to_wait_is_obeyed_for_a_day_at_most(
    asked: float, attempts: int, minutes: float
) -> None:
    failure = Failure(Kind.TARGET_DOWN, attempts, intent_open=False, retry_after=asked)
    assert decide(failure, LIMITS, NOW) == again(minutes)


def test_a_target_that_fails_for_one_case_alone_is_that_cases_trouble() -> None:
    third = Failure(Kind.TARGET_DOWN, 3, intent_open=False, alone=True)
    assert decide(third, LIMITS, NOW) == NOT_DONE
    second = Failure(Kind.TARGET_DOWN, 2, intent_open=False, alone=True)
    assert decide(second, LIMITS, NOW) == again(2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NothingDone("x"), Kind.NOTHING_DONE),
        (WriteStopped("x"), Kind.NOTHING_DONE),
        (TargetDown("x"), Kind.TARGET_DOWN),
        (PageChanged("x"), Kind.PAGE_CHANGED),
        (TargetRefused("x"), Kind.REFUSED_BY_TARGET),
        (PluginWrong("x"), Kind.PLUGIN_WRONG),
        (OutcomeUnknown("x"), Kind.OUTCOME_UNKNOWN),
        (AssertionError("x"), Kind.NOT_UNDERSTOOD),
        (ValueError("x"), Kind.NOT_UNDERSTOOD),
    ],
)
def test_an_errors_class_tells_its_kind(error: Exception, kind: Kind) -> None:
    failure = failure_of(error, 2, intent_open=True, crashes=1, alone=True)
    assert failure == Failure(kind, 2, intent_open=True, crashes=1, alone=True)


def test_what_the_target_asked_for_is_taken_over() -> None:
    failure = failure_of(TargetDown("x", retry_after=30), 1, intent_open=False)
    assert failure is not None and failure.retry_after == 30


@pytest.mark.parametrize("error", [IntegrityBroken("x"), FenceLost("x"), Collateral("x")])
def test_what_stops_everything_is_not_decided_about(error: Exception) -> None:
    assert failure_of(error, 1, intent_open=False) is None


limits = st.builds(Limits, attempts=st.integers(1, 10), crashes=st.integers(1, 10))
failures = st.builds(
    Failure,
    kind=st.sampled_from(Kind),
    attempts=st.integers(1, 10**6),
    intent_open=st.booleans(),
    crashes=st.integers(0, 20),
    retry_after=st.none() | st.floats(),
    alone=st.booleans(),
)


@given(failures, limits)
def test_nothing_but_a_target_that_is_down_for_all_is_retried_above_the_limit(
    failure: Failure, agreed: Limits
) -> None:
    decision = decide(failure, agreed, NOW)
    if failure.kind is Kind.HANDS_LOST:
        if failure.crashes > agreed.crashes:
            assert isinstance(decision, SetAside)
    elif failure.attempts >= agreed.attempts and (
        failure.kind is not Kind.TARGET_DOWN or failure.alone
    ):
        assert isinstance(decision, SetAside)


@given(failures, limits)
def test_nothing_is_tried_again_without_a_look_when_something_may_have_been_done(
    failure: Failure, agreed: Limits
) -> None:
    decision = decide(failure, agreed, NOW)
    if failure.intent_open or failure.kind is Kind.OUTCOME_UNKNOWN:
        assert not isinstance(decision, AgainAt)


@given(failures, limits)
def test_nothing_happens_before_now_and_nothing_waits_longer_than_a_day(
    failure: Failure, agreed: Limits
) -> None:
    decision = decide(failure, agreed, NOW)
    if not isinstance(decision, SetAside):
        assert NOW <= decision.moment <= NOW + LONGEST_OBEYED


@given(
    asked=st.floats(0, LONGEST_OBEYED.total_seconds()),
    attempts=st.integers(1, 100),
    intent_open=st.booleans(),
)
def test_nothing_happens_before_the_target_asked_for(
    asked: float, attempts: int, intent_open: bool
) -> None:
    failure = Failure(Kind.TARGET_DOWN, attempts, intent_open, retry_after=asked)
    decision = decide(failure, LIMITS, NOW)
    assert not isinstance(decision, SetAside)
    assert (decision.moment - NOW).total_seconds() >= asked


@given(failures, limits)
def test_one_more_failure_never_makes_the_wait_shorter(failure: Failure, agreed: Limits) -> None:
    later = Failure(
        failure.kind,
        failure.attempts + 1,
        failure.intent_open,
        failure.crashes,
        failure.retry_after,
        failure.alone,
    )
    first, second = decide(failure, agreed, NOW), decide(later, agreed, NOW)
    if isinstance(first, SetAside):
        assert isinstance(second, SetAside)
    elif not isinstance(second, SetAside):
        assert second.moment >= first.moment


def test_our_own_waits_double_up_to_an_hour() -> None:
    assert [backoff(n).total_seconds() / 60 for n in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(10**9) == LONGEST_WAIT


def test_a_breaker_opens_after_failures_in_a_row_and_one_answer_closes_it() -> None:
    breaker = Breaker(LIMITS.failures_in_a_row)
    twice = breaker.failed().failed()
    assert not twice.open
    assert twice.failed().open
    assert not twice.succeeded().failed().failed().open
    assert not twice.failed().succeeded().open
    assert not breaker.open and breaker.failures == 0  # frozen


@pytest.mark.parametrize(
    ("handled", "aside", "percent", "pauses"),
    [
        (9, 9, 50, False),
        (10, 5, 50, False),
        (10, 6, 50, True),
        (1000, 500, 50, False),
        (1000, 501, 50, True),
        (10, 10, 100, False),
        (10, 1, 0, True),
        (10, 0, 0, False),
        (0, 0, 0, False),
    ],
)
def test_too_many_exceptions_pause_the_rest_of_a_receipt(
    handled: int, aside: int, percent: int, pauses: bool
) -> None:
    agreed = Limits(exceptions_percent=percent)
    assert too_many_exceptions(handled, aside, agreed) is pauses
