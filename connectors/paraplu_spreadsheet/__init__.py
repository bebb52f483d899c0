"""The spreadsheet connector: templates out, clients' workbooks in, answers spliced into them.

Reading and answering work on the workbook's own bytes: nothing that a client put into a file is loaded
and saved again. Everything heavy is imported when first used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paraplu import Form, RowAnswer, Sheet, Table

__all__ = ["Spreadsheet", "connector"]


class Spreadsheet:
    """The way to workbooks, as `paraplu.WorkbookConnector` describes it."""

    def template(self, form: Form, language: str) -> bytes:
        """An empty workbook for `form`, with validations, hints and control cells."""
        from paraplu_spreadsheet.template import template

        return template(form, language)

    def tables(self, tables: Sequence[Table]) -> bytes:
        """A workbook with a sheet for each table; the same tables give the same bytes."""
        from paraplu_spreadsheet.tables import tables_for_reading

        return tables_for_reading(tables)

    def read(self, path: Path, form: Form, language: str) -> Sheet:
        """The rows of a client's workbook.

        An optional column that the sheet does not have gives cells with an empty address. Raises
        `WorkbookRefused` for the workbook as a whole; a wrong cell only carries its problem.
        """
        from paraplu_spreadsheet.package import Package
        from paraplu_spreadsheet.reading import read_sheet

        return read_sheet(Package.open(path), form, language)

    def answer(
        self,
        source: Path,
        destination: Path,
        sheet: Sheet,
        answers: Mapping[int, RowAnswer],
        headings: tuple[str, str, str],
    ) -> None:
        """Write `answers` into a copy of `source` that replaces `destination` in one step.

        Raises `WorkbookRefused` when the file is not the one that was read, cannot be answered
        without harm, or is open in a program.
        """
        from paraplu_spreadsheet.answering import answer

        answer(source, destination, sheet, answers, headings)


connector = Spreadsheet()
