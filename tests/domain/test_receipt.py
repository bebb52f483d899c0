"""Totals that always close."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from paraplu.domain.case import State
from paraplu.domain.receipt import Handled, Totals

states = st.dictionaries(st.sampled_from(State), st.integers(0, 50))
refused = st.fixed_dictionaries(
    {Handled.REFUSED: st.integers(0, 50), Handled.DUPLICATE: st.integers(0, 50)}
)


@given(states, refused)
def test_totals_close_wherever_the_cases_stand(
    where: dict[State, int], rest: dict[Handled, int]
) -> None:
    totals = Totals.of({**rest, Handled.RECEIVED: sum(where.values())}, where)
    assert totals.closes
    assert totals.rows == sum(where.values()) + sum(rest.values())


@given(states, refused, st.sampled_from(list(Totals().to_json())))
def test_one_case_more_or_less_anywhere_is_seen(
    where: dict[State, int], rest: dict[Handled, int], field: str
) -> None:
    totals = Totals.of({**rest, Handled.RECEIVED: sum(where.values())}, where)
    assert not replace(totals, **{field: totals.to_json()[field] + 1}).closes


@given(states, states)
def test_the_sum_of_totals_that_close_closes(one: dict[State, int], two: dict[State, int]) -> None:
    parts = [Totals.of({Handled.RECEIVED: sum(each.values())}, each) for each in (one, two)]
    both = parts[0] + parts[1]
    assert both.closes
    assert both.received == sum(one.values()) + sum(two.values())
