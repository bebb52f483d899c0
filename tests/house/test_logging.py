"""The operational log says what happened, never what it happened to."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import BaseModel

from leaks import SECRET, leaks
from paraplu.errors import NothingDone, SettingsWrong, TargetRefused
from paraplu.logging import LogFile, log_to, told, unexpected
from paraplu.settings import load_home

CASE = "0193a5b0-7c1e-7d3a-9d55-0123456789ab"
NAME, NUMBER = "Zbigniew Wörnstrød", "123456782"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "paraplu.log"


@pytest.fixture
def log(file: Path) -> Any:
    return log_to(file)


def test_a_line_has_one_event_name_a_level_a_time_and_fields(log: Any, file: Path) -> None:
    log.bind(run=CASE).info("case_done", case=CASE, state="done", handled=3, client="noordwijk")
    [line] = lines(file)
    moment = datetime.fromisoformat(line.pop("timestamp"))
    assert moment.tzinfo is not None
    assert line == {
        "event": "case_done",
        "level": "info",
        "run": CASE,
        "case": CASE,
        "state": "done",
        "handled": 3,
        "client": "noordwijk",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"name": NAME},
        {"value": 4321},
        {"case": NAME},
        {"case": f"{CASE} {NAME}"},
        {"state": NAME},
        {"state": NUMBER},
        {"client": SECRET},
        {"number": int(NUMBER)},
        {"seconds": float("nan")},
        {"cases": [NAME]},
        {"run": {"of": NAME}},
        {"at": "yesterday"},
        {"error": f"{NAME} is wrong"},
        {"version": SECRET},
        {"machine": NAME},
        {"error_text": NAME},
        {"error_at": NAME},
    ],
)
def test_a_field_that_is_not_known_or_not_safe_is_left_out_and_counted(
    log: Any, file: Path, fields: dict[str, Any]
) -> None:
    log.info("case_done", **fields)
    [line] = lines(file)
    assert line.pop("masked") == 1
    assert set(line) == {"event", "level", "timestamp"}


def test_an_event_that_is_a_sentence_is_not_written(log: Any, file: Path) -> None:
    log.info(f"done with {NAME}")
    log.info("done with %s", NAME)
    assert [line["event"] for line in lines(file)] == ["unnamed", "unnamed"]
    assert leaks([NAME], [file]) == []


def test_instants_and_figures_and_classes_pass(log: Any, file: Path) -> None:
    at = datetime(2026, 11, 20, 16, tzinfo=UTC)
    log.warning(
        "run_paused", again_at=at, seconds=1.5, error=ValueError, machine="Node_7", size=10**9
    )
    [line] = lines(file)
    assert line["again_at"] == "2026-11-20T16:00:00+00:00"
    assert (line["seconds"], line["error"], line["machine"]) == (1.5, "ValueError", "Node_7")
    assert line["size"] == 10**9 and "masked" not in line


def test_debug_is_not_written(log: Any, file: Path) -> None:
    log.debug("looked")
    assert not file.exists()


def raised(what: Callable[[], Any]) -> BaseException:
    try:
        what()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_of_an_exception_of_ours_the_text_is_written_too(
    log: Any, file: Path, tmp_path: Path
) -> None:
    error = raised(lambda: load_home(tmp_path))
    log.error("start_failed", exc_info=error)
    [line] = lines(file)
    assert line["error"] == "SettingsWrong"
    assert line["error_text"].startswith("There is no home of Paraplu in")
    assert line["error_at"].startswith("paraplu/settings.py:")


def test_of_a_strangers_exception_class_and_place_are_written_and_nothing_else(
    log: Any, file: Path
) -> None:
    class Row(BaseModel):
        number: int

    def stranger() -> None:
        Row.model_validate({"number": NAME})

    for error in (
        raised(stranger),
        raised(lambda: json.loads("{" + NAME)),
        raised(lambda: {}[NAME]),  # type: ignore[index]
        NothingDone(f"{NAME} has no salary"),  # raised nowhere, so by nobody we know
        raised(lambda: _raise(NothingDone(NAME))),  # raised by a bot
        raised(lambda: _raise(TargetRefused(SECRET))),
    ):
        log.error("case_failed", case=CASE, exc_info=error)
        assert NAME not in unexpected(error) and SECRET not in unexpected(error)
    assert leaks([NAME, SECRET], [file]) == []
    assert [line["error"] for line in lines(file)] == [
        "ValidationError",
        "JSONDecodeError",
        "KeyError",
        "NothingDone",
        "NothingDone",
        "TargetRefused",
    ]


def _raise(error: Exception) -> None:
    raise error


def test_the_class_of_the_exception_behind_is_told() -> None:
    def both() -> None:
        try:
            _raise(KeyError(NAME))
        except KeyError as error:
            raise SettingsWrong("wrong") from error

    assert told(raised(both))["caused_by"] == "KeyError"


def test_log_exception_finds_the_one_that_is_being_handled(log: Any, file: Path) -> None:
    try:
        _raise(ValueError(NAME))
    except ValueError:
        log.exception("case_failed")
    [line] = lines(file)
    assert line["error"] == "ValueError"


@pytest.mark.parametrize("name", ["apscheduler.executors", "sqlalchemy.pool", "asyncio", "x"])
def test_of_libraries_their_name_and_the_class_is_written(log: Any, file: Path, name: str) -> None:
    try:
        _raise(ValueError(NAME))
    except ValueError:
        logging.getLogger(name).exception("Job %s failed", NAME)
    logging.getLogger(name).info("doing %s", NAME)
    [line] = lines(file)
    assert line["event"] == "library_said"
    assert (line["library"], line["kind"], line["error"]) == (
        name.split(".")[0],
        "error",
        "ValueError",
    )
    assert leaks([NAME], [file]) == []


def test_a_library_that_warns_is_not_heard_on_standard_error(tmp_path: Path) -> None:
    code = f"""
import logging, pathlib
from paraplu.logging import log_to
log_to(pathlib.Path({str(tmp_path / "x.log")!r}))
logging.getLogger("asyncio").error("Future exception was never retrieved: {NUMBER}")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert [line["library"] for line in lines(tmp_path / "x.log")] == ["asyncio"]


def test_what_nobody_catches_is_said_without_the_words_of_strangers(tmp_path: Path) -> None:
    code = f"""
import pathlib, threading
from paraplu.logging import catch_forgotten, log_to
catch_forgotten(log_to(pathlib.Path({str(tmp_path / "x.log")!r})))
class Bad:
    def __del__(self):
        raise ValueError({SECRET!r})
def fail():
    raise ValueError({SECRET!r})
bad = Bad()
del bad
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr == b"paraplu: Paraplu failed with ValueError. Please tell its developers.\n"
    events = [line["event"] for line in lines(tmp_path / "x.log")]
    assert events == ["failed_unheard", "thread_failed", "failed_unexpectedly"]
    assert leaks([SECRET], [tmp_path]) == []


def test_the_log_for_eyes_is_for_a_terminal_only(tmp_path: Path) -> None:
    assert not sys.stderr.isatty()
    log_to(tmp_path / "x.log", console=True).info("started")
    assert lines(tmp_path / "x.log")[0]["event"] == "started"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals of POSIX")
def test_on_a_terminal_the_log_for_eyes_is_as_discreet(tmp_path: Path) -> None:
    import pty

    code = f"""
import pathlib
from paraplu.logging import log_to
log_to(pathlib.Path("unused.log"), console=True).info("case_done", handled=3, name={NAME!r})
"""
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=theirs, cwd=tmp_path, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert b"case_done" in shown and b"handled" in shown and b"masked" in shown
    assert leaks([NAME], [shown]) == []
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log_to(tmp_path / "logs" / "paraplu.log").info("started")


def test_a_full_log_is_moved_aside_and_five_are_kept(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "paraplu.log", largest=100)
    for number in range(100):
        file.write(f"line {number:03} {'x' * 20}\n")
    kept = sorted(one.name for one in tmp_path.iterdir() if one.suffix != ".lock")
    assert kept == ["paraplu.log", *(f"paraplu.log.{number}" for number in range(1, 6))]
    youngest_last = ["paraplu.log.5", "paraplu.log.4", "paraplu.log.3", "paraplu.log.2"]
    whole = "".join((tmp_path / name).read_text() for name in youngest_last)
    numbers = [int(line.split()[1]) for line in whole.splitlines()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert all(len(one.read_bytes()) < 140 for one in tmp_path.iterdir())


def test_several_processes_write_one_log_and_no_line_is_lost_or_torn(tmp_path: Path) -> None:
    code = """
import json, pathlib, sys
from paraplu.logging import LogFile
file = LogFile(pathlib.Path(sys.argv[1]), largest=4000, kept=500)
for number in range(400):
    file.write(json.dumps([sys.argv[2], number, "x" * 50]) + "\\n")
"""
    path = tmp_path / "paraplu.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(number)])
        for number in range(4)
    ]
    assert [one.wait(60) for one in writers] == [0, 0, 0, 0]
    written = [
        tuple(json.loads(line)[:2])
        for one in tmp_path.iterdir()
        for line in one.read_text().splitlines()
    ]
    assert len(written) == 1600
    assert set(written) == {(str(who), number) for who in range(4) for number in range(400)}
    # How many they are depends on how much is written while one of them moves the log aside.
    LogFile(path, largest=4000, kept=500).write("")
    asides = [one for one in tmp_path.glob("paraplu.log.*") if one.suffix != ".lock"]
    assert asides
    assert all(one.stat().st_size >= 4000 for one in asides)
    assert path.stat().st_size < 4000


def test_logs_are_moved_aside_up_to_the_first_gap_only(tmp_path: Path) -> None:
    for name, text in {"log": "x" * 200, "log.1": "one", "log.3": "three"}.items():
        (tmp_path / name).write_text(text)
    LogFile(tmp_path / "log", largest=100).write("new")
    (tmp_path / "log.lock").unlink()
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {
        "log": "new",
        "log.1": "x" * 200,
        "log.2": "one",
        "log.3": "three",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_process_suspended_with_the_lock_stops_no_other(tmp_path: Path) -> None:
    from paraplu.logging import _alone

    path = tmp_path / "paraplu.log"
    path.write_text("x" * 200)
    file = LogFile(path, largest=100)
    with _alone(tmp_path / "paraplu.log.lock") as alone:
        assert alone
        file.write("on it goes\n")
    assert path.read_text().endswith("on it goes\n")
    file.write("and in a new one\n")
    assert path.read_text() == "and in a new one\n"


def test_the_search_itself_finds_every_form() -> None:
    import base64
    from urllib.parse import quote, quote_plus

    hidden = [
        f"x{SECRET}y",
        quote(SECRET, safe=""),
        quote_plus(f"a b {SECRET}"),
        quote(SECRET, safe="").lower(),
        json.dumps({"a": SECRET}),
        json.dumps({"a": SECRET}, ensure_ascii=False),
        *(base64.b64encode(b"abcd"[:shift] + SECRET.encode() + b"xyz") for shift in range(4)),
        *(base64.urlsafe_b64encode(b"abcd"[:shift] + SECRET.encode()) for shift in range(4)),
        repr([SECRET]),
        ascii([SECRET]),
        SECRET.encode("latin-1"),
        SECRET.encode("utf-16"),
    ]
    for place in hidden:
        assert leaks([SECRET], [place]), place
    assert leaks([SECRET], ["p@ss", b"word", quote("something else")]) == []


def test_structlog_is_left_as_it_was_for_others() -> None:
    assert not structlog.is_configured()
