"""Errors of the network and of the target, said in Paraplu's words; and the safety net."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from paraplu import (
    NothingDone,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    SessionTerms,
    TargetDown,
    WriteStopped,
)
from paraplu_browser.connector import session_in
from paraplu_browser.traffic import _retry_after

pytestmark = pytest.mark.browser

BUTTONS = """<form method=post action={0}><input name=a value=1><button>Send</button></form>
<button id=script onclick="fetch('{0}', {{method: 'POST', body: 'x'}}).catch(() => 0)">Script</button>"""


def test_a_target_that_refuses_the_connection_is_down(open_session: Callable[..., Any]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    opened = open_session()
    with pytest.raises(TargetDown, match="cannot be reached"):
        opened.page.goto(address)
    assert opened.actions[-1].failed == "TargetDown"
    opened.page.goto("/")


def test_a_page_that_does_not_come_in_time_or_is_cut_is_down(
    open_session: Callable[..., Any],
) -> None:
    page = open_session().page
    with pytest.raises(TargetDown, match=r"within 0\.5 s"):
        page.goto("/slow", timeout=500)
    with pytest.raises(TargetDown, match="connection was cut"):
        page.goto("/cut")
    page.goto("/")


def test_a_busy_target_says_how_long_to_wait(open_session: Callable[..., Any], site: Any) -> None:
    page = open_session().page
    with pytest.raises(TargetDown) as raised:
        page.goto("/busy")
    assert raised.value.retry_after == 7
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with pytest.raises(TargetDown) as raised:
        page.goto("/busy?" + later.replace(" ", "%20"))
    assert raised.value.retry_after is None  # percent signs make no date
    with pytest.raises(TargetDown) as raised:
        page.goto("/limit")
    assert raised.value.retry_after == 600  # it does not say
    site.pages["/closing"] = BUTTONS.format("/closed")
    page.goto("/closing")
    with pytest.raises(TargetDown):
        page.get_by_role("button", name="Send").click()


def test_a_broken_page_is_down_after_reading_and_unknown_after_sending(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    with pytest.raises(TargetDown):
        page.goto("/broken")
    site.pages["/breaking"] = BUTTONS.format("/save-and-break")
    page.goto("/breaking")
    with pytest.raises(OutcomeUnknown, match="answered 500 on /save-and-break"):
        page.get_by_role("button", name="Send").click()
    # What a script is answered is the page's own business.
    page.goto("/breaking")
    page.get_by_role("button", name="Script").click()
    page.goto("/")


def test_a_busy_page_after_a_redirected_save_is_unknown(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/going"] = BUTTONS.format("/save-and-go")
    page = open_session().page
    page.goto("/going")
    with pytest.raises(OutcomeUnknown):
        page.get_by_role("button", name="Send").click()


@pytest.mark.parametrize("button", ["Send", "Script"])
def test_a_connection_cut_after_saving_is_unknown_and_was_sent_once(
    open_session: Callable[..., Any], site: Any, button: str
) -> None:
    site.pages["/cutting"] = BUTTONS.format("/save-and-cut")
    opened = open_session()
    page = opened.page
    page.goto("/other")
    page.goto("/cutting")
    with pytest.raises(OutcomeUnknown, match="connection was cut on /save-and-cut"):
        page.get_by_role("button", name=button).click()
        page.wait_for_timeout(500)  # a script's failure may come after the click
    assert len(site.posts) == 1
    page.goto("/")


def test_without_the_connector_s_browser_settings_it_is_sent_again_and_again(site: Any) -> None:
    # The proof that the test above could fail: Chromium repeats the POST by itself.
    from paraplu_browser.finder import find_browser
    from paraplu_browser.launch import _Driver, _is_root

    site.pages["/cutting"] = BUTTONS.format("/save-and-cut")
    driver = _Driver()
    browser = driver.playwright.chromium.launch(
        executable_path=find_browser().path, chromium_sandbox=not _is_root(), args=["--disable-gpu"]
    )
    page = browser.new_context(base_url=site.address).new_page()
    page.goto("/other")
    page.goto("/cutting")
    page.get_by_role("button", name="Send").click()
    browser.close()
    driver.release()
    assert len(site.posts) > 1


def test_a_save_that_is_not_answered_in_time_is_unknown(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/waiting"] = BUTTONS.format("/save-slowly")
    opened = open_session()
    opened.page.goto("/waiting")
    with pytest.raises(OutcomeUnknown):
        opened.page.get_by_role("button", name="Send").click(timeout=1900)
    assert opened.actions[-1].failed == "OutcomeUnknown"


def test_elements_that_are_missing_twice_or_of_another_kind_are_a_changed_page(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/")
    with pytest.raises(PageChanged, match=r"not there to be clicked within 0\.2 s"):
        page.get_by_role("button", name="Renamed").click(timeout=200)
    with pytest.raises(PageChanged, match="not there"):
        page.get_by_role("row", name="Nobody").inner_text(timeout=200)
    with pytest.raises(PageChanged, match="fits 2 elements"):
        page.get_by_role("row").click()
    with pytest.raises(PageChanged, match="another kind of element"):
        page.get_by_role("button", name="Apply").fill("x")
    with pytest.raises(PageChanged, match="cannot be read"):
        page.locator("##").click()


def test_a_lost_browser_is_unknown_when_acting_and_down_when_reading(site: Any) -> None:
    from paraplu_browser.launch import _kill, _process_of, started_browser

    site.pages["/hang"] = "<button onclick='for(;;);'>Hang</button><p>text</p>"
    for act, error in (
        (lambda page: page.get_by_role("button").click(), OutcomeUnknown),
        (lambda page: page.locator("#nothing").inner_text(), TargetDown),
    ):
        with (
            started_browser() as running,
            session_in(running, SessionTerms(site.address), lambda action: None) as session,
        ):
            session.handle.goto("/hang")
            _kill(_process_of(running))
            with pytest.raises(error):
                act(session.handle)
            with pytest.raises(TargetDown):  # gone before it began: nothing was done
                session.handle.get_by_role("button").click()
            assert session.picture() is None


def writes(outgoing: Outgoing) -> bool:
    return outgoing.method != "GET" and b"search" not in outgoing.body


def test_the_safety_net_stops_what_would_write_and_lets_the_rest_pass(
    open_session: Callable[..., Any], site: Any
) -> None:
    seen: list[Outgoing] = []

    def watch(outgoing: Outgoing) -> bool:
        seen.append(outgoing)
        return writes(outgoing)

    site.pages["/mixed"] = BUTTONS.format("/save") + (
        "<button onclick=\"fetch('/list', {method: 'POST', body: 'search=1'})"
        '.then(answer => document.title = answer.status)">Search</button>'
    )
    opened = open_session(writes=watch)
    page = opened.page
    page.goto("/mixed?secret=1")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_title("200")
    with pytest.raises(WriteStopped, match=r"POST to /save,"):
        page.get_by_role("button", name="Send").click()
        page.title()
    page.goto("/mixed")
    with pytest.raises(WriteStopped):
        page.get_by_role("button", name="Script").click()
        page.wait_for_timeout(300)
        page.title()
    with pytest.raises(WriteStopped):
        page.request.post("/save", data="x")
    assert [path for path, _ in site.posts] == ["/list"]
    assert Outgoing("POST", f"{site.address}/save", b"a=1") in seen
    assert "secret" not in str(opened.actions[-1])


def test_a_stopped_write_that_nobody_heard_of_is_raised_at_the_end(browser: Any, site: Any) -> None:
    site.pages["/later"] = (
        "<script>setTimeout(() => fetch('/save', {method: 'POST'}), 100)</script>"
    )
    terms = SessionTerms(site.address, writes=writes)
    with (
        pytest.raises(WriteStopped),
        session_in(browser, terms, lambda action: None) as session,
    ):
        session.handle.goto("/later")
        expect(session.handle.locator("#nothing")).to_have_count(0)
        _let_pass(session.handle)
    assert site.posts == []


def test_a_matcher_that_fails_lets_nothing_pass(
    open_session: Callable[..., Any], site: Any
) -> None:
    def broken(outgoing: Outgoing) -> bool:
        if outgoing.method == "POST":
            raise KeyError("no such rule")
        return False

    site.pages["/send"] = BUTTONS.format("/save")
    page = open_session(writes=broken).page
    page.goto("/send")
    with pytest.raises(KeyError):
        page.get_by_role("button", name="Send").click()
        page.title()
    assert site.posts == []


def test_without_a_rehearsal_nothing_is_routed(open_session: Callable[..., Any], site: Any) -> None:
    # A routed page does not use its cache, which shows in what the site is asked for.
    opened = open_session()
    opened.page.goto("/")
    assert opened.session.context._impl_obj._routes == []


def test_a_call_that_did_nothing_is_never_called_unknown(
    open_session: Callable[..., Any], site: Any
) -> None:
    page = open_session().page
    page.goto("/")
    page.get_by_role("button", name="Apply").click()
    with pytest.raises(NothingDone):
        page.get_by_role("button", name="Apply").click(timeout=200)


def _let_pass(page: Any) -> None:
    """Half a second in which the browser works and no watched call is made."""
    with pytest.raises(AssertionError):
        expect(page.locator("#nothing")).to_have_count(1, timeout=500)


def test_the_author_s_own_route_does_not_lead_past_the_safety_net(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/send"] = BUTTONS.format("/save")
    page = open_session(writes=writes).page
    page.route("**/*", lambda route: route.continue_())
    page.goto("/send")
    with pytest.raises(WriteStopped):
        page.get_by_role("button", name="Send").click()
        page.title()
    assert site.posts == []


def test_an_element_that_is_covered_or_not_enabled_is_said_so(
    open_session: Callable[..., Any], site: Any
) -> None:
    site.pages["/covered"] = """<button>Apply</button><input id=i disabled>
      <div style="position:fixed;inset:0"></div>"""
    page = open_session().page
    page.goto("/covered")
    with pytest.raises(PageChanged, match="something lies over it"):
        page.get_by_role("button").click(timeout=3000)
    with pytest.raises(PageChanged, match="it is not enabled"):
        page.locator("#i").fill("x", timeout=3000)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("7", 7, 7),
        (" 120 ", 120, 120),
        ("0", 0, 0),
        ("9" * 400, 1e9, 1e9),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Wed, 21 Oct 9998 07:28:00 GMT", 1e9, 1e9),
    ],
)
def test_what_a_target_asks_to_wait_is_understood(value: str, low: float, high: float) -> None:
    seconds = _retry_after(value)
    assert seconds is not None and low <= seconds <= high


def test_a_date_to_wait_for_is_counted_from_now() -> None:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    for value in (
        format_datetime(in_an_hour, usegmt=True),
        format_datetime(in_an_hour.astimezone(timezone(timedelta(hours=-5)))),
        in_an_hour.strftime("%a, %d %b %Y %H:%M:%S -0000"),
    ):
        seconds = _retry_after(value)
        assert seconds is not None and 3000 < seconds <= 3600


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "-5",
        "1.5",
        "soon",
        "\u00b2",
        "\u0663",
        "1e9",
        "Wed, 99 Foo 2026",
        "0x10",
        "1 2",
        "," * 9,
    ],
)
def test_a_wait_that_makes_no_sense_counts_as_none_given(value: str | None) -> None:
    assert _retry_after(value) is None
