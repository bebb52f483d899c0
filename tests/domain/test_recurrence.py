"""When rules are due: days, clocks that change, calendars that move or end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings, strategies as st

from domain.brute_force import (
    ZONES,
    Days,
    Question,
    after,
    before,
    clock_of,
    expected,
    last_of_month,
    numbered,
    of_month,
    pay_day,
    place_from_end,
    place_from_start,
)
from paraplu.domain.calendar import Calendar
from paraplu.domain.recurrence import (
    CalendarEnded,
    Occurrence,
    grouped,
    next_after,
    occurrences,
)
from paraplu.domain.sentence import SENTENCES, parse
from paraplu.errors import NotFound

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NL = Calendar("NL")


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def wall(one: Occurrence, zone: ZoneInfo = AMSTERDAM) -> str:
    return one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def due(
    sentence: str,
    start: str,
    end: str,
    calendar: Calendar = NL,
    zone: ZoneInfo = AMSTERDAM,
    **dates: list[date],
) -> list[Occurrence]:
    known = {name.replace("_", "-"): days for name, days in dates.items()}
    return list(occurrences(parse(sentence), zone, calendar, known, at(start, zone), at(end, zone)))


# The brute force ---------------------------------------------------------------------------------

HOUR = 60
QUESTIONS: dict[str, tuple[Question, list[int]]] = {
    "every working day at 07:30": (lambda days, day: days.works[day], [7 * HOUR + 30]),
    "every working day at 02:30": (lambda days, day: days.works[day], [2 * HOUR + 30]),
    "every day at 02:30": (lambda days, day: True, [2 * HOUR + 30]),
    "every day at 03:30": (lambda days, day: True, [3 * HOUR + 30]),
    "every Monday and Thursday at 08:00": (
        lambda days, day: day.isoweekday() in (1, 4),
        [8 * HOUR],
    ),
    "every Sunday at 02:00": (lambda days, day: day.isoweekday() == 7, [2 * HOUR]),
    "3 working days before the 25th at 16:00": (before(3, of_month(25)), [16 * HOUR]),
    "15 working days before the 3rd at 16:00": (before(15, of_month(3)), [16 * HOUR]),
    "1 working day after the 1st at 08:00": (after(1, of_month(1)), [8 * HOUR]),
    "12 working days after the 25th at 08:00": (after(12, of_month(25)), [8 * HOUR]),
    "2 working days before the last day of the month at 16:00": (
        before(2, of_month(31)),
        [16 * HOUR],
    ),
    "on the 25th at 16:00": (lambda days, day: day.day == 25, [16 * HOUR]),
    "on the 25th at 16:00, or the working day before": (before(0, of_month(25)), [16 * HOUR]),
    "on the 1st at 16:00, or the working day after": (after(0, of_month(1)), [16 * HOUR]),
    "on the 1st at 16:00, or the working day before": (before(0, of_month(1)), [16 * HOUR]),
    "on the 30th or the last day at 16:00": (
        lambda days, day: numbered(30)(day),
        [16 * HOUR],
    ),
    "on the last day of the month at 16:00": (
        lambda days, day: last_of_month(day),
        [16 * HOUR],
    ),
    "on the first working day of the month at 15:00": (place_from_start(1), [15 * HOUR]),
    "on the 15th working day of the month at 15:00": (place_from_start(15), [15 * HOUR]),
    "on the last working day of the month at 15:00": (place_from_end(1), [15 * HOUR]),
    "on the 2nd last working day of the month at 15:00": (place_from_end(2), [15 * HOUR]),
    "on the dates of payroll at 09:00": (pay_day, [9 * HOUR]),
    "on the dates of payroll at 09:00, or the working day before": (before(0, pay_day), [9 * HOUR]),
    "2 working days before the dates of payroll at 16:00": (before(2, pay_day), [16 * HOUR]),
    "1 working day after the dates of payroll at 16:00": (after(1, pay_day), [16 * HOUR]),
    "every 30 minutes between 01:00 and 04:30 on working days": (
        lambda days, day: days.works[day],
        list(range(HOUR, 4 * HOUR + 31, 30)),
    ),
    "every 60 minutes between 00:00 and 23:00 every day": (
        lambda days, day: True,
        list(range(0, 24 * HOUR, 60)),
    ),
    "once on 2028-02-29 at 16:00": (
        lambda days, day: day.isoformat() == "2028-02-29",
        [16 * HOUR],
    ),
    "cron: 30 2 * * sat,sun": (lambda days, day: day.isoweekday() >= 6, [2 * HOUR + 30]),
    "cron: 0,30 1-3 1-7 3,10 *": (
        lambda days, day: day.day <= 7 and day.month in (3, 10),
        [60, 90, 120, 150, 180, 210],
    ),
}
FIRST, LAST = 2020, 2039


def by_brute_force(country: str, first: int, last: int) -> None:
    """Compare every sentence with the brute force over whole years of one country."""
    zone, calendar = ZoneInfo(ZONES[country]), Calendar(country)
    # On the 23rd, whatever day that is, and twice in June. The dates go on for longer than is asked for.
    pay_days = {date(year, month, 23) for year in range(first, last + 2) for month in range(1, 13)}
    pay_days |= {date(year, 6, 12) for year in range(first, last + 2)}
    days = Days(country, first, last, pay_days)
    clock = clock_of(ZONES[country], first - 1, last + 1)
    start, end = date(first, 1, 15), date(last, 12, 15)
    from_, until = (datetime.combine(day, time.min, zone) for day in (start, end))
    for sentence, (question, minutes) in QUESTIONS.items():
        found = occurrences(parse(sentence), zone, calendar, {"payroll": pay_days}, from_, until)
        instants = [one.at for one in found]
        wanted = expected(days, clock, question, minutes, start, end)
        wanted = [one for one in wanted if from_ < one <= until]
        assert instants == wanted, f"{country}: {sentence}"


def test_every_kind_of_sentence_about_time_is_tried_by_brute_force() -> None:
    tried = {type(parse(sentence)) for sentence in QUESTIONS}
    with_times = [one for one in SENTENCES if any(character.isdigit() for character in one)]
    assert {type(parse(one)) for one in with_times if "cases" not in one} <= tried


@pytest.mark.parametrize("country", ZONES)
def test_rules_agree_with_brute_force_in_every_country(country: str) -> None:
    by_brute_force(country, 2027, 2028)


@pytest.mark.slow
@pytest.mark.parametrize("country", ZONES)
def test_rules_agree_with_brute_force_over_twenty_years(country: str) -> None:
    by_brute_force(country, FIRST, LAST)


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The UTC hours of a year at which clocks change."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + n * timedelta(hours=1) for n in range(8760)]
    return [
        later
        for one, later in pairwise(hours)
        if one.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset()
    ]


@pytest.mark.parametrize("sentence", ["cron: * * * * *", "cron: */15 1-4 * * *"])
@pytest.mark.parametrize("zone", [*ZONES.values(), "America/Nuuk", "Atlantic/Faroe"])
def test_both_changes_of_the_clocks_agree_minute_by_minute(zone: str, sentence: str) -> None:
    where = ZoneInfo(zone)
    found_changes = changes(where, 2026)
    assert len(found_changes) == (0 if zone == "Atlantic/Reykjavik" else 2)
    rule = parse(sentence)
    for change in found_changes:
        start, end = change - timedelta(hours=30), change + timedelta(hours=30)
        wanted = set()
        seen: set[datetime] = set()
        minute = start - timedelta(hours=26)
        shown = minute.astimezone(where).replace(tzinfo=None, fold=0)
        while minute <= end:
            now = minute.astimezone(where).replace(tzinfo=None, fold=0)
            gap = now - shown - timedelta(minutes=1)
            skipped = [
                now - gap + n * timedelta(minutes=1) for n in range(gap // timedelta(minutes=1))
            ]
            for one in [now] if now not in seen else []:
                if sentence == "cron: * * * * *" or (one.minute % 15 == 0 and 1 <= one.hour <= 4):
                    wanted.add(minute)
            for one in skipped:
                if sentence == "cron: * * * * *" or (one.minute % 15 == 0 and 1 <= one.hour <= 4):
                    wanted.add(minute + (one - (now - gap)))
            seen.add(now)
            shown = now
            minute += timedelta(minutes=1)
        found = [one.at for one in occurrences(rule, where, NL, {}, start, end)]
        assert found == sorted(one for one in wanted if start < one <= end)


# Days --------------------------------------------------------------------------------------------


def test_three_working_days_before_the_cut_off_are_those_of_2026() -> None:
    found = due("3 working days before the 25th at 16:00", "2026-01-01", "2026-12-31")
    days = [f"{one.at.astimezone(AMSTERDAM):%d %b %H:%M}" for one in found]
    assert days == [
        *("20 Jan 16:00", "20 Feb 16:00", "20 Mar 16:00", "21 Apr 16:00"),
        *("19 May 16:00", "22 Jun 16:00", "21 Jul 16:00", "20 Aug 16:00"),
        *("22 Sep 16:00", "20 Oct 16:00", "20 Nov 16:00", "21 Dec 16:00"),
    ]
    moved = {one.nominal.month: one.why for one in found if one.nominal}
    assert moved == {1: "weekend", 4: "weekend", 5: "holiday", 7: "weekend", 10: "weekend"} | {
        12: "holiday"
    }


def test_an_occurrence_tells_which_day_it_stands_for_and_why() -> None:
    closed = Calendar("NL", closed=frozenset({date(2026, 11, 25)}))
    sentence = "on the 25th at 16:00, or the working day before"
    found = due(sentence, "2026-09-01", "2026-12-31", closed)
    assert [(wall(one), one.nominal, one.why) for one in found] == [
        ("2026-09-25 16:00", None, None),
        ("2026-10-23 16:00", date(2026, 10, 25), "weekend"),
        ("2026-11-24 16:00", date(2026, 11, 25), "closed"),
        ("2026-12-24 16:00", date(2026, 12, 25), "holiday"),
    ]
    assert all(one.at.tzinfo is UTC for one in found)


def test_the_29th_of_february_is_a_day_like_others() -> None:
    last = due("on the last day of the month at 16:00", "2028-02-01", "2028-03-01")
    working = due("on the last working day of the month at 16:00", "2028-02-01", "2028-03-01")
    counted = due("1 working day before the 1st at 16:00", "2028-02-01", "2028-03-02")
    late = due("on the 29th or the last day at 16:00", "2027-02-01", "2028-03-01")
    assert [wall(one) for one in (*last, *working, *counted)] == ["2028-02-29 16:00"] * 3
    assert (wall(late[0]), wall(late[-1])) == ("2027-02-28 16:00", "2028-02-29 16:00")


def test_a_month_with_fewer_working_days_has_the_nearest_one_instead() -> None:
    first, last = date(2026, 7, 1), date(2026, 7, 31)
    summer = frozenset(first + timedelta(days=n) for n in range(31)) - {date(2026, 7, 7)}
    calendar = Calendar("NL", closed=summer)
    found = due(
        "on the 3rd working day of the month at 08:00", "2026-07-01", "2026-07-31", calendar
    )
    assert [(wall(one), one.nominal, one.why) for one in found] == [
        ("2026-07-07 08:00", None, "closed")
    ]
    shut = Calendar("NL", closed=summer | {date(2026, 7, 7)})
    assert due("on the last working day of the month at 08:00", f"{first}", f"{last}", shut) == []


def test_two_named_days_that_lead_to_one_day_are_one_occurrence() -> None:
    sentence = "on the dates of payroll at 09:00, or the working day before"
    found = due(
        sentence,
        "2026-11-01",
        "2026-11-30",
        payroll=[date(2026, 11, 22), date(2026, 11, 21), date(2026, 11, 20), date(2026, 12, 1)],
    )
    assert [(wall(one), one.why) for one in found] == [("2026-11-20 09:00", None)]


# Bounds ------------------------------------------------------------------------------------------


def test_the_beginning_is_left_out_and_the_end_included() -> None:
    found = due("every day at 08:00", "2026-11-20 08:00", "2026-11-22 08:00")
    assert [wall(one) for one in found] == ["2026-11-21 08:00", "2026-11-22 08:00"]
    assert due("every day at 08:00", "2026-11-20 08:00", "2026-11-20 08:00") == []
    assert due("every day at 08:00", "2026-11-22", "2026-11-20") == []


@given(
    st.sampled_from(list(QUESTIONS)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_spans_that_meet_bring_what_the_whole_brings(
    sentence: str, start: datetime, minutes: list[int]
) -> None:
    rule, first = parse(sentence), start.replace(tzinfo=UTC)
    dates = {"payroll": [date(2026, 11, 23), date(2027, 6, 12), date(2029, 1, 1)]}
    ends = [first]
    for more in minutes:
        ends.append(ends[-1] + timedelta(minutes=more))
    whole = list(occurrences(rule, AMSTERDAM, NL, dates, ends[0], ends[-1]))
    parts = [
        one
        for begin, end in pairwise(ends)
        for one in occurrences(rule, AMSTERDAM, NL, dates, begin, end)
    ]
    assert parts == whole
    assert sum(one.number for one in grouped(rule, AMSTERDAM, NL, dates, first, ends[-1])) == len(
        whole
    )
    upcoming = next_after(rule, AMSTERDAM, NL, dates, first) if sentence[:4] != "once" else None
    if whole and upcoming:
        assert upcoming == whole[0]


def test_it_is_lazy() -> None:
    rule = parse("cron: * * * * *")
    far = datetime(9990, 1, 1, tzinfo=UTC)
    found = occurrences(rule, AMSTERDAM, NL, {}, at("2026-11-20 08:00"), far)
    assert wall(next(found)) == "2026-11-20 08:01"


def test_a_group_has_the_first_the_last_and_the_number_of_a_day() -> None:
    rule = parse("every 15 minutes between 08:00 and 18:00 on working days")
    groups = list(grouped(rule, AMSTERDAM, NL, {}, at("2026-11-20 17:00"), at("2026-11-24 09:00")))
    assert [(wall(one.first), wall(one.last), one.number) for one in groups] == [
        ("2026-11-20 17:15", "2026-11-20 18:00", 4),
        ("2026-11-23 08:00", "2026-11-23 18:00", 41),
        ("2026-11-24 08:00", "2026-11-24 09:00", 5),
    ]


def test_what_is_over_has_no_next_one() -> None:
    once = parse("once on 2026-11-20 at 16:00")
    assert next_after(once, AMSTERDAM, NL, {}, at("2026-11-20 16:00")) is None
    found = next_after(once, AMSTERDAM, NL, {}, at("2026-11-20 15:59"))
    assert found is not None
    assert wall(found) == "2026-11-20 16:00"


def test_a_calendar_that_closes_for_good_does_not_search_for_ever() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(30 * 366))
    calendar = Calendar("NL", closed=closed)
    start = at("2026-11-20 16:00")
    for sentence in (
        "every working day at 08:00",
        "on the last working day of the month at 15:00",
        "every 15 minutes between 08:00 and 18:00 on working days",
    ):
        assert next_after(parse(sentence), AMSTERDAM, calendar, {}, start) is None
    with pytest.raises(ValueError, match="no working days"):
        rule = parse("1 working day after the 1st at 08:00")
        next_after(rule, AMSTERDAM, calendar, {}, start)


@pytest.mark.parametrize(
    "sentence", ["by hand", "when a workbook arrives", "when 2 cases are ready"]
)
def test_what_waits_for_an_event_has_no_times(sentence: str) -> None:
    assert due(sentence, "2026-01-01", "2026-12-31") == []


def test_instants_without_a_zone_are_refused_at_once() -> None:
    naive = datetime(2026, 11, 20)  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        occurrences(parse("every day at 08:00"), AMSTERDAM, NL, {}, naive, naive)


# Calendars ---------------------------------------------------------------------------------------


def test_an_unknown_calendar_is_refused_at_once_with_those_there_are() -> None:
    rule = parse("on the dates of payrol at 09:00")
    start = at("2026-11-20")
    with pytest.raises(NotFound, match=r"'payrol' with dates\. There are: payroll\."):
        occurrences(rule, AMSTERDAM, NL, {"payroll": []}, start, start)


@pytest.mark.parametrize(
    "sentence",
    ["on the dates of payroll at 09:00", "2 working days before the dates of payroll at 09:00"],
)
def test_dates_that_are_used_up_are_an_error_once_they_have_been_given(sentence: str) -> None:
    rule, dates = parse(sentence), {"payroll": [date(2026, 11, 23), date(2026, 12, 21)]}
    found = occurrences(rule, AMSTERDAM, NL, dates, at("2026-11-01"), at("2027-02-01"))
    assert next(found).at < next(found).at
    with pytest.raises(
        CalendarEnded, match=r"'payroll' has no dates after 2026-12-21\. Add"
    ) as ended:
        next(found)
    assert (ended.value.calendar, ended.value.ends) == ("payroll", date(2026, 12, 21))
    with pytest.raises(CalendarEnded):
        next_after(rule, AMSTERDAM, NL, dates, at("2026-12-31"))
    # As long as nothing later is asked for, all is well.
    assert len(
        list(occurrences(rule, AMSTERDAM, NL, dates, at("2026-11-01"), at("2026-12-21 23:00")))
    )
    with pytest.raises(CalendarEnded, match="has no dates"):
        next_after(rule, AMSTERDAM, NL, {"payroll": []}, at("2026-12-31"))


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("every working day at 08:00", True),
        ("every 60 minutes between 08:00 and 09:00 on working days", True),
        ("on the last working day of the month at 15:00", True),
        ("on the 25th at 16:00, or the working day before", True),
        ("3 working days before the 25th at 16:00", True),
        ("every day at 08:00", False),
        ("every Monday at 08:00", False),
        ("on the 25th at 16:00", False),
        ("cron: 0 8 * * mon", False),
    ],
)
def test_working_days_after_the_end_of_a_calendar_go_on_and_are_marked(
    sentence: str, marked: bool
) -> None:
    calendar = Calendar("NL", ends=date(2026, 12, 31))
    found = due(sentence, "2026-12-01", "2027-01-31 23:00", calendar)
    whys = {one.at.year: one.why for one in found if one.at.day > 18}
    assert whys[2027] == ("calendar-ended" if marked else None)
    assert whys[2026] != "calendar-ended"


# Clocks ------------------------------------------------------------------------------------------


def test_a_time_that_is_left_out_in_spring_moves_forward_and_says_so() -> None:
    found = due("every day at 02:30", "2026-03-28", "2026-03-31")
    assert [(wall(one), one.why) for one in found] == [
        ("2026-03-28 02:30", None),
        ("2026-03-29 03:30", "spring-gap"),
        ("2026-03-30 02:30", None),
    ]


def test_an_hour_that_comes_twice_in_autumn_counts_once() -> None:
    found = due("every day at 02:30", "2026-10-25", "2026-10-26")
    assert [one.at for one in found] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
    # Asked for between the first and the second 02:30, the first is over.
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    following = next_after(parse("every day at 02:30"), AMSTERDAM, NL, {}, second)
    assert following is not None
    assert wall(following) == "2026-10-26 02:30"


def test_times_that_become_one_in_spring_are_one() -> None:
    found = due(
        "every 30 minutes between 01:30 and 04:00 every day", "2026-03-29", "2026-03-29 12:00"
    )
    assert [(wall(one)[-5:], one.why) for one in found] == [
        ("01:30", None),
        ("03:00", None),
        ("03:30", None),
        ("04:00", None),
    ]


def test_clocks_that_change_at_midnight_keep_the_order() -> None:
    nuuk = ZoneInfo("America/Nuuk")
    (spring, _) = changes(nuuk, 2026)
    assert spring.astimezone(nuuk).hour == 0  # from 23:00 on Saturday to midnight
    rule = parse("cron: 0,30 0,23 * * *")
    start = spring - timedelta(hours=3)
    found = list(occurrences(rule, nuuk, NL, {}, start, start + timedelta(hours=26)))
    # Saturday's 23:00 and 23:30 are Sunday's 00:00 and 00:30.
    assert [(wall(one, nuuk), one.why) for one in found] == [
        ("2026-03-29 00:00", None),
        ("2026-03-29 00:30", None),
        ("2026-03-29 23:00", None),
    ]
    late = parse("every 15 minutes between 23:15 and 23:45 every day")
    found = list(occurrences(late, nuuk, NL, {}, start, start + timedelta(hours=12)))
    assert [(wall(one, nuuk), one.why) for one in found] == [
        ("2026-03-29 00:15", "spring-gap"),
        ("2026-03-29 00:30", "spring-gap"),
        ("2026-03-29 00:45", "spring-gap"),
    ]


# A library that we did not write -----------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "30 7 * * mon-fri",
        "*/15 8-17 * * *",
        "0 0 1 1,4,7,10 *",
        "5,35 */6 * * sat,sun",
        "0 12 10-20/5 * *",
        "59 23 31 1,3,5,7,8,10,12 *",
        "20-40/10 9 * feb,nov tue",
    ],
)
def test_cron_agrees_with_apscheduler_where_clocks_do_not_change(line: str) -> None:
    zone = ZoneInfo("Atlantic/Reykjavik")
    start, end = at("2027-12-20 11:11", zone), at("2028-03-10 12:12", zone)
    trigger = CronTrigger.from_crontab(line, zone)
    theirs: list[datetime] = []
    following = trigger.get_next_fire_time(None, start)
    while following is not None and following <= end:
        theirs.append(following)
        following = trigger.get_next_fire_time(following, following)
    ours = [one.at for one in occurrences(parse(f"cron: {line}"), zone, NL, {}, start, end)]
    assert ours == theirs
    assert ours
