"""The heading row: found by the names of the form's columns, wherever the client put it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from paraplu import Column, Form, Message, WorkbookRefused
from paraplu_spreadsheet.address import address
from paraplu_spreadsheet.grid import Grid
from paraplu_spreadsheet.wording import plain

LAST_HEADING_ROW = 30
"""How far down a heading row is looked for."""

_NEAR = 0.72


@dataclass(frozen=True, slots=True)
class Headings:
    """A row that names columns of the form. `columns` are the sheet's columns by field name, `extra`
    the headings of other columns by their place, `twice` fields with both of their places.
    """

    row: int
    columns: Mapping[str, int]
    extra: Mapping[int, str]
    twice: Mapping[str, tuple[int, int]]

    def missing(self, form: Form) -> list[Column]:
        """The required columns that are not there."""
        return [c for c in form.columns if c.required and c.field not in self.columns]


class HeadingNames:
    """Every name under which the form's columns may be found."""

    def __init__(self, form: Form, language: str) -> None:
        self.form = form
        self.language = language
        self._fields: dict[str, str] = {}
        # The client's own language first: a word may head another column in another language.
        for column in form.columns:
            self._learn(column.heading(language), column.field)
        for column in form.columns:
            for heading in column.headings.values():
                self._learn(heading, column.field)
        for column in form.columns:
            for alias in (*column.aliases, column.field):
                self._learn(alias, column.field)

    def _learn(self, name: str, field: str) -> None:
        if plain(name):
            self._fields.setdefault(plain(name), field)

    def find(self, grid: Grid) -> Headings | None:
        """The row, of the first `LAST_HEADING_ROW`, that names most columns; None when none does."""
        best: Headings | None = None
        for number in sorted(grid.rows):
            if number > LAST_HEADING_ROW:
                break
            found = self._match(number, grid)
            if found.columns and (best is None or len(found.columns) > len(best.columns)):
                best = found
        return best

    def _match(self, number: int, grid: Grid) -> Headings:
        columns: dict[str, int] = {}
        extra: dict[int, str] = {}
        twice: dict[str, tuple[int, int]] = {}
        for place, cell in sorted(grid.rows[number].items()):
            field = self._fields.get(plain(cell.text)) if cell.kind == "s" else None
            if field is None:
                extra[place] = " ".join(cell.text.split())
            elif field in columns:
                twice.setdefault(field, (columns[field], place))
            else:
                columns[field] = place
        return Headings(number, columns, extra, twice)

    def nearest(self, column: Column, headings: Headings) -> int | None:
        """The place of the heading that could be `column` misspelt, None when none is near."""
        places = {plain(text): place for place, text in headings.extra.items() if plain(text)}
        names = [name for name, field in self._fields.items() if field == column.field]
        best: tuple[float, int] | None = None
        for name in names:
            for near in difflib.get_close_matches(name, places, n=1, cutoff=_NEAR):
                ratio = difflib.SequenceMatcher(None, name, near).ratio()
                if best is None or ratio > best[0]:
                    best = (ratio, places[near])
        return best[1] if best else None

    def refuse_unusable(self, headings: Headings, sheet: str) -> None:
        """Raises `WorkbookRefused` for a heading that stands twice or a required one that is missing."""
        for field, (first, second) in headings.twice.items():
            raise WorkbookRefused(
                Message(
                    "heading-twice",
                    "The heading {heading} stands twice in sheet {sheet}: in {first} and in {second}. "
                    "Keep one of the two columns.",
                    {
                        "heading": self.form.column(field).heading(self.language),
                        "sheet": sheet,
                        "first": address(headings.row, first),
                        "second": address(headings.row, second),
                    },
                )
            )
        missing = headings.missing(self.form)
        if not missing:
            return
        names = ", ".join(column.heading(self.language) for column in missing)
        for column in missing:
            place = self.nearest(column, headings)
            if place is not None:
                raise WorkbookRefused(
                    Message(
                        "heading-misspelt",
                        "In row {row} of sheet {sheet} these headings are missing: {missing}. Did you "
                        "mean {heading} with “{found}” in {address}? Correct the heading and send the "
                        "workbook again.",
                        {
                            "row": headings.row,
                            "sheet": sheet,
                            "missing": names,
                            "heading": column.heading(self.language),
                            "found": headings.extra[place],
                            "address": address(headings.row, place),
                        },
                    )
                )
        raise WorkbookRefused(
            Message(
                "heading-missing",
                "In row {row} of sheet {sheet} these headings are missing: {missing}. Add the columns "
                "and send the workbook again.",
                {"row": headings.row, "sheet": sheet, "missing": names},
            )
        )

    def remarks(self, headings: Headings) -> list[Message]:
        """What to say of columns that are not read: those like an optional heading, then the others."""
        remarks: list[Message] = []
        rest = dict(headings.extra)
        for column in self.form.columns:
            if column.field in headings.columns:
                continue
            place = self.nearest(column, headings)
            if place in rest:
                remarks.append(
                    Message(
                        "heading-looks-like",
                        "The column “{found}” ({address}) was not read. If it is meant to be "
                        "{heading}, correct the heading.",
                        {
                            "found": rest.pop(place),
                            "address": address(headings.row, place),
                            "heading": column.heading(self.language),
                        },
                    )
                )
        if rest:
            remarks.append(
                Message(
                    "columns-not-read",
                    "These columns are not part of the form and were not read: {found}.",
                    {"found": ", ".join(rest.values())},
                )
            )
        return remarks
