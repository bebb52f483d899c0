"""The control cells above the heading row: how many rows the client sends, and their total."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from paraplu import Message, WorkbookRefused
from paraplu_spreadsheet.address import address
from paraplu_spreadsheet.conversion import Conversion
from paraplu_spreadsheet.grid import Grid, RawCell
from paraplu_spreadsheet.numerals import Unreadable
from paraplu_spreadsheet.wording import ROW_COUNT_LABELS, TOTAL_LABELS, plain, plain_set

_ROW_COUNT = plain_set(ROW_COUNT_LABELS.values())
_TOTAL = plain_set(TOTAL_LABELS.values())
_MOST_DECIMALS = 2
"""Only settles what a text such as 1.234 means in a control cell."""


def control_values(
    grid: Grid, header_row: int, how: Conversion
) -> tuple[int | None, Decimal | None]:
    """The number of rows and the total that the client wrote, each None where nothing is written.

    Raises `WorkbookRefused` when something is written there that is no number: a control that cannot
    be read must not pass for one that was not given.
    """
    rows = _value(grid, header_row, _ROW_COUNT, how)
    total = _value(grid, header_row, _TOTAL, how)
    if rows is not None and rows[1] != rows[1].to_integral_value():
        raise _unreadable(rows[0], f"{rows[1]}")
    return (int(rows[1]) if rows else None), (total[1] if total else None)


def _value(
    grid: Grid, header_row: int, labels: frozenset[str], how: Conversion
) -> tuple[str, Decimal] | None:
    for number in sorted(grid.rows):
        if number >= header_row:
            return None
        cells = grid.rows[number]
        for column in sorted(cells):
            if cells[column].kind == "s" and plain(cells[column].text) in labels:
                found = _beside(grid, cells, number, column)
                if found is None or plain(found[1].text) in _ROW_COUNT | _TOTAL:
                    continue
                place = address(number, found[0])
                try:
                    if found[1].kind in ("e", "f"):
                        raise _unreadable(place, found[1].text)
                    return place, how.number(found[1], _MOST_DECIMALS)
                except Unreadable:
                    raise _unreadable(place, how.shown(found[1])) from None
    return None


def _beside(
    grid: Grid, cells: Mapping[int, RawCell], row: int, column: int
) -> tuple[int, RawCell] | None:
    """The cell to the right of a label, the label's own merged block skipped."""
    right = max((a.right for a in grid.merged if a.holds(row, column)), default=column) + 1
    return (right, cells[right]) if right in cells else None


def _unreadable(place: str, found: str) -> WorkbookRefused:
    return WorkbookRefused(
        Message(
            "control-unreadable",
            "The control cell {address} holds “{found}”, which is not a number. Type the number "
            "there, or leave the cell empty.",
            {"address": place, "found": found},
        )
    )
