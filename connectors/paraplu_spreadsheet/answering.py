"""Answers beside the rows of a client's own workbook, every other byte of which stays what it was.

The three columns are filled where an earlier answer put them, else added behind the headings, outside of
tables, merged blocks and pivot tables. No formula is ever overwritten, so that the calculation chain
stays valid. New columns ask for no recalculation: they stand where no formula looks yet. When the columns
of an earlier answer are filled again in a workbook with formulas, which may count them, the workbook is
marked to be calculated when it is opened (`fullCalcOnLoad`): the one change outside of sheet and styles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from paraplu import Message, PluginWrong, RowAnswer, Sheet, WorkbookRefused
from paraplu_spreadsheet import lockfile
from paraplu_spreadsheet.address import LAST_COLUMN, Area, address, position
from paraplu_spreadsheet.anatomy import Anatomy, anatomy
from paraplu_spreadsheet.grid import read_grid
from paraplu_spreadsheet.markup import local_names, set_attribute
from paraplu_spreadsheet.package import Package
from paraplu_spreadsheet.replacement import replace
from paraplu_spreadsheet.splice import NewCell, spliced
from paraplu_spreadsheet.strings import escaped, unescaped
from paraplu_spreadsheet.stylesheet import Stylesheet
from paraplu_spreadsheet.wording import plain

WIDTHS = ((16.0, 36.0), (24.0, 44.0), (60.0, 60.0))
"""Of the status, result and note column, in characters: at least, and at most to show the longest text."""

_REFERRING = local_names("table", "location")
_CALCULATION = local_names("calcPr")


class Block(Enum):
    """What may be in the way of an answer."""

    MERGED = "merged"
    FORMULA = "formula"
    TABLE = "table"
    PIVOT = "pivot"


class Answered(NamedTuple):
    """The parts of a workbook that answers change, and the columns in which they stand."""

    parts: dict[str, bytes]
    columns: tuple[int, int, int]


def answer(
    source: Path,
    destination: Path,
    sheet: Sheet,
    answers: Mapping[int, RowAnswer],
    headings: tuple[str, str, str],
) -> None:
    """See `paraplu.WorkbookConnector.answer`."""
    lockfile.refuse_open(destination)
    package = Package.open(source)
    if package.sha256 != sheet.sha256:
        raise WorkbookRefused(
            Message(
                "changed-meanwhile",
                "The workbook {file} has changed since it was read, so that the answers may belong to "
                "other rows. Take the changed workbook in again.",
                {"file": source.name},
            )
        )
    part = next((s.part for s in package.sheets if s.name == sheet.name), None)
    if part is None:
        raise PluginWrong(f"the workbook has no sheet of that name any more: {source.name}")
    own = {
        position(cell.address)[1]
        for row in sheet.rows
        for cell in row.cells.values()
        if cell.address
    }
    answered = answered_parts(package, part, sheet.header_row, answers, headings, own)
    data = package.container.rewritten(answered.parts)
    _look_again(data, part, answered.columns, answers)
    replace(destination, data)


def _widths(columns: tuple[int, int, int], answers: Iterable[RowAnswer]) -> dict[int, float]:
    """Wide enough for the longest line of each column, within reason."""
    longest = [0, 0, 0]
    for given in answers:
        for index, text in enumerate((given.status, given.result, given.note)):
            longest[index] = max(longest[index], *(len(line) + 2 for line in text.split("\n")))
    return {
        column: min(max(float(length), least), most)
        for column, length, (least, most) in zip(columns, longest, WIDTHS, strict=True)
    }


def answered_parts(
    package: Package,
    part: str,
    header_row: int,
    answers: Mapping[int, RowAnswer],
    headings: tuple[str, str, str],
    own: Iterable[int] = (),
) -> Answered:
    """The changed parts of `package` with `answers` written into the worksheet `part`.

    `own` are the columns of the form, which never count as columns of an answer. Raises
    `WorkbookRefused` when that would do harm, ValueError for a row above the headings.
    """
    if any(number <= header_row for number in answers):
        raise ValueError("an answer stands below the heading row")
    if package.signed:
        raise WorkbookRefused(
            Message(
                "signed",
                "The workbook carries a digital signature, which an answer would break. Send it "
                "unsigned.",
            )
        )
    markup = package.markup(part)
    top = read_grid(markup, package.strings, stop_after=header_row)
    heading_cells = top.rows.get(header_row, {})
    last = max(heading_cells, default=0)
    present = _present({c: cell.text for c, cell in heading_cells.items()}, headings, set(own))
    kept = {*(present or ()), last}
    found = anatomy(markup, header_row, {header_row, *answers}, kept, last + 1)
    blocks = _blocks(package, part, found)
    if present:
        columns = present
        _refuse_blocked(found, blocks, columns, answers)
    else:
        columns = _free(found, blocks, header_row, last + 1)
    styles_part = package.related("styles")
    styles = Stylesheet(package.markup(styles_part) if styles_part else None)
    rows: dict[int, dict[int, NewCell]] = {}
    if not present:
        beside = _style_beside(found, header_row, last) or None
        rows[header_row] = {
            column: NewCell(text, beside) for column, text in zip(columns, headings, strict=True)
        }
    for number, given in answers.items():
        beside = _style_beside(found, number, last) or 0
        rows[number] = {
            columns[0]: NewCell(given.status, styles.status(given.tone, beside)),
            columns[1]: NewCell(given.result, styles.words(beside, wrap=False)),
            columns[2]: NewCell(given.note, styles.words(beside, wrap=True)),
        }
    widths = {} if present else _widths(columns, answers.values())
    parts = {part: spliced(markup, found, rows, widths)}
    changed = styles.changed()
    if styles_part and changed is not None:
        parts[styles_part] = changed
    if present and package.related("calcChain"):
        parts |= _calculated_when_opened(package)
    return Answered(parts, columns)


def _calculated_when_opened(package: Package) -> dict[str, bytes]:
    """The workbook part with its formulas marked to be calculated when it is opened."""
    markup = package.markup(package.workbook)
    parser = markup.reader()
    starts: list[int] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name in _CALCULATION:
            starts.append(parser.CurrentByteIndex)

    parser.StartElementHandler = start
    markup.read(parser)
    if not starts:
        return {}
    end = markup.tag_end(starts[0])
    tag = set_attribute(markup.data[starts[0] : end], "fullCalcOnLoad", "1")
    return {package.workbook: markup.restored(markup.data[: starts[0]] + tag + markup.data[end:])}


def _present(
    texts: Mapping[int, str], headings: tuple[str, str, str], own: set[int]
) -> tuple[int, int, int] | None:
    """The columns of an earlier answer: all three headings, together or each in one place.

    A client's own column that happens to be called like one of them is left alone.
    """
    wanted = [plain(heading) for heading in headings]
    named = {column: plain(text) for column, text in texts.items() if column not in own}
    for column in sorted(named, reverse=True):
        if [named.get(column + step) for step in range(3)] == wanted:
            return column, column + 1, column + 2
    places = [[column for column, name in named.items() if name == heading] for heading in wanted]
    if all(len(place) == 1 for place in places):
        return places[0][0], places[1][0], places[2][0]
    return None


def _blocks(package: Package, part: str, found: Anatomy) -> list[tuple[Area, Block]]:
    """Areas that a new cell must stay out of."""
    blocks = [(area, Block.MERGED) for area in found.merged]
    blocks += [(area, Block.FORMULA) for area in found.arrays]
    areas: list[Area] = []

    def take(name: str, attributes: dict[str, str]) -> None:
        if name in _REFERRING and "ref" in attributes:
            areas.append(Area.parse(attributes["ref"]))

    for relation in package.relations(part).values():
        kind = {"table": Block.TABLE, "pivotTable": Block.PIVOT}.get(relation.kind)
        if kind is not None and relation.target in package.container:
            areas.clear()
            package.markup(relation.target).each(take)
            blocks += [(area, kind) for area in areas]
    return blocks


def _refuse_blocked(
    found: Anatomy,
    blocks: list[tuple[Area, Block]],
    columns: tuple[int, int, int],
    answers: Iterable[int],
) -> None:
    """An earlier answer's columns must still be plain cells (in a table they may be)."""
    barred = [(area, kind) for area, kind in blocks if kind is not Block.TABLE]
    for number in sorted(answers):
        for column in columns:
            for area, kind in barred:
                if area.holds(number, column):
                    raise _blocked(number, column, kind)
        row = found.rows.get(number)
        for cell in row.cells if row else ():
            if cell.column in columns and cell.formula:
                raise _blocked(number, cell.column, Block.FORMULA)


def _blocked(row: int, column: int, kind: Block) -> WorkbookRefused:
    place = {"address": address(row, column)}
    if kind is Block.MERGED:
        return WorkbookRefused(
            Message(
                "answer-in-merged",
                "The answer cannot be written: {address} lies in a merged block of cells. Undo the "
                "merging and send the workbook again.",
                place,
            )
        )
    if kind is Block.PIVOT:
        return WorkbookRefused(
            Message(
                "answer-in-pivot",
                "The answer cannot be written: {address} lies in a pivot table. Move the pivot table "
                "and send the workbook again.",
                place,
            )
        )
    return WorkbookRefused(
        Message(
            "answer-in-formula",
            "The answer cannot be written: {address} holds a formula. Remove it and send the "
            "workbook again.",
            place,
        )
    )


def _free(
    found: Anatomy, blocks: list[tuple[Area, Block]], header_row: int, first: int
) -> tuple[int, int, int]:
    """The first three columns together, from `first` on, with nothing in them from the headings down."""
    taken = set(found.occupied)
    for area, _ in blocks:
        if area.bottom >= header_row:
            taken.update(range(max(area.left, first), area.right + 1))
    column = first
    while column + 2 <= LAST_COLUMN:
        blocked = [c for c in range(column, column + 3) if c in taken]
        if not blocked:
            return column, column + 1, column + 2
        column = max(blocked) + 1
    raise WorkbookRefused(
        Message(
            "no-room",
            "There is no room for the answer to the right of the headings. Delete what stands in the "
            "last columns of the sheet and send the workbook again.",
        )
    )


def _style_beside(found: Anatomy, number: int, column: int) -> int | None:
    row = found.rows.get(number)
    if row is None:
        return None
    return next((cell.style for cell in row.cells if cell.column == column), None)


def _look_again(
    data: bytes, part: str, columns: tuple[int, int, int], answers: Mapping[int, RowAnswer]
) -> None:
    """Open what is about to be handed out, and find every answer in it. Raises `PluginWrong`."""
    package = Package(data)
    grid = read_grid(package.markup(part), package.strings, only=frozenset(columns))
    for number, given in answers.items():
        cells = grid.rows.get(number, {})
        for column, text in zip(columns, (given.status, given.result, given.note), strict=True):
            cell = cells.get(column)
            wanted = unescaped(escaped(text))
            if (cell.text if cell else "") != (wanted if wanted.strip() else ""):
                raise PluginWrong(
                    f"an answer was not found again in {address(number, column)} after writing it; "
                    "the workbook was left as it was"
                )
