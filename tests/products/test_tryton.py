"""Proves that Tryton runs here and can be driven through its web client, by hand-written steps.

The test ends in the product's own database.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from products.keyboard import Keyboard
from products.tryton import Tryton
from products.tryton_records import PurchaseLine
from products.user import User

pytestmark = [pytest.mark.product, pytest.mark.browser]

REFERENCE = "Paraplu PO-2026-0042"


def same_number(held: str, wanted: str) -> bool:
    """Whether the field shows the number: `1,200` for `1200`, `0.1790` for `0.179`."""
    try:
        return Decimal(held.replace(",", "")) == Decimal(wanted)
    except InvalidOperation:
        return False


def field(scope: Page | Locator, label: str) -> Locator:
    """The field with this label that can be seen.

    A number is two inputs under one label: a formatted one, and a bare one while it has the focus.
    """
    return scope.get_by_label(f"{label}:", exact=True).filter(visible=True)


def choose(keys: Keyboard, chosen: Locator, search: str, wanted: str) -> None:
    """Pick the record named `wanted` in a field that completes what is typed."""
    for _ in range(5):
        keys.enter(chosen, search, same=lambda *_: True, leave=False)
        entry = chosen.page.get_by_role("listbox").get_by_role("link", name=wanted, exact=True)
        try:
            entry.click(timeout=8000)
            keys.settle()
            expect(chosen).to_have_value(wanted, timeout=8000)
            return
        except (TimeoutError, AssertionError):
            continue
    raise AssertionError(f"Nothing named {wanted!r} is offered for {search!r}.")


def sign_in(page: Page, keys: Keyboard, tryton: Tryton, user: User) -> None:
    """From nowhere to the web client's menu."""
    page.goto(tryton.client)
    page.get_by_label("User name").fill(user.login)
    page.get_by_role("button", name="Login").click()
    page.get_by_label(f"Password for {user.login}").fill(user.password)
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("button", name=user.login)).to_be_visible()
    keys.settle()


def open_purchases(page: Page, keys: Keyboard, tryton: Tryton) -> None:
    """To the list of all purchases, whatever their state, in a client without open tabs."""
    page.goto("about:blank")
    page.goto(f"{tryton.client}/model/purchase.purchase")
    expect(page.get_by_role("columnheader", name="Reference")).to_be_visible()
    keys.settle()


def add_line(
    page: Page, keys: Keyboard, code: str, name: str, quantity: str, price: str | None
) -> None:
    """One line, with the supplier's own price where none is given."""
    lines = page.locator(".form-one2many")
    rows = lines.get_by_role("rowgroup").last.get_by_role("row")
    before = rows.all_inner_texts()
    lines.get_by_role("button", name="New", exact=True).click()
    dialog = page.get_by_role("dialog").filter(has=page.get_by_role("heading", name="Lines"))
    # The dialog opens on the line before, and typing too early would change that one.
    expect(rows).to_have_count(len(before) + 1)
    expect(dialog.get_by_label("Type:").locator("option:checked")).to_have_text("Line")
    expect(field(dialog, "Product")).to_have_value("")
    expect(field(dialog, "Quantity")).to_have_value("")
    keys.settle()
    choose(keys, field(dialog, "Product"), code, f"[{code}] {name}")
    keys.enter(field(dialog, "Quantity"), quantity, same=same_number)
    if price is not None:
        keys.enter(field(dialog, "Unit Price"), price, same=same_number)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_be_hidden()
    keys.settle()
    expect(rows.last).to_contain_text(f"[{code}]")
    assert rows.all_inner_texts()[:-1] == before


@pytest.mark.long
def test_a_purchase_of_two_lines_is_quoted_and_confirmed_and_its_number_read_back(
    tryton: Tryton, page: Page
) -> None:
    assert tryton.records.purchases() == []
    assert tryton.records.supplier_price("FAS-0020") == Decimal("0.0420")

    keys = Keyboard(page)
    sign_in(page, keys, tryton, tryton.users["robot"])
    open_purchases(page, keys, tryton)
    page.get_by_role("toolbar").get_by_role("button", name="New", exact=True).last.click()
    # The form is on the screen before its defaults are, and these would wipe what was typed.
    expect(field(page, "Currency")).to_have_value("Euro")
    keys.settle()
    choose(keys, field(page, "Party"), "Acme", "Acme Fasteners GmbH")
    choose(keys, field(page, "Warehouse"), "School", "School West")
    keys.enter(field(page, "Reference"), REFERENCE)
    add_line(page, keys, "FAS-0010", "Hex bolt M8x40 zinc", "1200", "0.1790")
    add_line(page, keys, "FAS-0020", "Washer M8 DIN125", "2500", None)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/model/purchase\.purchase/\d+"))
    keys.settle()
    state = page.get_by_label("State:", exact=True)
    page.get_by_role("button", name="Quote", exact=True).click()
    expect(state.locator("option:checked")).to_have_text("Quotation")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(state.locator("option:checked")).to_have_text("Processing")
    number = field(page, "Number").input_value()
    assert number

    open_purchases(page, keys, tryton)
    search = page.get_by_role("combobox", name="Search")
    search.fill(f'Reference: ="{REFERENCE}"')
    search.press("Enter")
    keys.settle()
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=REFERENCE, exact=True))
    expect(row).to_have_count(1)
    expect(row.get_by_role("cell", name=number, exact=True)).to_be_visible()
    expect(row).to_contain_text("Processing")

    stored = tryton.records.purchase(REFERENCE)
    assert (stored.number, stored.state) == (number, "processing")
    assert (stored.supplier, stored.warehouse) == ("Acme Fasteners GmbH", "School West")
    assert (stored.currency, stored.created_by) == ("EUR", "purchase.robot")
    assert stored.purchase_date == dt.date.today()  # noqa: DTZ011 the product's own clock
    assert stored.lines == (
        PurchaseLine("FAS-0010", "Unit", Decimal(1200), Decimal("0.1790"), ("VAT 21%",), ""),
        PurchaseLine("FAS-0020", "Unit", Decimal(2500), Decimal("0.0420"), ("VAT 21%",), ""),
    )
    assert stored.untaxed == sum(line.amount for line in stored.lines) == Decimal("319.80")
    assert (stored.tax, stored.total) == (Decimal("67.16"), Decimal("386.96"))
