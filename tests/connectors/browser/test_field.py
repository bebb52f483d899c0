"""Typing that reads back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from paraplu import PageChanged

pytestmark = pytest.mark.browser


def sent(site: Any) -> dict[str, list[str]]:
    assert len(site.posts) == 1
    return parse_qs(site.posts[0][1], keep_blank_values=True)


@pytest.mark.parametrize("manner", ["plain", "redraws", "replaces", "late", "ambush"])
@pytest.mark.parametrize("way", ["fill", "press_sequentially"])
def test_a_field_that_redraws_itself_is_beaten(
    open_session: Callable[..., Any], site: Any, manner: str, way: str
) -> None:
    page = open_session().page
    page.goto(f"/field?{manner}")
    rate = page.get_by_label("Rate")
    getattr(rate, way)("0.1790")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_have_text("Saved")
    assert sent(site) == {"rate": ["0.1790"]}


def test_a_redraw_after_the_read_back_is_noticed_before_the_click(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/field?late")
    page.get_by_label("Rate").fill("0.1790")
    expect(page.get_by_label("Rate")).to_have_value("0.1850")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_have_text("Saved")
    assert sent(site) == {"rate": ["0.1790"]}


def test_a_field_that_changes_whenever_one_clicks_is_never_sent(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()
    opened.page.goto("/field?ambush-always")
    opened.page.get_by_label("Rate").fill("0.1790")
    with pytest.raises(PageChanged, match='field "Rate" does not keep'):
        opened.page.get_by_role("button", name="Apply").click()
    assert site.posts == []
    with pytest.raises(PageChanged):  # nor by trying again
        opened.page.get_by_role("button", name="Apply").click()
    assert site.posts == []
    opened.page.goto("/field?plain")
    opened.page.get_by_role("button", name="Apply").click()
    assert len(site.posts) == 1


def test_enter_sends_only_what_was_typed(open_session: Callable[..., Any], site: Any) -> None:
    page = open_session().page
    page.goto("/field?redraws")
    page.get_by_label("Rate").fill("0.1790")
    page.get_by_label("Rate").press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    assert sent(site) == {"rate": ["0.1790"]}


def test_without_the_connector_the_redrawn_field_is_sent_wrong(browser: Any, site: Any) -> None:
    # The proof that the tests above could fail.
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.goto("/field?redraws")
    page.get_by_label("Rate").fill("0.1790")
    page.wait_for_timeout(100)
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("status").wait_for()
    context.close()
    assert sent(site) == {"rate": ["0.185001790"]}


def test_the_same_number_in_the_server_s_own_format_is_accepted(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()
    opened.page.goto("/field?dutch")
    opened.page.get_by_label("Rate").fill("1234.5")
    opened.page.get_by_label("Rate").press("Tab")
    expect(opened.page.get_by_label("Rate")).to_have_value("1.234,50")
    opened.page.get_by_label("Rate").fill("1234.5")
    opened.page.get_by_role("button", name="Apply").click()
    expect(opened.page.get_by_role("status")).to_be_visible()
    assert sent(site)["rate"][0] in ("1234.5", "1.234,50")


def test_a_field_that_never_keeps_it_is_a_changed_page_and_nothing_is_sent(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session(action_limit=8.0)
    opened.page.goto("/field?stubborn")
    with pytest.raises(PageChanged) as raised:
        opened.page.get_by_label("Rate").fill("0.1790")
    assert 'field "Rate"' in str(raised.value)
    assert "0.1790" not in str(raised.value)
    assert opened.actions[-1].failed == "PageChanged"
    assert site.posts == []


def test_the_author_says_what_counts_as_equal(open_session: Callable[..., Any], site: Any) -> None:
    page = open_session(action_limit=8.0).page
    rate = page.get_by_label("Rate")
    page.goto("/field?upper")
    rate.describe("IBAN [loosely]").fill("nl91 abna 0417 1643 00")
    page.goto("/field?empties")
    rate.describe("Scan here [unread]").fill("4711")
    page.goto("/field?upper")
    with pytest.raises(PageChanged, match="Code does not keep"):
        rate.describe("Code [exactly]").fill("abc")


def test_two_fields_that_undo_each_other_are_a_changed_page(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/pair"] = """<label>One <input id=a></label><label>Two <input id=b></label>
      <button>Apply</button><script>
      a.addEventListener('input', () => setTimeout(() => b.value = '', 10));
      b.addEventListener('input', () => setTimeout(() => a.value = '', 10));</script>"""
    page = open_session().page
    page.goto("/pair")
    page.get_by_label("One").fill("first")
    page.get_by_label("Two").fill("second")
    with pytest.raises(PageChanged):
        page.get_by_role("button", name="Apply").click()


def test_choices_and_ticks_that_are_redrawn_are_made_again(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/ticks"] = """<label>Unit <select id=s><option value=h>hours</option>
      <option value=m>money</option></select></label><label><input id=c type=checkbox> Urgent</label>
      <script>
      s.addEventListener('change', () => setTimeout(() => s.value = 'h', 0), {once: true});
      c.addEventListener('change', () => setTimeout(() => c.checked = false, 30), {once: true});
      </script><button>Apply</button>"""
    opened = open_session()
    page = opened.page
    page.goto("/ticks")
    page.get_by_label("Unit").select_option(label="money")
    page.get_by_label("Urgent").check()
    page.wait_for_timeout(60)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Unit")).to_have_value("m")
    expect(page.get_by_label("Urgent")).to_be_checked()
    assert opened.told()[1:3] == [
        ("chose", 'field "Unit"', "money"),
        ("ticked", 'field "Urgent"', None),
    ]


def test_typing_goes_on_behind_what_stood_there(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/")
    remark = page.get_by_label("Remark")
    remark.fill("line one\nline two")
    remark.press("Control+End")
    remark.press_sequentially("!")
    assert remark.input_value() == "line one\nline two!"
    remark.clear()
    assert remark.input_value() == ""


def test_methods_of_the_page_with_a_selector_read_back_too(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/field?redraws")
    page.fill("input", "0.1790")
    page.click("button")
    assert sent(site) == {"rate": ["0.1790"]}


def test_a_handle_reads_back_too(open_session: Callable[..., Any], site: Any) -> None:
    page = open_session().page
    page.goto("/field?redraws")
    page.query_selector("input").fill("0.1790")
    page.query_selector("button").click()
    assert sent(site) == {"rate": ["0.1790"]}
