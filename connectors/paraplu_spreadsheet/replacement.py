"""A file replaced in one step: whoever reads it, whenever we stop, finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from paraplu import Message, WorkbookRefused
from paraplu_spreadsheet import lockfile


def replace(path: Path, data: bytes) -> None:
    """Put `data` in place of the file at `path`, or make it; on the disk before the name changes.

    Raises `WorkbookRefused` when the file is open in a program or its folder cannot be written.
    """
    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(8)}.part")
    try:
        # A file of its own name, never an existing one; its rights come from the umask.
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        lockfile.refuse_open(path)
        temporary.replace(path)
    except PermissionError:
        _remove(temporary)
        if path.exists():  # on Windows a file that is open cannot be replaced
            raise lockfile.in_use(path, "") from None
        raise _not_written(path) from None
    except OSError:
        _remove(temporary)
        raise _not_written(path) from None
    except BaseException:
        _remove(temporary)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make the new name durable too, where a folder can be flushed."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _not_written(path: Path) -> WorkbookRefused:
    return WorkbookRefused(
        Message(
            "not-written",
            "The answered workbook {file} could not be written. Check that its folder exists, may be "
            "written to and has room.",
            {"file": path.name},
        )
    )
