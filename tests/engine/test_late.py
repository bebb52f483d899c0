"""A person is called before it is too late, also to a case that only waits for a run to take it up."""

from __future__ import annotations

import json

import pytest
from bureau import BOOKING, CLIENT, Bureau, booking
from hurried import bot_with_latest
from post import rows, told
from timetable import at, put

from paraplu.domain.pause import Scope
from paraplu.store import tables

LARGE = {"wanted": "3500.00"}  # 1,000 more: above Carla's mandate of 500


def ready(bureau: Bureau, hours: int = 30) -> None:
    """A case that was approved, that no run takes up, and that must be done before so many hours."""
    bureau.with_bot(bot_with_latest(bureau, hours))
    bureau.story(booking("A-1", **LARGE))
    bureau.approve("A-1")
    assert bureau.state("A-1") == "ready"


def test_a_person_is_called_to_a_ready_case_a_day_before_and_a_run_that_comes_in_time_does_it(
    bureau: Bureau,
) -> None:
    ready(bureau)
    assert bureau.centre.late.look() == 0
    bureau.time.go_on(hours=7)
    assert bureau.centre.late.look() == 1
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("ready", ["not-taken-up"])
    assert told(bureau, "late") == {"Olga", "Ines"}
    facts = [json.loads(row.facts) for row in rows(bureau, "late")]
    assert [one["cases"] for one in facts] == [1, 1]
    assert facts[0]["latest"][:13] == "2026-11-18T15"  # thirty hours after nine o'clock
    assert bureau.centre.late.look() == 0
    bureau.close()
    assert bureau.centre.late.look() == 0  # another process knows that it was said
    assert len(rows(bureau, "late")) == 2
    bureau.run()
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("done", [])
    bureau.assert_intact()


def test_where_a_run_is_planned_in_time_a_person_is_called_two_hours_before_if_it_did_not_do_it(
    bureau: Bureau,
) -> None:
    ready(bureau)  # before 16:00 in Amsterdam on Wednesday
    put(bureau, "every working day at 12:00")
    bureau.time.now = at("2026-11-17 20:00")
    assert bureau.centre.late.look() == 0
    bureau.time.now = at("2026-11-18 13:59")
    bureau.centre.planner.tick()
    assert bureau.centre.late.look() == 0  # the run is due, and no worker has taken it yet
    bureau.time.now = at("2026-11-18 14:01")
    assert bureau.centre.late.look() == 1
    assert bureau.asks("A-1") == ["not-taken-up"]


@pytest.mark.parametrize("why", ["too late", "paused", "frozen", "put off", "another service"])
def test_a_planned_run_that_will_not_do_it_in_time_keeps_nobody_from_being_called(
    bureau: Bureau, why: str
) -> None:
    ready(bureau)
    when = "every working day at 15:00" if why == "too late" else "every working day at 12:00"
    put(bureau, when, service="ledger-order" if why == "another service" else BOOKING)
    bureau.time.now = at("2026-11-17 20:00")
    if why == "paused":
        bureau.centre.schedules.pause(Scope.CLIENT, CLIENT, "closed", bureau.who("olga"))
    if why == "frozen":
        frozen = {"start": "2026-11-18", "end": "2026-11-18", "reason": "x"}
        bureau.settings(calendar={"freezes": [frozen]})
    if why == "put off":
        later = int(at("2026-11-18 14:30").timestamp() * 1000)
        with bureau.centre.parts.database.write() as connection:
            connection.execute(tables.cases.update().values(not_before=later))
    assert bureau.centre.late.look() == 1
    assert bureau.asks("A-1") == ["not-taken-up"]


def test_a_run_that_is_going_keeps_a_person_from_being_called_until_two_hours_before(
    bureau: Bureau,
) -> None:
    ready(bureau)
    bureau.time.go_on(hours=10)
    with bureau.centre.parts.database.write() as connection:
        bureau.centre.asking.ask(connection, CLIENT, BOOKING, bureau.who("olga").uid)
    assert bureau.centre.late.look() == 0
    bureau.time.go_on(hours=18, minutes=1)
    assert bureau.centre.late.look() == 1


def test_a_case_that_a_person_has_seen_is_not_called_about_again(bureau: Bureau) -> None:
    ready(bureau)
    bureau.time.go_on(hours=10)
    bureau.centre.late.look()
    bureau.centre.desks.take(bureau.case("A-1").uid, bureau.who("olga"))
    bureau.hand_back("A-1")
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("ready", [])
    bureau.close()
    bureau.time.go_on(hours=19)
    assert (bureau.centre.late.look(), bureau.asks("A-1")) == (0, [])


def test_a_person_who_is_called_may_close_the_case_by_hand(bureau: Bureau) -> None:
    ready(bureau)
    bureau.time.go_on(hours=10)
    bureau.centre.late.look()
    bureau.centre.desks.close_by_hand(bureau.case("A-1").uid, bureau.who("olga"), "by telephone")
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("by-hand", [])
    bureau.run()
    assert bureau.totals() == {"rows": 1, "received": 1, "by_hand": 1}


def test_cases_that_no_run_has_looked_at_are_told_of_in_one_notice_before_their_deadline(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100.00", wanted="3200.00"))
    bureau.time.now = at("2026-11-19 16:59")
    assert bureau.centre.late.look() == 0
    bureau.time.now = at("2026-11-19 17:01")  # the deadline is Friday at five
    assert (bureau.centre.late.look(), bureau.centre.late.look()) == (1, 0)
    assert {json.loads(row.facts)["cases"] for row in rows(bureau, "late")} == {2}
    assert bureau.asks("A-1") == []
    bureau.close()
    assert bureau.centre.late.look() == 0
    assert len(rows(bureau, "late")) == 2


def test_what_was_due_long_ago_is_left_to_the_notice_of_overdue_cases(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    bureau.time.go_on(days=10)
    assert (bureau.centre.late.look(), rows(bureau, "late")) == (0, [])


def test_cases_kept_back_with_their_receipt_are_not_told_of_again(bureau: Bureau) -> None:
    bureau.settings(limits={"many": 2, "first": 1})
    accounts = {"10001": "2500.00", "10002": "3100.00", "10003": "1800.00"}
    bureau.story(
        *(
            booking(f"A-{number}", account, now=now, wanted="2600.00", cost_centre="4100")
            for number, (account, now) in enumerate(accounts.items(), 1)
        )
    )
    assert told(bureau, "receipt-held") == {"Olga", "Ines"}
    bureau.time.go_on(days=2, hours=10)
    assert (bureau.centre.late.look(), rows(bureau, "late")) == (0, [])
