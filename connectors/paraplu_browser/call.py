"""One call of an instrumented method: what it is about, in words, and what of it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from paraplu_browser.description import comparison, describe, place
from paraplu_browser.rules import RESULT, Rule

_TIMED = frozenset({"timeout"})


@dataclass(frozen=True, slots=True)
class Call:
    """A method of Playwright, called by a target on `subject` (a Locator, a Page, a Keyboard ...)."""

    rule: Rule
    method: str
    subject: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def page(self) -> Any:
        """The page that it is on, or None where Playwright does not say (a keyboard, a request)."""
        if type(self.subject).__name__ == "Page":
            return self.subject
        return getattr(self.subject, "page", None)

    @property
    def element(self) -> Any:
        """The locator or handle acted on, or None."""
        kind = type(self.subject).__name__
        if kind in ("Locator", "ElementHandle"):
            return self.subject
        if not self.rule.selects or not isinstance(self._argument("selector", 0), str):
            return None
        found = self.subject.locator(self._argument("selector", 0))
        return found if self.kwargs.get("strict") else found.first

    @property
    def how(self) -> str:
        """What the author says about comparing, see `paraplu_browser.sameness`."""
        return comparison(self._selector())

    def what(self, discreet: bool = False) -> str:
        """The thing in words; `discreet` without what could be a value of a case."""
        selector = self._selector()
        if selector:
            words = describe(selector, discreet=discreet)
            name = self._argument("name", 0) if self.method == "get_attribute" else None
            return f"{words} ({name})" if name and not self.rule.selects else words
        if self.method.startswith("expect_"):
            return self.method.removeprefix("expect_").replace("_", " ")
        match type(self.subject).__name__:
            case "Page" | "Frame" if self.rule.opens and self.rule.value:
                return f"page {place(str(self._argument('url', 0)))}" if discreet else "page"
            case "Page" | "Frame":
                return "page"
            case "Mouse" | "Touchscreen" if self.method not in ("down", "up"):
                x, y = self._argument("x", 0), self._argument("y", 1)
                return f"point {x:g}, {y:g}" if x is not None and y is not None else "point"
            case "Dialog":
                return f"{self.subject.type} dialog"
            case "Download":
                return "file"
            case "APIRequestContext":
                return f"{self.method.upper()} request"
            case name:
                return "element" if name in ("ElementHandle", "JSHandle") else name.lower()

    def value(self, result: Any = None) -> str | None:
        """What was typed, chosen or read, as text."""
        name = type(self.subject).__name__
        if name == "Dialog":
            return str(self.subject.message)
        if name == "Download":
            return str(self.subject.suggested_filename)
        if not self.rule.value:
            return None
        if self.rule.value == RESULT:
            return _plain(result)
        if self.rule.entry == "choose":
            return self._chosen()
        given = self._argument(self.rule.value, self.rule.at)
        if self.rule.value == "files":
            return _files(given)
        if self.rule.value == "target" and not isinstance(given, str):
            return describe(selector_of(given))
        return _plain(given)

    @property
    def keys(self) -> bool:
        """Whether it types characters, one or many, and not only a named key (Enter, ArrowDown)."""
        last = self.text().rsplit("+", 1)[-1]
        return self.rule.value == "text" or (self.rule.value == "key" and len(last) < 2)

    def text(self) -> str:
        """The text that is typed, '' when it is none."""
        given = self._argument(self.rule.value, self.rule.at)
        return given if isinstance(given, str) else ""

    def seconds(self, limit: float) -> float:
        """The most seconds it may take: the author's own limit where given, at most `limit`."""
        asked = self.bounded(limit).get("timeout")
        return limit if asked is None else float(asked) / 1000

    def pace(self) -> float:
        """The seconds that the author himself wants it to take: a pause, or a pace of typing."""
        if self.method == "wait_for_timeout":
            return float(self._argument("timeout", 0) or 0) / 1000
        return float(self.kwargs.get("delay") or 0) / 1000 * max(1, len(self.text()))

    def bounded(self, limit: float) -> dict[str, Any]:
        """The keyword arguments, with a time limit of the author's own at most `limit` seconds."""
        kwargs = dict(self.kwargs)
        for name in _TIMED & kwargs.keys():
            given = kwargs[name]
            asked = given.total_seconds() * 1000 if isinstance(given, timedelta) else given
            if asked is not None:
                kwargs[name] = min(asked or limit * 1000, limit * 1000)
        return kwargs

    def _argument(self, name: str, at: int) -> Any:
        return self.kwargs.get(name, self.args[at] if len(self.args) > at else None)

    def _chosen(self) -> str | None:
        """What was chosen: labels where the author gave labels, else values or positions."""
        for name, at in (("label", None), ("value", self.rule.at), ("index", None)):
            given = self.kwargs.get(name)
            if given is None and at is not None and len(self.args) > at:
                given = self.args[at]
            if given is not None:
                return _plain(given)
        return None

    def _selector(self) -> str:
        if self.rule.selects:
            given = self._argument("selector", 0) or self._argument("source", 0)
            return given if isinstance(given, str) else ""
        return selector_of(self.subject)


def selector_of(element: Any) -> str:
    """The selector that Playwright keeps for a locator; '' for anything else.

    It is nowhere in the public interface but in the locator's `repr`, which builds a frame's as well;
    the attribute behind it has been there in every version.
    """
    return getattr(getattr(element, "_impl_obj", None), "_selector", "") or ""


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Sequence):
        return " | ".join(text for one in value if (text := _plain(one)) is not None)
    return str(value) if isinstance(value, int | float) else None


def _files(given: Any) -> str | None:
    """The names of files, without the folders they are in."""
    if isinstance(given, str | Path):
        return Path(given).name
    if isinstance(given, Mapping):
        return str(given.get("name", ""))
    return " | ".join(_files(one) or "" for one in given) if isinstance(given, Sequence) else None
