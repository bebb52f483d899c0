"""What people do with schedules, what sets them off without a time, and what they are shown beforehand."""

from __future__ import annotations

import pytest
from bureau import BOOKING, CLIENT, ORDER, Bureau, booking
from timetable import at, end_runs, every_run, lines, put, tick_at

from paraplu.domain.pause import Scope
from paraplu.engine.clock import to_ms
from paraplu.engine.outlook import Line, Outlook
from paraplu.errors import NotAllowed, NotFound, Refused
from paraplu.store import planned

# The bureau's clock stands at 10:00 on Tuesday 2026-11-17 in Amsterdam.
MORNING = "every working day at 07:30"
TODAY = "2026-11-18 23:59"


def pause(bureau: Bureau, scope: Scope, name: str = "", until: str | None = None) -> str:
    ends = None if until is None else to_ms(at(until))
    return bureau.centre.schedules.pause(
        scope, name, "new payroll system", bureau.who("olga"), ends_at=ends
    )


def ahead(bureau: Bureau, days: int = 7) -> Outlook:
    with bureau.centre.parts.database.read() as connection:
        return bureau.centre.schedules.next(connection, days)


def told(line: Line) -> tuple[str, str, bool, str | None]:
    name = line.schedule.partition("/")[2]
    return f"{line.at.astimezone(line.zone):%m-%d %H:%M}", name, line.runs, line.why


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (Scope.ALL, ""),
        (Scope.CLIENT, CLIENT),
        (Scope.SERVICE, BOOKING),
        (Scope.TARGET, "ledger"),
        (Scope.SCHEDULE, f"{CLIENT}/bookings"),
    ],
)
def test_in_a_pause_planned_runs_are_paused_and_afterwards_they_run(
    bureau: Bureau, scope: Scope, name: str
) -> None:
    put(bureau, MORNING)
    uid = pause(bureau, scope, name)
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, until=TODAY) == [("2026-11-18 07:30", "paused", "paused")]
    bureau.centre.schedules.resume(uid, bureau.who("olga"))
    tick_at(bureau, "2026-11-19 07:30")
    assert lines(bureau.centre, until="2026-11-19 08:00")[1][1] == "due"
    assert lines(bureau.centre, until=TODAY)[0][1] == "paused"  # what was, stays told
    kinds = [kind for kind in bureau.kinds() if kind.startswith(("pause", "planned"))]
    assert kinds == ["pause-begun", "planned-run-paused", "pause-ended", "planned-run-due"]


def test_a_pause_of_another_service_or_schedule_holds_nothing_back(bureau: Bureau) -> None:
    put(bureau, MORNING)
    put(bureau, MORNING, "orders", service=ORDER)
    pause(bureau, Scope.SERVICE, ORDER)
    pause(bureau, Scope.SCHEDULE, f"{CLIENT}/orders")
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, until=TODAY)[0][1] == "due"
    assert lines(bureau.centre, "orders", until=TODAY)[0][1] == "paused"


def test_a_pause_ends_by_itself_and_an_entry_tells_it(bureau: Bureau) -> None:
    put(bureau, MORNING)
    pause(bureau, Scope.CLIENT, CLIENT, until="2026-11-18 12:00")
    tick_at(bureau, "2026-11-18 07:30")
    tick_at(bureau, "2026-11-19 07:30")
    assert [line[1] for line in lines(bureau.centre, until="2026-11-19 08:00")] == ["paused", "due"]
    assert bureau.kinds().count("pause-ended") == 1
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.schedules.pauses(connection) == []


def test_what_a_pause_covered_is_paused_also_when_it_is_looked_at_after_its_end(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    pause(bureau, Scope.CLIENT, CLIENT, until="2026-11-18 08:00")
    tick_at(bureau, "2026-11-18 08:30")  # nobody looked before
    assert lines(bureau.centre, until=TODAY)[0][1] == "paused"


def test_a_run_that_is_due_and_not_begun_is_paused_and_no_other_run_begins(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    with bureau.centre.parts.database.write() as connection:
        by_hand = bureau.centre.runs.ask(connection, CLIENT, BOOKING, bureau.who("olga").uid)
    uid = pause(bureau, Scope.TARGET, "ledger")
    assert lines(bureau.centre, until=TODAY)[0][1] == "paused"
    assert [run.ending for run in every_run(bureau.centre)] == ["withdrawn", None]
    assert bureau.centre.runs.to_take() == []
    with bureau.centre.runs.leases.working():
        assert bureau.centre.runs.carry_out(by_hand) is None
    with pytest.raises(Refused, match=f"paused. To let it run, resume it first: .* {uid}"):
        bureau.run()
    bureau.centre.schedules.resume(uid, bureau.who("olga"))
    assert [run.uid for run in bureau.centre.runs.to_take()] == [by_hand]
    assert bureau.run().handled


def test_a_reason_is_kept_sealed_and_shown_to_people(bureau: Bureau) -> None:
    uid = pause(bureau, Scope.ALL)
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.schedules.reason_of(connection, uid) == "new payroll system"
    assert not any(b"payroll system" in one.data for one in bureau.entries())


@pytest.mark.parametrize(
    ("scope", "name", "reason", "until", "why"),
    [
        (Scope.ALL, "", " ", None, "Say why"),
        (Scope.ALL, "", "x" * 501, None, "Say why"),
        (Scope.ALL, "", "fine", "2026-11-17 09:00", "ended already"),
        (Scope.CLIENT, "zuidwijk", "fine", None, "no client 'zuidwijk'. There are: noordwijk"),
        (Scope.SCHEDULE, f"{CLIENT}/x", "fine", None, "no schedule"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(
    bureau: Bureau, scope: Scope, name: str, reason: str, until: str | None, why: str
) -> None:
    ends = None if until is None else to_ms(at(until))
    with pytest.raises((Refused, NotFound), match=why):
        bureau.centre.schedules.pause(scope, name, reason, bureau.who("olga"), ends_at=ends)


def test_the_same_is_not_paused_twice(bureau: Bureau) -> None:
    pause(bureau, Scope.CLIENT, CLIENT)
    with pytest.raises(Refused, match="is paused already"):
        pause(bureau, Scope.CLIENT, CLIENT)


def test_people_without_the_role_or_of_other_clients_pause_skip_and_run_nothing(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    schedules, carla = bureau.centre.schedules, bureau.who("carla")
    moment = to_ms(at("2026-11-18 07:30"))
    with pytest.raises(NotAllowed):
        schedules.pause(Scope.ALL, "", "because", carla)
    with pytest.raises(NotAllowed):
        schedules.run_now(CLIENT, "bookings", carla)
    with pytest.raises(NotAllowed):
        schedules.skip(CLIENT, "bookings", moment, "because", carla)
    with pytest.raises(NotAllowed):
        schedules.resume(pause(bureau, Scope.ALL), carla)


def test_a_missed_run_runs_when_a_person_says_so(bureau: Bureau) -> None:
    put(bureau, MORNING, missed="ask")
    tick_at(bureau, "2026-11-18 12:00")
    with bureau.centre.parts.database.read() as connection:
        (row,) = bureau.centre.schedules.overdue(connection)
    olga = bureau.who("olga")
    done = bureau.centre.schedules.run_now(CLIENT, "bookings", olga, planned_for=row.planned_for)
    assert (done.state, done.by) == ("due", olga.uid)
    assert bureau.entries()[-1].kind == "planned-run-due"
    assert bureau.entries()[-1].actor == olga.uid
    end_runs(bureau.centre)
    assert lines(bureau.centre, until=TODAY)[0][1:] == ("finished", "finished")
    with pytest.raises(Refused, match="is finished already"):
        bureau.centre.schedules.run_now(CLIENT, "bookings", olga, planned_for=row.planned_for)


def test_a_schedule_by_hand_runs_when_a_person_says_so_and_the_ledger_tells_it(
    bureau: Bureau,
) -> None:
    put(bureau, "by hand")
    bureau.centre.planner.tick()
    assert lines(bureau.centre) == []
    first = bureau.centre.schedules.run_now(CLIENT, "bookings", bureau.who("olga"))
    second = bureau.centre.schedules.run_now(CLIENT, "bookings", bureau.who("olga"))
    assert (first.state, second.state) == ("due", "merged")
    assert second.run == first.run
    assert len(every_run(bureau.centre)) == 1


def test_nothing_is_run_now_in_a_pause_in_a_freeze_or_without_an_agreement(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    schedules, olga = bureau.centre.schedules, bureau.who("olga")
    uid = pause(bureau, Scope.CLIENT, CLIENT)
    with pytest.raises(Refused, match="is paused"):
        schedules.run_now(CLIENT, "bookings", olga)
    schedules.resume(uid, olga)
    freeze = {"start": "2026-11-17", "end": "2026-11-17", "reason": "closing"}
    bureau.settings(calendar={"freezes": [freeze]})
    with pytest.raises(Refused, match="Nothing runs from 2026-11-17 to 2026-11-17: closing"):
        schedules.run_now(CLIENT, "bookings", olga)
    bureau.settings(valid_until="2026-11-16", calendar={})
    with pytest.raises(Refused, match="No agreement"):
        schedules.run_now(CLIENT, "bookings", olga)
    with pytest.raises(NotFound, match="no schedule 'evening'"):
        schedules.run_now(CLIENT, "evening", olga)


def test_a_skipped_run_is_left_out_and_stays_so(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    schedules, olga = bureau.centre.schedules, bureau.who("olga")
    for day in (18, 19):  # one is due and not begun, one is ahead
        moment = to_ms(at(f"2026-11-{day} 07:30"))
        schedules.skip(CLIENT, "bookings", moment, "done by hand", olga)
        with pytest.raises(Refused, match="is skipped already"):
            schedules.skip(CLIENT, "bookings", moment, "done by hand", olga)
    tick_at(bureau, "2026-11-19 07:30")
    assert lines(bureau.centre, until="2026-11-19 08:00") == [
        ("2026-11-18 07:30", "skipped", "by-hand"),
        ("2026-11-19 07:30", "skipped", "by-hand"),
    ]
    assert [run.ending for run in every_run(bureau.centre)] == ["withdrawn"]
    assert not any(b"done by hand" in one.data for one in bureau.entries())


def test_a_run_that_has_begun_is_not_skipped(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    (run,) = every_run(bureau.centre)
    with bureau.centre.runs.leases.working():
        with bureau.centre.parts.database.write() as connection:
            bureau.centre.runs.leases.take(connection, run.uid, 1)
        with pytest.raises(Refused, match="is started already"):
            bureau.centre.schedules.skip(
                CLIENT, "bookings", to_ms(at("2026-11-18 07:30")), "why not", bureau.who("olga")
            )


# Events ------------------------------------------------------------------------------------------


def test_a_workbook_that_arrives_makes_a_run_also_while_nobody_looked(bureau: Bureau) -> None:
    put(bureau, "when a workbook arrives")
    put(bureau, "when a workbook arrives", "orders", service=ORDER)
    bureau.centre.planner.tick()
    assert lines(bureau.centre) == []
    bureau.send(booking("A-1"))
    bureau.centre.planner.tick()
    assert [line[1] for line in lines(bureau.centre)] == ["due"]
    assert bureau.run().handled
    bureau.centre.planner.tick()
    bureau.time.go_on(hours=1)
    bureau.send(booking("A-2", "10002", "1000", "3100.00", "3200.00"))
    bureau.close()  # whoever listened is gone
    bureau.time.go_on(minutes=90)
    for _ in range(3):
        bureau.centre.planner.tick()
    assert [line[1] for line in lines(bureau.centre)] == ["finished", "due"]
    bureau.run()
    bureau.time.go_on(minutes=1)
    bureau.send(booking("A-3", "10003", "1000", "1800.00", "1900.00"))
    bureau.time.go_on(hours=3)  # later than its rule lets it begin
    bureau.centre.planner.tick()
    assert [line[1] for line in lines(bureau.centre)] == ["finished", "finished", "missed"]
    assert lines(bureau.centre, "orders") == []


def test_a_service_runs_after_another_one_has_finished(bureau: Bureau) -> None:
    put(bureau, MORNING)
    put(bureau, f"after {BOOKING} has finished", "orders", service=ORDER)
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, "orders") == []
    bureau.time.go_on(minutes=5)
    end_runs(bureau.centre)
    bureau.centre.planner.tick()
    assert [line[1] for line in lines(bureau.centre, "orders")] == ["due"]
    bureau.centre.planner.tick()
    assert len(lines(bureau.centre, "orders")) == 1
    end_runs(bureau.centre)
    tick_at(bureau, "2026-11-19 07:30")
    end_runs(bureau.centre, "paused")  # broken off: it has not finished
    bureau.centre.planner.tick()
    assert len(lines(bureau.centre, "orders")) == 1


def cases(first: int, number: int) -> list[dict[str, object]]:
    return [
        booking(f"N-{one}", "10003", f"{3000 + one}", None, "1.00")
        for one in range(first, first + number)
    ]


def test_enough_cases_set_a_schedule_off_once_until_they_are_fewer_or_it_has_run(
    bureau: Bureau,
) -> None:
    put(bureau, "when 3 cases are ready")
    tick = bureau.centre.planner.tick
    bureau.send(*cases(0, 2))
    tick()
    assert lines(bureau.centre) == []
    bureau.send(*cases(2, 2))
    for _ in range(3):
        tick()
        bureau.time.go_on(seconds=30)
    assert [line[1] for line in lines(bureau.centre)] == ["due"]
    end_runs(bureau.centre, "paused")  # the target said no: it is not tried again and again
    tick()
    assert len(lines(bureau.centre)) == 1
    bureau.run()  # somebody has seen to it, and none is ready any more
    tick()
    bureau.send(*cases(4, 3))
    tick()
    assert [line[1] for line in lines(bureau.centre)] == ["finished", "due"]
    end_runs(bureau.centre)  # all of them are still ready
    tick()
    assert [line[1] for line in lines(bureau.centre)] == ["finished", "finished", "due"]


def test_cases_that_are_ready_in_a_pause_set_their_schedule_off_when_it_ends(
    bureau: Bureau,
) -> None:
    put(bureau, "when 3 cases are ready")
    uid = pause(bureau, Scope.CLIENT, CLIENT)
    bureau.send(*cases(0, 3))
    bureau.centre.planner.tick()
    assert lines(bureau.centre) == []
    bureau.centre.schedules.resume(uid, bureau.who("olga"))
    bureau.centre.planner.tick()
    assert [line[1] for line in lines(bureau.centre)] == ["due"]


# What comes next ---------------------------------------------------------------------------------


def test_what_is_ahead_is_shown_with_what_will_not_run_and_why(bureau: Bureau) -> None:
    window = {"dates": ["2026-11-19"], "start": "07:00", "end": "09:00", "reason": "updates"}
    freeze = {"start": "2026-11-20", "end": "2026-11-20", "reason": "closing"}
    bureau.settings(calendar={"maintenance": [window], "freezes": [freeze]})
    put(bureau, MORNING)
    put(bureau, "when a workbook arrives", "arrivals")
    bureau.centre.planner.tick()
    monday = to_ms(at("2026-11-23 07:30"))
    bureau.centre.schedules.skip(CLIENT, "bookings", monday, "off", bureau.who("olga"))
    pause(bureau, Scope.CLIENT, CLIENT, until="2026-11-18 12:00")
    found = ahead(bureau)
    assert [told(line) for line in found.lines] == [
        ("11-18 07:30", "bookings", False, "paused"),
        ("11-19 09:00", "bookings", True, "maintenance"),
        ("11-20 07:30", "bookings", False, "freeze"),
        ("11-23 07:30", "bookings", False, "by-hand"),
        ("11-24 07:30", "bookings", True, None),
    ]
    assert [one.id for one in found.waiting] == [f"{CLIENT}/arrivals"]


def test_beyond_the_ledger_rules_and_agreements_speak(bureau: Bureau) -> None:
    bureau.settings(valid_until="2026-12-23")
    put(bureau, "on the 25th at 16:00, or the working day before")
    found = ahead(bureau, 90)
    assert [told(line) for line in found.lines] == [
        ("11-25 16:00", "bookings", True, None),
        ("12-24 16:00", "bookings", False, "no-agreement"),
        ("01-25 16:00", "bookings", False, "no-agreement"),
    ]


def test_runs_moved_by_a_holiday_name_the_day_that_was_meant(bureau: Bureau) -> None:
    put(bureau, "on the 25th at 16:00, or the working day before")
    (_november, december) = ahead(bureau, 40).lines
    assert told(december) == ("12-24 16:00", "bookings", True, "holiday")
    assert december.named == at("2026-12-25 12:00").date()


def test_runs_that_need_one_credential_at_one_time_are_shown_before_they_happen(
    bureau: Bureau,
) -> None:
    orders = bureau.file.agreement[1].model_copy(
        update={"credential": "ledger-robot", "version": 2}
    )
    bureau.file = bureau.file.model_copy(update={"agreement": (bureau.file.agreement[0], orders)})
    bureau.settings()
    put(bureau, MORNING)
    put(bureau, "every working day at 07:35", "orders", service=ORDER)
    put(bureau, "every Thursday at 07:30", "weekly")
    wednesday, orders_wednesday, *rest = ahead(bureau, 3).lines
    assert wednesday.meets == ()
    assert orders_wednesday.meets == (f"{CLIENT}/bookings",)
    assert [told(line) for line in rest if line.schedule.endswith("weekly")] == [
        ("11-19 07:30", "weekly", False, "merged")
    ]
    assert [line.with_ for line in rest if line.why == "merged"] == [f"{CLIENT}/bookings"]
    tick_at(bureau, "2026-11-19 07:30")  # and so it comes
    with bureau.centre.parts.database.read() as connection:
        row = planned.at(connection, f"{CLIENT}/weekly", to_ms(at("2026-11-19 07:30")))
    assert row is not None
    assert row.state == "merged"


def test_the_times_of_one_day_are_one_line(bureau: Bureau) -> None:
    put(bureau, "every 15 minutes between 08:00 and 18:00 on working days")
    (first, second, *_rest) = ahead(bureau, 3).lines
    assert (first.number, second.number) == (32, 41)
    assert second.last == at("2026-11-18 18:00")


def test_looking_ahead_writes_nothing(bureau: Bureau) -> None:
    put(bureau, MORNING)
    before = len(bureau.entries())
    ahead(bureau, 365)
    assert len(bureau.entries()) == before
