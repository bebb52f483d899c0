"""The operational log: for those who run the machines. It may be lost and holds no case content.

One event name and fields. Only fields of the table below pass, and only with values of the safe type
that the table gives them: uids, codes, figures, instants, class names. Whatever else somebody hands over
is left out and counted (`masked`), so that nothing of a case gets in by mistake.

**One file for all processes of a machine**, JSON lines, opened for each line and written in one piece
at its end. A file for each process would leave one behind for every command and every pair of hands, with
nobody to bound their number. Only moving a full file aside takes a lock, and who does not get the lock at
once goes on without: no process, suspended with the lock in hand, can stop another one.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, cast

import structlog

from paraplu.errors import ParapluError, TargetRefused

LARGEST = 10_000_000
"""Bytes of the log that is being written; a larger one is moved aside."""

KEPT = 5
"""How many logs that were moved aside are kept: paraplu.log.1 is the youngest."""

_LONGEST_TEXT = 300
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,59}")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CODE = re.compile(r"[a-z][a-z0-9.-]{0,59}")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_VERSION = re.compile(r"\d{1,5}(\.[0-9a-z]{1,12}){0,5}")
_OURS = ("paraplu", "paraplu_browser", "paraplu_spreadsheet")
"""Packages whose own words are known to hold no case content; a bot's and a target's are not."""


def _uid(value: Any) -> str | None:
    return value if isinstance(value, str) and _UID.fullmatch(value) else None


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _class(value: Any) -> str | None:
    name = value.__name__ if isinstance(value, type) else value
    return name if isinstance(name, str) and _CLASS.fullmatch(name) else None


def _version(value: Any) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


def _figure(value: Any) -> int | float | None:
    """Shorter than what a person has for a number."""
    return value if isinstance(value, int | float) and abs(value) < 1e7 else None


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 1 << 50 else None


def _host(value: Any) -> str | None:
    return value if isinstance(value, str) and _HOST.fullmatch(value) else None


def _moment(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None


_Safe = Callable[[Any], Any]


def _all(check: _Safe, names: str) -> dict[str, _Safe]:
    return dict.fromkeys(names.split(), check)


FIELDS: Mapping[str, _Safe] = {
    **_all(_uid, "case run receipt worker planned_run intent entry person"),
    **_all(_code, "client service target credential schedule connector bot dispatch database"),
    **_all(_code, "ending state purpose code reason step verdict decision stop kind"),
    **_all(_code, "command library signal level"),
    **_all(_figure, "cases handled set_aside due waiting attempts failures crashes exceptions"),
    **_all(_figure, "token slot slots place places process number count seconds wait"),
    **_all(_figure, "exit_code schema rows stopped held planned missed skipped merged taken lost"),
    **_all(_size, "size"),
    **_all(_host, "machine"),
    **_all(_moment, "at until again_at due_at planned_for deadline"),
    **_all(_class, "error caused_by"),
    **_all(_version, "version"),
}
"""The fields that pass, and what makes a value of theirs safe."""


def log_to(path: Path, *, console: bool = False) -> Any:
    """A logger that appends JSON lines to `path`; to nowhere when the folder cannot be written.

    With `console` it writes for eyes on standard error instead, where that is a terminal. An exception is
    handed over as ``exc_info``. What libraries have to say comes in here from now on.
    """
    safe: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        only_safe,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    processors: list[structlog.typing.Processor]
    if console and sys.stderr.isatty():
        processors = [*safe, structlog.dev.ConsoleRenderer(colors=os.name != "nt")]
        stream: TextIO = sys.stderr
    else:
        processors = [*safe, structlog.processors.JSONRenderer(sort_keys=True)]
        stream = cast(TextIO, LogFile(path))
    log = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    _route_to(log)
    return log


class LogFile:
    """A file that several processes append lines to, and that is moved aside when it is full.

    It grows beyond `largest` by what others write while one of them moves it aside.
    """

    def __init__(self, path: Path, *, largest: int = LARGEST, kept: int = KEPT) -> None:
        self._path = path
        self._largest = largest
        self._kept = kept

    def write(self, text: str) -> int:
        """Append a text, in one piece. One that cannot be written (disk full) is lost."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, text.encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _make_room(self) -> None:
        if not self._full():
            return
        with _alone(self._path.with_name(self._path.name + ".lock")) as alone:
            # Another process may have been faster between the look and the lock.
            if not alone or not self._full():
                return
            # Only up to the first gap: while files are renamed, others go on with the one that is full.
            numbers = range(1, self._kept + 1)
            free = next((one for one in numbers if not self._aside(one).exists()), self._kept)
            for number in range(free, 0, -1):
                younger = self._aside(number - 1) if number > 1 else self._path
                with suppress(FileNotFoundError):
                    younger.replace(self._aside(number))

    def _full(self) -> bool:
        try:
            return self._path.stat().st_size >= self._largest
        except FileNotFoundError:
            return False

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether the lock of a file was to be had at once; the system lets go of it when a process dies."""
    with path.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def only_safe(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog that lets only what the table allows pass; tells how much it left out."""
    name = event.pop("event", None)
    named = isinstance(name, str) and _EVENT.fullmatch(name) is not None
    safe: dict[str, Any] = {"event": name if named else "unnamed"}
    masked = 0 if named else 1
    raised = _exception(event.pop("exc_info", None))
    for field, value in event.items():
        check = FIELDS.get(field)
        passed = None if check is None else check(value)
        if passed is not None:
            safe[field] = passed
        elif value is not None:
            masked += 1
    if raised is not None:
        safe.update(told(raised))
    if masked:
        safe["masked"] = masked
    return safe


def told(error: BaseException) -> dict[str, str]:
    """What may be said of an exception: its class, where in our code it came by, the class behind it.

    The text only of an error of ours that our own code raised: a library's may quote what it was given, a
    bot's what it works on, and a target's refusal is in the target's words.
    """
    said = {"error": type(error).__name__}
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__", "")) for frame in frames]
    lines = [line for _frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [number for number, module in enumerate(modules) if module.startswith("paraplu")]
    if ours:
        said["error_at"] = f"{modules[ours[-1]].replace('.', '/')}.py:{lines[ours[-1]]}"
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        said["caused_by"] = type(behind).__name__
    raised_by_us = bool(modules) and modules[-1].partition(".")[0] in _OURS
    if isinstance(error, ParapluError) and not isinstance(error, TargetRefused) and raised_by_us:
        said["error_text"] = " ".join(str(error).split())[:_LONGEST_TEXT]
    return said


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) > 1 and isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


class _Libraries(logging.Handler):
    """Takes what libraries log: which one, how grave, which class of exception. Never their words."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.log: Any = None

    def emit(self, record: logging.LogRecord) -> None:
        """One line for one record; a logger that fails stops nobody."""
        with suppress(Exception):
            self.log.warning(
                "library_said",
                library=record.name.partition(".")[0].lower(),
                kind=record.levelname.lower(),
                number=record.lineno,
                exc_info=record.exc_info,
            )


_libraries = _Libraries()


def _route_to(log: Any) -> None:
    """Let the loggers of libraries end in `log`.

    A handler of the root also keeps Python from printing warnings of libraries, with their texts, itself.
    """
    _libraries.log = log
    root = logging.getLogger()
    if _libraries not in root.handlers:
        root.addHandler(_libraries)


def catch_forgotten(log: Any) -> None:
    """Let exceptions that nobody catches, here, in threads or while objects are taken down, end in `log`.

    For the beginning of a process that is ours alone. Python would print them with their texts, which may
    quote a case. Of one that ends the process standard error says what the log does.
    """
    sys.excepthook = lambda kind, error, trace: _ended_by(log, error.with_traceback(trace))
    threading.excepthook = lambda failed: _thread_ended_by(log, failed)
    sys.unraisablehook = lambda failed: _tell(log, "failed_unheard", failed.exc_value)


def unexpected(error: BaseException) -> str:
    """A sentence about an exception that should not have come, without the text of a stranger."""
    said = told(error)
    text = f" {said['error_text']}" if "error_text" in said else ""
    place = f" at {said['error_at']}" if "error_at" in said else ""
    return f"Paraplu failed with {said['error']}{place}.{text} Please tell its developers."


def _ended_by(log: Any, error: BaseException) -> None:
    if not isinstance(error, KeyboardInterrupt):
        _tell(log, "failed_unexpectedly", error)
        sys.stderr.write(f"paraplu: {unexpected(error)}\n")


def _thread_ended_by(log: Any, failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit:
        _tell(log, "thread_failed", failed.exc_value)


def _tell(log: Any, event: str, error: BaseException | None) -> None:
    with suppress(Exception):
        log.error(event, exc_info=error)
