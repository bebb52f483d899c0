"""Tryton's web client (sao), worked by hand: open, type, complete, press, and see what comes up.

Forms are on the screen before their defaults are, and number fields are drawn anew on each change: so
wait until the client is quiet, type, leave the field, and let the connector read it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from paraplu import OutcomeUnknown, PageChanged, TargetDown
from paraplu_procurement.system import Line

PATIENCE = 15_000
"""Milliseconds to wait for something to come up."""

_BETWEEN = 50
"""Milliseconds between two looks."""

_QUIET = 10
"""How many looks in a row must see no request: by then what an answer leads to has been asked for."""


class Client:
    """The web client on a page; `root` is its address with the database: ``https://host/#database``."""

    def __init__(self, page: Any, root: str = "") -> None:
        self._page = page
        self.root = root
        self._asked: set[Any] = set()
        page.on("request", lambda request: self._asked.add(request))
        page.on("requestfinished", lambda request: self._asked.discard(request))
        page.on("requestfailed", lambda request: self._asked.discard(request))

    def leave(self) -> None:
        """Go to an empty page once the client has its answers and its pictures.

        Chromium may never get to another page when this one is left while a rehearsal holds one of its
        requests. The load state "networkidle" does not tell: it comes once a page, and the client asks on.
        """
        quiet = 0
        for _ in range(PATIENCE // _BETWEEN):  # one that asks for ever is left as it is
            self._page.wait_for_timeout(_BETWEEN)
            quiet = 0 if self._asked else quiet + 1
            if quiet == _QUIET:
                break
        self._page.goto("about:blank")

    def open(self, model: str, key: str = "") -> None:
        """A client without open tabs on one model: what is on the page then belongs to one form."""
        self.leave()
        self._page.goto(f"{self.root}/model/{model}" + (f"/{key}" if key else ""))
        there = (
            self._page.get_by_label("State:", exact=True)
            if key
            else self._page.get_by_role("columnheader", name="Reference")
        )
        with self.expecting("Tryton's purchases") as expect:
            expect(there.or_(self.password_asked()).first).to_be_visible(timeout=PATIENCE)
        self._page.wait_for_load_state("networkidle")

    def add_line(self, line: Line, product: str) -> None:
        lines = self._page.locator(".form-one2many")
        rows = lines.get_by_role("rowgroup").last.get_by_role("row")
        count = rows.count()
        lines.get_by_role("button", name="New", exact=True).click()
        dialog = self._page.get_by_role("dialog").filter(
            has=self._page.get_by_role("heading", name="Lines")
        )
        with self.expecting("A new line of the purchase") as expect:
            # The dialog opens on the line before: typed too early, that one would change.
            expect(rows).to_have_count(count + 1, timeout=PATIENCE)
            kind = dialog.get_by_label("Type:").locator("option:checked")
            expect(kind).to_have_text("Line", timeout=PATIENCE)
            expect(self.field(dialog, "Product")).to_have_value("", timeout=PATIENCE)
            expect(self.field(dialog, "Quantity")).to_have_value("", timeout=PATIENCE)
        self._page.wait_for_load_state("networkidle")
        self.complete(dialog, "Product", line.article, product)
        self.type_in("Quantity", typed(line.quantity), dialog)
        self.type_in("Unit Price", typed(line.price), dialog)
        dialog.get_by_role("button", name="Add", exact=True).click()
        with self.expecting("The added line") as expect:
            expect(dialog).to_be_hidden(timeout=PATIENCE)
            expect(rows.last).to_contain_text(f"[{line.article}]", timeout=PATIENCE)

    def field(self, scope: Any, label: str) -> Any:
        """A number is two inputs under one label, of which one is seen: bare while it has the focus."""
        return scope.get_by_label(f"{label}:", exact=True).filter(visible=True)

    def type_in(self, label: str, value: str, scope: Any = None) -> None:
        """Type, leave with Tab, and wait until the client has answered the change."""
        field = self.field(self._page if scope is None else scope, label)
        self._page.wait_for_load_state("networkidle")
        field.fill(value)
        field.press("Tab")
        self._page.wait_for_load_state("networkidle")

    def complete(self, scope: Any, label: str, search: str, wanted: str) -> None:
        """Pick the record named `wanted` in a field that completes what is typed."""
        field = self.field(scope, label).describe(f"{label} [unread]")
        entry = self._page.get_by_role("listbox").get_by_role("link", name=wanted, exact=True)
        with self.expecting(f"The choice of '{label}'") as expect:
            for again in (True, True, False):
                self._page.wait_for_load_state("networkidle")
                field.fill("")
                field.press_sequentially(search)
                try:
                    expect(entry).to_be_visible(timeout=PATIENCE // 2)
                    entry.click()
                    self._page.wait_for_load_state("networkidle")
                    expect(field).to_have_value(wanted, timeout=PATIENCE // 2)
                    return
                except AssertionError:
                    if not again:
                        raise

    def toolbar(self, name: str) -> Any:
        return self._page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)

    def message(self) -> Any:
        """What the client says in a window when the server said no."""
        return self._page.get_by_role("dialog").get_by_role("alert").first

    def password_asked(self) -> Any:
        return self._page.get_by_label(re.compile("^Password for "))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tells a session that ended (the client asks for the password) from a page that changed."""
        try:
            yield
        except (PageChanged, OutcomeUnknown) as error:
            if not self.password_asked().is_visible():
                raise
            if isinstance(error, OutcomeUnknown):
                raise OutcomeUnknown(
                    "Tryton ended the session while something was sent."
                ) from error
            raise TargetDown("Tryton ended the session.") from error

    @contextmanager
    def expecting(self, what: str) -> Iterator[Any]:
        """Playwright's `expect`, whose AssertionErrors repeat what stands on the page, in our words."""
        from playwright.sync_api import expect

        try:
            yield expect
        except AssertionError:
            raise PageChanged(f"{what} did not come up as expected: look at the client.") from None


def typed(value: Decimal) -> str:
    """A number as it is typed: with a point, never three decimals, which could be taken for thousands."""
    plain = format(value.normalize(), "f")
    decimals = plain.partition(".")[2]
    return f"{plain}0" if len(decimals) == 3 else plain
