"""A workbook that somebody has open is left alone, and the message says who it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paraplu import Form, RowAnswer, WorkbookRefused
from paraplu_spreadsheet import connector

EXCEL = (
    bytes([13])
    + "Mette Sørense".encode("cp1252").ljust(54)
    + bytes([14, 0])
    + "Mette Sørensen".encode("utf-16-le")
).ljust(165, b" ")


def test_excels_lock_file_refuses_reading_and_names_who_has_it_open(
    form: Form, authored: Callable[..., Path], filled: list[list[object]]
) -> None:
    path = authored(filled, name="orders.xlsx")
    lock = path.with_name("~$orders.xlsx")
    lock.write_bytes(EXCEL)
    with pytest.raises(WorkbookRefused, match="by Mette Sørensen") as refused:
        connector.read(path, form, "en")
    assert refused.value.message.code == "open-elsewhere"
    lock.unlink()
    assert len(connector.read(path, form, "en").rows) == 2


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("~$orders.xlsx", b"", "open-in-program"),
        ("~$orders.xlsx", bytes([4]) + b"Anna" + b" " * 50, "open-elsewhere"),
        (".~lock.orders.xlsx#", b",anna,desk,21.11.2026 12:00,file:///home;", "open-elsewhere"),
    ],
)
def test_other_lock_files_are_understood(
    form: Form,
    authored: Callable[..., Path],
    filled: list[list[object]],
    name: str,
    content: bytes,
    code: str,
) -> None:
    path = authored(filled, name="orders.xlsx")
    path.with_name(name).write_bytes(content)
    with pytest.raises(WorkbookRefused) as refused:
        connector.read(path, form, "en")
    assert refused.value.message.code == code
    assert "Close it there" in str(refused.value)


def test_an_open_destination_is_not_replaced(
    form: Form, authored: Callable[..., Path], filled: list[list[object]]
) -> None:
    source = authored(filled, name="source.xlsx")
    sheet = connector.read(source, form, "en")
    destination = source.with_name("answer.xlsx")
    destination.write_bytes(b"as it was")
    destination.with_name("~$answer.xlsx").write_bytes(EXCEL)
    with pytest.raises(WorkbookRefused, match=r"answer\.xlsx is open"):
        connector.answer(
            source,
            destination,
            sheet,
            {2: RowAnswer("Done", "", "", "good")},
            ("Status", "Result", "Note"),
        )
    assert destination.read_bytes() == b"as it was"
