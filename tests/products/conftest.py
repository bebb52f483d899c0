"""Fixtures that lend a running third-party product, in its seeded state, to a test."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

# `tests` is no package, and the harness is used by tests of bots as well: `from products.coati ...`.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from products.coati import Coati
from products.environment import CannotInstall
from products.tryton import Tryton

Product = TypeVar("Product")


PATIENCE = 30_000  # milliseconds

# What keeps Chromium from talking to its makers, and lets it run without a display.
_FLAGS = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def _not_here(reason: str) -> NoReturn:
    """Skip the test, or fail it where CI runs it: there everything must be there."""
    if os.environ.get("CI", "").lower() in {"", "0", "false"}:
        pytest.skip(reason)
    pytest.fail(reason, pytrace=False)


def _lent(make: Callable[[], Product]) -> Product:
    try:
        return make()
    except CannotInstall as problem:
        reason = str(problem)
    _not_here(reason)


# Not for the session: while one Playwright is there, no other can be started in the same thread.
@pytest.fixture(scope="module")
def _chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
    found = os.environ.get("PARAPLU_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        _not_here("No browser found. Install Chromium or name one in PARAPLU_BROWSER.")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=_FLAGS, chromium_sandbox=not as_root
        )
        yield browser
        browser.close()


@pytest.fixture
def page(_chromium: Browser) -> Iterator[Page]:
    """A page of a fresh context that talks to loopback only; asking for more fails the test."""
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            elsewhere.append(request.url)

    context = _chromium.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB")
    context.on("request", note)
    # A machine with more to do than cores is slow, not wrong.
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    expect.set_options(timeout=None)
    context.close()
    assert elsewhere == []


@pytest.fixture(scope="session")
def _running_coati() -> Iterator[Coati]:
    with _lent(Coati) as coati:
        yield coati


@pytest.fixture
def coati(_running_coati: Coati) -> Coati:
    """coati-payroll, seeded, without its limit on requests."""
    _running_coati.reset()
    return _running_coati


@pytest.fixture(scope="session")
def _running_tryton() -> Iterator[Tryton]:
    with _lent(Tryton) as tryton:
        yield tryton


@pytest.fixture
def tryton(_running_tryton: Tryton) -> Tryton:
    """Tryton with its web client, seeded for purchasing."""
    _running_tryton.reset()
    return _running_tryton
