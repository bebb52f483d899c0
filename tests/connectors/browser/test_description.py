"""Locators in words. The selectors are those that Playwright itself makes of the calls beside them."""

from __future__ import annotations

import pytest

from paraplu_browser.description import comparison, describe, place

CASES = [
    # get_by_role("button", name="Apply")
    ('internal:role=button[name="Apply"i]', 'button "Apply"', 'button "Apply"'),
    # get_by_role("textbox", name="Say \"when\" >> now", exact=True)
    (
        'internal:role=textbox[name="Say \\"when\\" >> now"s]',
        'textbox "Say "when" >> now"',
        'textbox "Say "when" >> now"',
    ),
    # get_by_role("row", name="Jansen")
    ('internal:role=row[name="Jansen"i]', 'row "Jansen"', 'row "…"'),
    # get_by_role("checkbox", checked=True)
    ("internal:role=checkbox[checked=true]", "checkbox (checked true)", "checkbox (checked true)"),
    # get_by_role("link", name=re.compile("^EMP-"))
    ("internal:role=link[name=/^EMP-/]", "link /^EMP-/", 'link "…"'),
    # get_by_label("Amount")
    ('internal:label="Amount"i', 'field "Amount"', 'field "Amount"'),
    # get_by_text("Jansen")
    ('internal:text="Jansen"i', 'text "Jansen"', 'text "…"'),
    # get_by_placeholder("dd-mm-jjjj")
    (
        'internal:attr=[placeholder="dd-mm-jjjj"i]',
        'field with placeholder "dd-mm-jjjj"',
        'field with placeholder "dd-mm-jjjj"',
    ),
    # get_by_test_id("save")
    ('internal:testid=[data-testid="save"s]', 'test id "save"', 'test id "save"'),
    # get_by_title("Close"), get_by_alt_text("Logo")
    ('internal:attr=[title="Close"i]', 'element titled "Close"', 'element titled "Close"'),
    ('internal:attr=[alt="Logo"i]', 'image "Logo"', 'image "Logo"'),
    # locator("#f").nth(2), .first, .last
    ("#f >> nth=2", "css #f (number 3)", "css #f (number 3)"),
    ("#f >> nth=0", "css #f (first)", "css #f (first)"),
    ("#f >> nth=-1", "css #f (last)", "css #f (last)"),
    # locator("tr").filter(has_text="x").get_by_role("cell")
    (
        'tr >> internal:has-text="Jansen"i >> internal:role=cell',
        'cell in css tr with "Jansen"',
        'cell in css tr with "…"',
    ),
    # locator("tr").filter(has=page.get_by_text("x"), has_not=page.locator("b"))
    (
        'tr >> internal:has="internal:text=\\"x\\"i" >> internal:has-not="b"',
        'css tr with text "x" without css b',
        'css tr with text "…" without css b',
    ),
    # locator("tr").locator(page.locator("td"))
    ('tr >> internal:chain="td"', "css td in css tr", "css td in css tr"),
    # locator("a").or_(page.locator("b")), .and_
    ('a >> internal:or="b"', "css a or css b", "css a or css b"),
    ('a >> internal:and="b"', "css a that is also css b", "css a that is also css b"),
    # frame_locator("iframe").get_by_text("q")
    (
        'iframe >> internal:control=enter-frame >> internal:text="q"i',
        'text "q" in frame css iframe',
        'text "…" in frame css iframe',
    ),
    # .describe("The button"), and with a word on comparing
    ('internal:role=button >> internal:describe="The button"', "The button", "The button"),
    ('#i >> internal:describe="IBAN [loosely]"', "IBAN", "IBAN"),
    # written by hand
    ("//tr[@id='e1204']/td", "xpath //tr[@id='e1204']/td", 'xpath //tr[@id="…"]/td'),
    ("text=Jansen", 'text "Jansen"', 'text "…"'),
    ("tr:has-text('Jansen') input[name='a b']", None, "css tr:has-text(\"…\") input[name='a b']"),
    ("#row-120045", "css #row-120045", "css #row-…"),
    ("li >> visible=true", "css li (visible)", "css li (visible)"),
]


@pytest.mark.parametrize(("selector", "words", "discreet"), CASES)
def test_a_locator_in_words(selector: str, words: str | None, discreet: str) -> None:
    if words is not None:
        assert describe(selector) == words
    assert describe(selector, discreet=True) == discreet


def test_any_text_at_all_is_described_somehow() -> None:
    for selector in ("", ">>", "a >>", '"', "internal:has=", "=", "nth=x", "internal:role="):
        assert describe(selector)


def test_the_author_s_word_on_comparing_is_found() -> None:
    assert comparison('#i >> internal:describe="IBAN [loosely]"') == "loosely"
    assert comparison('#i >> internal:describe="IBAN"') == ""
    assert comparison('#i >> internal:has-text="x [exactly]"i') == ""
    assert comparison("") == ""


def test_an_address_loses_its_query_and_its_numbers() -> None:
    assert place("https://target.example/employees/E0012/slips?bsn=123") == "/employees/…/slips"
    assert place("https://target.example") == "/"
    assert place("http://[broken") == "…"


@pytest.mark.browser
def test_the_selectors_are_those_that_playwright_makes(browser: object) -> None:
    import re

    from paraplu_browser.call import selector_of

    context = browser.new_context()  # type: ignore[attr-defined]
    page = context.new_page()
    made = [
        page.get_by_role("button", name="Apply"),
        page.get_by_role("textbox", name='Say "when" >> now', exact=True),
        page.get_by_role("checkbox", checked=True),
        page.get_by_role("link", name=re.compile("^EMP-")),
        page.get_by_label("Amount"),
        page.get_by_text("Jansen"),
        page.get_by_placeholder("dd-mm-jjjj"),
        page.get_by_test_id("save"),
        page.get_by_title("Close"),
        page.get_by_alt_text("Logo"),
        page.locator("#f").nth(2),
        page.locator("#f").last,
        page.locator("tr").filter(has_text="Jansen").get_by_role("cell"),
        page.locator("tr").filter(has=page.get_by_text("x"), has_not=page.locator("b")),
        page.locator("tr").locator(page.locator("td")),
        page.locator("a").or_(page.locator("b")),
        page.locator("a").and_(page.locator("b")),
        page.frame_locator("iframe").get_by_text("q"),
        page.get_by_role("button").describe("The button"),
    ]
    assert {selector_of(one) for one in made} <= {selector for selector, _, _ in CASES}
    context.close()
