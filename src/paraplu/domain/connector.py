"""What a connector that holds a session offers, and what it reports while it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from paraplu.domain.credential import Secret


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a connector did: opened, filled, clicked, chose, pressed, read.

    `what` describes the thing acted on (``button "Apply"``), `value` what was typed or chosen, `where`
    the address of the page. All three may be personal and are kept as such; secrets never stand in
    them. `failed` is the kind of error, empty when the action succeeded.
    """

    verb: str
    what: str
    value: str | None = None
    where: str | None = None
    failed: str = ""


Recorder = Callable[[Action], None]
"""Returns when the action is durable. What it raises stops the session's next action."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that a session is about to send, shown to a rehearsal's safety net."""

    method: str
    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How a session is opened.

    `writes` is asked of every outgoing request during a rehearsal and says whether it could change the
    target; None lets everything pass. `secrets` never reach a record, a picture or an error text.
    `action_limit` is the most seconds that one action may take.
    """

    address: str
    secrets: Sequence[Secret] = ()
    writes: Callable[[Outgoing], bool] | None = None
    action_limit: float = 15.0


class Session(Protocol):
    """One signed-in (or about to be) use of a technology; `handle` is what a target works with.

    Only `handle` and `picture` are asked of every session. One that inherits from this class is never
    broken, as far as it tells; one that has no `broken` at all is taken for the same.
    """

    @property
    def broken(self) -> bool:
        """Whether it can do nothing any more, whatever is asked of it: the process behind it died, say.

        Never raises. Asked after something went wrong: the run goes on with a new session then, in a new
        process, and looks first at what was done.
        """
        return False

    @property
    def handle(self) -> Any:
        """The technology's own object: for a browser Playwright's `Page`."""

    def picture(self, mask: Sequence[Any] = ()) -> bytes | None:
        """A PNG of what is seen now with `mask` (and every password field) covered, or None."""


class SessionConnector(Protocol):
    """The way to an outside technology that a target works through."""

    def warm(self) -> None:
        """Start ahead what the next `open` in this process and thread needs, so that it is fast.

        May be called any number of times, and never has an effect outside. The next `open` uses it up; what
        has died meanwhile is replaced. Raises `SettingsWrong` as `open` does. A connector that has
        nothing to start inherits this one, which does nothing.
        """

    def open(self, terms: SessionTerms, record: Recorder) -> AbstractContextManager[Session]:
        """A fresh session. Raises `SettingsWrong` when the technology is not there (no browser)."""
