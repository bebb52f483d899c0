"""Typing that does not trust the page: settle, select all, type, Tab, read back, try again."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Request


class Keyboard:
    """The keyboard of a page, which knows what the page is still waiting for.

    Playwright's own "networkidle" is reached once for a document and never left again, so it tells
    nothing about a page that talks to its server while one types. Make this before the page is opened.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pending: set[Request] = set()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _asked(self, request: Request) -> None:
        if request.resource_type in {"xhr", "fetch"}:
            self._pending.add(request)

    def _answered(self, request: Request) -> None:
        self._pending.discard(request)

    def settle(self, quiet: float = 0.2, patience: float = 60) -> None:
        """Wait until nothing has been asked of the server for `quiet` seconds.

        Raises AssertionError after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        since = time.monotonic()
        while time.monotonic() - since < quiet:
            self._page.wait_for_timeout(25)
            now = time.monotonic()
            if self._pending:
                since = now
                waiting = ", ".join(sorted(request.url for request in self._pending))
                assert now < deadline, f"Still waiting after {patience:.0f} s for {waiting}."

    def enter(
        self,
        field: Locator,
        value: str,
        *,
        same: Callable[[str, str], bool] = str.__eq__,
        leave: bool = True,
        attempts: int = 5,
    ) -> None:
        """Type `value` into `field` until what the field then holds is the `same` as `value`.

        `field` may find another element at every step, as in products that swap it on focus. With
        `leave` it is left by Tab, so that the page may reformat it, before it is read.

        Fields that redraw while one types swallow, double or reorder keystrokes, so the page is given
        the time to settle before and after, and only what was read back counts. Raises AssertionError.
        """
        held = ""
        for _ in range(attempts):
            self.settle()
            field.click()
            field.press("ControlOrMeta+a")
            field.press("Delete")
            field.press_sequentially(value)
            if leave:
                field.press("Tab")
            self.settle()
            held = field.input_value()
            if same(held, value):
                return
        raise AssertionError(
            f"The field holds {held!r} after {attempts} attempts to type {value!r}."
        )
