"""Whatever a bot raises about a case, the operational log and the terminal do not repeat it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from bureau import Bureau, booking
from paraplu_ledger import BookingBot
from pydantic import BaseModel

from leaks import SECRET, leaks
from paraplu import Change, Finding, NothingDone, PageChanged, PluginWrong, Refused, TargetRefused
from paraplu.errors import OutcomeUnknown, TargetDown

NAME, BSN = "Zbigniew Wörnstrød", "123456782"
TOLD = f"{NAME} {BSN} {SECRET}"


class Row(BaseModel):
    number: int


def invalid() -> Exception:
    """What pydantic says of a value, with the value."""
    try:
        Row.model_validate({"number": TOLD})
    except ValueError as error:
        return error
    raise AssertionError


ERRORS = (
    *(KeyError(TOLD), ValueError(TOLD), AssertionError(TOLD), invalid(), UnicodeError(TOLD)),
    *(kind(TOLD) for kind in (NothingDone, PageChanged, PluginWrong, Refused, TargetRefused)),
    *(kind(TOLD) for kind in (TargetDown, OutcomeUnknown)),
)


@pytest.mark.parametrize("where", ["check", "change"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_a_bot_raises_is_in_no_log_and_on_no_terminal(
    bureau: Bureau, where: str, error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    class Failing(BookingBot):
        def check(self, case: Any, desk: Any) -> Iterable[Finding]:
            if where == "check":
                raise error
            return super().check(case, desk)

        def change(self, case: Any, desk: Any) -> Change[Any]:
            raise error

    bureau.with_bot(Failing)
    bureau.story(booking("A-1"))
    try:
        raise error
    except Exception:
        bureau.centre.log.exception("case_failed", case=bureau.case("A-1").uid, why=TOLD)
    bureau.close()
    out, err = capfd.readouterr()
    logs = bureau.home / "logs"
    assert any(logs.iterdir())
    assert leaks([NAME, BSN, SECRET], [logs, out, err]) == []


def test_what_libraries_say_in_the_process_of_the_hands_is_on_no_terminal(bureau: Bureau) -> None:
    code = f"""
import logging, pathlib, threading
from paraplu.bootstrap import open_tools

def fail():
    raise ValueError({TOLD!r})

open_tools(pathlib.Path({str(bureau.home)!r}))
logging.getLogger("asyncio").warning("Unknown child process pid %d: %s", 7, {TOLD!r})
thread = threading.Thread(target=fail)
thread.start()
thread.join()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    said = bureau.centre.home.log_file.read_text("utf-8")
    assert "library_said" in said
    assert "thread_failed" in said
    assert leaks([NAME, BSN, SECRET], [said.encode()]) == []
