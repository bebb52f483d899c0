"""What a session records, and what it keeps to itself."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from paraplu import Action, PageChanged, Secret, TargetDown

pytestmark = pytest.mark.browser


def test_each_thing_done_is_recorded_once_and_in_order(
    open_session: Callable[..., Any], site: Any, tmp_path: Path
) -> None:
    opened = open_session()
    page = opened.page
    attachment = tmp_path / "letter.txt"
    attachment.write_text("dear")
    page.goto("/")
    page.get_by_label("Name").fill("Jansen")
    page.get_by_label("Amount").press_sequentially("12")
    page.get_by_label("Amount").press("Tab")
    page.get_by_label("Unit").select_option("m")
    page.get_by_label("Urgent").check()
    page.get_by_label("File").set_input_files(attachment)
    assert page.get_by_role("row").filter(has_text="Smit").inner_text() == "Smit\t2.000,00"
    assert page.get_by_role("cell").count() == 4
    assert page.get_by_role("cell").all_inner_texts()[0] == "Jansen"
    page.get_by_role("button", name="Apply").click()
    assert opened.told() == [
        ("opened", "page", "/"),
        ("filled", 'field "Name"', "Jansen"),
        ("typed into", 'field "Amount"', "12"),
        ("pressed", 'field "Amount"', "Tab"),
        ("chose", 'field "Unit"', "m"),
        ("ticked", 'field "Urgent"', None),
        ("attached to", 'field "File"', "letter.txt"),
        ("read", 'row with "Smit"', "Smit\t2.000,00"),
        ("read", "cell", "Jansen | 1.234,50 | Smit | 2.000,00"),
        ("clicked", 'button "Apply"', None),
    ]
    assert {one.failed for one in opened.actions} == {""}
    assert opened.actions[-1].where == site.address + "/save"


def test_a_pasted_recording_runs_unchanged_and_expect_works(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()

    def run(page: Page) -> None:
        # As `playwright codegen` writes it.
        page.goto("/")
        page.get_by_role("textbox", name="Name").click()
        page.get_by_role("textbox", name="Name").fill("Jansen")
        page.get_by_role("textbox", name="Name").press("Tab")
        page.get_by_role("textbox", name="Amount").fill("1234.50")
        page.get_by_label("Unit").select_option("m")
        page.get_by_role("checkbox", name="Urgent").check()
        expect(page.get_by_role("textbox", name="Name")).to_have_value("Jansen")
        expect(page.locator("tr")).to_have_count(2)
        page.get_by_role("button", name="Apply").click()
        expect(page).to_have_title("Saved")
        expect(page).to_have_url(re.compile("/save$"))

    run(opened.page)
    assert isinstance(opened.page, Page)
    assert len(site.posts) == 1
    assert [one.verb for one in opened.actions].count("read") == 0
    with pytest.raises(AssertionError):
        expect(opened.page.get_by_role("status")).to_have_text("Refused", timeout=50)


def test_a_recorder_that_fails_ends_all_further_actions(
    open_session: Callable[..., Any], site: Any
) -> None:
    seen: list[Action] = []

    def record(action: Action) -> None:
        seen.append(action)
        if action.verb == "filled":
            raise ConnectionError("the worker is gone")

    page = open_session(record).page
    page.goto("/")
    with pytest.raises(ConnectionError):
        page.get_by_label("Name").fill("Jansen")
    for act in (
        page.get_by_role("button", name="Apply").click,
        page.get_by_label("Name").is_visible,
        lambda: page.evaluate("1"),
        lambda: page.keyboard.press("Enter"),
    ):
        with pytest.raises(ConnectionError, match="the worker is gone"):
            act()
    assert len(seen) == 2
    assert site.posts == []


def test_what_an_author_s_own_handler_does_is_recorded_too(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/popup"] = """<div id=cookies style="position:fixed;inset:0;background:#fff">
      <button onclick="cookies.remove()">Accept</button></div><button id=go>Go</button>"""
    opened = open_session()
    page = opened.page
    page.goto("/popup")
    page.add_locator_handler(
        page.get_by_role("button", name="Accept"),
        lambda: page.get_by_role("button", name="Accept").click(),
    )
    page.locator("#go").click()
    assert opened.told()[1:] == [
        ("clicked", 'button "Accept"', None),
        ("clicked", "css #go", None),
    ]


def test_no_secret_is_recorded_shown_or_said(open_session: Callable[..., Any], site: Any) -> None:
    word = 'tr0ub4dor&"3'
    opened = open_session(secrets=(Secret(word),))
    page = opened.page
    page.goto("/")
    page.get_by_label("Password").fill(word)
    page.get_by_label("Name").fill(f"x{word}")
    page.get_by_label("Amount").press_sequentially(word)
    page.keyboard.type(word)
    assert page.get_by_label("Password").input_value() == word
    assert page.get_by_label("Name").input_value() == f"x{word}"
    page.get_by_text(word).count()
    page.goto("/other?next=" + Secret(word).copies()[0])
    errors = []
    for act in (
        lambda: page.get_by_label("Nothing").fill(word, timeout=100),
        lambda: page.get_by_text(word).click(timeout=100),
        lambda: page.get_by_role("button", name=word).click(timeout=100),
        lambda: page.goto("http://127.0.0.1:9/" + word),
        lambda: page.evaluate("word => { throw new Error(word) }", word),
    ):
        with pytest.raises((PageChanged, TargetDown)) as raised:
            act()
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
        errors.append(str(raised.value))
    everything = repr(opened.actions) + repr(errors)
    for copy in Secret(word).copies():
        assert copy not in everything
    assert everything.count("•••") > 5


def test_a_password_that_is_no_known_secret_is_not_recorded_either(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()
    page = opened.page
    page.goto("/")
    page.get_by_label("Password").fill("hunter2")
    page.get_by_label("Password").input_value()
    page.get_by_label("Name").focus()
    page.get_by_label("Password").press("9")
    page.keyboard.press("8")
    page.keyboard.insert_text("correct horse")
    page.get_by_label("Name").focus()
    page.keyboard.press("7")
    values = [one.value for one in opened.actions]
    assert values == ["/", "•••", "•••", None, "•••", "•••", "•••", None, "7"]
    assert page.get_by_label("Password").input_value() == "98correct horsehunter2"


def test_a_password_sent_with_its_last_key_is_not_recorded(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()
    opened.page.goto("/")
    opened.page.get_by_label("Password").press_sequentially("hunter2\n")
    expect(opened.page.get_by_role("status")).to_be_visible()
    assert "hunter2" in site.posts[0][1]
    assert "hunter2" not in repr(opened.actions)


def test_an_error_text_does_not_repeat_a_value_of_the_case(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/")
    page.get_by_label("Name").fill("Andersen")
    for locator in (
        page.get_by_role("row", name="Jansen").get_by_role("button", name="Change"),
        page.get_by_role("button", name="Dismiss Andersen"),
        page.get_by_text("Jansen AB"),
        page.locator("tr:has-text('Jansen') >> button"),
        page.locator("#employee-120045 button"),
    ):
        with pytest.raises(PageChanged) as raised:
            locator.click(timeout=100)
        assert not re.search("Jansen|Andersen|120045", str(raised.value))
        assert raised.value.__cause__ is None


def differing(one: bytes, other: bytes) -> int:
    """How many bytes of two PNGs differ before compression (RFC 2083): some three to twelve a pixel."""

    def content(png: bytes) -> bytes:
        packed, place = b"", 8
        while place < len(png):
            length, kind = struct.unpack_from(">I4s", png, place)
            if kind == b"IDAT":
                packed += png[place + 8 : place + 8 + length]
            place += length + 12
        return zlib.decompress(packed)

    return sum(a != b for a, b in zip(content(one), content(other), strict=True))


def test_a_picture_covers_passwords_and_what_is_asked(
    open_session: Callable[..., Any], site: Any
) -> None:
    opened = open_session()
    page, session = opened.page, opened.session
    page.goto("/")
    # Another name would make the table wider or narrower, by the fonts that there are.
    page.add_style_tag(content="table { table-layout: fixed; width: 200px }")
    bare = session.picture()
    page.get_by_label("Password").fill("hunter2")
    page.get_by_label("Name").focus()
    with_password = session.picture()
    assert bare.startswith(b"\x89PNG")
    assert b"hunter2" not in with_password
    masked = session.picture([page.locator("table")])
    assert masked != with_password
    # What stands under a cover leaves no trace in the bytes: another text gives the same picture.
    page.evaluate("document.querySelector('td').textContent = 'Jensen'")
    page.get_by_label("Password").evaluate("field => field.value = 'longer than before'")
    # Chromium does not draw each rounded corner alike each time: a pixel of a button may differ.
    assert differing(session.picture([page.locator("table")]), masked) <= 24
    assert differing(session.picture(), masked) > 1000
    # A secret in a field that shows what is typed is covered as well.
    secretive = open_session(secrets=(Secret("tr0ub4dor"),))
    secretive.page.goto("/")
    before = secretive.session.picture([secretive.page.get_by_label("Name")])
    secretive.page.get_by_label("Name").fill("tr0ub4dor")
    secretive.page.get_by_label("Amount").focus()
    secretive.page.evaluate("document.activeElement.blur()")
    assert secretive.session.picture() == before
    missing = session.picture([page.locator("#nowhere"), page.get_by_role("row", name="Nobody")])
    assert missing is not None
    assert _size(bare) == (1400, 900)
    verbs = [one.verb for one in opened.actions]
    assert verbs == ["opened", "filled", "focused", "evaluated", "evaluated"]


def _size(png: bytes) -> tuple[int, int]:
    header = BytesIO(png[16:24])
    return int.from_bytes(header.read(4)), int.from_bytes(header.read(4))


def test_there_is_no_picture_of_a_page_that_is_gone(open_session: Callable[..., Any]) -> None:
    opened = open_session()
    opened.page.close()
    assert opened.session.picture() is None


def test_a_question_nobody_listens_to_is_recorded_and_answered_with_no(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/ask"] = "<button onclick=\"document.title = confirm('Really?')\">Ask</button>"
    opened = open_session()
    page = opened.page
    page.goto("/ask")
    page.get_by_role("button").click()
    expect(page).to_have_title("false")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button").click()
    expect(page).to_have_title("true")
    page.get_by_role("button").click()
    expect(page).to_have_title("false")
    asked = ("asked", "confirm dialog", "Really?")
    clicked = ("clicked", "button", None)
    assert opened.told()[1:] == [
        asked,
        clicked,
        ("accepted", "confirm dialog", "Really?"),
        clicked,
        asked,
        clicked,
    ]


def test_leaving_a_page_that_asks_to_stay_goes_on(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/stay"] = "<input><script>onbeforeunload = event => event.preventDefault()</script>"
    opened = open_session()
    opened.page.goto("/stay")
    opened.page.locator("input").fill("x")
    opened.page.goto("/other")
    expect(opened.page).to_have_title("Other")
    assert ("asked", "beforeunload dialog", "") in opened.told()


def test_frames_popups_and_downloads_belong_to_the_session(
    open_session: Callable[..., Any], site: Any, tmp_path: Path
) -> None:
    site.pages["/outer"] = """<iframe src="/"></iframe><a href=/other target=_blank>Open</a>
      <a href=/file download>List</a>"""
    opened = open_session()
    page = opened.page
    page.goto("/outer")
    page.frame_locator("iframe").get_by_label("Name").fill("Jansen")
    page.frames[1].fill("[name=amount]", "1")
    with page.expect_popup() as waiting:
        page.get_by_role("link", name="Open").click()
    assert waiting.value.title() == "Other"
    waiting.value.close()
    with page.expect_download() as arriving:
        page.get_by_role("link", name="List").click()
    arriving.value.save_as(tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text() == "a,b"
    assert opened.told()[1:] == [
        ("filled", 'field "Name" in frame css iframe', "Jansen"),
        ("filled", "css [name=amount]", "1"),
        ("clicked", 'link "Open"', None),
        ("read", "page", "Other"),
        ("closed", "page", None),
        ("clicked", 'link "List"', None),
        ("downloaded", "file", "list.csv"),
    ]


def test_waiting_for_something_that_does_not_come_is_a_changed_page(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/")
    with pytest.raises(PageChanged), page.expect_download(timeout=200):
        page.get_by_label("Name").click()
    with pytest.raises(PageChanged):
        page.wait_for_selector("#nothing", timeout=100)
    with pytest.raises(ZeroDivisionError), page.expect_popup():
        raise ZeroDivisionError


def test_an_author_s_longer_time_limit_is_cut_to_the_terms(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session(action_limit=1.0).page
    page.set_content("empty")
    with pytest.raises(PageChanged):
        page.get_by_role("button", name="Nothing").click(timeout=0)
    with pytest.raises(PageChanged):
        page.get_by_role("button", name="Nothing").click(timeout=60_000)


def test_other_uses_of_playwright_in_the_process_are_left_alone(
    open_session: Callable[..., Any], browser: Any, site: Any
) -> None:
    from playwright.sync_api import TimeoutError as TimedOut

    opened = open_session()
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill("x")
    with pytest.raises(TimedOut):
        page.get_by_label("Nothing").fill("x", timeout=50)
    context.close()
    assert opened.actions == []


def test_two_sessions_at_once_keep_apart(open_session: Callable[..., Any], site: Any) -> None:
    one, two = open_session(), open_session()
    one.page.goto("/")
    two.page.goto("/other")
    one.page.get_by_label("Name").fill("x")
    assert [action.verb for action in one.actions] == ["opened", "filled"]
    assert [action.verb for action in two.actions] == ["opened"]
