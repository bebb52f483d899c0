"""From a client's workbook to the rows of a sheet: which sheet, which row is the heading, what it says."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from paraplu import Cell, Form, Message, Sheet, SheetRow, WorkbookRefused
from paraplu_spreadsheet.address import address
from paraplu_spreadsheet.controls import control_values
from paraplu_spreadsheet.conversion import Conversion
from paraplu_spreadsheet.grid import Grid, read_grid
from paraplu_spreadsheet.headings import LAST_HEADING_ROW, HeadingNames, Headings
from paraplu_spreadsheet.package import Package, SheetPart

_MOST_NAMED = 10


class _Candidate(NamedTuple):
    sheet: SheetPart
    headings: Headings


def read_sheet(package: Package, form: Form, language: str) -> Sheet:
    """The one sheet of `package` that holds requests of `form`. Raises `WorkbookRefused`."""
    names = HeadingNames(form, language)
    candidates: list[_Candidate] = []
    for sheet in package.sheets:
        if sheet.visible:
            top = read_grid(
                package.markup(sheet.part), package.strings, stop_after=LAST_HEADING_ROW
            )
            headings = names.find(top)
            if headings is not None:
                candidates.append(_Candidate(sheet, headings))
    if not candidates:
        raise WorkbookRefused(
            Message(
                "no-headings",
                "No row with the headings of this form was found in the first {limit} rows. Use the "
                "template; it has the headings {expected}.",
                {
                    "limit": LAST_HEADING_ROW,
                    "expected": ", ".join(c.heading(language) for c in form.columns if c.required),
                },
            )
        )
    whole = [c for c in candidates if not c.headings.missing(form)]
    if not whole:
        best = max(candidates, key=lambda candidate: len(candidate.headings.columns))
        names.refuse_unusable(best.headings, best.sheet.name)
    filled: list[tuple[_Candidate, Grid]] = []
    for candidate in whole:
        grid = _grid(package, candidate)
        if _filled_rows(grid, candidate.headings):
            filled.append((candidate, grid))
    if not filled:
        raise WorkbookRefused(
            Message(
                "no-rows",
                "Sheet {sheet} has no filled rows below its headings. Fill in at least one row and "
                "send the workbook again.",
                {"sheet": whole[0].sheet.name},
            )
        )
    if len(filled) > 1:
        raise WorkbookRefused(
            Message(
                "two-sheets",
                "The workbook holds two sheets with requests: {first} and {second}. Send one sheet in "
                "each workbook.",
                {"first": filled[0][0].sheet.name, "second": filled[1][0].sheet.name},
            )
        )
    (sheet, headings), grid = filled[0]
    names.refuse_unusable(headings, sheet.name)
    how = Conversion(language, package.formats, package.date1904)
    rows = _rows(grid, headings, form, how)
    expected_rows, expected_total = control_values(grid, headings.row, how)
    return Sheet(
        name=sheet.name,
        header_row=headings.row,
        rows=rows,
        sha256=package.sha256,
        expected_rows=expected_rows,
        expected_total=expected_total,
        total=_total(rows, form),
        remarks=(*names.remarks(headings), *_unread_rows(grid, headings)),
    )


def _grid(package: Package, candidate: _Candidate) -> Grid:
    return read_grid(
        package.markup(candidate.sheet.part),
        package.strings,
        only=frozenset(candidate.headings.columns.values()),
        whole_to=candidate.headings.row,
    )


def _filled_rows(grid: Grid, headings: Headings) -> list[int]:
    return [n for n in sorted(grid.rows) if n > headings.row and grid.rows[n]]


def _rows(grid: Grid, headings: Headings, form: Form, how: Conversion) -> tuple[SheetRow, ...]:
    rows: list[SheetRow] = []
    absent = [c for c in form.columns if c.field not in headings.columns]
    present = [(c, headings.columns[c.field]) for c in form.columns if c.field in headings.columns]
    for number in _filled_rows(grid, headings):
        raw = grid.rows[number]
        cells = {
            column.field: how.cell(raw.get(place), column, address(number, place))
            for column, place in present
        }
        for column in absent:
            cells[column.field] = Cell("", "")
        rows.append(SheetRow(number, cells, number in grid.hidden))
    return tuple(rows)


def _total(rows: tuple[SheetRow, ...], form: Form) -> Decimal | None:
    """The control total over all rows in which every factor could be read and none is empty."""
    if not form.total_of:
        return None
    total = Decimal(0)
    for row in rows:
        product = Decimal(1)
        for field in form.total_of:
            value = row.cells[field].value
            if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
                break
            product *= value
        else:
            total += product
    return total


def _unread_rows(grid: Grid, headings: Headings) -> list[Message]:
    """A remark on rows whose only content stands in columns that are not read."""
    filled = set(_filled_rows(grid, headings))
    numbers = sorted(n for n in grid.elsewhere if n > headings.row and n not in filled)
    if not numbers:
        return []
    named = [str(number) for number in numbers[:_MOST_NAMED]]
    if len(numbers) > _MOST_NAMED:
        named.append("…")
    return [
        Message(
            "rows-not-read",
            "These rows have nothing in the form's columns and were not read: {found}.",
            {"found": ", ".join(named)},
        )
    ]
