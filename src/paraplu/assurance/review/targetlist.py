"""The list of mutations that a target gives, read from a CSV file as such systems write it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from paraplu.assurance.review.reconciliation import Row
from paraplu.errors import Refused

_MOST_BYTES = 200_000_000
_DELIMITERS = ";,\t|"


def read_list(path: Path) -> list[Row]:
    """The rows of a CSV file whose first row names the columns.

    UTF-8 (with or without a byte order mark) or Windows-1252; separated by semicolons, commas, tabs or
    bars, whichever splits the first row most. Raises `Refused` that says what is wrong with the file.
    """
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    if path.stat().st_size > _MOST_BYTES:
        raise Refused(
            f"{path.name} has more than {_MOST_BYTES // 10**6} MB: export a shorter period."
        )
    data = path.read_bytes()
    if data[:4] == b"PK\x03\x04":
        raise Refused(f"{path.name} is a workbook: save its sheet as CSV and give that file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(f"{path.name} cannot be read as CSV: {error}.") from None
    if len(rows) < 1 or not any(cell.strip() for cell in rows[0]):
        raise Refused(f"{path.name} is empty: its first row must name the columns.")
    names = [cell.strip() for cell in rows[0]]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise Refused(f"{path.name} names the column '{doubled[0]}' twice: name each once.")
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise Refused(
                f"Row {number} of {path.name} has {len(cells)} cells, the first row {len(names)}: it is "
                "cut off or not separated by one character throughout."
            )
        found.append(Row(number, dict(zip(names, cells, strict=True))))
    return found
