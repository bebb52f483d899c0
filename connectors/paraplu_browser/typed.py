"""What a target has put into fields and not sent yet: read back at once, and again before it is sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from paraplu_browser.call import Call, selector_of
from paraplu_browser.field import PASSWORD, Field, Shown, Wish
from paraplu_browser.page_scripts import OPEN_GATE
from paraplu_browser.record import DOTS, Journal
from paraplu_browser.traffic import Traffic

if TYPE_CHECKING:
    from playwright.sync_api import Page

_TICKS = ("tick", "untick", "set")

_TURNS = 4

_REST = 0.15
"""Seconds after the last key before something may be sent: a redraw in this time is noticed."""

_LONGEST_REST = 3.0
"""Seconds that requests which began with the typing are waited for."""


class Typed:
    """The fields of one session that were typed into since something was last clicked or sent."""

    def __init__(self, traffic: Traffic, journal: Journal, limit: float) -> None:
        self._traffic = traffic
        self._journal = journal
        self._limit = limit
        self._page: Page
        self._guarded = False
        self._fields: dict[tuple[int, str], tuple[Field, Wish]] = {}
        self.covered: list[Any] = []
        """The fields that a secret was put into, to be covered in pictures."""
        self._began = 0.0
        self._ended = 0.0

    def enter(self, call: Call, page: Page, original: Callable[..., Any]) -> tuple[Any, str | None]:
        """Put something into a field, read it back and insist; the result and what is recorded.

        Raises `PageChanged` when the field does not keep it. A page that was left by the typing itself
        is not read back.
        """
        from playwright.sync_api import Error

        began = time.monotonic()
        element = call.element
        field = Field(element, page, self._journal.discreet(call.what(discreet=True)))
        before = field.look() if call.rule.entry == "type" else None
        address = page.url
        try:
            result = original(call.subject, *call.args, **call.bounded(self._limit))
        except Error as error:
            if call.rule.entry not in _TICKS or "did not change its state" not in error.message:
                raise
            result = None  # redrawn while Playwright looked at it
        shown = field.look()
        known = shown or before
        value = call.value(result)
        if call.rule.entry in ("fill", "type"):
            # A field that has gone could have been one for passwords.
            value = value if known is not None else None
            hidden = known is not None and known.kind == PASSWORD
            if hidden or self._journal.clean(call.text()) != call.text():
                value = DOTS
                self.covered.append(element)
            else:
                self._journal.remember(call.text())
        left = shown is None and page.url != address
        wish = None if left else _wish(call, result, before, shown)
        if wish is None:
            return result, value
        if shown is None or not wish.met_by(shown):
            field.insist(wish, lambda: self._traffic.busy(began), began + self._limit)
        if not self._fields:
            self._began = began
        self._ended = time.monotonic()
        self._page = page
        self._fields[(id(page), selector_of(element) or str(id(element)))] = (field, wish)
        return result, value

    def send(self, do: Callable[[], Any], guarded: bool) -> Any:
        """Do something that sends what was typed, which must still stand there; the result of `do`.

        With `guarded`, a `do` that came too late, after a field had changed, is kept from the page and
        done again. Fields that have gone meanwhile are let be. Raises `PageChanged` when a field does
        not keep its value, or when two undo each other; and again, until it is filled anew or another
        page is opened.
        """
        from tenacity import Retrying, retry_if_result, stop_after_attempt

        def turn() -> tuple[bool, Any]:
            try:
                self._look_again(guarded)
                result = do()
            except BaseException:
                self._let_pass()
                raise
            return bool(self._fields) and self._let_pass(), result

        retrying = Retrying(
            stop=stop_after_attempt(_TURNS),
            retry=retry_if_result(lambda turned: turned[0]),
            retry_error_callback=lambda _: (True, None),
        )
        kept, result = retrying(turn)
        if kept:
            raise next(iter(self._fields.values()))[0].unkept()
        self._fields.clear()
        return result

    def _let_pass(self) -> bool:
        """Open the gate in every frame; whether a click was kept from the page."""
        from playwright.sync_api import Error

        turned = False
        for frame in self._page.frames if self._fields and self._guarded else ():
            # A frame that went on to another page has no gate any more.
            with suppress(Error):
                turned = bool(frame.evaluate(OPEN_GATE)) or turned
        return turned

    def _look_again(self, guarded: bool) -> None:
        fields, self._guarded = self._fields, guarded
        until = time.monotonic() + self._limit
        for mended in (False, True) if fields else ():
            self._rest()
            wrong = []
            for field, wish in fields.values():
                shown = field.guard() if guarded else field.look()
                if shown is not None and not wish.met_by(shown):
                    wrong.append((field, wish))
            if not wrong:
                return
            self._let_pass()
            for field, wish in wrong:
                if mended:
                    raise field.unkept()
                field.insist(wish, self._busy, until)
                self._ended = time.monotonic()

    def forget(self, call: Call) -> None:
        """The author goes on by hand (a key, another page): what was typed may rightly change."""
        if call.method not in ("focus", "blur", "hover") and call.text() not in (
            "Tab",
            "Shift+Tab",
        ):
            self._fields.clear()

    def _rest(self) -> None:
        """Give the page the time to redraw what it is going to redraw."""
        until = time.monotonic() + _LONGEST_REST
        rest = self._ended + _REST - time.monotonic()
        if rest > 0:
            self._page.wait_for_timeout(rest * 1000)
        while self._busy() and time.monotonic() < until:
            self._page.wait_for_timeout(20)

    def _busy(self) -> bool:
        return self._traffic.busy(self._began)


def _wish(call: Call, result: Any, before: Shown | None, shown: Shown | None) -> Wish | None:
    """What the field must show afterwards; None when it is not read back."""
    if call.how == "unread" or (shown is not None and shown.kind == "other"):
        return None
    match call.rule.entry:
        case "fill":
            return Wish(call.text(), call.how)
        case "type":
            if any(key in call.text() for key in "\n\r\t"):
                return None  # keys that leave the field or send it
            old = before.value if before is not None else ""
            return Wish(old + call.text(), call.how, around=bool(old))
        case "clear":
            return Wish("", "exactly")
        case "choose":
            return Wish(json.dumps(result))
        case "set":
            return Wish("on" if call.value() == "on" else "off")
        case entry:
            return Wish("on" if entry == "tick" else "off")
