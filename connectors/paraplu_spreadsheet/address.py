"""Cell addresses as Excel writes them: ``C5``, ``B2:D9``.

Limits from ECMA-376 part 1 as Excel keeps them: 16,384 columns (``XFD``) and 1,048,576 rows.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

LAST_COLUMN = 16_384
LAST_ROW = 1_048_576

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


@functools.lru_cache(maxsize=4096)
def letters(column: int) -> str:
    """The letters of a column that counts from 1: 28 is ``AB``."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@functools.lru_cache(maxsize=4096)
def column_number(text: str) -> int:
    """The column, from 1, of its letters. Raises ValueError beyond ``XFD``."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"no such column: {text}")
    return number


def address(row: int, column: int) -> str:
    """The address of a cell, row and column counting from 1."""
    return f"{letters(column)}{row}"


def position(text: str) -> tuple[int, int]:
    """Row and column of an address. Raises ValueError when it is none."""
    found = _CELL.fullmatch(text)
    if found is None:
        raise ValueError(f"not a cell address: {text}")
    row = int(found[2])
    if not 1 <= row <= LAST_ROW:
        raise ValueError(f"no such row: {text}")
    return row, column_number(found[1])


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells, both corners included, counting from 1."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def parse(cls, text: str) -> Area:
        """From ``B2:D9`` or ``B2``. Raises ValueError when it is neither."""
        first, _, last = text.partition(":")
        top, left = position(first)
        bottom, right = position(last) if last else (top, left)
        return cls(min(top, bottom), min(left, right), max(top, bottom), max(left, right))

    def __str__(self) -> str:
        return f"{address(self.top, self.left)}:{address(self.bottom, self.right)}"

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell lies in this block."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right
