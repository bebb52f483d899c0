"""A browser comes and goes, whatever happens to the process that opened it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from paraplu import SessionTerms, SettingsWrong
from paraplu_browser import connector
from paraplu_browser.launch import _process_of, started_browser

pytestmark = pytest.mark.browser

CHILD = """
import sys
from paraplu_browser import connector
from paraplu import SessionTerms
with connector.open(SessionTerms(sys.argv[1], action_limit=60), lambda action: None) as session:
    browser = session.context.browser
    from paraplu_browser.launch import _process_of
    session.handle.goto("/")
    print(_process_of(browser), flush=True)
    if sys.argv[2] == "hang":
        session.handle.locator("#nothing").click()
"""


def gone(process: int, within: float = 30.0) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def folders(owner: int) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"paraplu-browser-{owner}-*"))


def test_sessions_one_after_the_other_leave_nothing_behind(site: Any) -> None:
    for _ in range(2):
        with connector.open(SessionTerms(site.address), lambda action: None) as session:
            session.handle.goto("/")
            process = _process_of(session.handle.context.browser)
            assert process is not None
            assert len(folders(os.getpid())) == 1
            size = session.handle.viewport_size
        assert size == {"width": 1400, "height": 900}
        assert gone(process)
        assert folders(os.getpid()) == []


def test_a_session_inside_another_works(site: Any) -> None:
    with connector.open(SessionTerms(site.address), lambda action: None) as outer:
        with connector.open(SessionTerms(site.address), lambda action: None) as inner:
            inner.handle.goto("/")
        outer.handle.goto("/")


def test_an_error_of_the_target_comes_through_and_the_browser_goes(site: Any) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        connector.open(SessionTerms(site.address), lambda action: None) as session,
    ):
        process = _process_of(session.handle.context.browser)
        raise ZeroDivisionError
    assert process is not None and gone(process)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_browser_that_does_not_answer_is_killed(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paraplu_browser import launch

    monkeypatch.setattr(launch, "CLOSING_LIMIT", 1.0)  # a setting, only shorter
    with started_browser() as running:
        process = _process_of(running)
        assert process is not None
        os.kill(process, signal.SIGSTOP)
    assert gone(process)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize(
    ("end", "whole_group"),
    [("SIGINT", True), ("SIGTERM", False), ("SIGKILL", False)],  # Ctrl-C reaches all of them
)
def test_no_browser_outlives_its_process(site: Any, end: str, whole_group: bool) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, site.address, "hang"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    process = int(child.stdout.readline())
    time.sleep(0.3)
    if whole_group:
        os.killpg(child.pid, getattr(signal, end))
    else:
        child.send_signal(getattr(signal, end))
    _, errors = child.communicate(timeout=60)
    assert child.returncode != 0
    assert gone(process)
    if end == "SIGINT":
        # The driver got the signal too, and may have gone before this process heard of it.
        heard = ("KeyboardInterrupt", "Connection closed", "The browser or its page was gone")
        assert any(one in errors for one in heard), errors
        assert folders(child.pid) == []
    # A killed process leaves its folder; the next session clears it away.
    with started_browser():
        assert folders(child.pid) == []


def test_a_browser_that_does_not_start_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "browser"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PARAPLU_BROWSER", str(fake))
    with (
        pytest.raises(SettingsWrong, match="does not start"),
        connector.open(SessionTerms("http://127.0.0.1:9"), lambda action: None),
    ):
        pass
    assert folders(os.getpid()) == []
