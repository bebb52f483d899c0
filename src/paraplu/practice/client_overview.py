"""The second sheet of a client's workbook: sums over its requests, and a chart of them, for itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from paraplu.practice.client_workbook import Dress

_TOP = 3


@dataclass(frozen=True)
class Sums:
    """One table: headings of its three columns, and for each label a count and a sum as formulas."""

    sheet: str
    title: str
    headings: tuple[str, str, str]
    lines: Sequence[tuple[str, str, str]]
    total: str
    money: str
    chart: str


def lay_overview(book: Workbook, dress: Dress, sums: Sums) -> Worksheet:
    """Add the sheet. Its formulas have no results yet: the client's program works them out."""
    sheet: Worksheet = book.create_sheet(sums.sheet)
    sheet["A1"] = sums.title
    sheet["A1"].font = Font(size=14, bold=True, color=dress.dark)
    for column, text in enumerate(sums.headings, 1):
        cell = sheet.cell(_TOP, column, text)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor=dress.dark)
    last = _TOP
    for last, (label, count, amount) in enumerate(sums.lines, _TOP + 1):
        sheet.cell(last, 1, label).number_format = "@"
        sheet.cell(last, 2, f"={count}").number_format = "0"
        sheet.cell(last, 3, f"={amount}").number_format = sums.money
    sheet.cell(last + 1, 1, sums.total).font = Font(bold=True)
    for column, look in ((2, "0"), (3, sums.money)):
        letter = "ABC"[column - 1]
        cell = sheet.cell(last + 1, column, f"=SUM({letter}{_TOP + 1}:{letter}{last})")
        cell.number_format = look
        cell.font = Font(bold=True)
    for letter, width in (("A", 30), ("B", 14), ("C", 18)):
        sheet.column_dimensions[letter].width = width
    chart = BarChart()
    chart.type, chart.style, chart.title = "bar", 10, sums.chart
    chart.add_data(Reference(sheet, min_col=2, min_row=_TOP, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=_TOP + 1, max_row=last))
    chart.legend = None
    chart.height, chart.width = 8.5, 15
    sheet.add_chart(chart, f"E{_TOP}")
    return sheet
