"""Starts a browser for one session and makes sure that it is gone afterwards, whatever happens.

Playwright runs a helper process (the driver), which runs the browser; the driver ends when this process
does, also by kill -9, and the browser when the driver does.

**One request is one request.** Chromium sends a form a second and a third time by itself when the
connection is cut on a connection that it had used or opened before, POST included (against RFC 9110,
9.2.2): an order whose answer got lost would be placed twice. It does not on a connection made for that
very request. So every request asks for a connection of its own (`Connection: close`), HTTP/2 is off, and
a profile made for the session forbids connections opened ahead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paraplu import SettingsWrong
from paraplu_browser.finder import Browser, find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Started, BrowserContext, Playwright

CLOSING_LIMIT = 10.0
"""The most seconds that closing may take before the processes are killed."""

_ANSWERING_LIMIT = 3.0
"""The most seconds that a browser which only waits may take to answer."""

_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-http2",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_FOLDER = "paraplu-browser-"
_PREFERENCES = {"net": {"network_prediction_options": 2}}  # 2: never connect ahead
_browsers: dict[int, int | None] = {}
"""The process ids of running browsers, by identity: asking takes a while."""

_drivers: dict[int, tuple[Any, Playwright, int]] = {}
"""By thread: Playwright's running driver and how many sessions use it; it can run once in a thread."""


@contextmanager
def started_browser(browser: Browser | None = None) -> Iterator[Started]:
    """A running browser with a profile of its own; it is closed, and gone, at the end.

    Raises `SettingsWrong` when there is no browser or it does not start.
    """
    from playwright.sync_api import Error

    found = browser or find_browser()
    with ExitStack() as stack:
        folder = _temporary_folder()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        driver = _Driver()
        stack.callback(driver.release)
        playwright = driver.playwright
        try:
            profile = _profile(folder)
            context = playwright.chromium.launch_persistent_context(
                profile,
                executable_path=None if found.kind == "playwright" else found.path,
                channel="chromium" if found.kind == "playwright" else None,
                chromium_sandbox=not _is_root(),
                args=list(_QUIET),
                downloads_path=folder / "downloads",
                headless=True,
            )
        except Error as error:
            raise SettingsWrong(
                f"The browser {found.path} ({found.how}) does not start: {_first_line(error)}. Start it by "
                "hand to see why, or let PARAPLU_BROWSER name another one."
            ) from None
        running = context.browser
        if running is None:
            context.close()
            raise SettingsWrong(
                "This Playwright is too old: install the version that Paraplu asks for."
            )
        closing = _Closing(running, driver)
        stack.callback(closing.close)
        yield running


@contextmanager
def fresh_context(browser: Started, address: str) -> Iterator[BrowserContext]:
    """A context of its own in a running browser: no cookies, nothing kept on disk."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 1400, "height": 900},
        accept_downloads=True,
        # Routes do not see what a service worker sends; see `paraplu_browser.traffic`.
        service_workers="block",
        extra_http_headers={"Connection": "close"},
    )
    processes = processes_of(browser)  # now: one that hangs does not tell
    try:
        yield context
    finally:
        with suppress(Exception), _watchdog(CLOSING_LIMIT, *processes):
            context.close()


def processes_of(browser: Started) -> tuple[int, ...]:
    """The process ids of a running browser and of this thread's driver, as far as they tell."""
    driver = _drivers.get(threading.get_ident())
    known = (
        _browsers.get(id(browser)) or _process_of(browser),
        None if driver is None else _process_of_driver(driver[0]),
    )
    return tuple(one for one in known if one is not None)


def kill(process: int) -> None:
    """Kill a browser with all that belongs to it, or a driver. Does nothing when it is gone."""
    _kill(process)


def answers(browser: Started, processes: tuple[int, ...]) -> bool:
    """Whether a browser that waits still does what it is told; its processes are killed if it does not."""
    with suppress(Exception), _watchdog(_ANSWERING_LIMIT, *processes):
        return _process_of(browser) is not None
    return False


class _Driver:
    """Playwright's driver in this thread, shared by sessions that overlap."""

    def __init__(self) -> None:
        from playwright.sync_api import Error, sync_playwright

        self._thread = threading.get_ident()
        running = _drivers.get(self._thread)
        if running is None:
            manager = sync_playwright()
            try:
                running = (manager, manager.start(), 0)
            except Error as error:
                raise SettingsWrong(f"Playwright does not start: {_first_line(error)}.") from None
        self._manager: Any = running[0]
        self.playwright: Playwright = running[1]
        users = running[2]
        _drivers[self._thread] = (self._manager, self.playwright, users + 1)

    @property
    def process(self) -> int | None:
        """The driver's process id, as far as it is known."""
        return _process_of_driver(self._manager)

    def release(self) -> None:
        """Stop the driver when the last session is through with it."""
        manager, playwright, users = _drivers.pop(self._thread, (None, None, 0))
        if manager is not None and playwright is not None and users > 1:
            _drivers[self._thread] = (manager, playwright, users - 1)
            return
        with suppress(Exception), _watchdog(CLOSING_LIMIT, self.process):
            self.playwright.stop()


class _Closing:
    """Closes a browser; kills it when it does not close, or when closing is interrupted."""

    def __init__(self, browser: Started, driver: _Driver) -> None:
        self._browser = browser
        self._process = _browsers[id(browser)] = _process_of(browser)
        self._driver = driver

    def close(self) -> None:
        try:
            with suppress(Exception), _watchdog(CLOSING_LIMIT, self._process, self._driver.process):
                self._browser.close()
        finally:
            _browsers.pop(id(self._browser), None)
            _kill(self._process)


@contextmanager
def _watchdog(seconds: float, *processes: int | None) -> Iterator[None]:
    """Kill the processes when the block takes longer, or is interrupted."""
    timer = threading.Timer(seconds, _kill, processes)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        raise
    except BaseException:
        _kill(*processes)
        raise
    finally:
        timer.cancel()


def _process_of(browser: Started) -> int | None:
    """The process id of a running browser, or None when it does not say."""
    with suppress(Exception):
        session = browser.new_browser_cdp_session()
        told = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        for one in told:
            if one["type"] == "browser":
                return int(one["id"])
    return None


def _process_of_driver(manager: Any) -> int | None:
    """The process id of Playwright's driver; Playwright does not tell it in public."""
    for name in ("_client", "_connection"):
        transport = getattr(getattr(manager, name, None), "_transport", None)
        number = getattr(getattr(transport, "_proc", None), "pid", None)
        if isinstance(number, int):
            return number
    return None


def _kill(*processes: int | None) -> None:
    """Kill processes, and the group of each that leads one (as Playwright's browsers do)."""
    for process in processes:
        if process is None:
            continue
        with suppress(OSError):
            if sys.platform == "win32":
                os.kill(process, signal.SIGTERM)
            elif os.getpgid(process) == process != os.getpgrp():
                os.killpg(process, signal.SIGKILL)
            else:
                os.kill(process, signal.SIGKILL)


def _temporary_folder() -> Path:
    """A folder for this session. Folders of processes that were killed are cleared away first."""
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{_FOLDER}*"):
        owner = re.fullmatch(rf"{_FOLDER}(\d+)-.*", left.name)
        if owner and not _alive(int(owner.group(1))):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))


def _alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 would end it there; the folder waits for the system's own clearing
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _profile(folder: Path) -> Path:
    profile = folder / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(_PREFERENCES), "utf-8")
    return profile


def _is_root() -> bool:
    return sys.platform.startswith("linux") and os.geteuid() == 0


def _first_line(error: Exception) -> str:
    return (
        str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason given"
    )
