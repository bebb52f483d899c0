"""A person's own extract: everything about them, nothing about others, nobody by name, nothing secret."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bureau import CLIENT, PEOPLE, Bureau, booking
from playwright.sync_api import sync_playwright
from test_erasing import erase, led

from paraplu.assurance.erasure import extract, extract_page
from paraplu.assurance.erasure.extract import HAPPENED, Made
from paraplu.domain.person import Role
from paraplu.errors import NotAllowed, NotFound

__all__ = ["led"]


def made(bureau: Bureau, person: str = "10002", language: str | None = None) -> Made:
    return bureau.centre.extracts.make(CLIENT, person, bureau.who("ines"), language)


class Words(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += f" {data.strip()}"


def test_it_tells_each_case_with_before_and_after_purpose_recipients_and_how_long_it_is_kept(
    after: Bureau,
) -> None:
    words = Words(made(after).page).text
    for part in (
        "Gemeente Noordwijk aan Meer",
        "10002",
        "KENMERK-772",
        "KENMERK-778",
        "lines 1000 amount 3100 7654.32",
        "Under agreement noordwijk/ledger-booking@1",
        "Systems that received it ledger",
        "Kept until 2033-12-31",
        "Somebody approved it. (somebody who may approve)",
        "It was carried out and checked. (a software robot)",
        "an employee of the service centre",
    ):
        assert part in words, part


def test_it_says_nothing_of_others_and_names_nobody(after: Bureau) -> None:
    page = html.unescape(made(after, "10001").page)
    others = ("10002", "10003", "10004", "10005", "KENMERK-772", "7654.32", "8642.1", "9753.19")
    names = [text for one in PEOPLE for text in (one.handle, one.name, one.email) if text]
    found = [text for text in (*others, *names) if text in page]
    assert found == []
    assert "KENMERK-771" in page
    assert "a contact person of the organisation" in page  # who asked: carla.visser in the workbook


def test_lines_of_bystanders_are_left_out(after: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "lines 1000 amount" in made(after).page
    monkeypatch.setattr(extract, "_OTHERS", "lines")
    assert "lines 1000 amount" not in made(after).page


def test_nothing_secret_and_nothing_of_the_machinery_stands_in_it(after: Bureau) -> None:
    page = made(after).page
    assert not re.search(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-", page)
    for word in ("mandate", "fence", "digest", "robot-only", "sha"):
        assert word not in page.casefold(), word


def test_what_people_wrote_freely_is_marked_and_counted(after: Bureau) -> None:
    found = made(after)
    words = Words(found.page).text
    assert "Remark: bel Jolanda eerst (written freely by a person" in re.sub(r" +", " ", words)
    assert found.free_texts == 4  # a remark, a reply, a hand-back, an approval


def test_that_it_was_written_and_who_read_before_is_told(after: Bureau) -> None:
    after.shown(case=after.case("KENMERK-772").uid)
    first = made(after)
    assert first.readings > 0
    assert "2026-11-17 10:00 an employee of the service centre" in Words(first.page).text
    entry = after.entries_of("extract-written")[-1]
    assert entry.actor == after.who("ines").uid
    assert entry.rpa["detail"]["count"] == first.cases == 2
    assert b"10002" not in entry.data


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "What we keep about you"),
        ("nl", "Wat wij over u bewaren"),
        ("da", "Det gemmer vi om dig"),
    ],
)
def test_it_is_written_in_the_language_that_is_asked_for(
    after: Bureau, language: str, title: str
) -> None:
    page = made(after, language=language).page
    assert f"<html lang='{language}'>" in page
    assert title in page


@pytest.mark.parametrize("language", ["nl", "da"])
def test_every_text_of_it_is_translated(after: Bureau, language: str) -> None:
    wording = after.centre.parts.wording(language)
    source = Path(extract_page.__file__).read_text("utf-8")
    said = {*re.findall(r'say\([\'"]([^\'"]+)[\'"]', source), *HAPPENED.values()}
    said |= {*extract._ROLES.values(), "somebody", "a software robot", "Explanation"}
    said |= {extract_page._DECIDES, extract_page._TURN_TO, extract_page._BY_ROLE}
    assert len(said) > 45
    assert [text for text in said if wording.text(text) == text] in ([], ["Organisation"])


def test_the_page_has_no_scripts_and_loads_nothing(after: Bureau) -> None:
    after.send(booking("<script>alert(1)</script>", "10002", remark="<img src=x onerror=alert(1)>"))
    page = made(after).page
    tags = set(Words(page).tags)
    assert not tags & {"script", "img", "link", "iframe", "form", "a", "object"}
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page


@pytest.mark.browser
def test_a_browser_shows_it_and_asks_nobody_for_anything(after: Bureau, tmp_path: Path) -> None:
    path = tmp_path / "extract.html"
    path.write_text(made(after, language="nl").page, encoding="utf-8")
    asked, told = list[str](), list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: told.append(message.text))
        tab.goto(path.as_uri())
        assert tab.get_by_role("heading", level=1).inner_text() == "Wat wij over u bewaren"
        assert tab.evaluate("getComputedStyle(document.body).maxWidth") == "736px"
        browser.close()
    assert asked == [path.as_uri()]
    assert told == []


def _chromium() -> str:
    import shutil

    found = shutil.which("chromium") or shutil.which("google-chrome")
    return found or pytest.skip("no Chromium is installed here")


def test_who_has_no_role_for_it_or_asks_about_nobody_gets_nothing(led: Bureau) -> None:
    assert not led.who("olga").person.has(Role.AUDITOR)
    with pytest.raises(NotAllowed):
        led.centre.extracts.make(CLIENT, "10002", led.who("olga"))
    with pytest.raises(NotFound, match="No case is about a person 99999"):
        made(led, "99999")
    erase(led)
    with pytest.raises(NotFound):
        made(led)
