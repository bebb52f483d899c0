"""How runs end, and that what they leave due is taken up by another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, Bureau, booking
from paraplu_ledger import BookingBot

from paraplu import Client
from paraplu.engine.course import Stop
from paraplu.engine.report import Progress, RunReport
from paraplu.errors import PluginWrong
from paraplu.store import cases, claims, runs

ROWS = (booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))


def run(bureau: Bureau, progress: Progress) -> RunReport:
    """One run that tells of its progress."""
    return bureau.centre.runs.run(CLIENT, BOOKING, bureau.who("olga"), progress)


def waiting(bureau: Bureau) -> list[Any]:
    """The runs that nobody has taken, whenever they are due."""
    with bureau.centre.parts.database.read() as connection:
        return [row for row in runs.open_runs(connection, CLIENT, BOOKING) if row.worker is None]


def when_it_signs_in(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]
) -> None:
    """Have something happen while the run signs in."""
    from paraplu_ledger import LedgerTarget

    sign_in = LedgerTarget.sign_in

    def with_it(self: Any, *given: Any) -> Any:
        what()
        return sign_in(self, *given)

    monkeypatch.setattr(LedgerTarget, "sign_in", with_it)


def test_a_run_whose_time_is_up_makes_another_one_due_for_the_rest(bureau: Bureau) -> None:
    bureau.send(*ROWS)
    report = run(bureau, lambda *_: bureau.time.go_on(minutes=240))
    assert (report.ending, bureau.state("A-1"), bureau.state("A-2")) == (
        "time-limit",
        "done",
        "received",
    )
    (due,) = bureau.centre.runs.to_take()
    assert due.uid != report.run
    with bureau.centre.runs.leases.working():
        bureau.centre.runs.carry_out(due.uid)
    assert bureau.state("A-2") == "done"
    assert waiting(bureau) == []


def test_runs_whose_time_is_up_before_the_first_case_do_not_follow_each_other_at_once(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.send(*ROWS)
    when_it_signs_in(bureau, monkeypatch, lambda: bureau.time.go_on(minutes=240))
    report = bureau.run()
    assert (report.ending, report.handled) == ("time-limit", {})
    assert bureau.centre.runs.to_take() == []
    assert report.again_at is not None
    bureau.time.now = report.again_at
    assert len(bureau.centre.runs.to_take()) == 1


def test_a_run_whose_time_is_up_with_nothing_left_is_the_last(bureau: Bureau) -> None:
    bureau.send(*ROWS[:1])
    report = run(bureau, lambda *_: bureau.time.go_on(minutes=240))
    assert (report.ending, report.again_at, waiting(bureau)) == ("time-limit", None, [])


def test_a_case_that_failed_when_the_target_was_down_for_a_moment_is_taken_up_again(
    bureau: Bureau,
) -> None:
    bureau.send(*ROWS)
    bureau.books.fault("down-on-read")
    report = bureau.run()
    assert (report.ending, bureau.state("A-1"), bureau.state("A-2")) == (
        "finished",
        "received",
        "done",
    )
    assert len(waiting(bureau)) == 1
    bureau.run_on()
    assert bureau.state("A-1") == "done"
    assert waiting(bureau) == []


def test_what_shares_with_a_case_of_another_run_is_taken_up_after_that(bureau: Bureau) -> None:
    class AllShare(BookingBot):
        def shares(self, request: Any, client: Client) -> str | None:
            return "all"

    bureau.with_bot(AllShare).send(*ROWS)
    centre = bureau.centre
    with centre.runs.leases.working():
        with centre.parts.database.write() as connection:
            by = bureau.who("olga").uid
            first, second = (centre.runs.ask(connection, CLIENT, BOOKING, by) for _ in range(2))
            row = centre.runs.leases.take(connection, first, 2)
            assert row is not None
            now = centre.parts.clock.ms()
            held = claims.claim_next(connection, CLIENT, BOOKING, first, now, many=100, first=5)
            assert len(held) == 1
        bureau.settings(limits={"slots": 2})
        report = centre.runs.carry_out(second)
        assert report is not None
        assert (report.handled, report.again_at, waiting(bureau)) == ({}, None, [])
        with centre.parts.database.write() as connection:  # that one is for others meanwhile
            changed = runs.runs.update().where(runs.runs.c.uid == first)
            connection.execute(changed.values(service="another"))
            third = centre.runs.ask(connection, CLIENT, BOOKING, by)
        report = centre.runs.carry_out(third)
        assert report is not None
        assert report.again_at is not None
        assert centre.runs.to_take() == []


def test_a_run_that_breaks_off_leaves_the_rest_to_another_one(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    bureau.send(*ROWS)
    with pytest.raises(OSError, match="No space"):
        run(bureau, fail)
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "received")
    assert bureau.centre.runs.to_take() == []
    bureau.time.go_on(minutes=10)
    assert len(bureau.centre.runs.to_take()) == 1


@pytest.mark.parametrize(
    "why", [PluginWrong("The bot is broken."), KeyboardInterrupt()], ids=["plugin", "person"]
)
def test_what_somebody_must_look_at_or_has_stopped_makes_no_run_due(
    bureau: Bureau, why: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise why

    bureau.send(*ROWS)
    with pytest.raises(type(why)):
        run(bureau, fail)
    assert waiting(bureau) == []


def test_a_run_that_somebody_stopped_makes_no_other_one_due(bureau: Bureau) -> None:
    bureau.send(*ROWS)

    def stop(*_: Any) -> None:
        with bureau.centre.parts.database.read() as connection:
            (going,) = runs.open_runs(connection, CLIENT, BOOKING)
        bureau.centre.runs.stop(going.uid, Stop.AFTER_CASE, bureau.who("olga"))

    report = run(bureau, stop)
    assert (report.ending, bureau.state("A-2")) == ("stopped", "received")
    assert waiting(bureau) == []


def test_a_run_that_was_not_let_in_tries_no_case_that_was_put_off_either(bureau: Bureau) -> None:
    (bureau.home / "secrets" / "credentials.toml").write_text(
        '[ledger-robot]\nuser = "robot"\npassword = "wrong"\n', "utf-8"
    )
    bureau.send(*ROWS)
    with bureau.centre.parts.database.write() as connection:
        later = bureau.centre.parts.clock.ms() + 60_000
        cases.write(connection, bureau.case("A-2").uid, fence=None, not_before=later)
    report = bureau.run()
    assert (report.ending, report.again_at, waiting(bureau)) == ("paused", None, [])
