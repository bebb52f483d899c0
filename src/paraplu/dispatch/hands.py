"""Hands in a child process, seen from the worker: a hung or dead child is ended and replaced."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from paraplu.dispatch.child import CALL, GIVEN, OPEN, RECORD
from paraplu.dispatch.children import Child, Children
from paraplu.domain.bot import CaseInHand
from paraplu.domain.calendar import Calendar
from paraplu.domain.connector import Recorder
from paraplu.domain.finding import Finding
from paraplu.domain.plan import Intent
from paraplu.engine.hands import ChangeFacts, HandsTerms, Seen
from paraplu.errors import ParapluError

_SIGN_LIMIT = 120.0  # seconds to sign in or out
_LEAST = 30.0  # seconds that a call gets although the case's own time is nearly up


class ChildHands:
    """Hands whose child is ended when it takes too long; `sign_in` goes on with a new one."""

    def __init__(self, children: Children, terms: HandsTerms, record: Recorder) -> None:
        self._children = children
        self._terms = terms
        self._record = record
        self._case: tuple[CaseInHand[Any], datetime, Calendar] | None = None
        self._changed = False
        self._case_until = 0.0
        self._child = self._opened()

    def sign_in(self) -> None:
        """See `Hands`."""
        if not self._child.alive:
            self._child.end()
            self._child = self._opened()
        self._ask("sign_in", limit=_SIGN_LIMIT)
        self._child.remember()
        if self._case is not None:  # where the hands before these were
            changed = self._changed
            self.take_up(*self._case)
            if changed:
                self.change()

    def sign_out(self) -> None:
        """See `Hands`."""
        self._ask("sign_out", limit=_SIGN_LIMIT)

    def take_up(self, case: CaseInHand[Any], now: datetime, calendar: Calendar) -> None:
        """See `Hands`."""
        self._case, self._changed = (case, now, calendar), False
        self._case_until = time.monotonic() + self._terms.case_limit
        self._ask("take_up", case, now, calendar)

    def check(self) -> list[Finding]:
        """See `Hands`."""
        return self._ask("check")  # type: ignore[no-any-return]

    def change(self) -> ChangeFacts:
        """See `Hands`."""
        facts: ChangeFacts = self._ask("change")
        self._changed = True
        return facts

    def look(self) -> Intent:
        """See `Hands`."""
        intent: Intent = self._ask("look")
        self._changed = True
        return intent

    def preconditions(self) -> Mapping[str, str]:
        """See `Hands`."""
        return self._ask("preconditions")  # type: ignore[no-any-return]

    def act(self, reached: str | None) -> ParapluError | None:
        """See `Hands`."""
        return self._ask("act", reached, limit=self._terms.act_limit)  # type: ignore[no-any-return]

    def look_again(self, intent: Intent) -> Seen:
        """See `Hands`."""
        return self._ask("look_again", intent)  # type: ignore[no-any-return]

    def watched(self, code: str) -> Finding | bool:
        """See `Hands`."""
        return self._ask("watched", code)  # type: ignore[no-any-return]

    def picture(self, *, show: bool) -> bytes | None:
        """See `Hands`."""
        return self._ask("picture", show=show)  # type: ignore[no-any-return]

    def close(self) -> None:
        """See `Hands`."""
        try:
            if self._child.alive:
                self._ask("close", limit=_SIGN_LIMIT)
        finally:
            self._child.end()

    def _opened(self) -> Child:
        child = self._children.take(self._terms.run)
        try:
            child.wait_ready()
            child.send((OPEN, self._terms))
            self._hear(child, time.monotonic() + _SIGN_LIMIT)
        except BaseException:
            child.end()
            raise
        return child

    def _ask(self, method: str, *given: Any, limit: float | None = None, **named: Any) -> Any:
        """Have the child do something. Raises what it raises there."""
        child = self._child
        until = time.monotonic() + limit if limit is not None else self._latest()
        child.send((CALL, method, (given, named)))
        try:
            return self._hear(child, until)
        except ParapluError:
            raise
        except BaseException:  # interrupted: what the child is doing has no witness any more
            with contextlib.suppress(Exception):
                child.end()
            raise

    def _hear(self, child: Child, until: float) -> Any:
        """What the child answers; the actions that it reports before are written down."""
        refused: BaseException | None = None
        while True:
            try:
                kind, value = child.receive(until, (GIVEN, RECORD))
            except ParapluError as error:
                raise (refused or error) from None
            if kind == GIVEN:
                if refused is not None:
                    raise refused
                return value
            try:
                self._record(value)
            except Exception as error:
                refused = error
            child.send((RECORD, refused is None))

    def _latest(self) -> float:
        return max(self._case_until, time.monotonic() + _LEAST)
