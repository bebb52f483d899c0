"""The sign-in of a robot account. Named in settings, never written there, nor in logs or evidence."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

_URLSAFE = str.maketrans("+/", "-_")
_LEFT_ALONE = "!$%&'()*+,/:;=?@[\\]^`{|}"
"""What a browser leaves as it is when it quotes the query of an address (WHATWG URL, 1.3)."""

_SHORTEST_INSIDE = 6  # shorter pieces of base64 turn up by chance


class Secret:
    """A value that shows itself only when asked: `str` and `repr` give dots."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Hand it to the target at once and keep no copy."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def copies(self) -> tuple[str, ...]:
        """The forms in which it may turn up, the longest first.

        Plain; quoted in addresses, by whichever rule and in either case; in base64 and its variant for
        addresses, alone or in the middle of something; escaped in JSON and HTML.
        """
        raw = self._value
        quoted = {quote(raw, safe=safe) for safe in ("", "/", _LEFT_ALONE)} | {quote_plus(raw)}
        forms = {raw, html.escape(raw), html.escape(raw, quote=False)}
        forms |= quoted | {_lower_escapes(one) for one in quoted}
        forms |= {json.dumps(raw)[1:-1], json.dumps(raw, ensure_ascii=False)[1:-1]}
        encoded = {base64.b64encode(raw.encode()).decode()}
        encoded |= {one.rstrip("=") for one in encoded} | set(_inside_base64(raw.encode()))
        forms |= encoded | {one.translate(_URLSAFE) for one in encoded}
        return tuple(sorted((form for form in forms if form), key=len, reverse=True))


def _inside_base64(raw: bytes) -> Iterator[str]:
    """The characters that depend on nothing but `raw`, wherever it stands in what was encoded."""
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).decode()
        inner = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        if len(inner) >= _SHORTEST_INSIDE:
            yield inner


def _lower_escapes(quoted: str) -> str:
    """``%C3`` as ``%c3``, which some products write."""
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


@dataclass(frozen=True, slots=True)
class Credential:
    """A named robot account of a target."""

    name: str
    user: str
    password: Secret
