"""The office as a browser sees it: dialogs, and the moods that only a browser can feel."""

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from paraplu.practice.office import Office

pytestmark = pytest.mark.browser

SLIP = "/payroll/waterland/periods/2026-11/slips/{}-1"
ORDERS = "/purchasing/waterland/orders"
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("PARAPLU_BROWSER") or "/usr/bin/chromium"
        yield playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())


@pytest.fixture
def page(office: Office, browser: Browser, sign_in: Any) -> Iterator[Page]:
    """A page, signed in as the administrator, who may work on both sides."""
    context = browser.new_context(base_url=office.address)
    context.set_default_timeout(5000)
    cookie = sign_in("office").cookies["practice_session"]
    context.add_cookies([{"name": "practice_session", "value": cookie, "url": office.address}])
    yield context.new_page()
    context.close()


@pytest.fixture
def order_form(page: Page) -> Callable[[str], None]:
    """Fill in the form of an order of one line, all but its price."""

    def fill(reference: str) -> None:
        page.goto(ORDERS + "/new")
        page.get_by_label("Supplier").select_option("L0106")
        page.get_by_label("Delivery address").select_option("WERF")
        page.get_by_label("Need by").fill("18-12-2026")
        page.get_by_label("Our reference").fill(reference)
        page.get_by_label("Article, line 1").fill("TEC-0010")
        page.get_by_label("Quantity, line 1").fill("200")
        page.get_by_label("Cost centre, line 1").select_option("4510")

    return fill


def test_signing_in_leads_back_to_where_one_was(
    office: Office, browser: Browser, passwords: Any
) -> None:
    context = browser.new_context(base_url=office.address)
    page = context.new_page()
    page.goto(ORDERS + "?page=2")
    page.get_by_label("User name").fill("purchasing-robot")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    page.get_by_label("User name").fill("purchasing-robot")
    page.get_by_label("Password").fill(passwords["purchasing-robot"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(office.address + ORDERS + "?page=2")
    expect(page.get_by_role("table", name="Orders", exact=True)).to_be_visible()
    context.close()


def test_a_correction_asks_twice_and_is_applied(office: Office, page: Page) -> None:
    page.goto(SLIP.format("01300"))
    page.get_by_role("link", name="Change 1000 Base salary").click()
    page.get_by_label("New amount").fill("3.333,00")
    page.get_by_label("Reason").select_option("R01")
    page.get_by_label("Reference").fill("B-1")
    page.get_by_role("button", name="Save draft").click()

    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve this correction?")
    dialog.get_by_role("button", name="No, go back").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Yes, approve").click()

    page.get_by_role("button", name="Apply").click()  # Playwright says no to confirm() by itself
    assert office.truth.mutations("B-1")[0].state == "approved"
    page.on("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_contain_text("applied")
    assert office.truth.mutations("B-1")[0].state == "applied"


def test_an_order_is_placed_through_its_dialog(
    office: Office, page: Page, order_form: Callable[[str], None]
) -> None:
    order_form("B-2")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Place order").click()
    dialog = page.get_by_role("dialog", name="Place this order?")
    dialog.get_by_role("button", name="Yes, place it").click()
    expect(page.get_by_role("status")).to_contain_text("placed as IO-2026-")
    (order,) = office.truth.orders("B-2", state="placed")
    assert order.lines[0].price == Decimal("0.1850")


def test_in_the_mood_redraws_filling_at_once_goes_wrong(
    office: Office, page: Page, order_form: Callable[[str], None]
) -> None:
    office.set_mood("redraws")
    order_form("B-3")
    price = page.get_by_label("Net price, line 1")
    with page.expect_response("**/redraw?*"):
        price.fill("0.1790")
    expect(price).to_have_value("0,185001790")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert office.truth.orders("B-3")[0].lines[0].price == Decimal("0.185001790")


def test_in_the_mood_redraws_a_careful_typist_gets_it_right(
    office: Office, page: Page, order_form: Callable[[str], None]
) -> None:
    office.set_mood("redraws")
    order_form("B-4")
    price = page.get_by_label("Net price, line 1")
    for attempt in range(1, 6):
        price.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(100 * attempt)
        price.press("ControlOrMeta+a")
        price.press_sequentially("0,1790")
        price.press("Tab")
        page.wait_for_timeout(300)
        if price.input_value() == "0,1790":
            break
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert office.truth.orders("B-4")[0].lines[0].price == Decimal("0.1790")


def test_in_the_mood_redraws_the_amount_of_a_correction_goes_wrong_too(
    office: Office, page: Page
) -> None:
    office.set_mood("redraws")
    page.goto(SLIP.format("01337"))
    page.get_by_role("link", name="Change 1000 Base salary").click()
    amount = page.get_by_label("New amount")
    before = amount.input_value()
    with page.expect_response("**/redraw?*"):
        amount.fill("4100,50")
    expect(amount).to_have_value(before + "410050")


def test_a_cut_connection_leaves_one_order_though_chromium_sends_again(
    office: Office, page: Page, order_form: Callable[[str], None]
) -> None:
    order_form("B-5")
    office.set_mood("cut-after-save", times=1)
    with page.expect_event("requestfailed") as failed:
        page.get_by_role("button", name="Save draft").click(no_wait_after=True)
    assert failed.value.method == "POST"
    page.wait_for_timeout(500)
    assert page.url.startswith("chrome-error:")
    assert len(office.truth.orders("B-5")) == 1


def test_the_popup_is_in_the_way_until_it_is_closed(office: Office, page: Page) -> None:
    office.set_mood("popup", times=1)
    page.goto(ORDERS)
    box = page.get_by_role("link", name="New order").bounding_box()
    assert box is not None
    on_top = "([x, y]) => document.elementFromPoint(x, y).tagName"
    assert page.evaluate(on_top, [box["x"] + 5, box["y"] + 5]) == "DIALOG"
    page.get_by_role("dialog", name="Something new!").get_by_role("button", name="Not now").click()
    page.get_by_role("link", name="New order").click()
    expect(page.get_by_role("heading", name="New order")).to_be_visible()


def test_a_renamed_button_is_not_found_under_its_old_name(office: Office, page: Page) -> None:
    office.set_mood("renamed-button", "Search")
    page.goto(ORDERS)
    expect(page.get_by_role("button", name="Search")).to_have_count(0)
    expect(page.get_by_role("button", name="Find")).to_be_visible()


def test_the_office_works_without_javascript(
    office: Office, browser: Browser, order_form: Callable[[str], None], page: Page
) -> None:
    order_form("B-6")
    page.get_by_role("button", name="Save draft").click()
    order = office.truth.orders("B-6")[0]
    state = page.context.storage_state()
    context = browser.new_context(
        base_url=office.address, java_script_enabled=False, storage_state=state
    )
    bare = context.new_page()
    bare.goto(f"{ORDERS}/{order.id}")
    for name in ("Submit", "Approve", "Place order"):
        bare.get_by_role("button", name=name, exact=True).click()
    assert office.truth.orders("B-6")[0].state == "placed"
    context.close()


def test_no_page_has_an_error_in_the_console_nor_scrolls_sideways(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in (
        "/", "/moods", "/payroll/waterland/employees", "/payroll/waterland/periods/2026-11",
        SLIP.format("00412"), "/payroll/waterland/periods/2026-10/mutations",
        "/payroll/waterland/employees/00523", "/payroll/waterland/components",
        ORDERS, ORDERS + "/new", "/purchasing/waterland/contracts",
        "/purchasing/waterland/articles", "/purchasing/waterland/cost-centres",
    ):  # fmt: skip
        page.goto(path)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), path
        unnamed = page.locator("input:not([type=hidden]), select, textarea").evaluate_all(
            "all => all.filter(one => !one.labels.length).length"
        )
        assert unnamed == 0, path
    assert complaints == []
