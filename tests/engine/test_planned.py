"""Planned runs: made due once, however many schedulers plan them, and accounted for to the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bureau import BOOKING, CLIENT, Bureau, booking

from paraplu.domain.planned import PlannedState
from paraplu.engine.clock import to_ms
from paraplu.store import planned


def states(bureau: Bureau) -> list[tuple[str, str | None]]:
    with bureau.centre.parts.database.read() as connection:
        return [(row.state, row.why) for row in planned.listed(connection)]


def test_schedulers_that_plan_the_same_runs_at_once_double_none(bureau: Bureau) -> None:
    centre, by = bureau.centre, bureau.who("olga").uid
    times = [to_ms(bureau.time.now) + 60_000 * number for number in range(100)]

    def plan(_scheduler: int) -> list[str]:
        made = (centre.planned.plan("noordwijk/bookings", at, CLIENT, BOOKING, by) for at in times)
        return [uid for uid in made if uid is not None]

    with ThreadPoolExecutor(3) as pool:
        made = [uid for uids in pool.map(plan, range(3)) for uid in uids]
    assert len(made) == len(set(made)) == len(times)
    assert len(centre.runs.to_take()) == len(times)
    assert states(bureau) == [("due", None)] * len(times)


def test_a_planned_run_is_accounted_for_to_its_end(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    runs, at = bureau.centre.runs, to_ms(bureau.time.now)
    uid = bureau.centre.planned.plan(
        "noordwijk/bookings", at, CLIENT, BOOKING, bureau.who("olga").uid
    )
    assert uid is not None
    assert states(bureau) == [("due", None)]

    def look(_number: int, _of: int, _state: str) -> None:
        assert states(bureau) == [("started", None)]

    with runs.leases.working():
        runs.carry_out(uid, progress=look)
    assert states(bureau) == [("finished", "finished")]
    assert bureau.state("A-1") == "done"
    with bureau.centre.parts.database.read() as connection:
        row = planned.at(connection, "noordwijk/bookings", at)
        assert row is not None
        assert row.run == uid
        assert planned.listed(connection, PlannedState.MISSED) == []
