"""Numbers that somebody wrote as text, by the rules of the client's language.

Babel in its strict form decides (its ordinary form reads the Dutch "12.5" as 125); what stands around the
digits is taken off first, and a text that two readers would read differently is refused.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal

from paraplu import Message

MOST_DIGITS = 15
"""Excel keeps this many; a longer number in it is already another number."""

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_CURRENCY = r"(?:€|eur|euro|dkk|kr\.?)"
_BEFORE = re.compile(rf"^([+-]?) ?{_CURRENCY} ?", re.IGNORECASE)
_AFTER = re.compile(rf" ?{_CURRENCY}$", re.IGNORECASE)
_WHOLE_ONLY = re.compile(r"[,.](?:-{1,2}|–|—|=)$")  # 1.234,- as prices are written
_SPACE_GROUPS = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_DIGITS = re.compile(r"[0-9.,]*[0-9]")
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


class Unreadable(Exception):
    """A text or cell that the declared kind cannot take; `problem` says why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.code)
        self.problem = problem


def example(language: str, decimals: int) -> str:
    """How a number is written in `language`, with so many decimals."""
    group, point = (",", ".") if language == "en" else (".", ",")
    return f"1{group}234{point}{'5678'[: min(decimals, 4)]}" if decimals else f"1{group}234"


def number_from(text: str, language: str, decimals: int) -> Decimal:
    """The number that `text` says in `language` (``en``, ``nl``, ``da``), exact.

    `decimals` only settles what "1.234" can mean; too many decimals are for the caller to refuse.
    Raises `Unreadable`.
    """
    found = text
    body = _SPACES.sub(" ", text.replace("\u2212", "-").replace("\ufe63", "-")).strip()
    negative = False
    if body.startswith("(") and body.endswith(")"):
        negative = True
        body = body[1:-1].strip()
    body = _BEFORE.sub(r"\1", body, count=1)
    body = _AFTER.sub("", body, count=1)
    body = _WHOLE_ONLY.sub("", body)
    signs = 0
    if body[:1] in ("+", "-"):
        signs, negative = 1, negative or body[0] == "-"
        body = _BEFORE.sub(r"\1", body[1:].strip(), count=1)
    if body.endswith("-"):
        signs, negative = signs + 1, True
        body = body[:-1].strip()
    if _SPACE_GROUPS.fullmatch(body):
        body = body.replace(" ", "")
    if signs + found.count("(") > 1 or not _DIGITS.fullmatch(body):
        raise Unreadable(_not_a_number(found, language, decimals))
    if sum(letter.isdigit() for letter in body.lstrip("0.,")) > MOST_DIGITS:
        raise Unreadable(
            Message(
                "number-too-long",
                "“{found}” has more than {limit} digits. Check the number.",
                {"found": found, "limit": MOST_DIGITS},
            )
        )
    group = "," if language == "en" else "."
    if decimals >= 3 and group in body and _ONE_GROUP.fullmatch(body):
        raise Unreadable(
            Message(
                "number-ambiguous",
                "“{found}” can be read in two ways: as {one} and as {other}. Write it without a "
                "separator of thousands.",
                {
                    "found": found,
                    "one": body.replace(group, ""),
                    "other": body.replace(group, "," if group == "." else "."),
                },
            )
        )
    value = _parsed(body, language)
    if value is None:
        other = _parsed(body, "nl" if language == "en" else "en")
        if other is not None:
            raise Unreadable(
                Message(
                    "number-other-language",
                    "“{found}” is not written the way this workbook's language writes numbers. "
                    "Write it like {expected}.",
                    {"found": found, "expected": example(language, decimals)},
                )
            )
        raise Unreadable(_not_a_number(found, language, decimals))
    return -value if negative and value else value


@functools.lru_cache(maxsize=8192)
def _parsed(body: str, language: str) -> Decimal | None:
    from babel.numbers import NumberFormatError, parse_decimal

    try:
        return parse_decimal(body, locale=language, strict=True)
    except NumberFormatError:
        return None


def _not_a_number(found: str, language: str, decimals: int) -> Message:
    return Message(
        "not-a-number",
        "“{found}” is not a number. Write it like {expected}.",
        {"found": found, "expected": example(language, decimals)},
    )
