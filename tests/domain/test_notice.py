"""What notices may say, and when they become mails."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from paraplu.domain.notice import (
    FACTS,
    URGENT,
    Grouping,
    NoticeKind,
    NotTellable,
    in_order,
    packed,
    unpacked,
    wait_after,
)

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
UID = "0193a5b0-7c1e-7d3a-9d55-0123456789ab"
ORDINARY, URGENTLY = NoticeKind.RECEIPT_TAKEN_IN, NoticeKind.AUDIT_BROKEN


def test_facts_are_kept_and_read_again() -> None:
    facts: dict[str, Any] = {
        "service": "payroll-correction",
        "schedule": "waterland/corrections-morning",
        "planned_for": NOW,
    }
    assert unpacked(NoticeKind.MISSED, packed(NoticeKind.MISSED, facts)) == facts
    received = {"rows": 12, "expected": date(2026, 11, 20), "refused": None}
    kept = packed(ORDINARY, received)
    assert unpacked(ORDINARY, kept) == {"rows": 12, "expected": date(2026, 11, 20)}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (ORDINARY, {"service": "Payroll of Jansen"}),
        (ORDINARY, {"service": "delivery 1.xlsx"}),
        (ORDINARY, {"file": "x"}),
        (ORDINARY, {"rows": Decimal("2600.00")}),
        (ORDINARY, {"rows": 123456782}),  # has the length of a BSN
        (ORDINARY, {"rows": -1}),
        (ORDINARY, {"rows": True}),
        (ORDINARY, {"expected": NOW}),
        (ORDINARY, {"expected": "tomorrow"}),
        (NoticeKind.MISSED, {"planned_for": datetime(2026, 11, 17)}),  # noqa: DTZ001
        (NoticeKind.COLLATERAL, {"run": "PC-1001"}),
    ],
)
def test_a_notice_says_nothing_but_codes_figures_days_and_uids(
    kind: NoticeKind, facts: dict[str, Any]
) -> None:
    with pytest.raises(NotTellable) as caught:
        packed(kind, facts)
    assert not any(str(value) in str(caught.value) for value in facts.values())


def test_every_kind_says_what_it_may_say() -> None:
    assert set(FACTS) == set(NoticeKind)


def test_what_a_newer_version_said_is_passed_over() -> None:
    assert unpacked(ORDINARY, {"rows": 1, "mood": "good"}) == {"rows": 1}


def test_a_mail_waits_for_what_comes_after_the_first_notice() -> None:
    grouping = Grouping(timedelta(minutes=10), 6)
    made = [(ORDINARY, NOW - timedelta(minutes=9))]
    assert not grouping.goes(made, 0, NOW)
    assert grouping.goes([*made, (ORDINARY, NOW)], 0, NOW + timedelta(minutes=1))


@pytest.mark.parametrize("kind", sorted(URGENT))
def test_an_urgent_notice_goes_at_once_and_takes_the_others_along(kind: NoticeKind) -> None:
    assert Grouping().goes([(ORDINARY, NOW), (kind, NOW)], 0, NOW)


def test_nothing_goes_when_the_hour_is_full_however_urgent() -> None:
    assert not Grouping(most_an_hour=6).goes([(URGENTLY, NOW - timedelta(hours=2))], 6, NOW)
    assert not Grouping().goes([], 0, NOW)


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from([ORDINARY, URGENTLY])),
        min_size=1,
        max_size=80,
    )
)
@settings(max_examples=60, deadline=None)
def test_however_notices_come_nobody_gets_more_mails_than_agreed_and_all_are_sent(
    made: list[tuple[int, NoticeKind]],
) -> None:
    """A sender that looks every minute, as the clock does."""
    grouping, mails, told = Grouping(), list[datetime](), 0
    coming = sorted((NOW + timedelta(minutes=minute), kind) for minute, kind in made)
    waiting: list[tuple[NoticeKind, datetime]] = []
    for minute in range(600 + 90):
        now = NOW + timedelta(minutes=minute)
        while coming and coming[0][0] <= now:
            moment, kind = coming.pop(0)
            waiting.append((kind, moment))
        sent = len([one for one in mails if one > now - timedelta(hours=1)])
        assert sent <= grouping.most_an_hour
        if grouping.goes(waiting, sent, now):
            mails.append(now)
            told += len(waiting)
            waiting = []
    assert (told, waiting) == (len(made), [])


def test_waits_grow_and_stop_growing() -> None:
    waits = [wait_after(tries) for tries in range(1, 30)]
    assert waits[:4] == [timedelta(minutes=number) for number in (1, 2, 4, 8)]
    assert waits == sorted(waits) and waits[-1] == timedelta(hours=2)


def test_urgent_kinds_come_first() -> None:
    kinds = [NoticeKind.WAITING, ORDINARY, NoticeKind.MISSED, ORDINARY]
    assert in_order(kinds) == [NoticeKind.MISSED, ORDINARY, NoticeKind.WAITING]
