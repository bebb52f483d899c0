"""Numbers and dates as a Dutch office writes them, read strictly: 1.234,56 and dd-mm-jjjj.

A number in another notation must be noticed, never misread: 1,234.56 is not 1.23456. What does not fit
raises `PageChanged`; the text says where, not what (error texts carry no values).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from paraplu import PageChanged

_MONEY = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d{1,3}),\d{2,10}", re.ASCII)
_NUMBER = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d{1,3})(,\d{1,10})?", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}", re.ASCII)
_DATE = re.compile(r"(\d{2})-(\d{2})-(\d{4})", re.ASCII)


def money(text: str, where: str) -> Decimal:
    """An amount or a price: always with decimals, so that its notation shows."""
    if not _MONEY.fullmatch(text):
        raise PageChanged(
            f"{where} is no amount in Dutch notation: look how the page writes numbers."
        )
    return _plain(text)


def number(text: str, where: str) -> Decimal:
    """A quantity, with decimals or without."""
    if not _NUMBER.fullmatch(text):
        raise PageChanged(
            f"{where} is no number in Dutch notation: look how the page writes numbers."
        )
    return _plain(text)


def integer(text: str, where: str) -> int:
    """A count without any signs."""
    if not _INTEGER.fullmatch(text):
        raise PageChanged(f"{where} is no whole number: look how the page writes numbers.")
    return int(text)


def day(text: str, where: str) -> date:
    """A date, day first."""
    found = _DATE.fullmatch(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else _no_date(where)
    except ValueError:
        return _no_date(where)


def _no_date(where: str) -> date:
    raise PageChanged(f"{where} is no date as dd-mm-jjjj: look how the page writes dates.")


def written(value: Decimal) -> str:
    """How a number is typed: without groups, and never with three decimals.

    `0,185` in an office that had changed its notation would be taken for 185; `0,1850` is refused there.
    """
    plain = format(value.normalize(), "f")
    whole, _, decimals = plain.partition(".")
    if not decimals:
        return whole
    return f"{whole},{decimals.ljust(2, '0') if len(decimals) < 3 else decimals.ljust(4, '0')}"


def written_day(value: date) -> str:
    """How a date is typed."""
    return value.strftime("%d-%m-%Y")


def _plain(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))
