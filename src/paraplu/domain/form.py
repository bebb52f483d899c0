"""The form of a request as people fill it in: its columns, drawn from the request model alone.

The spreadsheet template, the mapping of a client's headings, the conversion of cells, the web form and
the page in the bot catalogue all come from this one description.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds; the declared kind converts a cell, never a guess."""

    TEXT = "text"
    CODE = "code"  # an identifier: never a number, leading zeros count
    MONEY = "money"  # Decimal, at most `decimals` places, more is an error, never rounded
    NUMBER = "number"  # Decimal
    INTEGER = "integer"
    DATE = "date"  # datetime.date
    MONTH = "month"  # str "2026-11"
    YES_NO = "yes-no"  # bool
    CHOICE = "choice"  # one of `choices`, given as the code or as its label in any language


@dataclass(frozen=True, slots=True)
class Choice:
    """One permitted value of a `CHOICE` column, with its label per language code."""

    value: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a request as a column of a sheet.

    `headings` and `hints` are per language code (``en``, ``nl``, ``da``); `aliases` are further headings
    that clients use. `repeats` says that the column belongs to the lines of a request (an order's
    lines), not to its head. `width` is the fixed number of characters of a code, `decimals` the most
    decimal places of a number, `longest` the most characters of a text.
    """

    field: str
    kind: Kind
    headings: Mapping[str, str]
    hints: Mapping[str, str] = dataclasses.field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    required: bool = False
    repeats: bool = False
    width: int | None = None
    decimals: int = 2
    longest: int = 500
    choices: tuple[Choice, ...] = ()

    def heading(self, language: str) -> str:
        """The heading in `language`, in English where there is none."""
        return self.headings.get(language) or self.headings["en"]


@dataclass(frozen=True, slots=True)
class Form:
    """All columns of a service's request.

    `total_of` names the fields whose product, summed over all rows, is the control total that a client
    may write on top of the sheet: ``("amount_wanted",)`` or ``("quantity", "net_price")``.
    """

    service: str
    titles: Mapping[str, str]
    columns: tuple[Column, ...]
    total_of: tuple[str, ...] = ()

    def column(self, field: str) -> Column:
        """The column of `field`. Raises KeyError when there is none."""
        for column in self.columns:
            if column.field == field:
                return column
        raise KeyError(field)

    def title(self, language: str) -> str:
        """The title in `language`, in English where there is none."""
        return self.titles.get(language) or self.titles["en"]
