"""A file is judged by its first bytes, and what is no workbook is refused with what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paraplu import Form, WorkbookRefused
from paraplu_spreadsheet import connector

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def wide(name: str) -> bytes:
    return name.encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "file-empty", "0 bytes"),
        (OLE + wide("Workbook"), "legacy-workbook", ".xls"),
        (OLE + wide("Book"), "legacy-workbook", "save it as an excel workbook"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(100), "legacy-workbook", ".xls"),
        (OLE + wide("EncryptionInfo") + wide("EncryptedPackage"), "encrypted", "protection off"),
        (OLE + wide("WordDocument"), "not-a-workbook", ".xlsx"),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf", "PDF"),
        (b"Kenmerk;Bedrag\r\nA-1;12,50\r\n", "plain-text", "CSV"),
        ("Kenmerk\tBedrag\n".encode("utf-16"), "plain-text", "CSV"),
        (b"\xef\xbb\xbfKenmerk,Bedrag\n", "plain-text", "CSV"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web-page", "web page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "xml-spreadsheet",
            "2003",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not-a-workbook", ".xlsx"),
        (b"PK\x03\x04 and then nothing", "damaged", "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_by_name(
    tmp_path: Path, form: Form, data: bytes, code: str, words: str
) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(data)
    with pytest.raises(WorkbookRefused) as refused:
        connector.read(path, form, "nl")
    assert refused.value.message.code == code
    assert words.lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "open-document"),
        ({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01"}, "binary-workbook"),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<d/>"}, "other-document"),
        ({"[Content_Types].xml": b"<Types/>"}, "not-a-workbook"),
        ({"photo.jpg": b"\xff\xd8"}, "not-a-workbook"),
    ],
)
def test_other_zip_files_are_refused_by_name(
    tmp_path: Path,
    form: Form,
    make_zip: Callable[..., bytes],
    parts: dict[str, bytes],
    code: str,
) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(make_zip(parts))
    with pytest.raises(WorkbookRefused) as refused:
        connector.read(path, form, "en")
    assert refused.value.message.code == code


def test_a_workbook_under_another_name_is_read(
    form: Form, authored: Callable[..., Path], filled: list[list[object]]
) -> None:
    path = authored(filled)
    renamed = path.rename(path.with_name("orders.csv"))
    assert len(connector.read(renamed, form, "en").rows) == 2


def test_a_workbook_with_macros_is_read(
    form: Form,
    handmade: Callable[..., Path],
    authored: Callable[..., Path],
    filled: list[list[object]],
) -> None:
    import openpyxl

    path = authored(filled)
    book = openpyxl.load_workbook(path)
    book.template = False
    macros = path.with_suffix(".xlsm")
    book.save(macros)
    import zipfile

    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macros")
    assert len(connector.read(macros, form, "en").rows) == 2


def test_a_missing_file_is_refused_by_name(tmp_path: Path, form: Form) -> None:
    with pytest.raises(WorkbookRefused, match=r"gone\.xlsx") as refused:
        connector.read(tmp_path / "gone.xlsx", form, "en")
    assert refused.value.message.code == "file-missing"
