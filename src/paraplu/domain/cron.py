"""Crontab lines: five fields, read strictly.

The grammar is that of crontab(5) without its traps: weekdays by name only (0 is Sunday there and Monday in
other programs), no day of the month together with a weekday, no day that one of its months has not, no step
that does not come out even.
"""

from __future__ import annotations

import re

from paraplu.domain.rule import MONTH_DAYS, WEEKDAYS, Cron, ordinal

_DAY_NAMES = tuple(day[:3].lower() for day in WEEKDAYS)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EXAMPLE = "cron: 30 7 * * mon-fri"
_WHAT = ("minute", "hour", "day of the month", "month", "weekday")
_RANGES = ((0, 59), (0, 23), (1, MONTH_DAYS), (1, 12), (0, 6))


def parse_cron(text: str) -> Cron:
    """The rule of a crontab line without the word `cron:`. Raises ValueError that says what to write."""
    line = text.lower().strip()
    if line.startswith("@"):
        raise ValueError(
            f"Names such as {line.split()[0]} are not read. Write five fields: {_EXAMPLE}"
        )
    fields = line.split()
    if len(fields) != len(_WHAT):
        raise ValueError(
            f"A cron line has five fields (minute, hour, day of the month, month, weekday), this one has "
            f"{len(fields)}. Write for instance: {_EXAMPLE}"
        )
    numbers = [_numbers(field, place) for place, field in enumerate(fields)]
    rule = Cron(*numbers)
    _days_exist(rule)
    return rule


def _numbers(field: str, place: int) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        found.update(_part(part, place, field))
    return tuple(sorted(found))


def _part(part: str, place: int, field: str) -> range:
    what, (low, high) = _WHAT[place], _RANGES[place]
    span, slash, step_text = part.partition("/")
    step = 1
    if slash:
        if not re.fullmatch(r"[1-9]\d?", step_text):
            raise ValueError(
                f"In {field!r} the step {step_text!r} is no number above 0. Write for instance */15."
            )
        step = int(step_text)
    if span == "*":
        size = high - low + 1
        if slash and place in (0, 1, 3) and size % step:
            even = ", ".join(str(n) for n in range(2, size // 2 + 1) if size % n == 0)
            raise ValueError(
                f"*/{step} does not come out even in the {what}s: the last step would be shorter. "
                f"Use one of these steps: {even}; or list the {what}s."
            )
        return range(low, high + 1, step)
    begin_text, dash, end_text = span.partition("-")
    begin = _number(begin_text, place, field)
    if not dash:
        if slash:
            last = _DAY_NAMES[high] if place == 4 else high
            raise ValueError(
                f"{part!r} is read in different ways. Write {begin_text}-{last}/{step}."
            )
        return range(begin, begin + 1)
    end = _number(end_text, place, field)
    if end < begin:
        names = _DAY_NAMES if place == 4 else None
        parts = [*range(begin, high + 1), *range(low, end + 1)]
        instead = ",".join(names[number] if names else str(number) for number in parts)
        raise ValueError(f"{span!r} ends before it begins. Write {instead}.")
    return range(begin, end + 1, step)


def _number(text: str, place: int, field: str) -> int:
    what, (low, high) = _WHAT[place], _RANGES[place]
    if place == 4:
        if text in _DAY_NAMES:
            return _DAY_NAMES.index(text)
        if re.fullmatch(r"[0-9]+", text):
            # 0 to 7 in crontab(5), where 0 and 7 are Sunday.
            meant = "the name" if int(text) > 7 else _DAY_NAMES[(int(text) - 1) % 7]
            raise ValueError(
                f"A number for a weekday means different days in different programs. Write {meant} "
                f"instead of {text} (crontab(5) counts from Sunday)."
            )
        raise ValueError(
            f"{text!r} in {field!r} is no weekday. Write {', '.join(_DAY_NAMES[:-1])} or sun."
        )
    if place == 3 and text in _MONTH_NAMES:
        return _MONTH_NAMES.index(text) + 1
    if not re.fullmatch(r"[0-9]{1,4}", text) or not low <= int(text) <= high:
        example = _EXAMPLE.removeprefix("cron: ")
        raise ValueError(
            f"{text!r} is no {what}: write {low} to {high}, a range ({low}-{high}), a list or *. "
            f"For instance: {example}"
        )
    return int(text)


def _days_exist(rule: Cron) -> None:
    if len(rule.days) == MONTH_DAYS:
        return
    if len(rule.weekdays) < 7:
        raise ValueError(
            "A day of the month together with a weekday is read as 'and' by some programs and as 'or' by "
            "others. Leave one of them *, or write two schedules."
        )
    shortest = min(_MONTH_LENGTHS[month - 1] for month in rule.months)
    late = [day for day in rule.days if day > shortest]
    if late:
        raise ValueError(
            f"Not every month of this line has a {ordinal(late[0])}. Use days up to {shortest}, or write: "
            "on the last day of the month at 08:00, or: on the last working day of the month at 08:00"
        )
