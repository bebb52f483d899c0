"""A browser that hangs or dies ends the call that waits for it, and the call says what may have been done."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from paraplu import OutcomeUnknown, SessionTerms, TargetDown
from paraplu_browser import launch
from paraplu_browser.connector import BrowserConnector
from paraplu_browser.launch import processes_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]

SPIN = "setTimeout(() => { while (true) {} }, 0)"
HUNG: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "a script that never ends": (lambda page: page.evaluate("while (true) {}"), OutcomeUnknown),
    "a key that a busy page does not take": (
        lambda page: (page.evaluate(SPIN), page.wait_for_timeout(100), page.keyboard.press("a")),
        OutcomeUnknown,
    ),
    "a look at a busy page": (
        lambda page: (page.evaluate(SPIN), page.wait_for_timeout(100), page.locator("a").count()),
        TargetDown,
    ),
}


def session(site: Any, limit: float) -> Any:
    return BrowserConnector().open(SessionTerms(site.address, action_limit=limit), lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize("what", HUNG)
def test_what_playwright_sets_no_limit_to_ends_all_the_same(site: Any, what: str) -> None:
    act, expected = HUNG[what]
    with session(site, 1.5) as opened:
        processes = processes_of(opened.context.browser)
        opened.handle.goto("/")
        with pytest.raises(expected, match="browser or its page was gone"):
            act(opened.handle)
    assert not psutil.pid_exists(processes[0]) or _ended(processes[0])


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1], ids=["browser", "driver"])
def test_a_session_whose_browser_or_driver_is_suspended_comes_to_an_end(
    site: Any, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "CLOSING_LIMIT", 1.0)  # a setting, only shorter
    with session(site, 1.5) as opened:
        processes = processes_of(opened.context.browser)
        opened.handle.goto("/")
        os.kill(processes[which], signal.SIGSTOP)
        with pytest.raises((OutcomeUnknown, TargetDown)):
            opened.handle.evaluate("1")
    assert all(_ended(one) for one in processes)


@pytest.mark.parametrize("which", [0, 1], ids=["browser", "driver"])
def test_a_browser_that_dies_while_something_is_saved_leaves_the_outcome_unknown(
    site: Any, which: int
) -> None:
    site.pages["/form"] = "<form method=post action=/save-slowly><button>Send</button></form>"
    with session(site, 20) as opened:
        opened.handle.goto("/form")
        victim = processes_of(opened.context.browser)[which]
        killer = threading.Thread(target=_kill_once_posted, args=(site, victim))
        killer.start()
        with pytest.raises(OutcomeUnknown):
            opened.handle.get_by_role("button").click()
        killer.join()
        with pytest.raises((OutcomeUnknown, TargetDown)):
            opened.handle.goto("/form")
    assert len(site.posts) == 1


def _kill_once_posted(site: Any, victim: int) -> None:
    until = time.monotonic() + 20
    while not site.posts and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(victim, signal.SIGKILL)


@pytest.mark.parametrize("which", [0, 1], ids=["browser", "driver"])
def test_a_page_is_not_read_from_a_browser_that_is_gone(site: Any, which: int) -> None:
    with session(site, 20) as opened:
        opened.handle.goto("/")
        os.kill(processes_of(opened.context.browser)[which], signal.SIGKILL)
        with pytest.raises(TargetDown):
            opened.handle.title()
        with pytest.raises(TargetDown):
            opened.handle.get_by_role("row").first.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("end", ["SIGSTOP", "SIGKILL"])
@pytest.mark.parametrize("which", [0, 1], ids=["browser", "driver"])
def test_what_is_expected_of_a_browser_that_hangs_or_is_gone_comes_to_an_end(
    site: Any, which: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "CLOSING_LIMIT", 1.0)  # a setting, only shorter
    with session(site, 1.5) as opened:
        opened.handle.goto("/")
        os.kill(processes_of(opened.context.browser)[which], getattr(signal, end))
        with pytest.raises(TargetDown, match="while something was expected"):
            expect(opened.handle.get_by_text("nothing")).to_be_visible(timeout=500)


def test_what_is_expected_in_vain_is_an_assertion_that_failed(site: Any) -> None:
    with session(site, 5) as opened:
        opened.handle.goto("/")
        expect(opened.handle).to_have_title("Form")
        expect(opened.handle.get_by_text("nothing")).not_to_be_visible()
        with pytest.raises(AssertionError):
            expect(opened.handle.get_by_text("nothing")).to_be_visible(timeout=50)


def test_a_request_of_the_targets_own_is_unknown_when_it_sends_and_gets_no_answer(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session(action_limit=1.0).page
    with pytest.raises(OutcomeUnknown, match="got no answer after it may have been sent"):
        page.request.post("/save-slowly", data="x")
    with pytest.raises(OutcomeUnknown):
        page.request.post("/save-and-cut", data="x")
    assert [path for path, _ in site.posts] == ["/save-slowly", "/save-and-cut"]
    for path in ("/slow", "/cut"):
        with pytest.raises(TargetDown):
            page.request.get(path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(TargetDown, match="cannot be reached"):
        page.request.post(nobody, data="x")


CHILD = """
import sys, time
from paraplu import SessionTerms
from paraplu_browser import connector
with connector.open(SessionTerms(sys.argv[1]), lambda action: None) as session:
    session.handle.goto("/")
    print("open", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suspended", [False, True])
def test_a_parent_that_kills_the_tree_leaves_no_browser(site: Any, suspended: bool) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, site.address], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "open\n"
    tree = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    assert any("chrom" in one.name() for one in tree)
    for one in tree if suspended else ():
        one.suspend()
    for one in tree:
        one.kill()
    child.wait(60)
    assert all(_ended(one.pid) for one in tree)


def _ended(process: int) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
