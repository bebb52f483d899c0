"""A case that waits for approval calls a person before its latest moment, never after."""

from __future__ import annotations

from bureau import Bureau, booking
from hurried import bot_with_latest

LARGE = {"wanted": "3500.00"}  # 1,000 more: above Carla's mandate of 500


def test_a_person_is_called_a_day_before_a_waiting_case_becomes_too_late(bureau: Bureau) -> None:
    bureau.with_bot(bot_with_latest(bureau, 30))
    bureau.story(booking("A-1", **LARGE))
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    bureau.time.go_on(hours=10)
    bureau.run()
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("with-person", ["approval-late"])


def test_a_case_that_was_handed_back_waits_on_and_can_still_be_approved_in_time(
    bureau: Bureau,
) -> None:
    bureau.with_bot(bot_with_latest(bureau, 20))
    bureau.story(booking("A-1", **LARGE))
    bureau.run()
    assert bureau.state("A-1") == "with-person"
    bureau.hand_back("A-1")
    bureau.run()
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    bureau.approve("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_a_waiting_case_without_a_latest_moment_is_left_to_wait(bureau: Bureau) -> None:
    bureau.story(booking("A-1", **LARGE))
    bureau.time.go_on(days=20)
    bureau.run()
    assert bureau.state("A-1") == "waiting"


def test_where_no_run_comes_by_itself_the_clock_asks_for_one_that_calls_a_person(
    bureau: Bureau,
) -> None:
    bureau.with_bot(bot_with_latest(bureau, 30))
    bureau.story(booking("A-1", **LARGE))
    bureau.run()
    late = bureau.centre.late
    assert late.look() == 0
    bureau.time.go_on(hours=10)
    assert late.look() == 1
    assert len(bureau.centre.runs.to_take()) == 1
    assert late.look() == 0  # it was asked for
    bureau.run()
    assert (bureau.state("A-1"), bureau.asks("A-1")) == ("with-person", ["approval-late"])
    bureau.hand_back("A-1")
    bureau.run()
    assert (bureau.state("A-1"), late.look()) == ("waiting", 0)
