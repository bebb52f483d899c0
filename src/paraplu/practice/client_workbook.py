"""A client's own workbook, as its own people would have made it: the sheet that holds requests.

Above the headings stand a title over merged cells, some explanation and the control cells; the columns
are in the client's own order, with columns among them that nobody else reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | Decimal | date | None
Row = Mapping[str, Value]
"""A row of the sheet: values by the key of their column."""

SPARE = 60
"""So many empty rows below the filled ones are prepared for typing."""

_THIN = Side(style="thin", color="FFBFC7CC")


@dataclass(frozen=True)
class Column:
    """A column: `look` is the number format, `own` says that it is for the client's own use."""

    key: str
    heading: str
    width: float
    look: str = "@"
    own: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dress:
    """What makes the sheet this client's: colours (ARGB) and words in its own language."""

    sheet: str
    mark: str
    title: str
    subtitle: str
    explanation: tuple[str, ...]
    rows_label: str
    total_label: str
    dark: str
    pale: str


@dataclass(frozen=True)
class Laid:
    """Where things stand: the sheet, its heading row, first and last filled row, and column letters."""

    sheet: Worksheet
    heading: int
    first: int
    last: int
    letters: Mapping[str, str]

    def cells(self, key: str) -> str:
        """A column's cells for a formula in another sheet."""
        letter = self.letters[key]
        return f"'{self.sheet.title}'!${letter}${self.first}:${letter}${self.last + SPARE}"


def lay_rows(
    book: Workbook, dress: Dress, columns: Sequence[Column], rows: Sequence[Row], total: Decimal
) -> Laid:
    """Fill the first sheet of a new workbook; `total` goes into its control cell."""
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = dress.sheet
    _title(sheet, dress, len(columns))
    row = 4
    for text in dress.explanation:
        sheet.cell(row, 1, text).font = Font(italic=True, color="FF555F66")
        row += 1
    row += 1
    for label, value, look in (
        (dress.rows_label, len(rows), "0"),
        (dress.total_label, total, "#,##0.00"),
    ):
        sheet.cell(row, 1, label).font = Font(bold=True)
        cell = sheet.cell(row, 2, value)
        cell.number_format = look
        cell.fill = PatternFill("solid", fgColor=dress.pale)
        cell.border = Border(_THIN, _THIN, _THIN, _THIN)
        row += 1
    heading = row + 1
    letters = {column.key: get_column_letter(n) for n, column in enumerate(columns, 1)}
    laid = Laid(sheet, heading, heading + 1, heading + len(rows), letters)
    _headings(laid, dress, columns)
    for number, given in enumerate(rows, laid.first):
        for place, column in enumerate(columns, 1):
            _fill(sheet, number, place, column, given.get(column.key))
    _prepare(laid, dress, columns)
    return laid


def _title(sheet: Worksheet, dress: Dress, width: int) -> None:
    """A block like a logo, and the title beside it."""
    sheet.merge_cells("A1:B2")
    logo = sheet["A1"]
    logo.value = dress.mark
    logo.font = Font(name="Georgia", size=20, bold=True, color="FFFFFFFF")
    logo.fill = PatternFill("solid", fgColor=dress.dark)
    logo.alignment = Alignment(horizontal="center", vertical="center")
    for row, text, size in ((1, dress.title, 18), (2, dress.subtitle, 11)):
        sheet.merge_cells(start_row=row, start_column=3, end_row=row, end_column=width)
        cell = sheet.cell(row, 3, text)
        cell.font = Font(size=size, bold=row == 1, color=dress.dark)
        cell.alignment = Alignment(vertical="center", indent=1)
    sheet.row_dimensions[1].height = 30
    sheet.row_dimensions[2].height = 20


def _headings(laid: Laid, dress: Dress, columns: Sequence[Column]) -> None:
    for place, column in enumerate(columns, 1):
        cell = laid.sheet.cell(laid.heading, place, column.heading)
        colour = dress.pale if column.own else dress.dark
        cell.font = Font(bold=True, color=dress.dark if column.own else "FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor=colour)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cell.border = Border(bottom=Side(style="medium", color=dress.dark))
        laid.sheet.column_dimensions[get_column_letter(place)].width = column.width
    laid.sheet.row_dimensions[laid.heading].height = 34


def _fill(sheet: Worksheet, row: int, place: int, column: Column, value: Value) -> None:
    cell = sheet.cell(row, place)
    cell.value = value
    # A number in a column of codes is what Excel makes of a code that was typed into a plain cell.
    cell.number_format = "General" if column.look == "@" and isinstance(value, int) else column.look
    cell.border = Border(bottom=_THIN)
    if column.look == "General":
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _prepare(laid: Laid, dress: Dress, columns: Sequence[Column]) -> None:
    """Choices to pick from, colours that follow what is typed, the view and the printed page."""
    sheet = laid.sheet
    end = laid.last + SPARE
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        for number in range(laid.last + 1, end + 1):
            sheet.cell(number, place).number_format = column.look
        if column.choices:
            words = ",".join(column.choices)
            rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
            rule.add(f"{letter}{laid.first}:{letter}{end}")
            sheet.add_data_validation(rule)
    whole = f"A{laid.first}:{get_column_letter(len(columns))}{end}"
    remark, reference = laid.letters["remark"], laid.letters["reference"]
    sheet.conditional_formatting.add(
        whole,
        FormulaRule(  # type: ignore[no-untyped-call]
            formula=[f"LEN(${remark}{laid.first})>0"],
            fill=PatternFill("solid", bgColor="FFFFF3C4"),
        ),
    )
    sheet.conditional_formatting.add(
        f"{reference}{laid.first}:{reference}{end}",
        FormulaRule(  # type: ignore[no-untyped-call]
            formula=[
                f"COUNTIF(${reference}${laid.first}:${reference}${end},${reference}{laid.first})>1"
            ],
            font=Font(bold=True, color=dress.dark),
        ),
    )
    sheet.freeze_panes = f"B{laid.first}"
    sheet.auto_filter.ref = f"A{laid.heading}:{get_column_letter(len(columns))}{laid.last}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.print_title_rows = f"{laid.heading}:{laid.heading}"
