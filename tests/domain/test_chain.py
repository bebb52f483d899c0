"""Schedules that set each other off for ever are found, and nothing else is taken for it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from paraplu.domain.chain import loops
from paraplu.domain.schedule import Schedule


def after(name: str, service: str, other: str | None, **more: Any) -> Schedule:
    """A schedule of a service after another one; by the clock when there is none."""
    when = "every working day at 07:30" if other is None else f"after {other} has finished"
    values = {"client": "waterland", "name": name, "service": service, "when": when}
    return Schedule.model_validate({**values, "timezone": "Europe/Amsterdam", **more})


def named(schedules: list[Schedule]) -> list[list[str]]:
    return [[one.name for one in loop] for loop in loops(schedules)]


@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_loop_is_found_however_long_it_is(length: int) -> None:
    ring = [after(f"s-{one}", f"bot-{one}", f"bot-{(one - 1) % length}") for one in range(length)]
    (loop,) = loops([after("clock", "bot-0", None), *ring])
    assert loop[0].name == "s-0"
    assert {one.name for one in loop} == {one.name for one in ring}
    for one, follows in zip(loop, (*loop[1:], loop[0]), strict=True):
        assert follows.when == f"after {one.service} has finished"


def test_a_chain_that_ends_is_no_loop_also_when_two_ways_lead_to_one_place() -> None:
    chain = [
        after("clock", "a", None),
        after("b-after-a", "b", "a"),
        after("c-after-a", "c", "a"),
        after("d-after-b", "d", "b"),
        after("d-after-c", "d", "c"),
    ]
    assert named(chain) == []


def test_loops_beside_each_other_are_each_named_once() -> None:
    both = [
        after("b-after-a", "b", "a"),
        after("a-after-b", "a", "b"),
        after("d-after-c", "d", "c"),
        after("c-after-d", "c", "d"),
        after("c-after-a", "c", "a"),
    ]
    assert named(both) == [["b-after-a", "a-after-b"], ["d-after-c", "c-after-d"]]


def test_schedules_that_are_never_valid_on_one_day_make_no_loop() -> None:
    spring = {"valid_until": date(2027, 6, 30)}
    autumn = {"valid_from": date(2027, 7, 1)}
    apart = [after("x", "b", "a", **spring), after("y", "a", "b", **autumn)]
    assert named(apart) == []
    again = after("z", "a", "b", valid_from=date(2027, 6, 30))
    assert named([*apart, again]) == [["x", "z"]]


def test_many_schedules_that_all_wait_for_each_other_are_looked_through_quickly() -> None:
    many = [
        after(f"s-{one}-{other}", f"bot-{one}", f"bot-{other}")
        for one in range(20)
        for other in range(20)
        if one != other
    ]
    assert {len(loop) for loop in loops(many)} == {2}
