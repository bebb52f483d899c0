"""Rules against the brute force of the tests: six countries, twenty years, every kind of sentence."""

from __future__ import annotations

import time
from datetime import date, datetime, time as time_of_day
from zoneinfo import ZoneInfo

from figure import Figure
from stage import ROOT as ROOT


def agreement_of_rules() -> list[Figure]:
    """Every instant of every sentence; the first that differs raises an error."""
    from domain import test_recurrence as tried
    from domain.brute_force import ZONES
    from paraplu.domain.calendar import Calendar
    from paraplu.domain.recurrence import occurrences
    from paraplu.domain.sentence import parse

    begun, compared = time.process_time(), 0
    for country in ZONES:
        tried.by_brute_force(country, tried.FIRST, tried.LAST)
        zone, calendar = ZoneInfo(ZONES[country]), Calendar(country)
        start, end = (
            datetime.combine(day, time_of_day.min, zone)
            for day in (date(tried.FIRST, 1, 15), date(tried.LAST, 12, 15))
        )
        days = [
            date(year, month, 23)
            for year in range(tried.FIRST, tried.LAST + 2)
            for month in range(1, 13)
        ]
        for sentence in tried.QUESTIONS:
            dates = {"payroll": days}
            compared += sum(
                1 for _ in occurrences(parse(sentence), zone, calendar, dates, start, end)
            )
    return [
        Figure(
            f"working-day rules agree with a brute-force calendar: {len(ZONES)} countries, 20 years, "
            f"{len(tried.QUESTIONS)} sentences",
            "-",
            "all",
            f"all of {compared} instants",
            True,
            f"tests/domain/test_recurrence.py, {time.process_time() - begun:.0f} s of CPU",
        )
    ]
