"""Dates and months: Excel's serial numbers, and what people type instead.

Serials: ECMA-376 part 1, 18.17.4.1. In the 1900 system day 60 is 29 February 1900, which never was.
"""

from __future__ import annotations

import functools
import re
from datetime import date, datetime, timedelta

from paraplu import Message
from paraplu_spreadsheet.numerals import Unreadable
from paraplu_spreadsheet.wording import LANGUAGES, written_date

_LEAP_THAT_NEVER_WAS = 60
_LAST_SERIAL = 2_958_465  # 9999-12-31
_OFFSET_1904 = 1462
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9.]+)?Z?)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-./]) ?([0-9]{1,2})\2 ?([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-./] ?[0-9]{1,2}[-./] ?'?[0-9]{2}")
_NAMED = re.compile(r"([0-9]{1,2})\.? ([^\W\d_]+)\.?,? ([0-9]{4})")
_NAMED_FIRST = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2}),? ([0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})[-./]([0-9]{1,2})")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})[-./]([0-9]{4})")
_NAMED_MONTH = re.compile(r"([^\W\d_]+)\.?,? ([0-9]{4})")
_EXAMPLE = date(2026, 12, 31)


def from_serial(serial: float, found: str, *, date1904: bool) -> date:
    """The day of a serial number, its time of day left out. Raises `Unreadable`."""
    if date1904:
        serial += _OFFSET_1904
    days = round(serial) if abs(serial - round(serial)) < 1e-8 else int(serial // 1)
    if not 1 <= days <= _LAST_SERIAL or days == _LEAP_THAT_NEVER_WAS:
        raise Unreadable(_no_such_date(found))
    return date(1899, 12, 31) + timedelta(days - (days > _LEAP_THAT_NEVER_WAS))


def date_from(text: str, language: str) -> date:
    """The day that `text` says: 2026-12-31, 31-12-2026 (also with . or /), 31 december 2026.

    Raises `Unreadable`, also for two-digit years and for dates that two readers read differently.
    """
    body = " ".join(text.split())
    if match := _ISO.fullmatch(body):
        return _day(text, match[1], match[2], match[3])
    if match := _DAY_FIRST.fullmatch(body):
        if language == "en" and match[2] == "/" and _either_way(match[1], match[3]):
            raise Unreadable(
                Message(
                    "date-ambiguous",
                    "“{found}” can be read with the day or with the month first. Write it like "
                    "{expected}.",
                    {"found": text, "expected": written_date(_EXAMPLE, language)},
                )
            )
        return _day(text, match[4], match[3], match[1])
    if match := _NAMED.fullmatch(body):
        return _day(text, match[3], _month_named(match[2], text, language), match[1])
    if match := _NAMED_FIRST.fullmatch(body):
        return _day(text, match[3], _month_named(match[1], text, language), match[2])
    if _SHORT_YEAR.fullmatch(body):
        raise Unreadable(
            Message(
                "year-too-short",
                "“{found}” has a year of two digits. Write four, like {expected}.",
                {"found": text, "expected": written_date(_EXAMPLE, language)},
            )
        )
    raise Unreadable(not_a_date(text, language))


def month_from(text: str, language: str) -> str:
    """The month ``2026-11`` that `text` says: 2026-11, 11-2026, november 2026 or a date in it.

    Raises `Unreadable`.
    """
    body = " ".join(text.split())
    if match := _MONTH.fullmatch(body):
        return _year_month(text, match[1], match[2], language)
    if match := _MONTH_FIRST.fullmatch(body):
        return _year_month(text, match[2], match[1], language)
    if (match := _NAMED_MONTH.fullmatch(body)) and match[1].casefold() in _months():
        return _year_month(text, match[2], str(_months()[match[1].casefold()]), language)
    try:
        day = date_from(text, language)
    except Unreadable as unreadable:
        if unreadable.problem.code in ("date-ambiguous", "year-too-short"):
            raise
        raise Unreadable(not_a_month(text)) from None
    return f"{day:%Y-%m}"


def not_a_date(found: str, language: str) -> Message:
    """The problem of a cell that holds no date."""
    return Message(
        "not-a-date",
        "“{found}” is not a date. Write it like {expected}.",
        {"found": found, "expected": written_date(_EXAMPLE, language)},
    )


def not_a_month(found: str) -> Message:
    """The problem of a cell that holds no month."""
    return Message(
        "not-a-month",
        "“{found}” is not a month. Write the year and the month like {expected}.",
        {"found": found, "expected": "2026-11"},
    )


def shown_date(text: str) -> date | None:
    """The day of an ISO 8601 date cell, None when it is none."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _either_way(one: str, other: str) -> bool:
    return max(int(one), int(other)) <= 12 and int(one) != int(other)


def _no_such_date(found: str) -> Message:
    return Message(
        "no-such-date",
        "“{found}” is no day that a calendar has. Write a real date.",
        {"found": found},
    )


def _day(found: str, year: str, month: str, day: str) -> date:
    try:
        if int(year) < 1900:
            raise ValueError(year)
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable(_no_such_date(found)) from None


def _year_month(found: str, year: str, month: str, language: str) -> str:
    if not (1 <= int(month) <= 12 and int(year) >= 1900):
        raise Unreadable(not_a_month(found))
    return f"{int(year):04d}-{int(month):02d}"


def _month_named(name: str, found: str, language: str) -> str:
    number = _months().get(name.casefold())
    if number is None:
        raise Unreadable(not_a_date(found, language))
    return str(number)


@functools.lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Month names and their short forms in every language, without a closing point."""
    from babel import Locale

    names: dict[str, int] = {}
    for language in LANGUAGES:
        for forms in Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms.get(width, {}).items():
                    names.setdefault(name.casefold().rstrip("."), number)
    return names
