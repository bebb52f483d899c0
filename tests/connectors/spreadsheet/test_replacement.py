"""A file is the old one or the new one, whenever the writer is stopped."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paraplu import Form, WorkbookRefused
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.package import Package
from paraplu_spreadsheet.replacement import replace

WRITER = """
import sys
from pathlib import Path
from paraplu import Column, Form, Kind, RowAnswer
from paraplu_spreadsheet import connector
source, destination = map(Path, sys.argv[1:])
form = Form("s", {"en": "S"}, (Column("reference", Kind.CODE, {"en": "Reference"}, required=True),))
sheet = connector.read(source, form, "en")
answers = [
    {row.number: RowAnswer(word, "", "note", "good") for row in sheet.rows} for word in ("one", "two")
]
print("ready", flush=True)
for turn in range(10_000):
    connector.answer(source, destination, sheet, answers[turn % 2], ("Status", "Result", "Note"))
"""


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    replace(path, b"one")
    replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
def test_the_rights_of_the_old_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"one")
    path.chmod(0o640)
    replace(path, b"two")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WorkbookRefused, match=r"a\.xlsx could not be written") as refused:
        replace(tmp_path / "gone" / "a.xlsx", b"one")
    assert refused.value.message.code == "not-written"


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, form: Form, authored: Callable[..., Path]
) -> None:
    rows: list[list[Any]] = [["Reference"], *([f"A-{n}"] for n in range(40))]
    source = authored(rows, name="source.xlsx")
    destination = tmp_path / "answered.xlsx"
    random.seed(20261121)
    seen: set[str] = set()
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(source), str(destination)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0.0, 0.2))
        child.kill()
        child.wait()
        child.stdout.close()
        if destination.exists():
            package = Package.open(destination)
            sheet = connector.read(destination, _one_column(form), "en")
            assert len(sheet.rows) == 40
            statuses = _statuses(package)
            assert len(statuses) == 1  # never half of one turn and half of another
            seen |= statuses
    assert seen


def _one_column(form: Form) -> Form:
    return Form(form.service, form.titles, form.columns[:1])


def _statuses(package: Package) -> set[str]:
    from paraplu_spreadsheet.grid import read_grid

    grid = read_grid(package.markup(package.sheets[0].part), package.strings)
    return {row[2].text for number, row in grid.rows.items() if number > 1}
