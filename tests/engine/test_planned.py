"""The ledger of planned runs: written ahead, settled once, whatever happens meanwhile, and never short."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from bureau import BOOKING, CLIENT, ORDER, Bureau, booking
from sqlalchemy import select
from timetable import at, end, end_runs, every_run, lines, put, schedule, tick_at

from paraplu.domain.planned import PlannedState
from paraplu.domain.shared_calendar import SharedCalendar
from paraplu.engine.course import Stop
from paraplu.store import calendars, planned, schedules, tables

# The bureau's clock stands at 10:00 on Tuesday 2026-11-17 in Amsterdam.
MORNING = "every working day at 07:30"
QUARTERS = "every 15 minutes between 08:00 and 18:00 on working days"


def kinds(bureau: Bureau) -> list[str]:
    return [kind for kind in bureau.kinds() if kind.startswith(("planned", "schedule", "pause"))]


def test_runs_are_written_ahead_for_a_week_or_two_and_the_next_one_always(bureau: Bureau) -> None:
    put(bureau, MORNING)
    put(bureau, "once on 2027-06-01 at 12:00", "far-off")
    put(bureau, QUARTERS, "often")
    tick_at(bureau, "2026-11-17 10:01")
    centre = bureau.centre
    assert [line[0] for line in lines(centre)] == [
        *(f"2026-11-{day} 07:30" for day in (18, 19, 20, 23, 24, 25, 26, 27, 30)),
        *(f"2026-12-{day:02} 07:30" for day in (1, 2)),
    ]
    assert lines(centre, "far-off") == [("2027-06-01 12:00", "planned", None)]
    often = lines(centre, "often")
    assert len(often) == 200
    assert {state for _at, state, _why in often} == {"planned"}
    # Half of it must be used up before more is written: the log does not grow by the hour.
    tick_at(bureau, "2026-11-17 12:00")
    assert len(lines(centre, "often")) == 200
    assert kinds(bureau).count("schedule-planned") == 3


def test_a_run_is_made_due_at_its_time_and_accounted_for_to_its_end(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:29")
    assert every_run(bureau.centre) == []
    tick_at(bureau, "2026-11-18 07:30")
    (run,) = every_run(bureau.centre)
    today = "2026-11-18 23:59"
    assert lines(bureau.centre, until=today) == [("2026-11-18 07:30", "due", None)]

    def look(_number: int, _of: int, _state: str) -> None:
        assert lines(bureau.centre, until=today) == [("2026-11-18 07:30", "started", None)]

    with bureau.centre.runs.leases.working():
        bureau.centre.runs.carry_out(run.uid, progress=look)
    assert lines(bureau.centre, until=today) == [("2026-11-18 07:30", "finished", "finished")]
    assert bureau.state("A-1") == "done"
    with bureau.centre.parts.database.read() as connection:
        row = planned.get(connection, run.planned_run)
    assert row.run == run.uid
    assert kinds(bureau) == ["schedule-planned", "planned-run-due"]
    bureau.assert_intact()


def test_an_outage_leaves_no_gap_and_the_latest_within_two_hours_runs_for_all(
    bureau: Bureau,
) -> None:
    put(bureau, "every 60 minutes between 08:00 and 18:00 on working days")
    tick_at(bureau, "2026-11-17 10:01")
    tick_at(bureau, "2026-12-14 15:20")  # a month later: the horizon has long been passed
    settled = lines(bureau.centre, until="2026-12-14 15:20")
    assert len(settled) == 8 + 18 * 11 + 8
    assert settled[-3:] == [
        ("2026-12-14 13:00", "missed", "late"),
        ("2026-12-14 14:00", "merged", "newer"),
        ("2026-12-14 15:00", "due", None),
    ]
    assert {line[1:] for line in settled[:-2]} == {("missed", "late")}
    (run,) = every_run(bureau.centre)
    with bureau.centre.parts.database.read() as connection:
        rows = planned.listed(connection, PlannedState.MERGED, PlannedState.DUE)
    assert {row.run for row in rows} == {run.uid}
    # Two hundred moves, and a handful of entries that name every one of them.
    entries = [one for one in bureau.entries() if one.kind == "planned-run-missed"]
    assert sum(len(one.rpa["detail"]["planned_for"]) for one in entries) == len(settled) - 2
    assert len(entries) == 1


def test_what_was_missed_runs_one_after_the_other_when_the_schedule_says_all(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING, missed="run all")
    tick_at(bureau, "2026-11-17 10:01")
    tick_at(bureau, "2026-11-20 12:00")
    states = [line[1] for line in lines(bureau.centre, until="2026-11-20 12:00")]
    assert states == ["due", "planned", "planned"]
    bureau.centre.planner.tick()
    assert len(every_run(bureau.centre)) == 1
    for done in (1, 2, 3):
        assert end_runs(bureau.centre) == 1
        bureau.centre.planner.tick()
        states = [line[1] for line in lines(bureau.centre, until="2026-11-20 12:00")]
        assert states.count("finished") == done
    assert len(every_run(bureau.centre)) == 3


def test_a_schedule_that_asks_leaves_what_is_late_to_a_person(bureau: Bureau) -> None:
    put(bureau, MORNING, missed="ask")
    tick_at(bureau, "2026-11-17 10:01")
    tick_at(bureau, "2026-11-18 07:30")  # in time, nobody is asked
    tick_at(bureau, "2026-11-19 07:32")
    assert [line[1:] for line in lines(bureau.centre, until="2026-11-19 08:00")] == [
        ("due", None),
        ("missed", "asks"),
    ]


def test_two_schedules_of_one_service_at_one_time_make_one_run(bureau: Bureau) -> None:
    put(bureau, MORNING)
    put(bureau, "every day at 07:30", "daily")
    put(bureau, MORNING, "orders", service=ORDER)
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, until="2026-11-18 08:00")[0][1:] == ("due", None)
    assert lines(bureau.centre, "daily", until="2026-11-18 08:00")[0][1:] == ("merged", "going")
    assert lines(bureau.centre, "orders", until="2026-11-18 08:00")[0][1:] == ("due", None)
    booked, ordered = every_run(bureau.centre)
    assert {booked.service, ordered.service} == {BOOKING, ORDER}
    with bureau.centre.parts.database.read() as connection:
        (row,) = planned.listed(connection, PlannedState.MERGED)
    assert row.run in {booked.uid, ordered.uid}


def test_planners_that_look_at_once_double_nothing_and_leave_nothing_out(bureau: Bureau) -> None:
    for number in range(12):
        span = f"between 08:{number:02} and 17:{45 + number}"
        put(bureau, f"every 15 minutes {span} every day", f"s{number}")
    centre = bureau.centre
    from paraplu.engine.planned import Planner

    planners = [Planner(centre.parts, centre.asking, centre.parts.ahead) for _ in range(3)]
    for hour in range(9, 18):
        bureau.time.now = at(f"2026-11-18 {hour:02}:59")
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(planner.tick) for planner in planners]:
                done.result()
        end_runs(centre)
    for number in range(12):
        settled = lines(centre, f"s{number}", until="2026-11-18 17:59")
        today = [line for line in settled if line[0] >= "2026-11-18"]
        # From 08:00 (or some minutes later) every quarter of an hour.
        assert len(today) == len({line[0] for line in today}) == 40
        assert "planned" not in {line[1] for line in settled}
    with centre.parts.database.read() as connection:
        finished = planned.listed(connection, PlannedState.FINISHED, most=10_000)
    assert len(finished) == len(every_run(centre)) == len({row.run for row in finished})
    bureau.assert_intact()


def test_a_clock_that_is_set_back_doubles_nothing(bureau: Bureau) -> None:
    put(bureau, QUARTERS)
    tick_at(bureau, "2026-11-18 09:00")
    end_runs(bureau.centre)
    before = lines(bureau.centre)
    number = len(every_run(bureau.centre))
    for minute in (0, 15, 30, 45):
        tick_at(bureau, f"2026-11-18 08:{minute:02}")
    assert lines(bureau.centre) == before
    assert len(every_run(bureau.centre)) == number
    tick_at(bureau, "2026-11-18 09:15")
    assert len(every_run(bureau.centre)) == number + 1


def test_what_a_clock_that_ran_ahead_has_missed_is_planned_again(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2031-01-01 12:00")  # a battery was empty
    assert lines(bureau.centre)[0][1:] == ("missed", "late")
    tick_at(bureau, "2026-11-18 07:29")
    tick_at(bureau, "2026-11-18 07:30")
    states = [line[1:] for line in lines(bureau.centre, until="2026-11-19 08:00")]
    assert states == [("due", None), ("planned", None)]
    assert "planned-run-restored" in kinds(bureau)


def test_a_changed_schedule_skips_what_it_plans_no_more_and_keeps_the_rest(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    put(bureau, "every Thursday and Monday at 07:30")
    changed = [
        ("2026-11-18 07:30", "due", None),
        ("2026-11-19 07:30", "planned", None),
        ("2026-11-20 07:30", "skipped", "schedule-changed"),
        ("2026-11-23 07:30", "planned", None),
        ("2026-11-24 07:30", "skipped", "schedule-changed"),
    ]
    assert lines(bureau.centre, until="2026-11-24 08:00") == changed
    with bureau.centre.parts.database.read() as connection:
        row = planned.at(
            connection, f"{CLIENT}/bookings", int(at("2026-11-20 07:30").timestamp()) * 1000
        )
    assert row is not None
    assert row.by == bureau.who("ines").uid
    put(bureau, MORNING)  # as it was: what was skipped is in the plan again
    states = [line[1:] for line in lines(bureau.centre, until="2026-11-24 08:00")]
    assert states == [("due", None), *[("planned", None)] * 4]
    assert kinds(bureau).count("planned-run-restored") == 1


def test_an_ended_schedule_plans_nothing_more_and_begins_anew_when_it_is_put_again(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    assert end(bureau)
    assert not end(bureau)
    assert {line[1:] for line in lines(bureau.centre)[1:]} == {("skipped", "schedule-ended")}
    tick_at(bureau, "2026-12-14 12:00")
    assert len(every_run(bureau.centre)) == 1
    put(bureau, MORNING)
    tick_at(bureau, "2026-12-15 07:30")
    states = dict(line[:2] for line in lines(bureau.centre))
    assert states["2026-11-24 07:30"] == "skipped"
    assert "2026-12-11 07:30" not in states  # nobody planned it
    assert states["2026-12-15 07:30"] in ("due", "merged")


def test_a_schedule_changed_after_an_outage_has_its_old_times_in_the_ledger(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-17 10:01")
    bureau.time.now = at("2026-12-07 12:00")  # nobody looked for three weeks
    put(bureau, "every working day at 16:00")
    tick_at(bureau, "2026-12-07 12:01")
    missed = [line for line in lines(bureau.centre) if line[1] == "missed"]
    assert [line[0] for line in missed][-2:] == ["2026-12-04 07:30", "2026-12-07 07:30"]
    assert len(missed) == 14


def test_a_calendar_that_changes_moves_what_is_planned(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-17 10:01")
    bureau.settings(calendar={"closed": ["2026-11-19"]})
    tick_at(bureau, "2026-11-17 10:02")
    assert lines(bureau.centre, until="2026-11-20 08:00") == [
        ("2026-11-18 07:30", "planned", None),
        ("2026-11-19 07:30", "skipped", "calendar-changed"),
        ("2026-11-20 07:30", "planned", None),
    ]


def test_the_calendar_of_an_agreement_holds_from_its_first_day_on(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-17 10:01")
    bureau.settings(valid_from="2026-11-19", calendar={"closed": ["2026-11-19", "2026-11-20"]})
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, until="2026-11-20 08:00")[1][1:] == ("planned", None)
    tick_at(bureau, "2026-11-19 01:01")
    assert [line[1:] for line in lines(bureau.centre, until="2026-11-23 08:00")] == [
        ("due", None),
        ("skipped", "calendar-changed"),
        ("skipped", "calendar-changed"),
        ("planned", None),
    ]


def test_in_maintenance_a_run_is_put_off_and_in_a_freeze_it_is_skipped(bureau: Bureau) -> None:
    window = {"dates": ["2026-11-18"], "start": "07:00", "end": "09:00", "reason": "updates"}
    freeze = {"start": "2026-11-19", "end": "2026-11-19", "reason": "closing"}
    bureau.settings(calendar={"maintenance": [window], "freezes": [freeze]})
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    assert lines(bureau.centre, until="2026-11-18 08:00") == [
        ("2026-11-18 07:30", "planned", "maintenance")
    ]
    tick_at(bureau, "2026-11-18 09:00")
    assert lines(bureau.centre, until="2026-11-18 08:00")[0][1:] == ("due", None)
    tick_at(bureau, "2026-11-19 07:30")
    assert lines(bureau.centre, until="2026-11-19 08:00")[1][1:] == ("skipped", "freeze")
    assert len(every_run(bureau.centre)) == 1


def test_without_an_agreement_or_a_bot_a_run_is_skipped_and_says_why(bureau: Bureau) -> None:
    bureau.settings(valid_until="2026-11-18")
    put(bureau, MORNING)
    put(bureau, MORNING, "orders", service=ORDER)
    put(bureau, MORNING, "nothing", service="ledger-nothing")
    tick_at(bureau, "2026-11-19 07:30")
    thursday = "2026-11-19 08:00"
    assert lines(bureau.centre, until=thursday)[1][1:] == ("skipped", "no-agreement")
    assert lines(bureau.centre, "nothing", until=thursday)[1][1:] == ("skipped", "no-bot")
    assert lines(bureau.centre, "orders", until=thursday)[1][1:] == ("due", None)


def test_one_schedule_that_cannot_be_read_stops_no_other(bureau: Bureau) -> None:
    put(bureau, MORNING)
    put(bureau, MORNING, "orders", service=ORDER)
    tick_at(bureau, "2026-11-17 10:01")
    with bureau.centre.parts.database.write() as connection:
        connection.execute(
            tables.schedules.update()
            .where(tables.schedules.c.name == "bookings")
            .values(settings='{"from": "a newer version"}')
        )
    tick_at(bureau, "2026-11-18 07:30")
    today = "2026-11-18 08:00"
    assert lines(bureau.centre, until=today)[0][1:] == ("missed", "not-computed")
    assert lines(bureau.centre, "orders", until=today)[0][1:] == ("due", None)
    assert "schedule_failed" in bureau.centre.home.log_file.read_text("utf-8")


def test_a_calendar_without_more_dates_stops_no_other_and_goes_on_when_it_has_some(
    bureau: Bureau,
) -> None:
    first, second = date(2026, 11, 18), date(2026, 11, 21)

    def has(*dates: date) -> None:
        calendar = SharedCalendar(id="payroll", name="Payroll", dates=dates)
        with bureau.centre.parts.database.write() as connection:
            now = bureau.centre.parts.clock.ms()
            calendars.put(connection, "payroll", calendar.model_dump_json(), "tests", now)

    has(first)
    bureau.settings(calendar={"include": ["payroll"]})
    put(bureau, "on the dates of payroll at 09:00")
    put(bureau, MORNING, "orders", service=ORDER)
    tick_at(bureau, "2026-11-19 07:30")
    assert lines(bureau.centre, "orders", until="2026-11-19 08:00")[-1][1:] == ("due", None)
    assert lines(bureau.centre)[-1][0] == "2026-11-18 09:00"
    has(first, second)
    tick_at(bureau, "2026-11-19 07:31")
    assert lines(bureau.centre)[-1] == ("2026-11-21 09:00", "planned", None)


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        ("finished", ("finished", "finished")),
        ("time-limit", ("finished", "time-limit")),
        ("paused", ("finished", "paused")),
        ("stopped", ("finished", "stopped")),
        ("nothing-due", ("finished", "nothing-due")),
        ("not-allowed", ("skipped", "not-allowed")),
    ],
)
def test_however_a_run_ends_the_ledger_tells_it(
    bureau: Bureau, ending: str, state: tuple[str, str]
) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    end_runs(bureau.centre, ending)
    assert lines(bureau.centre, until="2026-11-18 08:00")[0][1:] == state


def test_a_run_that_is_given_back_is_due_again_and_one_that_is_taken_over_is_started(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"))
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    today = "2026-11-18 08:00"
    runs, (run,) = bureau.centre.runs, every_run(bureau.centre)
    with runs.leases.working():
        report = runs.carry_out(run.uid, stop=lambda: Stop.GIVE_BACK)
    assert report is not None
    assert report.ending == "given-back"
    assert lines(bureau.centre, until=today)[0][1:] == ("due", None)
    with runs.leases.working():
        with bureau.centre.parts.database.write() as connection:
            assert runs.leases.take(connection, run.uid, 1) is not None
            connection.execute(tables.runs.update().values(lease_until=0))  # its worker has died
        assert lines(bureau.centre, until=today)[0][1:] == ("started", None)
        runs.carry_out(run.uid)
    assert lines(bureau.centre, until=today)[0][1:] == ("finished", "finished")


def test_a_run_whose_agreement_ended_before_a_worker_took_it_is_skipped(bureau: Bureau) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    bureau.settings(valid_until="2026-11-17")
    (run,) = every_run(bureau.centre)
    from paraplu.errors import Refused

    with bureau.centre.runs.leases.working(), pytest.raises(Refused):
        bureau.centre.runs.carry_out(run.uid)
    assert lines(bureau.centre, until="2026-11-18 08:00")[0][1:] == ("skipped", "not-allowed")


def test_a_planned_run_without_a_free_slot_stays_due_when_somebody_runs_by_hand(
    bureau: Bureau,
) -> None:
    put(bureau, MORNING)
    tick_at(bureau, "2026-11-18 07:30")
    from paraplu.errors import Refused

    with bureau.centre.parts.database.write() as connection:
        connection.execute(
            tables.runs.insert().values(
                uid="other",
                client=CLIENT,
                service="something-else",
                credential="ledger-robot",
                purpose="run",
                started_by="tests",
                due_at=1,
                slot=1,
                worker="somebody",
                lease_until=1 << 60,
            )
        )
    with pytest.raises(Refused, match="in use by other runs"):
        bureau.run()
    assert lines(bureau.centre, until="2026-11-18 08:00")[0][1:] == ("due", None)


def test_the_watermark_is_never_behind_what_was_settled(bureau: Bureau) -> None:
    put(bureau, MORNING)
    for day in range(18, 28):
        tick_at(bureau, f"2026-11-{day} 12:00")
        with bureau.centre.parts.database.read() as connection:
            row = schedules.get(connection, CLIENT, "bookings")
        assert row is not None
        assert row.planned_until > int(bureau.time.now.timestamp() * 1000)


def test_the_same_schedule_put_twice_changes_nothing(bureau: Bureau) -> None:
    put(bureau, MORNING)
    before = kinds(bureau)
    with bureau.centre.parts.database.write() as connection:
        assert not bureau.centre.parts.ahead.put(
            connection, schedule(MORNING), bureau.who("ines").uid
        )
    assert kinds(bureau) == before


def test_whoever_looks_after_the_client_is_told_of_a_run_that_was_missed(bureau: Bureau) -> None:
    tick_at(bureau, "2026-11-18 06:00")
    put(bureau, "every working day at 07:30", missed="ask")
    tick_at(bureau, "2026-11-18 06:01")
    tick_at(bureau, "2026-11-18 12:00")
    with bureau.centre.parts.database.read() as connection:
        told = connection.execute(select(tables.notices)).all()
    missed = [row for row in told if row.kind == "missed"]
    assert missed
    assert {row.client for row in missed} == {CLIENT}
    assert all(f"{CLIENT}/bookings" in row.facts for row in missed)
