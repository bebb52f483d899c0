"""What a spreadsheet connector reads out of a client's workbook and writes back into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from paraplu.domain.form import Form
from paraplu.domain.message import Message
from paraplu.errors import Refused

CellValue = str | int | Decimal | date | bool | None


class WorkbookRefused(Refused):
    """A whole workbook that cannot be taken in; `message` says why in words a client understands."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.in_words())
        self.message = message


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: where it is (``C5``), what a person sees in it, and what the declared kind made of it.

    A cell that could not be converted has `value` None and says why in `problem`.
    """

    address: str
    shown: str
    value: CellValue = None
    problem: Message | None = None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One filled row: `number` counts from 1 as Excel does; `cells` by field name, blank ones too."""

    number: int
    cells: Mapping[str, Cell]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one sheet of a workbook that holds requests.

    `sha256` is of the whole file as it was read; `expected_rows` and `expected_total` are what the
    client wrote in the control cells, None where they are empty. `total` is the sum of the form's
    control total over all rows that could be converted.
    """

    name: str
    header_row: int
    rows: tuple[SheetRow, ...]
    sha256: str
    expected_rows: int | None = None
    expected_total: Decimal | None = None
    total: Decimal | None = None
    remarks: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What is written beside one row, in the client's language; `tone` picks the colour."""

    status: str
    result: str
    note: str
    tone: Literal["good", "pending", "attention"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people to read: every cell is text, and stays text whatever it begins with."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class WorkbookConnector(Protocol):
    """The way to workbooks. Languages are codes: ``en``, ``nl``, ``da``."""

    def template(self, form: Form, language: str) -> bytes:
        """An empty workbook of ours for `form`, with validations, hints and control cells."""

    def tables(self, tables: Sequence[Table]) -> bytes:
        """A workbook of ours with a sheet for each table; the same tables give the same bytes."""

    def read(self, path: Path, form: Form, language: str) -> Sheet:
        """The rows of a client's workbook. Raises `WorkbookRefused`; one bad cell refuses nothing."""

    def answer(
        self,
        source: Path,
        destination: Path,
        sheet: Sheet,
        answers: Mapping[int, RowAnswer],
        headings: tuple[str, str, str],
    ) -> None:
        """Write `answers` (by row number) into a copy of `source`, every other byte kept.

        `headings` name the status, result and note columns, which are filled when they exist and
        added behind the last column when not. Replaces `destination` in one step. Raises
        `WorkbookRefused` when the file cannot be answered without harm, or is open in a program.
        """
