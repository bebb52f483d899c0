"""The sentences in which a schedule says when it is due: a strict grammar, read into rules.

Upper and lower case and the number of blanks do not matter, everything else does: what is not one of the
sentences is refused, with what to write instead. `SENTENCES` has an example of each.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date, time
from typing import get_args

from paraplu.domain.cron import parse_cron
from paraplu.domain.rule import (
    MONTH_DAYS,
    WEEKDAYS,
    AfterService,
    AroundDates,
    AroundDay,
    ByHand,
    CasesReady,
    Daily,
    EveryMinutes,
    MonthDay,
    Once,
    OnDates,
    Rule,
    Side,
    Weekly,
    WorkbookArrives,
    WorkingDayOfMonth,
    WorkingDays,
    clock,
    ordinal,
)

SENTENCES = (
    "every working day at 07:30",
    "every day at 07:30",
    "every Monday and Thursday at 08:00",
    "3 working days before the 25th at 16:00",
    "1 working day after the 1st at 08:00",
    "on the 25th at 16:00",
    "on the 25th at 16:00, or the working day before",
    "on the 30th or the last day at 16:00",
    "on the last day of the month at 16:00",
    "on the last working day of the month at 15:00",
    "on the dates of payroll-2027 at 09:00",
    "2 working days before the dates of payroll-2027 at 16:00",
    "every 15 minutes between 08:00 and 18:00 on working days",
    "every 15 minutes between 08:00 and 18:00 every day",
    "once on 2026-12-21 at 16:00",
    "when a workbook arrives",
    "when 10 cases are ready",
    "after payroll-correction has finished",
    "by hand",
    "cron: 30 7 * * mon-fri",
)
MOST_WORKING_DAYS = 60  # that a rule may count away from a day
MOST_IN_MONTH = 15  # working days that a month can be asked for from either end
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_WORDS = {
    *re.findall(r"[a-z]+", " ".join(SENTENCES[:-1]).lower()),
    *("after", "first", "minute", "case", "is", "hour", "hours"),
    *(day.lower() for day in WEEKDAYS),
} - {"payroll", "correction", "st", "nd", "rd", "th"}
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


class SentenceWrong(ValueError):
    """A sentence that is not one of the grammar. The text says what to write instead."""


def parse(text: str) -> Rule:
    """The rule that a sentence stands for. Raises `SentenceWrong`."""
    sentence = " ".join(text.split()).lower()
    for pattern, build in _FORMS if sentence.isascii() else ():
        match = pattern.fullmatch(sentence)
        if match:
            try:
                return build(match)
            except SentenceWrong:
                raise
            except ValueError as error:
                raise SentenceWrong(str(error)) from error
    raise SentenceWrong(f"This is no sentence that a schedule knows. {_nearest(sentence)}")


def time_of_day(text: str) -> time:
    """A time of day written as 07:30. Raises `SentenceWrong`."""
    if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        return time.fromisoformat(text)
    if re.fullmatch(r"\d\d:\d\d(( and|,) \d\d:\d\d)+", text):
        raise SentenceWrong(
            "A schedule has one time of day. Write a second schedule for the other one."
        )
    loose = re.fullmatch(r"(\d{1,2})(?:[:.h](\d\d))?(?::\d\d)? ?([ap])?\.?m?\.?", text)
    if loose:
        hour, minute = int(loose[1]), int(loose[2] or 0)
        if loose[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if loose[3] == "p" else 0)
        if hour < 24 and minute < 60:
            raise SentenceWrong(
                f"The time {text!r} is not written as 00:00 to 23:59. Write {hour:02}:{minute:02}."
            )
        if (hour, minute) == (24, 0):
            raise SentenceWrong("24:00 is no time of day. Write 00:00, which begins the next day.")
    raise SentenceWrong(f"{text!r} is no time of day. Write a time from 00:00 to 23:59.")


def _weekly(match: re.Match[str]) -> Rule:
    names = [day.lower() for day in WEEKDAYS]
    days: set[int] = set()
    for word in re.split(r", and |, | and ", match["days"]):
        if word not in names:
            raise SentenceWrong(f"{word!r} is no day of the week. {_nearest(match.string)}")
        days.add(names.index(word))
    at = time_of_day(match["at"])
    return Daily(at) if len(days) == len(names) else Weekly(tuple(sorted(days)), at)


def _month_day(text: str, sentence: str) -> int:
    """The number of a day such as `25th`, `30th or the last day` or `last day of the month`."""
    named = re.fullmatch(r"(\d+)([a-z]*)( or the last day)?", text)
    if named is None:
        if text in ("last day of the month", "last day"):
            return MONTH_DAYS
        raise SentenceWrong(f"'the {text}' is no day of a month. {_nearest(sentence)}")
    day = int(named[1])
    if not 1 <= day <= MONTH_DAYS:
        raise SentenceWrong(
            f"No month has a day {day}. Write the 1st to the 28th, or the last day."
        )
    if named[1] + named[2] != ordinal(day):
        raise SentenceWrong(f"'the {named[1]}{named[2]}' is written: the {ordinal(day)}")
    if day > 28 and not named[3]:
        fixed = sentence.replace(f"the {text}", f"the {text} or the last day")
        at = re.search(r" at ([0-2]\d:[0-5]\d)", sentence)
        raise SentenceWrong(
            f"Not every month has a {ordinal(day)}. Write: on the last working day of the month at "
            f"{at[1] if at else '16:00'}; or: {_canonical(fixed) or fixed}"
        )
    if day <= 28 and named[3]:
        raise SentenceWrong(f"Every month has a {ordinal(day)}: leave 'or the last day' out.")
    return day


def _on_day(match: re.Match[str]) -> Rule:
    return MonthDay(
        _month_day(match["day"], match.string), time_of_day(match["at"]), _side(match["instead"])
    )


def _on_working_day(match: re.Match[str]) -> Rule:
    place, _, from_end = match["place"].partition(" last")
    from_end = "last" if place == "last" or match["place"].endswith(" last") else ""
    if place == "last":
        number = 1
    elif place in _PLACES:
        number = _PLACES[place]
    elif found := re.fullmatch(r"(\d+)(st|nd|rd|th)", place):
        number = int(found[1])
        if place != ordinal(number):
            raise SentenceWrong(f"'the {place}' is written: the {ordinal(number)}")
    else:
        raise SentenceWrong(
            f"'the {match['place']} working day' is none. Write first, 2nd, 3rd, last or 2nd last: "
            "on the last working day of the month at 15:00"
        )
    if not 1 <= number <= MOST_IN_MONTH:
        raise SentenceWrong(
            f"A month is asked for its 1st to {ordinal(MOST_IN_MONTH)} working day, or for its last ones: "
            "on the 2nd last working day of the month at 15:00"
        )
    return WorkingDayOfMonth(-number if from_end else number, time_of_day(match["at"]))


def _around(match: re.Match[str]) -> Rule:
    at = time_of_day(match["at"])
    count = _count(match["count"], "working days")
    if count == 0:
        named = match["dates"] or match["day"]
        raise SentenceWrong(
            f"0 working days {match['side']} a day is that day. Write: on the {named} at {clock(at)}, or "
            f"the working day {match['side']}"
        )
    if count > MOST_WORKING_DAYS:
        raise SentenceWrong(f"At most {MOST_WORKING_DAYS} working days are counted.")
    side = _side(match["side"]) or "before"
    if match["dates"]:
        return AroundDates(count, side, _id(match["calendar"], "calendar"), at)
    return AroundDay(count, side, _month_day(match["day"], match.string), at)


def _on_dates(match: re.Match[str]) -> Rule:
    return OnDates(
        _id(match["calendar"], "calendar"), time_of_day(match["at"]), _side(match["instead"])
    )


def _every_minutes(match: re.Match[str]) -> Rule:
    minutes = _count(match["count"], "minutes") if match["count"] else 1
    minutes *= 60 if match["unit"].startswith("hour") else 1
    start, end = time_of_day(match["start"]), time_of_day(match["end"])
    if minutes == 0:
        raise SentenceWrong("Every 0 minutes is never done. Write for instance: every 15 minutes")
    if 60 % minutes and minutes % 60:
        raise SentenceWrong(
            f"{minutes} minutes do not divide an hour. Use 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60 or "
            "whole hours."
        )
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    if last <= first:
        raise SentenceWrong(
            f"Between {clock(start)} and {clock(end)} ends before it begins. Over midnight, write two "
            "schedules: one until 23:59 or earlier, one from 00:00."
        )
    if (last - first) % minutes:
        kept = last - (last - first) % minutes
        raise SentenceWrong(
            f"{minutes} minutes do not lead from {clock(start)} to {clock(end)}, and both are included. "
            f"Write: between {clock(start)} and {kept // 60:02}:{kept % 60:02}"
            if kept > first
            else f"{minutes} minutes do not fit between {clock(start)} and {clock(end)}."
        )
    days = match["days"] or ""
    if days not in ("on working days", "every day", "on every day"):
        raise SentenceWrong(
            "Say on which days. Write at the end: on working days; or: every day. For instance: "
            f"{EveryMinutes(minutes, start, end, True)}"
        )
    return EveryMinutes(minutes, start, end, days == "on working days")


def _once(match: re.Match[str]) -> Rule:
    at = time_of_day(match["at"])
    day = match["day"]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise SentenceWrong(f"{day!r} is no date. Write year, month and day: 2026-12-21")
    try:
        return Once(date.fromisoformat(day), at)
    except ValueError:
        year, month, _ = day.split("-")
        if not 1 <= int(month) <= 12:
            raise SentenceWrong(f"{day} has no month. Write 01 to 12 in the middle.") from None
        raise SentenceWrong(f"{year}-{month} has no day {day[-2:]}. Look it up again.") from None


def _cases(match: re.Match[str]) -> Rule:
    number = _count(match["count"], "cases")
    if number == 0:
        raise SentenceWrong("No case is waited for. Write 1 or more: when 1 case is ready")
    return CasesReady(number)


def _id(text: str, what: str) -> str:
    if not _ID.fullmatch(text):
        raise SentenceWrong(
            f"{text!r} is no name of a {what}: lower-case letters, digits and hyphens."
        )
    return text


def _count(text: str, what: str) -> int:
    if not re.fullmatch(r"0|[1-9]\d{0,5}", text):
        raise SentenceWrong(f"{text!r} is no number of {what}. Write it in digits, for instance 3.")
    return int(text)


def _side(text: str | None) -> Side | None:
    for side in get_args(Side):
        if text == side:
            return "before" if side == "before" else "after"
    return None


def _canonical(sentence: str) -> str | None:
    try:
        return str(parse(sentence))
    except SentenceWrong:
        return None


def _nearest(sentence: str) -> str:
    """What to write instead: the sentence with its unknown words put right, or the most similar one."""
    if "weekday" in sentence:
        return (
            "Write: every working day at 07:30; or, holidays included: every Monday, Tuesday, Wednesday, "
            "Thursday and Friday at 07:30"
        )

    def right(word: re.Match[str]) -> str:
        if word[0] in _WORDS:
            return word[0]
        if len(word[0]) >= 2 and (day := _abbreviated(word[0])):
            return day
        return next(iter(difflib.get_close_matches(word[0], _WORDS, 1, 0.6)), word[0])

    fixed = re.sub(r"(?<![\w-])[a-z]+(?![\w-])", right, sentence)
    if fixed != sentence and (found := _canonical(fixed)):
        return f"Write: {found}"
    examples = {example.lower(): example for example in SENTENCES}
    near = difflib.get_close_matches(sentence, examples, 1, 0.3) or [SENTENCES[0].lower()]
    return f"Write for instance: {examples[near[0]]}"


def _abbreviated(word: str) -> str | None:
    return next((day.lower() for day in WEEKDAYS if day.lower().startswith(word)), None)


_AT = r" at (?P<at>.+?)"
_INSTEAD = r"(?:,? or the working day (?P<instead>before|after))?"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Rule]], ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (r"cron: ?(?P<line>.*)", lambda m: parse_cron(m["line"])),
        (rf"every working day{_AT}", lambda m: WorkingDays(time_of_day(m["at"]))),
        (rf"every day{_AT}", lambda m: Daily(time_of_day(m["at"]))),
        (
            r"every (?:(?P<count>\S+) )?(?P<unit>minutes?|hours?) between (?P<start>\S+) and "
            r"(?P<end>\S+)(?: (?P<days>.+))?",
            _every_minutes,
        ),
        (
            r"(?P<count>\S+) working days? (?P<side>before|after) the "
            rf"(?:(?P<dates>dates of (?P<calendar>\S+))|(?P<day>.+?)){_AT}",
            _around,
        ),
        (rf"on the dates of (?P<calendar>\S+){_AT}{_INSTEAD}", _on_dates),
        (rf"on the (?P<place>.+?) working day of the month{_AT}", _on_working_day),
        (rf"on the (?P<day>\d.*?|last day.*?){_AT}{_INSTEAD}", _on_day),
        (rf"once on (?P<day>\S+){_AT}", _once),
        (r"when a workbook arrives", lambda m: WorkbookArrives()),
        (r"when (?P<count>\S+) cases? (?:is|are) ready", _cases),
        (
            r"after (?P<service>\S+) has finished",
            lambda m: AfterService(_id(m["service"], "service")),
        ),
        (r"by hand", lambda m: ByHand()),
        (rf"every (?P<days>.*days?){_AT}", _weekly),
    )
)
