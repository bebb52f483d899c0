"""The browser as Paraplu's connector: opens a session on a target's address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from paraplu import Recorder, Session, SessionTerms
from paraplu_browser.finder import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class BrowserConnector:
    """Drives web applications through Chromium, Chrome or Edge; see `paraplu_browser`."""

    def warm(self) -> None:
        """Start driver and browser now, for the next session that this thread opens.

        Called again it sees to it that the one that waits is alive. Raises `SettingsWrong` as `open` does.
        """
        from paraplu_browser.instrument import instrument
        from paraplu_browser.session import BrowserSession
        from paraplu_browser.spare import keep_spare

        del BrowserSession  # loaded ahead, it takes a while
        instrument()
        keep_spare()

    def cool(self) -> None:
        """Close the browser that waits, if this thread has one."""
        from paraplu_browser.spare import drop_spare

        drop_spare()

    def open(self, terms: SessionTerms, record: Recorder) -> AbstractContextManager[Session]:
        """A browser of its own with one page on `terms.address`; gone when the block ends.

        Raises `SettingsWrong` when no browser is to be had. At the end it raises what the target's calls
        have not heard of any more: `WriteStopped`, or `OutcomeUnknown` of a request that was cut.
        """
        return _opened(terms, record)

    def where(self) -> str:
        """Which browser a session uses, in words. Raises `SettingsWrong` when none is to be had."""
        browser = find_browser()
        return f"{browser.path} ({browser.how})"


@contextmanager
def _opened(terms: SessionTerms, record: Recorder) -> Iterator[Session]:
    from paraplu_browser.spare import ready_browser

    with ready_browser() as browser, session_in(browser, terms, record) as session:
        yield session


@contextmanager
def session_in(browser: Browser, terms: SessionTerms, record: Recorder) -> Iterator[Session]:
    """A session in a browser that runs already, with a context of its own."""
    from paraplu_browser.deadline import Deadline
    from paraplu_browser.instrument import instrument, join, leave
    from paraplu_browser.launch import fresh_context, kill, processes_of
    from paraplu_browser.session import BrowserSession

    instrument()
    with fresh_context(browser, terms.address) as context:
        deadline = Deadline(processes_of(browser), kill)
        try:
            session = BrowserSession(context, terms, record, deadline)
            join(session)
            try:
                yield session
            finally:
                leave(session)
        finally:
            deadline.end()
        session.finish()
