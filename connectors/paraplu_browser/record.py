"""Handing actions to the session's recorder, with everything secret taken out.

A value that contains a secret, in any of its forms, is recorded as three dots as a whole; in descriptions
and addresses only the secret itself is replaced. Error texts lose the values typed in the session too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from paraplu import Action, Recorder, Secret

DOTS = "•••"
LONGEST = 200
"""The most characters of a read text that are recorded."""

_REMEMBERED = 200
_SHORTEST = 3


class Journal:
    """The recorder of one session. Once it has failed, the session does nothing more."""

    def __init__(self, recorder: Recorder, secrets: Sequence[Secret]) -> None:
        self._recorder = recorder
        self._secrets = sorted({copy for one in secrets for copy in one.copies()}, key=len)[::-1]
        self._typed: deque[str] = deque(maxlen=_REMEMBERED)
        self._failure: BaseException | None = None

    def refuse_after_failure(self) -> None:
        """Raises what the recorder raised, again and again, once it has."""
        if self._failure is not None:
            raise self._failure

    def write(
        self, verb: str, what: str, value: str | None, where: str | None, failed: str = ""
    ) -> None:
        """Record one action and wait until it is durable. Raises what the recorder raises."""
        action = Action(verb, self.clean(what), self._value(value), self._where(where), failed)
        try:
            self._recorder(action)
        except BaseException as error:
            self._failure = error
            raise

    def remember(self, typed: str) -> None:
        """Keep a typed value in mind, so that no error text repeats it."""
        if len(typed) >= _SHORTEST:
            self._typed.append(typed)

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, DOTS)
        return text

    def discreet(self, text: str) -> str:
        """The text without secrets and without what was typed in this session."""
        text = self.clean(text)
        for typed in self._typed:
            text = text.replace(typed, "…")
        return text

    def _value(self, value: str | None) -> str | None:
        if value is None:
            return None
        return DOTS if self.clean(value) != value else value[:LONGEST]

    def _where(self, where: str | None) -> str | None:
        return None if where is None else self.clean(where)
