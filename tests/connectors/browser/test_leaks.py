"""No error of the browser says what was typed, neither a secret nor what a case is about."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from leaks import SECRET, leaks
from paraplu import ParapluError, Secret
from paraplu.logging import log_to

pytestmark = pytest.mark.browser

NAME, AMOUNT = "Zbigniew Wörnstrød", "4321.09"

FAILURES: dict[str, Callable[[Any], Any]] = {
    "a button that is missing": lambda page: page.get_by_role("button", name="Pay").click(),
    "a button named by what was typed": lambda page: page.get_by_role("button", name=NAME).click(),
    "a text that is the secret": lambda page: page.get_by_text(SECRET).click(),
    "a row of a person": lambda page: page.get_by_role("row").filter(has_text=NAME).inner_text(),
    "a css locator": lambda page: page.locator(f'[title="{NAME}"]').click(),
    "an xpath": lambda page: page.locator(f"//a[text()='{NAME}']").click(),
    "a choice that is not there": lambda page: page.get_by_label("Unit").select_option(NAME),
    "filling what is no field": lambda page: page.get_by_role("table").fill(NAME),
    "filling the secret in no field": lambda page: page.get_by_role("table").fill(SECRET),
    "ticking what is no box": lambda page: page.get_by_label("Name").check(),
    "twice": lambda page: page.get_by_role("row").click(),
    "a script": lambda page: page.evaluate("value => { throw new Error(value) }", SECRET),
    "a script about a person": lambda page: page.evaluate(f"() => {{ throw new Error('{NAME}') }}"),
    "a page that is cut": lambda page: page.goto(f"/cut?q={quote(SECRET)}&n={quote_plus(NAME)}"),
    "a page that is busy": lambda page: page.goto(f"/busy?{quote(SECRET)}"),
    "a page that is broken": lambda page: page.goto(f"/broken?{quote(SECRET)}&{quote(NAME)}"),
    "an address that is none": lambda page: page.goto(f"http://127.0.0.1:1/?p={quote(SECRET)}"),
    "an address with a user": lambda page: page.goto(f"http://u:{quote(SECRET, safe='')}@[/"),
    "a request": lambda page: page.request.get(f"/cut?p={quote(SECRET)}&n={quote(NAME)}"),
    "a request that sends": lambda page: page.request.post("/save-and-cut", data={"n": NAME}),
    "waiting for an address": lambda page: page.wait_for_url(f"**/{quote(NAME)}"),
    "waiting for a text": lambda page: page.get_by_text(NAME + "x").wait_for(),
    "a file that is not there": lambda page: page.get_by_label("File").set_input_files(
        f"/{SECRET}"
    ),
    "a submission that is cut": lambda page: _submit(page, "/save-and-cut"),
    "a submission that breaks": lambda page: _submit(page, "/save-and-break"),
}


def _submit(page: Any, to: str) -> None:
    page.evaluate(f"document.forms[0].action = '{to}'")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Apply").click()


@pytest.mark.parametrize("what", FAILURES)
def test_no_error_says_what_was_typed(
    open_session: Callable[..., Any], what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened = open_session(secrets=(Secret(SECRET),), action_limit=1.5)
    page = opened.page
    page.goto("/")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Amount").fill(AMOUNT)
    page.get_by_label("Password").fill(SECRET)
    with pytest.raises(Exception) as caught:
        FAILURES[what](page)
    error = caught.value
    log = log_to(tmp_path / "paraplu.log")
    log.error("case_failed", exc_info=error)
    out, err = capfd.readouterr()
    said = [(tmp_path / "paraplu.log"), out, err]
    if isinstance(error, ParapluError):
        chained = "".join(traceback.format_exception_only(error))
        assert error.__cause__ is None and error.__suppress_context__
        said += [str(error), repr(error), chained]
    assert leaks([SECRET, NAME, AMOUNT], said) == []
    # Actions are sealed, and may say what a case is about, but never a secret.
    assert leaks([SECRET], [repr(opened.actions)]) == []
