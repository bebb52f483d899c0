"""A large backlog is shared: whoever takes a run asks for one more, as long as it is worth it."""

from __future__ import annotations

import pytest
from bureau import CLIENT, ORDER, Bureau
from farm import allow, ask, backlog

from paraplu.engine.course import Stop
from paraplu.store import runs


def open_runs_after_taking_one(bureau: Bureau, *, share: bool = True) -> int:
    """How many runs have not ended when one was taken, and given back at once."""
    uid, centre = ask(bureau, ORDER), bureau.centre
    with centre.runs.leases.working():
        report = centre.runs.carry_out(uid, stop=lambda: Stop.GIVE_BACK, share=share)
    assert report is not None
    with centre.parts.database.read() as connection:
        return len(runs.open_runs(connection, CLIENT, ORDER))


@pytest.mark.parametrize(
    ("due", "slots", "expected"), [(20, 2, 2), (19, 2, 1), (20, 1, 1)], ids=str
)
def test_another_run_is_made_due_when_cases_and_slots_allow(
    bureau: Bureau, due: int, slots: int, expected: int
) -> None:
    bureau.in_children = False
    allow(bureau, slots)
    backlog(bureau, due)
    assert open_runs_after_taking_one(bureau) == expected


def test_no_more_runs_are_made_due_than_there_are_slots(bureau: Bureau) -> None:
    bureau.in_children = False
    allow(bureau, slots=2)
    backlog(bureau, 40)
    assert open_runs_after_taking_one(bureau) == 2
    assert open_runs_after_taking_one(bureau) == 3  # the one that this test asked for itself


def test_who_runs_from_the_command_line_asks_nobody(bureau: Bureau) -> None:
    bureau.in_children = False
    allow(bureau, slots=2)
    backlog(bureau, 20)
    assert open_runs_after_taking_one(bureau, share=False) == 1
