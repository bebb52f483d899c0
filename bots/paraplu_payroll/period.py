"""Months as text, ``2026-11``: the way requests, runs and slips name pay periods."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MONTH = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])", re.ASCII)


def is_month(text: str) -> bool:
    """Whether `text` is a month like ``2026-11``."""
    return _MONTH.fullmatch(text) is not None


def months(first: str, last: str) -> tuple[str, ...]:
    """Every month from `first` up to and including `last`; empty when `last` lies before `first`."""
    return tuple(_months(first, last))


def _months(first: str, last: str) -> Iterator[str]:
    year, month = (int(part) for part in first.split("-"))
    while (text := f"{year:04}-{month:02}") <= last:
        yield text
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
