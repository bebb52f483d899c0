"""Schedules and the sentences in which they say when they are due."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from paraplu.domain.rule import (
    AfterService,
    AroundDates,
    AroundDay,
    ByHand,
    CasesReady,
    Cron,
    Daily,
    EveryMinutes,
    MonthDay,
    Once,
    OnDates,
    Rule,
    Weekly,
    WorkbookArrives,
    WorkingDayOfMonth,
    WorkingDays,
)
from paraplu.domain.schedule import Ask, RunAll, RunWithin, Schedule, parse, parse_missed
from paraplu.domain.sentence import SENTENCES, SentenceWrong

ROOT = Path(__file__).resolve().parents[2]
RULES: dict[str, Rule] = {
    "every working day at 07:30": WorkingDays(time(7, 30)),
    "every day at 00:00": Daily(time(0, 0)),
    "every Monday and Thursday at 08:00": Weekly((0, 3), time(8, 0)),
    "every Sunday at 23:59": Weekly((6,), time(23, 59)),
    "every Monday, Tuesday and Friday at 08:00": Weekly((0, 1, 4), time(8, 0)),
    "3 working days before the 25th at 16:00": AroundDay(3, "before", 25, time(16, 0)),
    "1 working day after the 1st at 08:00": AroundDay(1, "after", 1, time(8, 0)),
    "2 working days before the last day of the month at 08:00": AroundDay(
        2, "before", 31, time(8, 0)
    ),
    "on the 25th at 16:00": MonthDay(25, time(16, 0)),
    "on the 25th at 16:00, or the working day before": MonthDay(25, time(16, 0), "before"),
    "on the 2nd at 16:00, or the working day after": MonthDay(2, time(16, 0), "after"),
    "on the 30th or the last day at 16:00": MonthDay(30, time(16, 0)),
    "on the last day of the month at 16:00, or the working day before": MonthDay(
        31, time(16, 0), "before"
    ),
    "on the first working day of the month at 15:00": WorkingDayOfMonth(1, time(15, 0)),
    "on the 2nd working day of the month at 15:00": WorkingDayOfMonth(2, time(15, 0)),
    "on the last working day of the month at 15:00": WorkingDayOfMonth(-1, time(15, 0)),
    "on the 2nd last working day of the month at 15:00": WorkingDayOfMonth(-2, time(15, 0)),
    "on the dates of payroll-2027 at 09:00": OnDates("payroll-2027", time(9, 0)),
    "on the dates of payroll-2027 at 09:00, or the working day after": OnDates(
        "payroll-2027", time(9, 0), "after"
    ),
    "2 working days before the dates of payroll-2027 at 16:00": AroundDates(
        2, "before", "payroll-2027", time(16, 0)
    ),
    "every 15 minutes between 08:00 and 18:00 on working days": EveryMinutes(
        15, time(8, 0), time(18, 0), True
    ),
    "every minute between 08:00 and 18:00 every day": EveryMinutes(
        1, time(8, 0), time(18, 0), False
    ),
    "every 120 minutes between 00:30 and 22:30 every day": EveryMinutes(
        120, time(0, 30), time(22, 30), False
    ),
    "once on 2028-02-29 at 16:00": Once(date(2028, 2, 29), time(16, 0)),
    "when a workbook arrives": WorkbookArrives(),
    "when 1 case is ready": CasesReady(1),
    "when 10 cases are ready": CasesReady(10),
    "after payroll-correction has finished": AfterService("payroll-correction"),
    "by hand": ByHand(),
    "cron: 30 7 * * mon-fri": Cron(
        (30,), (7,), tuple(range(1, 32)), tuple(range(1, 13)), (0, 1, 2, 3, 4)
    ),
    "cron: */15 8-17 1,15 3,6,9,12 *": Cron(
        (0, 15, 30, 45), tuple(range(8, 18)), (1, 15), (3, 6, 9, 12), tuple(range(7))
    ),
}


@pytest.mark.parametrize("sentence", RULES)
def test_a_sentence_and_its_rule_are_read_from_each_other(sentence: str) -> None:
    assert parse(sentence) == RULES[sentence]
    assert str(parse(sentence)) == sentence


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_example_is_in_its_canonical_form(sentence: str) -> None:
    assert str(parse(sentence)) == sentence


@pytest.mark.parametrize(
    ("loose", "canonical"),
    [
        ("  EVERY  working day AT 07:30 ", "every working day at 07:30"),
        ("every thursday, monday at 08:00", "every Monday and Thursday at 08:00"),
        (
            "every Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday at 08:00",
            "every day at 08:00",
        ),
        ("on the 31st or the last day at 16:00", "on the last day of the month at 16:00"),
        ("on the last day at 16:00", "on the last day of the month at 16:00"),
        (
            "on the 25th at 16:00 or the working day before",
            "on the 25th at 16:00, or the working day before",
        ),
        (
            "on the second last working day of the month at 15:00",
            "on the 2nd last working day of the month at 15:00",
        ),
        (
            "on the 1st working day of the month at 15:00",
            "on the first working day of the month at 15:00",
        ),
        (
            "every hour between 08:00 and 18:00 on every day",
            "every 60 minutes between 08:00 and 18:00 every day",
        ),
        ("when 1 cases are ready", "when 1 case is ready"),
        ("CRON: 0 8 * JAN-mar MON,tue,WED,fri", "cron: 0 8 * 1-3 mon-wed,fri"),
        ("cron: 0,15,30,45 0-23 * * *", "cron: */15 * * * *"),
        ("cron: 5-59/15 * * * *", "cron: 5,20,35,50 * * * *"),
    ],
)
def test_different_ways_to_say_a_thing_have_one_canonical_form(loose: str, canonical: str) -> None:
    assert str(parse(loose)) == canonical


@pytest.mark.parametrize(
    ("sentence", "advice"),
    [
        ("", "Write for instance: every working day at 07:30"),
        ("every wroking day at 07:30", "Write: every working day at 07:30"),
        ("every mon at 07:30", "Write: every Monday at 07:30"),
        ("every Mondays at 07:30", "Write: every Monday at 07:30"),
        ("every weekday at 07:30", "Write: every working day"),
        ("evry thursday at 07:30", "Write: every Thursday at 07:30"),
        ("when a workbook comes", "Write for instance: when a workbook arrives"),
        ("on the 25th", "Write for instance: on the 25th at 16:00"),
        ("every 15 minutes", "Write for instance: every 15 minutes between 08:00 and 18:00"),
        ("every day at ٠٧:٣٠", "Write for instance: every day at 07:30"),
        # times
        ("every day at 25:00", "'25:00' is no time of day. Write a time from 00:00 to 23:59"),
        ("every day at 24:00", "Write 00:00"),
        ("every day at 7:30", "Write 07:30"),
        ("every day at 7pm", "Write 19:00"),
        ("every day at 07:60", "no time of day"),
        ("every day at noon", "no time of day"),
        ("every day at 08:00 and 14:00", "second schedule"),
        # days of the month
        (
            "on the 31st at 16:00",
            "Write: on the last working day of the month at 16:00; or: on the last day of the month",
        ),
        ("on the 30th at 16:00", "or: on the 30th or the last day at 16:00"),
        ("on the 29th at 16:00", "or: on the 29th or the last day at 16:00"),
        (
            "2 working days before the 30th at 09:00",
            "or: 2 working days before the 30th or the last day at 09:00",
        ),
        ("on the 28th or the last day at 16:00", "leave 'or the last day' out"),
        ("on the 32nd at 16:00", "No month has a day 32"),
        ("on the 0th at 16:00", "No month has a day 0"),
        ("on the 22th at 16:00", "the 22nd"),
        ("on the 25 at 16:00", "the 25th"),
        # counts
        ("0 working days before the 25th at 16:00", "Write: on the 25th at 16:00, or the working"),
        ("three working days before the 25th at 16:00", "in digits"),
        ("61 working days before the 25th at 16:00", "At most 60"),
        ("on the 16th working day of the month at 15:00", "its 1st to 15th"),
        ("on the 2th working day of the month at 15:00", "the 2nd"),
        ("on the best working day of the month at 15:00", "Write first, 2nd, 3rd, last or 2nd"),
        # minutes
        ("every 0 minutes between 08:00 and 18:00 on working days", "Every 0 minutes is never"),
        ("every 7 minutes between 08:00 and 18:00 on working days", "do not divide an hour"),
        ("every 90 minutes between 08:00 and 18:00 on working days", "do not divide an hour"),
        ("every 15 minutes between 18:00 and 08:00 on working days", "ends before it begins"),
        ("every 15 minutes between 08:00 and 08:00 on working days", "ends before it begins"),
        ("every 60 minutes between 08:00 and 17:30 every day", "between 08:00 and 17:00"),
        ("every 60 minutes between 08:00 and 08:30 every day", "do not fit"),
        ("every 15 minutes between 08:00 and 18:00", "Write at the end: on working days"),
        # once
        ("once on 2026-02-29 at 16:00", "2026-02 has no day 29"),
        ("once on 2026-13-01 at 16:00", "no month"),
        ("once on 21-12-2026 at 16:00", "Write year, month and day: 2026-12-21"),
        # events
        ("when 0 cases are ready", "Write 1 or more"),
        ("when some cases are ready", "in digits"),
        ("after Payroll_Correction has finished", "lower-case letters, digits and hyphens"),
        # cron
        ("cron: 0 8 * * 1", "Write mon instead of 1"),
        ("cron: 0 8 * * 0", "Write sun instead of 0"),
        ("cron: 0 8 * * 7", "Write sun instead of 7"),
        ("cron: 0 8 * * 1-5", "Write mon instead of 1"),
        ("cron: 0 8 * * monday", "is no weekday"),
        ("cron: 0 8 * * sat-mon", "Write sat,sun,mon"),
        ("cron: 0 24 * * *", "'24' is no hour: write 0 to 23"),
        ("cron: 60 8 * * *", "'60' is no minute: write 0 to 59"),
        ("cron: 0 8 0 * *", "write 1 to 31"),
        ("cron: 0 8 * 13 *", "'13' is no month"),
        ("cron: -5 8 * * *", "is no minute"),
        ("cron: 0 8 L * *", "is no day of the month"),
        ("cron: ٠ 8 * * *", "Write for instance"),
        ("cron: */7 * * * *", "does not come out even"),
        ("cron: 0 */5 * * *", "does not come out even"),
        ("cron: */0 * * * *", "no number above 0"),
        ("cron: 5/15 * * * *", "Write 5-59/15"),
        ("cron: 0 8 31 * *", "Not every month of this line has a 31st"),
        ("cron: 0 8 29 2 *", "Not every month of this line has a 29th"),
        ("cron: 0 8 1 * mon", "two schedules"),
        ("cron: 0 8 * *", "this one has 4"),
        ("cron: @daily", "five fields"),
    ],
)
def test_a_wrong_sentence_is_refused_with_what_to_write(sentence: str, advice: str) -> None:
    with pytest.raises(SentenceWrong) as caught:
        parse(sentence)
    assert advice in str(caught.value)


def test_the_reference_shows_every_sentence_in_its_canonical_form() -> None:
    page = (ROOT / "docs" / "reference" / "schedules.md").read_text(encoding="utf-8")
    table = page.partition("| sentence | due |")[2].partition("\n\n")[0]
    shown = re.findall(r"(?m)^\| `([^`]+)` \|", table)
    assert [str(parse(sentence)) for sentence in shown] == shown
    assert {type(parse(sentence)) for sentence in shown} == {type(rule) for rule in RULES.values()}


@given(st.text(max_size=40) | st.lists(st.sampled_from(" ".join(SENTENCES).split())).map(" ".join))
def test_any_text_is_either_a_sentence_or_refused(text: str) -> None:
    try:
        rule = parse(text)
    except SentenceWrong as wrong:
        assert "\n" not in str(wrong)
    else:
        assert parse(str(rule)) == rule


@given(
    st.lists(st.integers(0, 59), min_size=1, unique=True).map(sorted),
    st.lists(st.integers(0, 23), min_size=1, unique=True).map(sorted),
    st.lists(st.integers(1, 28), min_size=1, unique=True).map(sorted),
    st.lists(st.integers(1, 12), min_size=1, unique=True).map(sorted),
)
def test_any_cron_rule_is_read_back_from_its_line(
    minutes: list[int], hours: list[int], days: list[int], months: list[int]
) -> None:
    every_day = tuple(range(7))
    rule = Cron(tuple(minutes), tuple(hours), tuple(days), tuple(months), every_day)
    assert parse(str(rule)) == rule


def test_a_day_that_each_of_its_months_has_may_be_named_in_cron() -> None:
    assert str(parse("cron: 0 8 31 1,3,5,7,8,10,12 *")) == "cron: 0 8 31 1,3,5,7,8,10,12 *"


@pytest.mark.parametrize(
    ("text", "canonical", "meaning"),
    [
        ("run within 2 h", "run within 2 h", RunWithin(timedelta(hours=2))),
        ("Run within 120 minutes", "run within 2 h", RunWithin(timedelta(hours=2))),
        ("run within 90 min", "run within 90 min", RunWithin(timedelta(minutes=90))),
        ("run all", "run all", RunAll()),
        ("ask", "ask", Ask()),
    ],
)
def test_missed_runs_have_three_rules(text: str, canonical: str, meaning: object) -> None:
    assert parse_missed(text) == meaning
    assert str(parse_missed(text)) == canonical


@pytest.mark.parametrize("text", ["", "run", "run within 2", "run within 0 h", "run within 800 h"])
def test_another_rule_for_missed_runs_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write: .*ask"):
        parse_missed(text)


def schedule(**settings: Any) -> Schedule:
    return Schedule.model_validate(
        {
            "client": "waterland",
            "name": "corrections-morning",
            "service": "payroll-correction",
            "when": "every working day at 07:30",
            "timezone": "Europe/Amsterdam",
            **settings,
        }
    )


def test_a_schedule_keeps_its_sentences_in_canonical_form() -> None:
    one = schedule(when="EVERY working  day at 07:30", missed="run within 60 minutes")
    assert one.id == "waterland/corrections-morning"
    assert (one.when, one.missed) == ("every working day at 07:30", "run within 1 h")
    assert one.rule == WorkingDays(time(7, 30))
    assert one.if_missed == RunWithin(timedelta(hours=1))
    assert Schedule.model_validate_json(one.model_dump_json()) == one
    assert schedule().missed == "run within 2 h"


def test_two_schedules_that_say_the_same_are_equal_also_when_one_was_used() -> None:
    used = schedule()
    assert used.rule == used.rule
    assert used == schedule(when="Every working day at 07:30")


@pytest.mark.parametrize(
    ("settings", "place", "advice"),
    [
        ({"timezone": ""}, "timezone", 'timezone = "Europe/Amsterdam"'),
        ({"timezone": "Europe/Amsterdan"}, "timezone", "for instance Europe/Amsterdam"),
        ({"timezone": "Europe"}, "timezone", "for instance Europe/Amsterdam"),
        ({"name": "Corrections Morning"}, "name", "pattern"),
        ({"when": "every day at 25:00"}, "when", "00:00 to 23:59"),
        ({"missed": "never mind"}, "missed", "run within 2 h"),
        (
            {"valid_from": date(2026, 12, 1), "valid_until": date(2026, 11, 1)},
            "",
            "lies before valid_from",
        ),
        (
            {"when": "once on 2026-11-21 at 16:00", "valid_from": date(2026, 12, 1)},
            "",
            "not valid on that day",
        ),
        ({"when": "after payroll-correction has finished"}, "", "another service"),
        ({"wen": "by hand"}, "wen", "not permitted"),
    ],
)
def test_a_wrong_schedule_is_refused_where_it_is_wrong(
    settings: dict[str, Any], place: str, advice: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        schedule(**settings)
    (error,) = caught.value.errors()
    assert ".".join(str(part) for part in error["loc"]) == place
    assert advice in error["msg"]


def test_a_schedule_without_a_time_zone_is_refused_with_an_example() -> None:
    whole = schedule().model_dump(exclude={"timezone"})
    with pytest.raises(ValidationError, match='for instance timezone = "Europe/Amsterdam"'):
        Schedule.model_validate(whole)


def test_a_schedule_is_valid_on_both_days_that_it_names() -> None:
    one = schedule(valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 31))
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [one.valid_on(day) for day in days] == [False, True, True, False]
