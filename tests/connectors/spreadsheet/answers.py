"""Answers as the tests give them, and what became of a workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from paraplu import Form, RowAnswer
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.answering import answered_parts
from paraplu_spreadsheet.grid import Grid, read_grid
from paraplu_spreadsheet.package import Package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADINGS = ("Status", "Result", "Note")
GOOD = RowAnswer("Done", "Slip 2026-02", "Changed as asked", "good")
WRONG = RowAnswer("Returned", "", "Amount wanted: “twelve” is not a number", "attention")
LATER = RowAnswer("Waiting", "", "Waits for approval", "pending")
Authored = Callable[..., Path]
Handmade = Callable[..., Path]
Rows = list[list[Any]]


def answered(source: Path, form: Form, answers: dict[int, RowAnswer], language: str = "en") -> Path:
    """Answer a workbook in a file beside it."""
    destination = source.with_name("answered.xlsx")
    sheet = connector.read(source, form, language)
    connector.answer(source, destination, sheet, answers, HEADINGS)
    return destination


def shown(path: Path) -> list[list[Any]]:
    """The cells of its first sheet."""
    book = openpyxl.load_workbook(path)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def contents(path: Path) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def spliced(path: Path, header: int, answers: dict[int, RowAnswer]) -> tuple[str, Grid]:
    """The answered worksheet part of a handmade workbook as text, and its cells."""
    package = Package.open(path)
    part = package.sheets[0].part
    parts = answered_parts(package, part, header, answers, HEADINGS).parts
    again = Package(package.container.rewritten(parts))
    return parts[part].decode(), read_grid(again.markup(part), again.strings)
