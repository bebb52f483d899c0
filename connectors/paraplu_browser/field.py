"""A form field that is typed into, read back, and typed into again with more care.

Products redraw a field while it is being typed into: a script answers each change by drawing the old
value, and what is left is a mixture (0.1790 over 0.1850 became 0.185001790 in a real product). So what
stands in the field is compared with what was typed (see `paraplu_browser.sameness`), and typing is
repeated as a careful person would: wait until the field is at rest, select all, delete, key by key,
leave the field with Tab, look again. A field that still shows something else raises `PageChanged`.

A redraw may also come later than the first look. What was typed is therefore remembered and looked at
once more before anything is clicked or sent with Enter.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paraplu import PageChanged
from paraplu_browser.page_scripts import CLOSE_GATE, LOOK
from paraplu_browser.sameness import same

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Locator, Page

PASSWORD = "password"  # noqa: S105
_TICK = "tick"
_SELECT = "select"
_PICKED = frozenset({"date", "time", "month", "week", "datetime-local", "color", "range"})
_ATTEMPTS = 4
_LOOKS = 3
_REST = 0.06  # seconds between two looks that must agree
_LONGEST_REST = 3.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in a field: its kind (an input's type, textarea, select, tick ...) and its value."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a field must show: `value` as `Shown` has it; `how` as in `paraplu_browser.sameness`."""

    value: str
    how: str = ""
    around: bool = False  # the typed text may stand inside other text

    def met_by(self, shown: Shown) -> bool:
        """Whether the field shows it. A password must be the very same."""
        if shown.kind == _SELECT:
            return sorted(json.loads(self.value)) == sorted(json.loads(shown.value))
        if shown.kind in (_TICK, PASSWORD):
            return self.value == shown.value
        if self.around and self.value in shown.value:
            return True
        return same(self.value, shown.value, self.how)


class Field:
    """A form field on a page; `name` is what error texts call it."""

    def __init__(self, element: Locator | ElementHandle, page: Page, name: str) -> None:
        self._element = element
        self._page = page
        self._name = name

    def look(self, script: str = LOOK) -> Shown | None:
        """What it shows now; None when it is not there. Does not wait."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        retrying = Retrying(
            stop=stop_after_attempt(_LOOKS),
            retry=retry_if_exception(_goes_on),
            sleep=lambda _: self._page.wait_for_load_state("domcontentloaded"),
            retry_error_callback=lambda _: None,
        )
        return retrying(self._look, script)

    def _look(self, script: str) -> Shown | None:
        element: Any = self._element
        if hasattr(element, "evaluate_all"):
            found = element.evaluate_all(script)
        else:
            found = element.evaluate(f"element => ({script})([element])")
        return Shown(*found[0]) if found else None

    def guard(self) -> Shown | None:
        """The same, and clicks are kept from the page from now on should it change before they arrive."""
        return self.look(CLOSE_GATE)

    def settle(self, busy: Callable[[], bool]) -> Shown | None:
        """What it shows once no request is `busy` and two looks agree; after 3 s at the latest."""
        until = time.monotonic() + _LONGEST_REST
        before = self.look()
        while True:
            self._page.wait_for_timeout(_REST * 1000)
            now = self.look()
            if (now == before and not busy()) or time.monotonic() > until:
                return now
            before = now

    def insist(self, wish: Wish, busy: Callable[[], bool], until: float) -> None:
        """Bring the field to show the wish; `until` is a time.monotonic.

        Raises `PageChanged` when it shows something else after four attempts.
        """
        from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

        def attempt(pace: float) -> bool:
            shown = self.settle(busy)
            if shown is None or wish.met_by(shown):
                return shown is not None
            if shown.kind in (_TICK, _SELECT):
                self._choose_again(shown.kind, wish.value, _left(until))
            else:
                self._type_again(shown.kind, wish.value, pace, _left(until))
            shown = self.settle(busy)
            if shown is not None and not wish.met_by(shown) and shown.kind not in (_TICK, _SELECT):
                self._element.press("Tab", timeout=_left(until))
                shown = self.settle(busy)
            return shown is not None and wish.met_by(shown)

        paces = iter((10.0, 40.0, 120.0, 250.0))
        retrying = Retrying(
            stop=lambda state: stop_after_attempt(_ATTEMPTS)(state) or time.monotonic() > until,
            retry=retry_if_result(lambda reached: not reached),
            wait=wait_fixed(0.1),
            sleep=lambda seconds: self._page.wait_for_timeout(seconds * 1000),
            retry_error_callback=lambda state: False,
        )
        if not retrying(lambda: attempt(next(paces))):
            raise self.unkept()

    def unkept(self) -> PageChanged:
        """The error for a field that shows something else than was put into it."""
        return PageChanged(
            f"{self._name} does not keep what is put into it, also when typed slowly: it redraws "
            "itself, or does not accept it. Nothing was sent. See what the page makes of it."
        )

    def _choose_again(self, kind: str, value: str, timeout: float) -> None:
        element: Any = self._element
        if kind == _SELECT:
            element.select_option(value=json.loads(value), timeout=timeout)
        else:
            element.set_checked(value == "on", timeout=timeout)

    def _type_again(self, kind: str, text: str, pace: float, timeout: float) -> None:
        element = self._element
        if kind in _PICKED:
            element.fill(text, timeout=timeout)
            return
        element.focus()
        for clear in ("Delete", "Backspace", "Delete"):
            element.select_text(timeout=timeout)
            element.press(clear, timeout=timeout)
            shown = self.look()
            if shown is None or not shown.value:
                break
        if hasattr(element, "press_sequentially"):
            element.press_sequentially(text, delay=pace, timeout=timeout)
        else:
            element.type(text, delay=pace, timeout=timeout)


def _goes_on(error: BaseException) -> bool:
    """Whether a look failed because the page went on to another one meanwhile."""
    from playwright.sync_api import Error

    return isinstance(error, Error) and (
        "context was destroyed" in error.message or "navigat" in error.message
    )


def _left(until: float) -> float:
    """Milliseconds until a time.monotonic, never none, which would mean without end."""
    return max(500.0, (until - time.monotonic()) * 1000)
