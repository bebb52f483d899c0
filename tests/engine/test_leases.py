"""Leases: a run is held by one worker, taken over when that dies, and given back when it goes down."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
from bureau import BOOKING, CLIENT, ORDER, Bureau, booking
from deadly import killed_at

from paraplu.engine.course import Stop
from paraplu.engine.leases import Leases
from paraplu.errors import FenceLost, Refused
from paraplu.store import runs

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here")


def another_worker(bureau: Bureau, stall: timedelta = timedelta(minutes=10)) -> Leases:
    """A worker on this machine besides the centre's own."""
    parts = bureau.centre.parts
    return Leases(parts.database, parts.clock, "0", bureau.centre.home.locks, stall)


def due_run(bureau: Bureau, service: str = BOOKING) -> str:
    """A run that somebody has asked for and nobody has taken."""
    with bureau.centre.parts.database.write() as connection:
        return bureau.centre.runs.ask(connection, CLIENT, service, bureau.who("olga").uid)


def take(bureau: Bureau, leases: Leases, uid: str, slots: int = 1) -> object:
    with bureau.centre.parts.database.write() as connection:
        return leases.take(connection, uid, slots)


def test_a_run_is_held_by_one_worker_only(bureau: Bureau) -> None:
    uid = due_run(bureau)
    one, other = another_worker(bureau), another_worker(bureau)
    with one.working(), other.working():
        assert take(bureau, one, uid) is not None
        assert take(bureau, other, uid, slots=9) is None


def test_of_many_that_reach_for_a_run_at_once_one_gets_it(bureau: Bureau) -> None:
    uids = [due_run(bureau) for _ in range(20)]
    many = [another_worker(bureau) for _ in range(4)]

    def all_of_them(leases: Leases) -> list[str]:
        return [uid for uid in uids if take(bureau, leases, uid, slots=50) is not None]

    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        for one in many:
            stack.enter_context(one.working())
        got = [uid for uids in pool.map(all_of_them, many) for uid in uids]
    assert sorted(got) == sorted(uids)


def test_a_credential_is_used_by_as_many_runs_as_it_has_slots(bureau: Bureau) -> None:
    first, second = due_run(bureau), due_run(bureau)
    one = another_worker(bureau)
    with one.working():
        assert take(bureau, one, first) is not None
        assert take(bureau, one, second) is None
        assert take(bureau, one, second, slots=2) is not None


def test_who_runs_a_service_while_its_credential_is_in_use_is_told_so(bureau: Bureau) -> None:
    orders = bureau.file.agreement[1].model_copy(
        update={"version": 2, "credential": "ledger-robot"}
    )
    changed = bureau.file.model_copy(update={"agreement": (bureau.file.agreement[0], orders)})
    bureau.apply(changed)
    one, uid = another_worker(bureau), due_run(bureau)
    with one.working():
        assert take(bureau, one, uid) is not None
        with pytest.raises(Refused, match="'ledger-robot' is in use by other runs"):
            bureau.run(ORDER)


def test_a_run_whose_worker_was_killed_here_is_taken_over_at_once(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    bureau.close()
    assert killed_at(14, lambda: bureau.run())
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert bureau.kinds().count("run-taken-over") == 1


def test_a_run_whose_lease_ran_out_is_taken_over_and_the_old_holder_writes_no_more(
    bureau: Bureau,
) -> None:
    uid = due_run(bureau)
    silent, other = another_worker(bureau, timedelta(0)), another_worker(bureau)
    with silent.working(), other.working():
        before = take(bureau, silent, uid)
        after = take(bureau, other, uid)
        assert (before.token, after.token) == (1, 2)  # type: ignore[attr-defined]
        with (
            bureau.centre.parts.database.write() as connection,
            pytest.raises(FenceLost, match="taken this run over"),
        ):
            runs.end(connection, uid, 1, "finished", 0)


def test_a_worker_that_is_alive_keeps_its_runs(bureau: Bureau) -> None:
    uid = due_run(bureau)
    one, other = another_worker(bureau), another_worker(bureau)
    with one.working(), other.working():
        take(bureau, one, uid)
        other.bury()
        assert take(bureau, other, uid) is None


def test_a_run_that_is_asked_to_stop_ends_after_the_case_in_hand(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    uid = due_run(bureau)

    def stop_it(_number: int, _of: int, _state: str) -> None:
        assert bureau.centre.runs.stop(uid, Stop.AFTER_CASE, bureau.who("olga"))

    with bureau.centre.runs.leases.working():
        report = bureau.centre.runs.carry_out(uid, progress=stop_it)
    assert report is not None
    assert report.ending == "stopped"
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "received")
    assert "run-stop-asked" in bureau.kinds()
    assert not bureau.centre.runs.stop(uid, Stop.AFTER_CASE, bureau.who("olga"))


def test_a_run_that_is_given_back_is_gone_on_with_by_another_worker(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    uid = due_run(bureau)
    asked: list[int] = []

    def going_down() -> Stop | None:
        asked.append(1)
        return Stop.GIVE_BACK if len(asked) > 1 else None

    centre = bureau.centre
    with centre.runs.leases.working():
        report = centre.runs.carry_out(uid, stop=going_down)
        assert report is not None
        assert report.ending == "given-back"
        assert [row.uid for row in centre.runs.to_take()] == [uid]
        report = centre.runs.carry_out(uid)
    assert report is not None
    assert report.ending == "finished"
    assert (bureau.case("A-2").crashes, bureau.state("A-2")) == (0, "done")


def test_a_credential_has_the_fewest_slots_that_its_agreements_give_it(bureau: Bureau) -> None:
    def slots() -> int:
        with bureau.centre.parts.database.read() as connection:
            return bureau.centre.parts.clients.slots(connection, "ledger-robot")

    bureau.settings(limits={"slots": 3})
    assert slots() == 3
    orders = bureau.file.agreement[1].model_copy(
        update={"version": 2, "credential": "ledger-robot"}
    )
    bureau.file = bureau.file.model_copy(update={"agreement": (bureau.file.agreement[0], orders)})
    bureau.apply(bureau.file)
    assert slots() == 1
