"""What a file is, by its first bytes and never by its name; what is no workbook is refused by name."""

from __future__ import annotations

from paraplu import Message, WorkbookRefused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_RECORDS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")


def refuse_other_formats(data: bytes) -> None:
    """Raises `WorkbookRefused` for everything that is not a zip file (see `refuse_other_zips`)."""
    if not data:
        raise WorkbookRefused(
            Message(
                "file-empty", "The file is empty (0 bytes). Save the workbook and send it again."
            )
        )
    if data.startswith(b"PK\x03\x04"):
        return
    if data.startswith(_OLE):
        _refuse_compound_file(data)
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(_OLD_RECORDS):
        raise _legacy()
    if data.startswith(b"%PDF"):
        raise WorkbookRefused(
            Message("pdf", "The file is a PDF, not a workbook. Send the workbook it was made from.")
        )
    if head.startswith(b"<?xml") and b"schemas-microsoft-com:office:spreadsheet" in head:
        raise WorkbookRefused(
            Message(
                "xml-spreadsheet",
                "The file is an XML spreadsheet of 2003. Open it in Excel, save it as an Excel "
                "workbook (.xlsx) and send that file.",
            )
        )
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        raise WorkbookRefused(
            Message(
                "web-page",
                "The file is a web page that a program saved under the name of a workbook. Open it "
                "in Excel, save it as an Excel workbook (.xlsx) and send that file.",
            )
        )
    if _is_text(data[:4096]):
        raise WorkbookRefused(
            Message(
                "plain-text",
                "The file is plain text (such as CSV), not a workbook. Open it in Excel, save it as "
                "an Excel workbook (.xlsx) and send that file.",
            )
        )
    raise not_a_workbook()


def refuse_other_zips(names: list[str], mimetype: bytes) -> None:
    """Raises `WorkbookRefused` for a zip file that is not an Office Open XML workbook.

    `names` are its entries, `mimetype` the content of the entry of that name, else empty.
    """
    lower = {name.lower() for name in names}
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        raise WorkbookRefused(
            Message(
                "open-document",
                "The file is an OpenDocument file (.ods). Save it as an Excel workbook (.xlsx) and "
                "send that file.",
            )
        )
    if "xl/workbook.bin" in lower:
        raise WorkbookRefused(
            Message(
                "binary-workbook",
                "The file is a binary workbook (.xlsb). Save it as an Excel workbook (.xlsx) and "
                "send that file.",
            )
        )
    if any(name.startswith(("word/", "ppt/")) for name in lower):
        raise WorkbookRefused(
            Message(
                "other-document",
                "The file is a text document or a presentation, not a workbook. Send the workbook.",
            )
        )
    if "[content_types].xml" not in lower:
        raise not_a_workbook()


def not_a_workbook() -> WorkbookRefused:
    """The refusal for a file of an unknown kind."""
    return WorkbookRefused(
        Message(
            "not-a-workbook",
            "The file is not an Excel workbook. Save it in Excel as a workbook (.xlsx) and send that "
            "file.",
        )
    )


def _legacy() -> WorkbookRefused:
    return WorkbookRefused(
        Message(
            "legacy-workbook",
            "The file is a workbook in the format of before 2007 (.xls), whatever its name says. "
            "Save it as an Excel workbook (.xlsx) and send that file.",
        )
    )


def _refuse_compound_file(data: bytes) -> None:
    """An OLE compound file: the names of its streams, in UTF-16, tell what is in it."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise WorkbookRefused(
            Message(
                "encrypted",
                "The workbook is encrypted (by a password or a sensitivity label). Take the "
                "protection off in Excel and send it again.",
            )
        )
    if holds("Workbook") or holds("Book"):
        raise _legacy()
    raise not_a_workbook()


def _is_text(data: bytes) -> bool:
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    odd = sum(byte < 32 and byte not in b"\t\r\n\f" for byte in data.replace(b"\0", b""))
    return odd == 0
