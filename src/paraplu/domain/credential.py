"""The sign-in of a robot account. Named in settings, never written there, nor in logs or evidence."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.parse import quote, quote_plus


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
        """The forms in which it may turn up: plain, URL-quoted, base64 and JSON-escaped."""
        raw = self._value
        encoded = base64.b64encode(raw.encode()).decode()
        forms = {
            raw,
            quote(raw, safe=""),
            quote_plus(raw),
            encoded,
            encoded.rstrip("="),
            json.dumps(raw)[1:-1],
        }
        return tuple(sorted((form for form in forms if form), key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Credential:
    """A named robot account of a target."""

    name: str
    user: str
    password: Secret
