"""One session: a browser context whose page a target works with, every call of it watched.

`perform` is where a call of an instrumented method arrives: it refuses what may not go on, lets
Playwright work, reads fields back, translates errors and records the action before the call returns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from paraplu import NothingDone, Outgoing, Recorder, SessionTerms, TargetDown, WriteStopped
from paraplu_browser.call import Call
from paraplu_browser.deadline import Deadline
from paraplu_browser.faults import Circumstances, closed, gone, translate
from paraplu_browser.field import PASSWORD, Field, Shown
from paraplu_browser.health import Health
from paraplu_browser.page_scripts import HOLDS_PASSWORD
from paraplu_browser.record import DOTS, Journal
from paraplu_browser.rules import Rule
from paraplu_browser.traffic import Traffic
from paraplu_browser.typed import Typed

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Page

# True while Playwright works for a call that is watched already. Playwright runs handlers of events in
# greenlets of their own, which have a context of their own: what a target's handler does is watched.
_watched: ContextVar[bool] = ContextVar("paraplu_browser_watched", default=False)

# How many times the limit of an action a call may take with all that is done around it: looking, waiting
# for the field to be at rest, typing again.
_PATIENCE = 4

# What may be done again when the page has not heard of it.
_REPEATABLE = ("click", "dblclick", "tap", "press")


class BrowserSession:
    """Playwright's `Page` with its context; made by `paraplu_browser.connector`."""

    def __init__(
        self, context: BrowserContext, terms: SessionTerms, record: Recorder, deadline: Deadline
    ) -> None:
        self._limit = terms.action_limit
        self._deadline = deadline
        self._journal = Journal(record, terms.secrets)
        self._ongoing = 0
        self._front: Page | None = None
        self.context = context
        context.set_default_timeout(terms.action_limit * 1000)
        context.on("dialog", self._asked)
        self._health = Health(context, self._ask)
        self._traffic = Traffic(context, terms.address, terms.writes)
        self._typed = Typed(self._traffic, self._journal, terms.action_limit)
        with deadline.within(_PATIENCE * terms.action_limit):
            self._handle = context.new_page()

    @property
    def handle(self) -> Page:
        """Playwright's own page; its `goto` takes addresses relative to the target's."""
        return self._handle

    def picture(self, mask: Sequence[Any] = ()) -> bytes | None:
        """A PNG of what is seen now, password fields and the given locators covered.

        None when the page is gone or does not answer. A locator that fits nothing covers nothing.
        """
        from playwright.sync_api import Error, Locator

        outer = _watched.set(True)
        try:
            page = self._front if self._front and not self._front.is_closed() else self._handle
            covered = [frame.locator("input[type=password]") for frame in page.frames]
            covered += [one for one in (*self._typed.covered, *mask) if isinstance(one, Locator)]
            with suppress(Error), self._deadline.within(_PATIENCE * self._limit):
                return page.screenshot(mask=covered, timeout=self._limit * 1000)
            return None
        finally:
            _watched.reset(outer)

    @property
    def broken(self) -> bool:
        """Whether a page of it crashed, or the browser, its driver or the page that is worked on is gone."""
        return self._health.broken or self._handle.is_closed()

    @property
    def sent(self) -> int:
        """How many sending requests have left so far."""
        return self._traffic.sent

    def perform(self, call: Call, original: Callable[..., Any], sent: int | None = None) -> Any:
        """Do what the target asked for. Raises Paraplu's errors, see `paraplu_browser.faults`.

        `sent` is the number of sending requests before the call, where that was earlier than now.
        """
        if _watched.get():
            return original(call.subject, *call.args, **call.kwargs)
        self._journal.refuse_after_failure()
        if not self._ongoing:
            self._raise_trouble()
        sent = self._traffic.sent if sent is None else sent
        self._front = self._page_of(call)
        shut = self._front.is_closed()
        value, result, failure = None, None, None
        self._ongoing += 1
        try:
            with self._deadline.within(_PATIENCE * self._limit + call.pace()):
                result, value = self._work(call, original)
        except BaseException as error:
            if not isinstance(error, Exception | KeyboardInterrupt | SystemExit):
                raise  # the session is being taken down around a handler (GreenletExit)
            failure = self._translated(error, call, sent, shut)
            value = call.value() if _speakable(call) else None
        finally:
            self._ongoing -= 1
        if failure is None and not self._ongoing:
            failure = self._traffic.take_trouble() or self._lost(call, sent)
        if call.rule.verb:
            try:
                self._journal.write(
                    call.rule.verb,
                    call.what(),
                    value,
                    self._where(call),
                    type(failure).__name__ if failure is not None else "",
                )
            except BaseException:
                if isinstance(failure, KeyboardInterrupt | SystemExit):
                    raise failure from None
                raise
        if failure is not None:
            # Without Playwright's error behind it, which repeats what was typed.
            raise failure from None
        self._journal.refuse_after_failure()
        return result

    def witness(self, expectation: Callable[[], Any], asked: float) -> Any:
        """Let `expect()` look. It is no action and its AssertionErrors are its own, but it comes to an end.

        Playwright's own limit does not hold for a browser that hangs; `asked` is the author's, in seconds.
        Raises `TargetDown` for a browser that is gone.
        """
        from playwright.sync_api import Error

        try:
            with self._deadline.within(_PATIENCE * self._limit + asked):
                return expectation()
        except (Error, AssertionError) as error:
            if isinstance(error, Error):
                self._health.take_note(error)
            if self._health.connected and not (isinstance(error, Error) and closed(error)):
                raise
        raise TargetDown(
            "The browser or its page was gone while something was expected. Try again."
        )

    def finish(self) -> None:
        """At the end of the session: raise what would otherwise never be heard of."""
        trouble = self._traffic.take_trouble()
        if isinstance(trouble, WriteStopped) or not isinstance(trouble, NothingDone | None):
            raise trouble

    def _work(self, call: Call, original: Callable[..., Any]) -> tuple[Any, str | None]:
        """Do it; the result and what is recorded of it."""
        rule = call.rule
        outer = _watched.set(True)
        try:
            sends = rule.submits or (call.method == "press" and call.text().endswith("Enter"))
            if not sends and not rule.entry and (rule.opens or rule.acts):
                self._typed.forget(call)
            if type(call.subject).__name__ == "APIRequestContext":
                self._show_request(call)
            if type(call.subject).__name__ == "Route" and self._stopped(call):
                return None, None
            if rule.waits:
                return Waiting(self, call, original(call.subject, *call.args, **call.kwargs)), None
            if rule.entry:
                return self._typed.enter(call, self._page_of(call), original)
            hidden = self._types_password(call)
            do = partial(self._open if rule.opens else _do, call, original, self._limit)
            result = self._typed.send(do, call.method in _REPEATABLE) if sends else do()
            value = call.value(result)
            return result, DOTS if hidden or self._reads_password(call) else value
        finally:
            self._traffic.let_error_page_come()
            _watched.reset(outer)

    def _open(self, call: Call, original: Callable[..., Any], limit: float) -> Any:
        """Open a page. The browser's own page after a failed request may still come in between."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        retrying = Retrying(
            stop=stop_after_attempt(2),
            retry=retry_if_exception(_interrupted),
            sleep=lambda _: self._let_pass(self._page_of(call), limit),
            reraise=True,
        )
        return retrying(_do, call, original, limit)

    @staticmethod
    def _let_pass(page: Page, limit: float) -> None:
        """Wait until the browser's own page has come."""
        until = time.monotonic() + limit
        while page.url.startswith("chrome-error:") and time.monotonic() < until:
            page.wait_for_timeout(20)

    def _show_request(self, call: Call) -> None:
        given = call.args[0] if call.args else call.kwargs.get("url", "")
        method = call.kwargs.get("method") or ("GET" if call.method == "fetch" else call.method)
        body = call.kwargs.get("data") or b""
        self._traffic.stop_if_write(
            Outgoing(
                str(method).upper(),
                str(getattr(given, "url", given)),
                body if isinstance(body, bytes) else str(body).encode(),
            )
        )

    def _stopped(self, call: Call) -> bool:
        """Whether the safety net stops what the target's own route would let go on."""
        request, given = call.subject.request, call.kwargs
        body = given.get("post_data")
        body = body.encode() if isinstance(body, str) else body
        return self._traffic.stopped(
            call.subject,
            given.get("method") or request.method,
            given.get("url") or request.url,
            body if isinstance(body, bytes) else request.post_data_buffer or b"",
        )

    def _types_password(self, call: Call) -> bool:
        """Whether single keys go into a password field, from which the log could be spelt together."""
        if not call.keys:
            return False
        if call.element is not None:
            return self._is_password(call)
        frames = self._page_of(call).frames
        return any(_or_none(partial(frame.evaluate, HOLDS_PASSWORD)) for frame in frames)

    def _reads_password(self, call: Call) -> bool:
        if call.method not in ("input_value", "get_attribute"):
            return False
        return self._is_password(call)

    def _is_password(self, call: Call) -> bool:
        shown = _or_none(lambda: Field(call.element, self._page_of(call), "").look())
        return isinstance(shown, Shown) and shown.kind == PASSWORD

    def _translated(self, error: BaseException, call: Call, sent: int, shut: bool) -> BaseException:
        from playwright.sync_api import Error

        if not isinstance(error, Error):
            return error
        self._health.take_note(error)
        return self._traffic.take_trouble() or translate(error, self._about(call, sent, shut))

    def _lost(self, call: Call, sent: int) -> BaseException | None:
        """The error for a call that Playwright lets pass although the browser died under it."""
        if self._health.connected or not call.rule.verb:
            return None
        return gone(self._about(call, sent, shut=False))

    def _about(self, call: Call, sent: int, shut: bool) -> Circumstances:
        rule: Rule = call.rule
        url = self._where(call) or ""
        return Circumstances(
            what=self._journal.discreet(call.what(discreet=True)),
            verb=rule.participle,
            url=str(call.value() or url) if rule.opens else url,
            acts=rule.acts and not shut,
            enters=bool(rule.entry),
            opens=rule.opens,
            sent=self._traffic.sent > sent,
            requests=type(call.subject).__name__ == "APIRequestContext",
            seconds=call.seconds(self._limit),
        )

    def _ask(self) -> None:
        """Ask the browser for something."""
        outer = _watched.set(True)
        try:
            with self._deadline.within(self._limit):
                self.context.cookies()
        finally:
            _watched.reset(outer)

    def _raise_trouble(self) -> None:
        trouble = self._traffic.take_trouble()
        if trouble is not None:
            raise trouble

    def _asked(self, dialog: Dialog) -> None:
        """The page asks (alert, confirm, prompt) and the target does not listen: note it, say no.

        Leaving a page is let be, as Playwright does: staying would leave the target waiting for the
        page it opens, and nothing is sent by it.
        """
        outer = _watched.set(True)
        try:
            page = dialog.page
            if page is not None and (_listeners(page) or _listeners(self.context) > 1):
                return
            where = page.url if page is not None else None
            with suppress(Exception):
                # What the recorder raises is kept by the journal and raised by the ongoing call.
                self._journal.write("asked", f"{dialog.type} dialog", dialog.message, where)
            if dialog.type == "beforeunload":
                dialog.accept()
            else:
                dialog.dismiss()
        except Exception:
            return  # the page went away while it asked
        finally:
            _watched.reset(outer)

    def _page_of(self, call: Call) -> Page:
        page: Page = call.page or self._handle
        return page

    def _where(self, call: Call) -> str | None:
        page = _or_none(lambda: self._page_of(call).url)
        return page if isinstance(page, str) else None


class Waiting:
    """Playwright's `expect_download` and its like, with their errors translated."""

    def __init__(self, session: BrowserSession, call: Call, manager: Any) -> None:
        self._session = session
        self._call = call
        self._manager = manager
        self._sent = session.sent

    def __enter__(self) -> Any:
        return self._manager.__enter__()

    def __exit__(self, *raised: Any) -> None:
        leave = Call(Rule(), self._call.method, self._call.subject, (), {})
        if raised[0] is not None:
            self._manager.__exit__(*raised)
            return
        self._session.perform(
            leave, lambda subject: self._manager.__exit__(None, None, None), self._sent
        )


def _interrupted(error: BaseException) -> bool:
    from playwright.sync_api import Error

    own = 'interrupted by another navigation to "chrome-error:'
    return isinstance(error, Error) and own in error.message


def _do(call: Call, original: Callable[..., Any], limit: float) -> Any:
    return original(call.subject, *call.args, **call.bounded(limit))


def _listeners(source: Page | BrowserContext) -> int:
    """How many listen for dialogs; Playwright does not say so in public."""
    listeners = getattr(getattr(source, "_impl_obj", None), "listeners", None)
    return len(listeners("dialog")) if callable(listeners) else 0


def _speakable(call: Call) -> bool:
    """Whether a value may be recorded although it is not known what kind of field it was meant for."""
    return call.rule.entry in ("choose", "set") or call.rule.value not in ("key", "text", "value")


def _or_none(look: Callable[[], Any]) -> Any:
    """What a look gives, or None when the browser does not answer it."""
    from playwright.sync_api import Error

    try:
        return look()
    except Error:
        return None
