"""Where things stand in the bytes of a worksheet part, as far as splicing cells into it needs to know."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from typing import NamedTuple

from paraplu_spreadsheet.address import LAST_COLUMN, LAST_ROW, Area, column_number
from paraplu_spreadsheet.markup import Markup, damaged, local_names

_NAMES = local_names(
    "row", "c", "v", "t", "f", "extLst", "mergeCell", "dimension", "col", "cols", "sheetData"
)
_DIGITS = "0123456789"
_SPANS = re.compile(r"[0-9]+:[0-9]+(?: [0-9]+:[0-9]+)*")


class CellSpan(NamedTuple):
    """A cell's bytes from `start` up to `end`; `filled` says that it has a value, text or formula."""

    column: int
    start: int
    end: int
    style: int
    filled: bool
    formula: bool


@dataclass(slots=True)
class RowSpan:
    """A row's bytes: its start tag from `start` up to `tag_end`, new cells go in before `end`."""

    number: int
    start: int
    tag_end: int
    end: int = 0
    closed: bool = False
    spans: str = ""
    cells: list[CellSpan] = field(default_factory=list)


class ColumnSpan(NamedTuple):
    """A ``<col>`` from `start` up to `end`: the columns `first` to `last` that it is about."""

    start: int
    end: int
    first: int
    last: int


class DimensionSpan(NamedTuple):
    """The ``<dimension>`` from `start` up to `end`; `area` is None when it names none."""

    start: int
    end: int
    area: Area | None


@dataclass(slots=True)
class Anatomy:
    """The offsets. `rows` holds the rows asked for; `row_starts` all rows, ascending. `blocks` are
    areas that no new cell may touch: merged cells and array formulas.
    """

    dimension: DimensionSpan | None = None
    columns: list[ColumnSpan] = field(default_factory=list)
    columns_end: int = 0
    data_start: int = 0
    data_tag_end: int = 0
    data_end: int = 0
    data_closed: bool = False
    row_starts: list[tuple[int, int]] = field(default_factory=list)
    rows: dict[int, RowSpan] = field(default_factory=dict)
    occupied: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    arrays: list[Area] = field(default_factory=list)


def anatomy(
    markup: Markup, header_row: int, wanted: Set[int], kept: Set[int], beyond: int
) -> Anatomy:
    """The anatomy of a sheet.

    Cells are noted in the columns `kept` and from `beyond` on, in the rows `wanted`; `occupied` holds
    the columns from `beyond` on that are filled in any row from `header_row` down.
    """
    found = Anatomy()
    data = markup.data
    parser = markup.reader()
    name_of = _NAMES.get
    row = RowSpan(0, 0, 0)
    number = column = start_at = style = 0
    noted = filled = formula = in_row = in_cell = False
    below = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal \
            row, \
            number, \
            column, \
            start_at, \
            style, \
            noted, \
            filled, \
            formula, \
            in_row, \
            in_cell, \
            below
        local = name_of(name)
        if local == "c" and in_row:
            place = attributes.get("r")
            before = column
            column = column_number(place.rstrip(_DIGITS)) if place else column + 1
            if column <= before or column > LAST_COLUMN:
                raise damaged(markup.part)
            in_cell = True
            filled = formula = False
            noted = below and (column >= beyond or column in kept)
            if noted:
                start_at = parser.CurrentByteIndex
                style = int(attributes.get("s", "0"))
        elif (local == "v" or local == "t") and in_cell:
            filled = True
        elif local == "f" and in_cell:
            filled = formula = True
            if "ref" in attributes and attributes.get("t") in ("array", "dataTable"):
                found.arrays.append(Area.parse(attributes["ref"]))
        elif local == "row":
            before = number
            place = attributes.get("r")
            number = int(place) if place else number + 1
            if number <= before or number > LAST_ROW:
                raise damaged(markup.part)
            column = 0
            below = number >= header_row
            in_row = True
            at = parser.CurrentByteIndex
            found.row_starts.append((number, at))
            row = RowSpan(number, at, 0)
            if number in wanted:
                row.tag_end = markup.tag_end(at)
                spans = attributes.get("spans", "")
                row.spans = spans if _SPANS.fullmatch(spans) else ""
                found.rows[number] = row
        elif local == "extLst" and in_row and not in_cell:
            row.end = row.end or parser.CurrentByteIndex
        elif local == "mergeCell":
            found.merged.append(Area.parse(attributes["ref"]))
        elif local == "col":
            first, last = int(attributes["min"]), int(attributes["max"])
            found.columns.append(ColumnSpan(parser.CurrentByteIndex, 0, first, last))
        elif local == "dimension":
            try:
                area = Area.parse(attributes.get("ref", ""))
            except ValueError:
                area = None
            found.dimension = DimensionSpan(parser.CurrentByteIndex, 0, area)
        elif local == "sheetData":
            found.data_start = parser.CurrentByteIndex
            found.data_tag_end = markup.tag_end(found.data_start)
            found.data_closed = _closed(data, found.data_tag_end)

    def end(name: str) -> None:
        nonlocal in_row, in_cell
        local = name_of(name)
        if local == "c" and in_cell:
            in_cell = False
            if noted:
                if filled and column >= beyond:
                    found.occupied.add(column)
                if row.tag_end:
                    at = _end(markup, start_at, parser.CurrentByteIndex)
                    row.cells.append(CellSpan(column, start_at, at, style, filled, formula))
        elif local == "row":
            in_row = False
            if row.tag_end:
                row.closed = _closed(data, row.tag_end)
                row.end = row.end or parser.CurrentByteIndex
        elif local == "col":
            tag = found.columns[-1]
            at = _end(markup, tag.start, parser.CurrentByteIndex)
            found.columns[-1] = tag._replace(end=at)
        elif local == "dimension" and found.dimension is not None:
            at = _end(markup, found.dimension.start, parser.CurrentByteIndex)
            found.dimension = found.dimension._replace(end=at)
        elif local == "cols":
            found.columns_end = parser.CurrentByteIndex
        elif local == "sheetData":
            found.data_end = parser.CurrentByteIndex

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    markup.read(parser)
    if not found.data_tag_end:
        raise damaged(markup.part)
    return found


def _closed(data: bytes, tag_end: int) -> bool:
    return data[tag_end - 2 : tag_end] == b"/>"


def _end(markup: Markup, start: int, event: int) -> int:
    """The offset behind an element whose end was told at `event`: before its end tag, or behind it
    when it has none.
    """
    tag_end = markup.tag_end(start)
    return tag_end if _closed(markup.data, tag_end) else markup.data.index(b">", event) + 1
