"""The cells of a worksheet part, as they stand in its XML and nothing more.

ECMA-376 part 1, 18.3.1.80 (sheetData). Cells and rows may leave out their place (`r`): they follow the one
before. `<dimension>` is never believed. Only cells with content are kept, so that a sheet with one cell in
each corner costs no more than a small one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple

from paraplu import Message, WorkbookRefused
from paraplu_spreadsheet.address import LAST_COLUMN, LAST_ROW, Area, column_number
from paraplu_spreadsheet.markup import Enough, Markup, damaged, local_names
from paraplu_spreadsheet.strings import unescaped

MOST_ROWS = 100_000
_NAMES = local_names("row", "c", "v", "t", "f", "is", "rPh", "mergeCell")
_KINDS = frozenset("nbed")
_DIGITS = "0123456789"


class RawCell(NamedTuple):
    """A cell with content. `kind` is ``n`` (number), ``s`` (text), ``b`` (yes/no), ``e`` (error), ``d``
    (ISO 8601 date) or ``f`` (formula of which no result is kept); `text` is what stands in the XML.
    """

    kind: str
    text: str
    style: int


@dataclass(slots=True)
class Grid:
    """The filled cells by row and column; `elsewhere` holds rows with content in columns not read."""

    rows: dict[int, dict[int, RawCell]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    elsewhere: set[int] = field(default_factory=set)

    def drop_covered(self) -> None:
        """Forget cells under a merged block: only its first cell is data."""
        for area in self.merged:
            span = range(area.top, area.bottom + 1)
            for number in self.rows.keys() & set(span) if len(span) < 1000 else list(self.rows):
                if not area.top <= number <= area.bottom:
                    continue
                cells = self.rows[number]
                for column in [c for c in cells if area.left <= c <= area.right]:
                    if (number, column) != (area.top, area.left):
                        del cells[column]


def read_grid(
    markup: Markup,
    strings: list[str],
    *,
    only: frozenset[int] | None = None,
    whole_to: int = 0,
    stop_after: int = LAST_ROW,
) -> Grid:
    """The cells of a sheet: all columns down to row `whole_to`, then the columns `only` (None: all).

    Ends after row `stop_after` (merged blocks are not known then). Raises `WorkbookRefused` when the
    rows or cells do not ascend, or there are more than `MOST_ROWS`.
    """
    grid = Grid()
    rows = grid.rows
    parser = markup.reader()
    name_of = _NAMES.get
    parts: list[str] = []
    inline: list[str] = []
    row = column = style = 0
    kind = ""
    cells: dict[int, RawCell] = {}
    value_seen = formula = phonetic = in_cell = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, style, kind, cells, value_seen, formula, phonetic, in_cell
        local = name_of(name)
        if local == "c":
            place = attributes.get("r")
            before = column
            column = column_number(place.rstrip(_DIGITS)) if place else column + 1
            if column <= before or column > LAST_COLUMN:
                raise damaged(markup.part)
            style = int(attributes.get("s", "0"))
            kind = attributes.get("t", "n")
            value_seen = formula = False
            in_cell = True
        elif local == "v" and in_cell:
            parts.clear()
            parser.CharacterDataHandler = parts.append
            value_seen = True
        elif local == "f":
            formula = True
        elif local == "is":
            inline.clear()
        elif local == "t" and in_cell and not phonetic:
            parser.CharacterDataHandler = inline.append
        elif local == "rPh":
            phonetic = True
        elif local == "row":
            before = row
            place = attributes.get("r")
            row = int(place) if place else row + 1
            if row <= before or row > LAST_ROW:
                raise damaged(markup.part)
            if row > stop_after:
                raise Enough
            column = 0
            cells = {}
            if attributes.get("hidden") in ("1", "true") or attributes.get("ht") in ("0", "0.0"):
                grid.hidden.add(row)
        elif local == "mergeCell":
            grid.merged.append(Area.parse(attributes["ref"]))

    def end(name: str) -> None:
        nonlocal phonetic, in_cell
        local = name_of(name)
        if local == "v" or local == "t":
            parser.CharacterDataHandler = None
        elif local == "c":
            in_cell = False
            text = "".join(parts) if value_seen else ""
            if kind == "s":
                if not value_seen:
                    return
                cell = RawCell("s", strings[int(text)], style)
            elif kind == "inlineStr":
                cell = RawCell("s", unescaped("".join(inline)), style)
                inline.clear()
            elif formula and not (value_seen and (text or kind == "str")):
                cell = RawCell("f", "", style)
            elif not value_seen or not (text or formula):
                return
            elif kind == "str":
                cell = RawCell("s", unescaped(text), style)
            elif kind in _KINDS:
                cell = RawCell(kind, text.strip(), style)
                if kind == "n" and ("_" in text or not isfinite(float(text))):
                    raise damaged(markup.part)
            else:
                raise damaged(markup.part)
            if cell.kind == "s" and not cell.text.strip():
                return
            if only is None or row <= whole_to or column in only:
                cells[column] = cell
            else:
                grid.elsewhere.add(row)
        elif local == "row":
            if cells:
                rows[row] = cells
                if len(rows) > MOST_ROWS:
                    raise _too_many_rows()
        elif local == "rPh":
            phonetic = False

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    markup.read(parser)
    grid.drop_covered()
    return grid


def _too_many_rows() -> WorkbookRefused:
    return WorkbookRefused(
        Message(
            "too-many-rows",
            "The sheet holds more than {limit} filled rows. Divide them over several workbooks.",
            {"limit": MOST_ROWS},
        )
    )
