"""The small file that a spreadsheet program lays beside a workbook while somebody has it open.

Excel: ``~$name``, 165 bytes: a length byte and the user's name in the system's code page, then at byte 55
its length again and the name in UTF-16. LibreOffice: ``.~lock.name#``, fields divided by commas.
"""

from __future__ import annotations

from pathlib import Path

from paraplu import Message, WorkbookRefused

_EXCEL_WIDE_NAME = 55


def refuse_open(path: Path) -> None:
    """Raises `WorkbookRefused` when a lock file says that `path` is open, naming who has it."""
    excel = path.with_name(f"~${path.name}")
    libre = path.with_name(f".~lock.{path.name}#")
    for lock, owner in ((excel, _excel_owner), (libre, _libre_owner)):
        try:
            with lock.open("rb") as file:
                data = file.read(1024)
        except FileNotFoundError:
            continue
        except OSError:
            data = b""  # Excel keeps its own lock file to itself on Windows
        raise in_use(path, owner(data))


def in_use(path: Path, who: str) -> WorkbookRefused:
    """The refusal for a workbook that is open in a program."""
    if who:
        return WorkbookRefused(
            Message(
                "open-elsewhere",
                "The workbook {file} is open in a spreadsheet program, by {who}. Close it there and "
                "try again.",
                {"file": path.name, "who": who},
            )
        )
    return WorkbookRefused(
        Message(
            "open-in-program",
            "The workbook {file} is open in a program. Close it there and try again.",
            {"file": path.name},
        )
    )


def _excel_owner(data: bytes) -> str:
    at = _EXCEL_WIDE_NAME
    if len(data) > at + 2 and data[at]:
        name = data[at + 2 : at + 2 + 2 * data[at]].decode("utf-16-le", "ignore")
    else:
        name = data[1 : 1 + data[0]].decode("cp1252", "ignore") if data else ""
    return _printable(name)


def _libre_owner(data: bytes) -> str:
    fields = data.decode("utf-8", "ignore").split(",")
    return _printable(next((field for field in fields[:2] if field.strip()), ""))


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()
