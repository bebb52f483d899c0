"""Wraps Playwright's public methods on its own classes, once per process.

A proxy around `Page` would break `expect()`, which looks at the class, and every type a target writes
down. So `Locator.click` itself is replaced by one that asks whether its page belongs to a session of
ours; other uses of Playwright in the same process pass straight through.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from paraplu_browser.call import Call
from paraplu_browser.rules import TABLE, Rule

if TYPE_CHECKING:
    from paraplu_browser.session import BrowserSession

_sessions: dict[int, tuple[int, BrowserSession]] = {}
"""The open sessions and the threads they live in, by the identity of their context."""

_instrumented = threading.Lock()
_done: set[str] = set()

_EXPECTATIONS = ("LocatorAssertions", "PageAssertions")


def instrument() -> None:
    """Wrap the methods of `paraplu_browser.rules.TABLE`. Does nothing the second time."""
    from playwright import sync_api

    with _instrumented:
        for name, rules in TABLE.items():
            kind = _class(sync_api, name)
            if name in _done or kind is None:
                continue
            _done.add(name)
            for method, rule in rules.items():
                original = vars(kind).get(method)
                if original is not None:  # an older Playwright has fewer
                    setattr(kind, method, _wrapped(original, method, rule))
        for name in _EXPECTATIONS:
            kind = _class(sync_api, name)
            if name in _done or kind is None:
                continue
            _done.add(name)
            for method in [one for one in vars(kind) if one.startswith(("to_", "not_to_"))]:
                setattr(kind, method, _witnessed(vars(kind)[method]))


def join(session: BrowserSession) -> None:
    """Let calls on the pages of the session's context arrive at it."""
    _sessions[id(session.context)] = (threading.get_ident(), session)


def leave(session: BrowserSession) -> None:
    """The opposite of `join`."""
    _sessions.pop(id(session.context), None)


def _wrapped(original: Callable[..., Any], method: str, rule: Rule) -> Callable[..., Any]:
    @functools.wraps(original)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _sessions:
            return original(self, *args, **kwargs)
        session = _session_of(self)
        if session is None:
            return original(self, *args, **kwargs)
        return session.perform(Call(rule, method, self, args, kwargs), original)

    return wrapper


def _witnessed(original: Callable[..., Any]) -> Callable[..., Any]:
    """An expectation does not say whose page it is about: the session opened last in this thread waits."""

    @functools.wraps(original)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        session = _session_of(self)
        if session is None:
            return original(self, *args, **kwargs)
        asked = float(kwargs.get("timeout") or 0) / 1000
        return session.witness(functools.partial(original, self, *args, **kwargs), asked)

    return wrapper


def _session_of(subject: Any) -> BrowserSession | None:
    """The session that a page, locator, frame ... belongs to.

    A keyboard, a mouse, a handle, a route or a request does not say where it belongs: it is taken to be
    of the session opened last in this thread.
    """
    if type(subject).__name__ == "BrowserContext":
        found = _sessions.get(id(subject))
        return found[1] if found else None
    page = subject if type(subject).__name__ == "Page" else getattr(subject, "page", None)
    if page is not None:
        found = _sessions.get(id(page.context))
        return found[1] if found else None
    here = threading.get_ident()
    return next(
        (session for thread, session in reversed(_sessions.values()) if thread == here), None
    )


def _class(module: Any, name: str) -> type | None:
    """A class of Playwright's by name; those that it does not export stand in the same module."""
    from playwright.sync_api import Locator

    found = getattr(module, name, None)
    if found is None:
        found = getattr(__import__(Locator.__module__, fromlist=[name]), name, None)
    return found if isinstance(found, type) else None
