"""What a session's requests tell: whether something was sent, and what went wrong on the way.

Watches every page of one browser context. What goes wrong is kept until the next or ongoing call of the
target, because a handler of an event has nobody to raise to. Its rules, on the main documents of pages:

* answered with 429 or 503: the target asks to wait: `TargetDown`, with the seconds of Retry-After
  (RFC 9110, 10.2.3) if it gave any; a 429 that gives none (RFC 6585, 4, allows it) means ten minutes;
* answered with another 5xx: `TargetDown` after a reading request, `OutcomeUnknown` after a sending one,
  also when the sending one was redirected to the page that failed;
* not answered at all: the same difference, and for requests that scripts sent to the target's own site
  too. A request that never left (connection refused, name unknown) changed nothing: `TargetDown`.

The safety net of a rehearsal sees every request of pages, scripts, workers and beacons with its body. It
does not see a request that another one was redirected to (it sees the first), nor what goes over a
WebSocket that is open already.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from paraplu import NothingDone, OutcomeUnknown, Outgoing, ParapluError, TargetDown, WriteStopped
from paraplu_browser.description import place

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request, Response, Route

Writes = Callable[[Outgoing], bool]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_NEVER_LEFT = (
    "ERR_CONNECTION_REFUSED",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_NAME_RESOLUTION_FAILED",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_ADDRESS_INVALID",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_PROXY_CONNECTION_FAILED",
    "ERR_TUNNEL_CONNECTION_FAILED",
    "ERR_CONNECTION_TIMED_OUT",
    "ERR_SSL_",
    "ERR_CERT_",
    "ERR_UNSAFE_PORT",
)
_UNTOLD = 600.0  # seconds for who asks too much: to sign in anew would be asking more
_LONGEST = 10**9  # seconds, thirty years
_NOBODY_S_FAULT = ("ERR_ABORTED", "ERR_BLOCKED_BY")


class Traffic:
    """The requests of one session."""

    def __init__(self, context: BrowserContext, address: str, writes: Writes | None) -> None:
        self._site = _site(address)
        self._writes = writes
        self._trouble: BaseException | None = None
        self._open: dict[Request, float] = {}
        self._failed_page: Page | None = None
        self.sent = 0
        """How many sending requests (anything but GET, HEAD, OPTIONS) have left for anywhere."""
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)
        if writes is not None:
            context.route("**/*", self._guard)

    @property
    def trouble(self) -> BaseException | None:
        """What went wrong and has not been raised yet."""
        return self._trouble

    def take_trouble(self) -> BaseException | None:
        """The same, and it counts as raised."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def stop_if_write(self, outgoing: Outgoing) -> None:
        """The safety net for a request that does not go through the browser's pages.

        Raises `WriteStopped` during a rehearsal when the request could change the target.
        """
        if self._writes is not None and self._writes(outgoing):
            raise _stopped(outgoing)

    def stopped(self, route: Route, method: str, url: str, body: bytes) -> bool:
        """Whether a routed request was aborted, and noted, because it could change the target.

        A rule for what writes that fails itself stops the request: what cannot be judged does not pass.
        """
        try:
            self.stop_if_write(Outgoing(method, url, body))
        except Exception as error:
            self._note(error)
            route.abort("blockedbyclient")
            return True
        return False

    def busy(self, since: float) -> bool:
        """Whether a request that began at or after `since` (time.monotonic) is still unanswered."""
        return any(began >= since for began in self._open.values())

    def let_error_page_come(self) -> None:
        """Wait for the browser's own page after a failed request: it would interrupt the next opening."""
        page, self._failed_page = self._failed_page, None
        until = time.monotonic() + 5
        with suppress(Exception):  # the page may go away meanwhile
            while page is not None and time.monotonic() < until:
                if page.url.startswith("chrome-error:"):
                    return
                page.wait_for_timeout(20)

    def _note(self, trouble: BaseException) -> None:
        graver = isinstance(self._trouble, NothingDone) and not isinstance(trouble, NothingDone)
        if self._trouble is None or graver or isinstance(trouble, WriteStopped):
            self._trouble = trouble

    def _asked(self, request: Request) -> None:
        self._open[request] = time.monotonic()
        if request.method not in _READING:
            self.sent += 1

    def _answered(self, response: Response) -> None:
        request = response.request
        self._open.pop(request, None)
        if response.status != 429 and response.status < 500:
            return
        if not _is_main_document(request):
            return
        where, status, sent = place(response.url), response.status, _was_sent(request)
        redirected = request.redirected_from is not None
        if status in (429, 503) and not (sent and redirected):
            wait = _retry_after(response.headers.get("retry-after"))
            asked = f" and asks to wait {wait:.0f} s" if wait is not None else ""
            if wait is None and status == 429:
                wait, asked = _UNTOLD, " and does not say for how long"
            self._note(
                TargetDown(
                    f"The target answered {status} on {where}{asked}: it is busy or closed. Try later.",
                    retry_after=wait,
                )
            )
        else:
            self._note(_lost(f"The target answered {status} on {where}", sent))

    def _failed(self, request: Request) -> None:
        self._open.pop(request, None)
        failure = request.failure or ""
        document, sent = _is_main_document(request), _was_sent(request)
        if document and "ERR_ABORTED" not in failure:
            with suppress(Exception):  # of a page that is only being made
                self._failed_page = request.frame.page
        if any(word in failure for word in _NOBODY_S_FAULT):
            return
        if document or (sent and _site(request.url) == self._site):
            self._note(unreached(failure, request.url, sent))

    def _guard(self, route: Route) -> None:
        request = route.request
        if not self.stopped(route, request.method, request.url, request.post_data_buffer or b""):
            route.fallback()


def unreached(failure: str, url: str, sent: bool) -> ParapluError:
    """The error for a request that got no answer; `failure` is Chromium's own word (net::ERR_...)."""
    word = failure.removeprefix("net::").split(" ", 1)[0] or "no answer"
    if any(never in failure for never in _NEVER_LEFT):
        return TargetDown(f"The target cannot be reached for {place(url)} ({word}). Try later.")
    return _lost(f"The connection was cut on {place(url)} ({word})", sent)


def _lost(what: str, sent: bool) -> ParapluError:
    if sent:
        return OutcomeUnknown(
            f"{what} after something had been sent: look whether it was done before anything else."
        )
    return TargetDown(f"{what}; nothing had been sent. Try later.")


def _stopped(outgoing: Outgoing) -> WriteStopped:
    return WriteStopped(
        f"The rehearsal stopped a {outgoing.method} to {place(outgoing.url)}, which could change the "
        "target. If it only reads, the target's own rule for what writes must say so."
    )


def _is_main_document(request: Request) -> bool:
    try:
        return request.is_navigation_request() and request.frame.parent_frame is None
    except Exception:
        # Playwright refuses the frame of a page that is only being made, which is a main document,
        # and of a service worker's request, which is none.
        return request.resource_type == "document"


def _was_sent(request: Request) -> bool:
    """Whether the request, or one that was redirected to it, could have sent something."""
    one: Request | None = request
    while one is not None:
        if one.method not in _READING:
            return True
        one = one.redirected_from
    return False


def _site(url: str) -> str:
    """The last two labels of a host's name, or the whole of an address in digits."""
    host = urlsplit(url).hostname or ""
    return host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])


def _retry_after(value: str | None) -> float | None:
    """The seconds of a Retry-After, a number or a date; a date gone by is 0. None for what is neither.

    At most `_LONGEST`: what a target writes may be any figure.
    """
    given = (value or "").strip()
    if re.fullmatch(r"[0-9]+", given):
        return float(min(int(given[:12]), _LONGEST))
    try:
        at = parsedate_to_datetime(given)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), float(_LONGEST))
