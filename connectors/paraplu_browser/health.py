"""Whether a session can still do anything, or what it works through has died: a page, browser or driver.

Chromium's pages live in processes of their own, which the system may kill to get memory back; so may it
the browser, and the driver that Playwright runs. An event of a crash may come after the error that it
brings about, or never. So errors are looked at as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from paraplu_browser.faults import closed, crashed

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Error, Page


class Health:
    """The health of one session; `ask` asks its browser for something and takes a limited time."""

    def __init__(self, context: BrowserContext, ask: Callable[[], object]) -> None:
        self._context = context
        self._ask = ask
        self._crashed = False
        context.on("page", self._watch)

    @property
    def broken(self) -> bool:
        """Whether a page crashed, or browser or driver are gone, as far as is known by now."""
        return self._crashed or not self.connected

    @property
    def connected(self) -> bool:
        """Whether the browser is there, as far as Playwright knows."""
        browser = self._context.browser
        return browser is None or browser.is_connected()

    def take_note(self, error: Error) -> None:
        """Look what an error of Playwright's tells.

        What has been closed may be a window that was to be; whether it is all that there was is asked.
        """
        if crashed(error) or (closed(error) and not self._answers()):
            self._crashed = True

    def _answers(self) -> bool:
        with suppress(Exception):
            self._ask()
            return True
        return False

    def _watch(self, page: Page) -> None:
        page.on("crash", self._note_crash)

    def _note_crash(self, _page: Page) -> None:
        self._crashed = True
