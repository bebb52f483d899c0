"""Playwright's errors, said in Paraplu's words.

How a target's author tells them apart, and what Paraplu does with each:

* `PageChanged`: something that was to be clicked, filled or read is not there, not ready or there twice.
  This call did nothing. The bot developer hears of it.
* `TargetDown`: the target does not answer or asks to wait. This call did nothing. It is tried later.
* `OutcomeUnknown`: it went wrong after a request that sends had left, or while an acting call was at
  work. Paraplu looks before anything else is done.
* `WriteStopped`: a rehearsal tried to change the target.

Each speaks about its own call only: that *earlier* calls did nothing is for the engine to find out, by
looking. AssertionErrors of `expect()` and an author's own errors pass as they are.

Texts never come from Playwright, whose call log repeats what was typed and the HTML around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paraplu import OutcomeUnknown, PageChanged, ParapluError, TargetDown
from paraplu_browser.traffic import unreached

if TYPE_CHECKING:
    from playwright.sync_api import Error

_NET = re.compile(r"net::(ERR_\w+)")
_ACTED = (
    "action done",
    "performing ",
    "waiting for scheduled navigations",
    "waiting for navigation",
)
_CRASHED = ("Target crashed", "Page crashed", "Connection closed", "connection closed")
_GONE = ("has been closed", *_CRASHED)
# In the words of Playwright's driver, which sends a target's own requests, for what never left.
_NOT_CONNECTED = (
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "certificate",
)
_MISWRITTEN = ("Invalid URL", "Unsupported", "Protocol ", "should be", "must be")
_UNREADY = {
    "intercepts pointer events": "something lies over it",
    "element is not enabled": "it is not enabled",
    "element is not editable": "it cannot be edited",
    "element is not visible": "it is not visible",
}
_TWICE = re.compile(r"strict mode violation: .* resolved to (\d+) elements")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about a call that failed."""

    what: str  # the thing, in words that may be shown
    verb: str  # what was to be done with it: "clicked", "chosen in", "used"
    url: str  # of the page, or the one that was to be opened
    acts: bool
    enters: bool  # puts something into a field, which by itself sends nothing
    opens: bool
    sent: bool  # a sending request left during the call
    requests: bool  # asks the target by itself, without a page
    seconds: float  # the most it could take


def translate(error: Error, about: Circumstances) -> ParapluError:
    """The error to raise instead of Playwright's."""
    from playwright.sync_api import TimeoutError as TimedOut

    message = error.message or ""
    doing = f"{about.what} was to be {about.verb}"
    if closed(error):
        return gone(about)
    if about.requests and not any(word in message for word in _MISWRITTEN):
        return _unanswered(message, about)
    net = _NET.search(message)
    if net and net.group(1) == "ERR_ABORTED" and not about.sent:
        return PageChanged(
            f"{about.what} did not open as a page (a download, an empty answer or another page came)."
        )
    if net:
        return unreached(net.group(1), about.url, about.sent)
    if about.sent or (about.acts and not about.enters and _had_acted(message)):
        return OutcomeUnknown(
            f"It failed while {doing}, after something may have been sent: look whether it was done."
        )
    if isinstance(error, TimedOut):
        if about.opens:
            return TargetDown(f"{about.what} did not open within {about.seconds:g} s. Try later.")
        unready = next((text for word, text in _UNREADY.items() if word in message), "")
        return PageChanged(
            f"{about.what} was not ready to be {about.verb} within {about.seconds:g} s: {unready}."
            if unready
            else f"{about.what} was not there to be {about.verb} within {about.seconds:g} s: compare the "
            "target's locator with the page."
        )
    return PageChanged(f"{about.what} could not be {about.verb}: {_reason(message)}.")


def closed(error: Error) -> bool:
    """Whether an error of Playwright means that the browser, its page or its driver is gone."""
    return any(word in (error.message or "") for word in _GONE)


def crashed(error: Error) -> bool:
    """Whether it means that a process died. What has been closed may be a window that was to be."""
    return any(word in (error.message or "") for word in _CRASHED)


def gone(about: Circumstances) -> ParapluError:
    """The error for a call during which the browser or its page was lost."""
    doing = f"{about.what} was to be {about.verb}"
    if about.acts or about.sent:
        return OutcomeUnknown(
            f"The browser or its page was gone while {doing}: look whether it was done first."
        )
    return TargetDown(f"The browser or its page was gone while {doing}. Try again.")


def _unanswered(message: str, about: Circumstances) -> ParapluError:
    """The error for a request of a target's own. Of what it sends, traffic knows nothing."""
    if any(word in message for word in _NOT_CONNECTED):
        return TargetDown(f"The target cannot be reached for a {about.what}. Try later.")
    if about.acts:
        return OutcomeUnknown(
            f"A {about.what} got no answer after it may have been sent: look whether it was done first."
        )
    return TargetDown(f"A {about.what} got no answer within {about.seconds:g} s. Try later.")


def _had_acted(message: str) -> bool:
    """Whether Playwright's log says that the deed itself had begun. Only looked at, never passed on."""
    _, _, log = message.partition("Call log:")
    return any(word in log for word in _ACTED)


def _reason(message: str) -> str:
    twice = _TWICE.search(message)
    if twice:
        return f"the locator fits {twice.group(1)} elements and must fit one"
    if "not an <input>" in message or "is not a <" in message or "Not a checkbox" in message:
        return "it is another kind of element than the target expects"
    if "Clicking the checkbox did not change its state" in message:
        return "it does not keep the state that it was set to"
    if "Execution context was destroyed" in message or "navigating and changing" in message:
        return "the page went on to another one meanwhile"
    if "while parsing" in message or "Unknown engine" in message:
        return "its locator cannot be read"
    if "not attached" in message or "detached" in message:
        return "it vanished from the page meanwhile"
    if "    at " in message:
        return "its script failed"
    return "the browser refused it"
