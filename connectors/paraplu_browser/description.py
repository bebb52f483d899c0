"""What a locator points at, in words: ``button "Apply"``, ``textbox "Amount" in row with "1204"``.

Pure: reads the selector that Playwright keeps for a locator. `describe` gives everything, for the audit
log, where such words are kept as personal; `describe(..., discreet=True)` gives what may stand in an
error text: names of controls stay, texts that may be values of a case become an ellipsis.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

ELLIPSIS = "…"

# Roles whose name is a caption, written by the maker of the product. The name of a row, a cell, a link
# or an option is as a rule a value.
# fmt: off
_CAPTIONED = frozenset((
    "button", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio",
    "radiogroup", "switch", "spinbutton", "slider", "tab", "tablist", "tabpanel", "menu",
    "menubar", "menuitem", "menuitemcheckbox", "menuitemradio", "dialog", "alertdialog",
    "form", "navigation", "table", "grid", "toolbar", "tree", "columnheader", "heading",
    "group", "region",
))
# fmt: on
_OWN_WORDS = {"placeholder": "field with placeholder", "alt": "image", "title": "element titled"}
_SELF_NAMING = re.compile(
    r"""\[\s*(?:name|id|type|role|for|class|data-[\w-]+|aria-label|placeholder)\s*[~|^$*]?=\s*$"""
)
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_PROPERTY = re.compile(r"""\[([\w-]+)=("(?:[^"\\]|\\.)*"[si]?|/(?:[^/\\]|\\.)+/\w*|[^\]]*)\]""")
_ENGINE = re.compile(r"^([\w-]+(?::[\w-]+)?)=(.*)$", re.DOTALL)
_HINT = re.compile(r"\s*\[(exactly|loosely|unread)\]\s*$")


def describe(selector: str, *, discreet: bool = False) -> str:
    """The words for a selector as Playwright keeps it (``internal:role=button[name="Apply"i]``)."""
    chain: list[str] = []
    for part in _parts(selector):
        engine, body = _split(part)
        if engine == "internal:describe":
            return _HINT.sub("", _text(body))
        if engine == "internal:control":
            inside = chain.pop() if chain and body == "enter-frame" else "any frame"
            chain.append(inside if inside == "any frame" else f"frame {inside}")
            continue
        suffix = _suffix(engine, body, discreet)
        if suffix and chain:
            chain[-1] += suffix
        elif suffix:
            chain.append("element" + suffix)
        elif engine == "internal:chain":
            chain.append(describe(_text(body), discreet=discreet))
        else:
            chain.append(_noun(engine, body, discreet))
    return " in ".join(reversed(chain)) or "element"


def comparison(selector: str) -> str:
    """``exactly``, ``loosely`` or ``unread`` when the locator's own description ends so, else ''.

    Written by a target as ``locator.describe("Postcode [loosely]")``; see `paraplu_browser.sameness`.
    """
    parts = list(_parts(selector))
    engine, body = _split(parts[-1]) if parts else ("", "")
    found = _HINT.search(_text(body)) if engine == "internal:describe" else None
    return found.group(1) if found else ""


def place(url: str) -> str:
    """The path of an address without its query; parts with a digit in them become an ellipsis."""
    try:
        path = urlsplit(url).path or "/"
    except ValueError:
        return ELLIPSIS
    return "/".join(ELLIPSIS if any(map(str.isdigit, part)) else part for part in path.split("/"))


def _parts(selector: str) -> Iterator[str]:
    """The pieces between ``>>``, which may also stand inside quotes."""
    quote, start, at = "", 0, 0
    while at < len(selector):
        char = selector[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif selector.startswith(">>", at):
            yield selector[start:at].strip()
            start = at = at + 2
            continue
        at += 1
    if selector[start:].strip():
        yield selector[start:].strip()


def _split(part: str) -> tuple[str, str]:
    found = _ENGINE.match(part)
    if found:
        return found.group(1), found.group(2)
    if part.startswith(("//", "..")):
        return "xpath", part
    if part[:1] in "\"'":
        return "text", part
    return "css", part


def _text(body: str) -> str:
    """A JSON string, with or without the mark for exact (s) or loose (i); else the body as it is."""
    raw = body[:-1] if body.endswith(('"s', '"i')) else body
    try:
        value = json.loads(raw)
    except ValueError:
        return body
    return value if isinstance(value, str) else body


def _quoted(body: str, hidden: bool) -> str:
    if hidden:
        return f'"{ELLIPSIS}"'
    text = _text(body)
    return text if text == body and body.startswith("/") else f'"{text}"'


def _suffix(engine: str, body: str, discreet: bool) -> str:
    match engine:
        case "nth":
            number = int(body) if body.lstrip("-").isdigit() else 0
            return {0: " (first)", -1: " (last)"}.get(number, f" (number {number + 1})")
        case "visible":
            return " (visible)" if body == "true" else " (hidden)"
        case "internal:has-text":
            return f" with {_quoted(body, discreet)}"
        case "internal:has-not-text":
            return f" without {_quoted(body, discreet)}"
        case "internal:has":
            return f" with {describe(_text(body), discreet=discreet)}"
        case "internal:has-not":
            return f" without {describe(_text(body), discreet=discreet)}"
        case "internal:and":
            return f" that is also {describe(_text(body), discreet=discreet)}"
        case "internal:or":
            return f" or {describe(_text(body), discreet=discreet)}"
        case _:
            return ""


def _noun(engine: str, body: str, discreet: bool) -> str:
    match engine:
        case "internal:role" | "role":
            return _role(body, discreet)
        case "internal:label":
            return f"field {_quoted(body, False)}"
        case "internal:text" | "text":
            quoted = body if body.startswith(('"', "/")) else json.dumps(body, ensure_ascii=False)
            return f"text {_quoted(quoted, discreet)}"
        case "internal:attr" | "internal:testid":
            found = _PROPERTY.match(body)
            name, value = (found.group(1), found.group(2)) if found else ("", body)
            if engine == "internal:testid":
                return f"test id {_quoted(value, False)}"
            return f"{_OWN_WORDS.get(name, 'element with ' + name)} {_quoted(value, False)}"
        case "css":
            return f"css {_guarded(body) if discreet else body}"
        case _:
            return f"{engine} {_guarded(body) if discreet else body}"


def _role(body: str, discreet: bool) -> str:
    role = body.split("[", 1)[0]
    words, states = role, []
    for name, value in _PROPERTY.findall(body):
        if name == "name":
            words += " " + _quoted(value, discreet and role not in _CAPTIONED)
        elif name != "include-hidden":
            states.append(
                f"{name} {_quoted(value, discreet)}" if value[:1] == '"' else f"{name} {value}"
            )
    return words + (f" ({', '.join(states)})" if states else "")


def _guarded(body: str) -> str:
    """A selector without quoted texts, other than names of attributes, and without long numbers."""

    def hide(found: re.Match[str]) -> str:
        kept = _SELF_NAMING.search(body[: found.start()])
        return found.group(0) if kept else f'"{ELLIPSIS}"'

    return re.sub(r"\d{3,}", ELLIPSIS, _QUOTED.sub(hide, body))
