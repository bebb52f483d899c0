"""Where a case may go, and where it stays."""

from __future__ import annotations

import pytest

from paraplu.domain.case import CLOSED, DUE, State, in_words, may_move, move
from paraplu.errors import Refused


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_a_closed_case_goes_nowhere(state: State) -> None:
    assert not any(may_move(state, other) for other in State)


def test_every_open_state_leads_to_a_closed_one_and_can_be_reached() -> None:
    reached, border = {State.RECEIVED}, {State.RECEIVED}
    while border:
        border = {new for old in border for new in State if may_move(old, new)} - reached
        reached |= border
    assert reached == set(State)
    for state in set(State) - CLOSED:
        ways = {new for new in State if may_move(state, new)}
        assert ways & (CLOSED | {State.READY, State.WITH_PERSON})


def test_nothing_is_done_without_having_been_worked_on_or_seen_by_a_person() -> None:
    assert {old for old in State if may_move(old, State.DONE)} == {
        State.WORKING,
        State.WITH_PERSON,
    }


def test_a_case_under_work_is_neither_withdrawn_nor_returned() -> None:
    assert not may_move(State.WORKING, State.WITHDRAWN)
    assert not may_move(State.WORKING, State.RETURNED)


def test_only_a_waiting_case_is_declined() -> None:
    assert {old for old in State if may_move(old, State.DECLINED)} == {State.WAITING}


def test_what_waits_for_somebody_is_not_due() -> None:
    assert not {State.WAITING, State.WITH_PERSON} & DUE
    assert not CLOSED & DUE


def test_a_wrong_move_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="waiting for approval cannot become closed by hand"):
        move(State.WAITING, State.BY_HAND)


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_said(state: State) -> None:
    assert in_words(state)[0].islower()
