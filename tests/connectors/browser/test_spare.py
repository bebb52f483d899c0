"""A browser that waits is used once, and one that died while it waited is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from paraplu import SessionTerms, SettingsWrong
from paraplu_browser import launch, spare
from paraplu_browser.connector import BrowserConnector
from paraplu_browser.launch import _process_of

pytestmark = pytest.mark.browser

connector = BrowserConnector()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    connector.cool()
    assert spare._spares == {}


def waiting() -> int:
    """The process id of the browser that waits."""
    found = _process_of(spare._spares[os.getpid(), threading.get_ident()].browser)
    assert found is not None
    return found


def gone(process: int) -> bool:
    """Whether a process has ended within seconds; one that only waits to be counted out has."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def used(site: Any) -> int:
    """The process id of the browser that a session works in, after it has opened a page."""
    with connector.open(SessionTerms(site.address), lambda action: None) as session:
        session.handle.goto("/")
        assert session.handle.title() == "Form"
        found = _process_of(session.handle.context.browser)
    assert found is not None
    return found


def test_the_next_session_takes_the_browser_that_waits_and_no_other_does(site: Any) -> None:
    connector.warm()
    ahead = waiting()
    assert used(site) == ahead
    assert gone(ahead)
    assert used(site) != ahead


def test_warming_twice_starts_one_browser(site: Any) -> None:
    connector.warm()
    ahead = waiting()
    connector.warm()
    assert waiting() == ahead


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_that_died_is_replaced(site: Any) -> None:
    connector.warm()
    dead = waiting()
    os.kill(dead, signal.SIGKILL)
    connector.warm()
    fresh = waiting()
    assert fresh != dead
    os.kill(fresh, signal.SIGKILL)
    assert used(site) not in (dead, fresh)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("which", ["browser", "driver"])
def test_one_that_does_not_answer_is_killed_and_replaced(
    site: Any, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_ANSWERING_LIMIT", 1.0)  # a setting, only shorter
    connector.warm()
    hung = waiting()
    [driver] = {*spare._spares.values()}.pop().processes[1:]
    os.kill(hung if which == "browser" else driver, signal.SIGSTOP)
    assert used(site) != hung
    assert gone(hung)


def test_a_browser_that_waits_in_vain_can_be_let_go_of() -> None:
    connector.warm()
    ahead = waiting()
    connector.cool()
    connector.cool()
    assert gone(ahead)


def test_a_session_inside_another_does_not_disturb_it(site: Any) -> None:
    connector.warm()
    with connector.open(SessionTerms(site.address), lambda action: None) as outer:
        connector.warm()
        with connector.open(SessionTerms(site.address), lambda action: None) as inner:
            inner.handle.goto("/")
        outer.handle.goto("/")


def test_warming_says_when_there_is_no_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("PARAPLU_BROWSER", str(tmp_path / "nothing"))
    with pytest.raises(SettingsWrong):
        connector.warm()


@pytest.mark.slow
def test_a_process_that_ends_takes_the_browser_that_waits_with_it() -> None:
    code = """
import os
from paraplu_browser.connector import BrowserConnector
from paraplu_browser import spare
BrowserConnector().warm()
[one] = spare._spares.values()
print(*one.processes)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    for process in map(int, ended.stdout.split()):
        assert gone(process)
