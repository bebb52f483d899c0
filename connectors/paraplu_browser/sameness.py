"""When what stands in a field counts as what was typed. Pure.

Without a word from the target's author a field holds what was typed when it shows

* the same text (line ends aside), or
* the same number, written in the Dutch or the English way (1234.5 and 1.234,50), or
* the same date, year first or day first (2026-12-21, 21-12-2026, 21/12/2026).

The author may say otherwise at the end of a locator's description, with Playwright's own means:

* ``page.get_by_label("Order").describe("Order number [exactly]")``: the same text only;
* ``... .describe("IBAN [loosely]")``: letters and digits the same, spaces, punctuation and case aside;
* ``... .describe("Scan here [unread]")``: not read back, for a field that empties itself.

For anything else there is `page.keyboard`, which types without reading back, and `expect`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

_ENGLISH = re.compile(r"(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?|\.\d+")
_DUTCH = re.compile(r"(?:0|[1-9]\d*|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?|,\d+")
_SIGNED = re.compile(r"([+-]?)(.*?)(-?)")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")


def same(typed: str, shown: str, how: str = "") -> bool:
    """Whether `shown` counts as `typed`; `how` is '', ``exactly``, ``loosely`` or ``unread``."""
    if how == "unread" or _lines(typed) == _lines(shown):
        return True
    if how == "exactly":
        return False
    if how == "loosely":
        return _bare(typed) == _bare(shown)
    return same_number(typed, shown) or _same_date(typed, shown)


def same_number(typed: str, shown: str) -> bool:
    """Whether both are one number. What was typed must not be readable in two ways.

    1.234 is a thousand and more in Dutch and little more than one in English: what the field made of
    it cannot be told, and so it is the same only as text. Leading zeros make it no number (00123).
    """
    wanted = _readings(typed)
    return len(wanted) == 1 and wanted <= _readings(shown)


def _readings(text: str) -> set[Decimal]:
    plain = _SPACES.sub("", text).removeprefix("€").removesuffix("€")
    found = _SIGNED.fullmatch(plain.replace("\u2212", "-"))
    if found is None or (found.group(1) and found.group(3)):
        return set()
    body, minus = found.group(2), "-" in (found.group(1), found.group(3))
    readings = set()
    if _ENGLISH.fullmatch(body):
        readings.add(Decimal(body.replace(",", "")))
    if _DUTCH.fullmatch(body):
        readings.add(Decimal(body.replace(".", "").replace(",", ".")))
    return {-reading if minus else reading for reading in readings}


def _same_date(typed: str, shown: str) -> bool:
    wanted = _date(typed)
    return wanted is not None and wanted == _date(shown)


def _date(text: str) -> date | None:
    first, last = _YEAR_FIRST.fullmatch(text.strip()), _DAY_FIRST.fullmatch(text.strip())
    parts = first.groups() if first else last.groups()[::-1] if last else None
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
