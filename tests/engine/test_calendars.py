"""Shared calendars and accepted holidays: what planned runs are computed from, and what would move them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, SETTINGS, Bureau, agreement, booking
from post import told
from sqlalchemy import select

from paraplu.domain.agreement import WorkingCalendar
from paraplu.domain.freeze import Freeze
from paraplu.domain.schedule import Schedule
from paraplu.engine.clientfile import CalendarFile, ClientFile
from paraplu.engine.reviewed import given
from paraplu.errors import NotAllowed, NotFound, Refused, SettingsWrong
from paraplu.store import calendars, tables

PAY = CalendarFile(
    id="pay-2027",
    name="Pay days of 2027",
    dates=(date(2027, 1, 25), date(2027, 2, 25)),
    closed=(date(2026, 11, 19),),
    ends=date(2027, 2, 28),
)


def schedule(name: str, when: str, **more: Any) -> Schedule:
    values = {
        "client": CLIENT,
        "name": name,
        "service": BOOKING,
        "when": when,
        "timezone": "Europe/Amsterdam",
    }
    return Schedule.model_validate({**values, **more})


def with_schedules(*schedules: Schedule, **calendar: Any) -> ClientFile:
    """The settings with these schedules, and with a calendar of the first agreement."""
    agreements = SETTINGS.agreement
    if calendar:
        first = agreement(version=2, calendar=WorkingCalendar.model_validate(calendar))
        agreements = (first, *agreements[1:])
    return SETTINGS.model_copy(update={"schedule": schedules, "agreement": agreements})


def apply(bureau: Bureau, *files: ClientFile | CalendarFile, by: str = "ines") -> list[list[str]]:
    records = bureau.centre.parts.records
    applied = records.apply([given(file) for file in files], bureau.who(by), force=True)
    return [[str(line) for line in one.lines] for one in applied]


def ahead(bureau: Bureau, name: str, state: str = "planned") -> list[str]:
    """The planned runs of a schedule, as days and times in UTC."""
    table = tables.planned_runs
    query = select(table.c.planned_for).where(
        table.c.schedule == f"{CLIENT}/{name}", table.c.state == state
    )
    with bureau.centre.parts.database.read() as connection:
        found = sorted(connection.execute(query).scalars())
    return [f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}" for ms in found]


def misremember(
    bureau: Bureau, year: int, *, come: date | None = None, go: date | None = None
) -> None:
    """Make what was accepted differ from what the installed package says: an older one said so."""
    with bureau.centre.parts.database.write() as connection:
        (row,) = [one for one in calendars.accepted(connection) if one.year == year]
        known = bureau.centre.parts.calendars.view(connection).accepted["NL", ("public",)][year]
        days = sorted((known | ({come} if come else set())) - ({go} if go else set()))
        text = "[" + ", ".join(f'"{day}"' for day in days) + "]"
        values = {"days": text, "source": "holidays@0.80", "accepted_at": 1, "accepted_by": None}
        calendars.accept(connection, row.country, row.categories, year, **values)


def test_days_of_an_included_calendar_count_and_a_change_of_it_moves_what_is_planned(
    bureau: Bureau,
) -> None:
    file = with_schedules(schedule("daily", "every working day at 07:30"), include=["pay-2027"])
    assert apply(bureau, PAY, file)[0] == ["+ calendar pay-2027"]
    before = ahead(bureau, "daily")
    assert before[:2] == ["2026-11-18 06:30", "2026-11-20 06:30"]
    closed = PAY.model_copy(update={"closed": (date(2026, 11, 18),)})
    (told,) = apply(bureau, closed)
    assert told == ["~ calendar pay-2027: closed -2026-11-19 +2026-11-18"]
    assert ahead(bureau, "daily")[:2] == ["2026-11-19 06:30", "2026-11-20 06:30"]
    assert ahead(bureau, "daily", "skipped") == ["2026-11-18 06:30"]


def test_a_freeze_and_the_dates_of_a_shared_calendar_reach_the_planner(bureau: Bureau) -> None:
    frozen = PAY.model_copy(
        update={"freezes": (Freeze(start=date(2026, 11, 20), end=date(2026, 11, 20), reason="x"),)}
    )
    on_dates = schedule("pay", "on the dates of pay-2027 at 09:00", valid_until=date(2027, 2, 28))
    file = with_schedules(on_dates, include=["pay-2027"])
    apply(bureau, frozen, file)
    assert ahead(bureau, "pay")[0] == "2027-01-25 08:00"
    with bureau.centre.parts.database.read() as connection:
        calendar, dates = bureau.centre.parts.calendars.of(connection, CLIENT, BOOKING)
    assert calendar.frozen(date(2026, 11, 20)) is not None
    assert dates == {"pay-2027": PAY.dates}


def test_a_calendar_is_exported_as_it_was_applied_and_not_overwritten_unseen(
    bureau: Bureau,
) -> None:
    apply(bureau, PAY)
    records, ines = bureau.centre.parts.records, bureau.who("ines")
    mine = records.export_calendar("pay-2027", ines)
    assert mine.model_copy(update={"revision": None}) == PAY
    assert records.apply([given(mine)], ines)[0].lines == []
    apply(bureau, PAY.model_copy(update={"name": "Pay days"}))
    with pytest.raises(SettingsWrong, match="Run 'paraplu export pay-2027 --calendar'"):
        records.apply([given(mine)], ines)
    with pytest.raises(NotFound, match=r"no shared calendar 'x'. Known are: pay-2027"):
        records.export_calendar("x", ines)
    entry = [one for one in bureau.entries() if one.kind == "calendar-applied"][-1]
    assert entry.rpa["detail"] == {"calendar": "pay-2027", "forced": True}
    (shown,) = bureau.shown(kind="calendar-applied")[-1:]
    assert shown.values['before calendar pay-2027: name "Pay days of 2027" -> "Pay days"']


def test_holidays_are_accepted_with_an_entry_when_they_are_first_needed(bureau: Bureau) -> None:
    assert "holidays-accepted" not in bureau.kinds()
    apply(bureau, with_schedules(schedule("daily", "every working day at 07:30")))
    entries = [one for one in bureau.entries() if one.kind == "holidays-accepted"]
    assert [one.rpa["detail"]["year"] for one in entries] == [2026, 2027]
    detail = entries[0].rpa["detail"]
    assert detail["before"] is None
    assert "2026-12-25" in detail["after"]
    assert detail["source"].startswith("holidays@")
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.holidays.differences(connection) == []
    with bureau.centre.parts.database.write() as connection:
        bureau.centre.parts.calendars.of(connection, CLIENT, BOOKING)
    assert len([one for one in bureau.kinds() if one == "holidays-accepted"]) == 2


def test_what_the_installed_package_says_otherwise_is_shown_with_the_runs_that_would_move(
    bureau: Bureau,
) -> None:
    apply(
        bureau,
        with_schedules(
            schedule("daily", "every working day at 07:30"),
            schedule("cut-off", "1 working day before the 28th at 16:00"),
            schedule("hourly", "every hour between 08:00 and 10:00 on working days"),
            schedule("by-hand", "by hand"),
            schedule("mondays", "every Monday at 08:00"),
        ),
    )
    misremember(bureau, 2026, go=date(2026, 12, 25), come=date(2026, 12, 24))
    with bureau.centre.parts.database.read() as connection:
        differs = bureau.centre.holidays.differences(connection)
        moved = bureau.centre.holidays.moved(connection, differs)
    assert [str(one) for one in differs] == ["NL public 2026: -2026-12-24 +2026-12-25"]
    assert sorted(str(one) for one in moved) == [
        "noordwijk/cut-off: Fri 2026-12-25 16:00 -> Thu 2026-12-24 16:00",
        "noordwijk/daily: Fri 2026-12-25 07:30 -> none",
        "noordwijk/daily: none -> Thu 2026-12-24 07:30",
        "noordwijk/hourly: Fri 2026-12-25 08:00 -> none",
        "noordwijk/hourly: none -> Thu 2026-12-24 08:00",
    ]


def test_accepting_what_the_package_says_moves_what_is_planned_and_tells_before_and_after(
    bureau: Bureau,
) -> None:
    apply(bureau, with_schedules(schedule("daily", "every working day at 07:30")))
    bureau.time.go_on(days=34)  # Monday, 21 December
    misremember(bureau, 2026, go=date(2026, 12, 25), come=date(2026, 12, 24))
    bureau.centre.planner.tick()
    planned = [day for day in ahead(bureau, "daily") if day > "2026-12-22"]
    assert "2026-12-25 06:30" in planned
    assert "2026-12-24 06:30" not in planned
    with pytest.raises(NotAllowed):
        bureau.centre.holidays.accept("NL", None, bureau.who("olga"))
    with pytest.raises(NotFound, match=r"No holidays of 'DK' were needed so far\. There are: NL"):
        bureau.centre.holidays.accept("dk", None, bureau.who("ines"))
    with pytest.raises(
        Refused, match="About NL in 2027 the installed package says what was accepted"
    ):
        bureau.centre.holidays.accept("NL", 2027, bureau.who("ines"))
    (accepted,) = bureau.centre.holidays.accept("nl", None, bureau.who("ines"))
    assert str(accepted) == "NL public 2026: -2026-12-24 +2026-12-25"
    planned = [day for day in ahead(bureau, "daily") if day > "2026-12-22"]
    assert "2026-12-24 06:30" in planned
    assert "2026-12-25 06:30" not in planned
    entry = next(one for one in bureau.entries()[::-1] if one.kind == "holidays-accepted")
    assert entry.actor == bureau.who("ines").uid
    assert "2026-12-24" in entry.rpa["detail"]["before"]
    assert "2026-12-25" in entry.rpa["detail"]["after"]
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.holidays.differences(connection) == []


def test_a_calendar_in_use_is_spoken_of_from_sixty_days_before_it_ends(bureau: Bureau) -> None:
    on_dates = schedule("pay", "on the dates of pay-2027 at 09:00", valid_until=date(2027, 2, 28))
    unused = PAY.model_copy(update={"id": "unused", "ends": date(2027, 2, 28)})
    apply(bureau, PAY, unused, with_schedules(on_dates))
    told = {}
    for day in (date(2026, 12, 29), date(2026, 12, 30), date(2027, 2, 28), date(2027, 3, 1)):
        bureau.time.now = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=9)
        with bureau.centre.parts.database.read() as connection:
            told[str(day)] = bureau.centre.parts.calendars.ending(connection)
    by = "on 2027-02-28 (used by noordwijk/pay): apply the next one"
    assert told == {
        "2026-12-29": [],
        "2026-12-30": [f"calendar pay-2027 ends in 60 days, {by}"],
        "2027-02-28": [f"calendar pay-2027 ends today, {by}"],
        "2027-03-01": [],  # the schedule has ended, too: nobody uses it any more
    }


def test_an_agreement_that_includes_a_calendar_that_has_ended_is_told_so(bureau: Bureau) -> None:
    past = PAY.model_copy(update={"dates": (), "closed": (), "ends": date(2026, 11, 1)})
    apply(bureau, past, with_schedules(include=["pay-2027"]))
    with bureau.centre.parts.database.read() as connection:
        (told,) = bureau.centre.parts.calendars.ending(connection)
    assert told.startswith(
        "calendar pay-2027 has ended, on 2026-11-01 (used by noordwijk/ledger-booking)"
    )


# Who counts working days -------------------------------------------------------------------------------


def deadline(bureau: Bureau, reference: str) -> str:
    """By when a case must be finished, in UTC."""
    return f"{datetime.fromtimestamp(bureau.case(reference).deadline / 1000, UTC):%Y-%m-%d %H:%M}"


def test_the_deadline_of_a_case_counts_no_day_that_a_shared_calendar_closes(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    apply(bureau, PAY, with_schedules(include=["pay-2027"]))
    bureau.send(booking("A-2"))
    assert [deadline(bureau, one) for one in ("A-1", "A-2")] == [
        "2026-11-20 16:00",  # three working days after Tuesday the 17th
        "2026-11-23 16:00",  # Thursday the 19th is closed
    ]


def test_the_deadline_of_a_case_counts_the_holidays_that_were_accepted(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))  # which notes those of this year and the next
    assert bureau.kinds().count("holidays-accepted") == 2
    misremember(bureau, 2026, come=date(2026, 11, 19))
    bureau.send(booking("A-2"))
    assert deadline(bureau, "A-2") == "2026-11-23 16:00"
    assert bureau.kinds().count("holidays-accepted") == 2


@pytest.mark.parametrize("how", ["shared", "accepted"])
def test_the_calendar_on_a_bots_desk_is_the_one_that_planned_runs_have(
    bureau: Bureau, how: str
) -> None:
    today = PAY.model_copy(update={"closed": (date(2026, 11, 17),)})
    variants = {"working_days_only": True}
    bureau.settings(variants=variants)
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    if how == "shared":
        apply(bureau, today)
        bureau.settings(calendar={"include": ["pay-2027"]})
    else:
        misremember(bureau, 2026, come=date(2026, 11, 17))
    bureau.story(booking("A-2", "10002", now="3100.00", wanted="3200.00"))
    assert bureau.asks("A-2") == ["no-working-day"]


def test_the_working_hours_of_an_approval_leave_out_what_a_shared_calendar_closes(
    bureau: Bureau,
) -> None:
    apply(bureau, PAY.model_copy(update={"closed": (date(2026, 11, 18),)}))
    bureau.settings(calendar={"include": ["pay-2027"]})
    bureau.story(booking("A-1", wanted="3500.00"))
    assert bureau.state("A-1") == "waiting"
    with bureau.centre.parts.database.read() as connection:
        outlook = bureau.centre.desks.askings.outlook(connection, bureau.case("A-1"))
    assert outlook is not None and outlook.until is not None
    assert f"{outlook.until:%Y-%m-%d %H:%M}" == "2026-11-19 09:00"  # eight hours after ten o'clock


@pytest.mark.parametrize("closed", [18, 24])
def test_what_goes_on_is_told_again_on_no_morning_that_a_shared_calendar_closes(
    bureau: Bureau, closed: int
) -> None:
    apply(bureau, PAY.model_copy(update={"closed": (date(2026, 11, closed),)}))
    bureau.settings(calendar={"include": ["pay-2027"]}, valid_until=date(2026, 11, 22))
    bureau.send(booking("A-1"), by="olga")
    bureau.time.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
    bureau.centre.parts.notices.look()  # the agreement has ended, its cases have not
    assert told(bureau, "still-overdue") == (set() if closed == 24 else {"Olga", "Ines"})
