"""Answering tried on every file of a folder of real workbooks, made by many programs.

The folder is named by PARAPLU_TEST_WORKBOOKS, else it is ../shared/workbooks beside the repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from paraplu import RowAnswer, WorkbookRefused
from paraplu_spreadsheet.answering import answered_parts
from paraplu_spreadsheet.grid import read_grid
from paraplu_spreadsheet.package import Package

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(
    os.environ.get("PARAPLU_TEST_WORKBOOKS") or REPOSITORY.parent / "shared" / "workbooks"
)
HEADINGS = ("Paraplu status", "Paraplu result", "Paraplu note")
ANSWER = RowAnswer("Done", "=1+1", "æøå <&> €\nsecond line", "good")

CALAMINE = """
import json, sys
from python_calamine import CalamineWorkbook
for line in sys.stdin:
    path, sheet, cells = json.loads(line)
    try:
        found = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet)
        top, left = found.start or (0, 0)
        rows = found.to_python(skip_empty_area=True)
        got = [rows[r - 1 - top][c - 1 - left] for r, c in cells]
    except BaseException as error:
        got = type(error).__name__
    print(json.dumps(got), flush=True)
"""


class Calamine:
    """An independent reader, in a child because it can abort on a file."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def values(self, path: Path, sheet: str, cells: list[tuple[int, int]]) -> object:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-c", CALAMINE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(json.dumps([str(path), sheet, cells]) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            self._child.wait()
            return "aborted"
        return json.loads(line)

    def close(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
            self._child.wait()
            assert self._child.stdout is not None
            self._child.stdout.close()


@pytest.fixture
def calamine() -> Iterator[Calamine]:
    reader = Calamine()
    yield reader
    reader.close()


def openpyxl_values(path: Path, sheet: str, cells: list[tuple[int, int]]) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True)
            found = book[sheet]
            found.reset_dimensions()
            got = []
            last = max(row for row, _ in cells)
            rows = {
                number: {cell.column: cell.value for cell in row if cell.value is not None}
                for number, row in enumerate(found.iter_rows(max_row=last), 1)
            }
            got = [rows[r].get(c) for r, c in cells]
            book.close()
            return got
    except Exception as error:
        return type(error).__name__


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no folder of workbooks at {FOLDER.name}")
def test_every_workbook_of_the_folder_is_answered_without_loss_or_refused_by_name(
    tmp_path: Path, calamine: Calamine, record_property: pytest.RecordProperty
) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for path in sorted(FOLDER.iterdir()):
        if path.suffix == ".tsv" or not path.is_file():
            continue  # the folder's own list of sources
        try:
            problems = _answer(path, tmp_path / "answered.xlsx", calamine, counts)
        except WorkbookRefused as refused:
            counts[f"refused: {refused.message.code}"] += 1
            assert str(refused)
            continue
        wrong += [f"{path.name}: {problem}" for problem in problems]
    print(json.dumps(dict(sorted(counts.items())), indent=1))
    record_property("counts", dict(counts))
    assert not wrong, "\n".join(wrong)
    assert counts["answered"] > 0


def _answer(path: Path, target: Path, calamine: Calamine, counts: Counter[str]) -> list[str]:
    package = Package.open(path)
    if not package.sheets:
        counts["no worksheet"] += 1
        return []
    sheet = package.sheets[0]
    grid = read_grid(package.markup(sheet.part), package.strings)
    header = min(grid.rows, default=1)
    answers = {header + 1: ANSWER, header + 3: ANSWER}
    answered = answered_parts(package, sheet.part, header, answers, HEADINGS)
    target.write_bytes(package.container.rewritten(answered.parts))
    counts["answered"] += 1
    problems = list(_differences(path, target, set(answered.parts)))
    allowed = {sheet.part, package.related("styles")}
    if extra := set(answered.parts) - allowed:
        problems.append(f"changed also {extra}")

    cells = [(header, c) for c in answered.columns]
    cells += [(header + 3, c) for c in answered.columns]
    written = [*HEADINGS, ANSWER.status, ANSWER.result, ANSWER.note]
    before = [(min(grid.rows), min(grid.rows[min(grid.rows)]))] if grid.rows else []
    for name, read in (("openpyxl", openpyxl_values), ("calamine", calamine.values)):
        got = read(target, sheet.name, cells)
        if got == written:
            counts[f"read back by {name}"] += 1
            continue
        original = read(path, sheet.name, before)
        if isinstance(got, str) and isinstance(original, str):
            counts[f"{name} opens neither"] += 1
            continue
        problems.append(f"{name} reads {got!r}")
    # Ours reads it too, and every cell that was there before is there still.
    again = Package.open(target)
    after = read_grid(again.markup(sheet.part), again.strings)
    for number, row in grid.rows.items():
        for column, cell in row.items():
            if after.rows.get(number, {}).get(column) != cell:
                problems.append(f"row {number}, column {column} changed")
    return problems


def _differences(before: Path, after: Path, changed: set[str]) -> Iterator[str]:
    """Entries that differ in name, order, packed bytes or anything a directory says of them."""
    old, new = zipfile.ZipFile(before), zipfile.ZipFile(after)
    old_bytes, new_bytes = before.read_bytes(), after.read_bytes()
    if [i.filename for i in old.infolist()] != [i.filename for i in new.infolist()]:
        yield "entries differ"
        return
    if old.comment != new.comment:
        yield "comment differs"
    lower = {name.lower() for name in changed}
    for was, now in zip(old.infolist(), new.infolist(), strict=True):
        if was.filename.replace("\\", "/").lower() in lower:
            continue
        for fact in (
            "CRC",
            "file_size",
            "compress_size",
            "compress_type",
            "flag_bits",
            "date_time",
        ):
            if getattr(was, fact) != getattr(now, fact):
                yield f"{was.filename}: {fact} differs"
        if _packed(old_bytes, was) != _packed(new_bytes, now):
            yield f"{was.filename}: packed bytes differ"


def _packed(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """The local header and the packed content of an entry."""
    at = entry.header_offset
    name, extra = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
    return data[at : at + 30 + name + extra + entry.compress_size]
