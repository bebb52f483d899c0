"""One request to the office: who asks, what was sent, which moods bite, and what comes back.

A page's function takes a Visit and returns an Answer. Forms are answered inside one write
transaction: committed when the answer says so, rolled back when anything goes wrong.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from jinja2 import Environment

from paraplu.practice import numbers
from paraplu.practice.clock import Clock
from paraplu.practice.moods import RENAMED, Bites
from paraplu.practice.sessions import Session


@dataclass
class House:
    """What all requests share. They are answered one at a time, so one connection serves all.

    `drop` aborts the connection of a client (host, port); `spent` counts the moods that came with
    requests; `dropped` knows when an answer was withheld, by the digest of what was sent.
    """

    database: sqlite3.Connection
    clock: Clock
    templates: Environment
    idle: timedelta
    static_tag: str
    drop: Callable[[Any], None]
    spent: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page to show."""

    template: str
    context: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Saved:
    """A form was carried out: the message, where to go, and where to go when it was not saved."""

    notice: str
    to: str
    otherwise: str


@dataclass(frozen=True)
class Moved:
    """Go to another page; `cookie` is the session to set, '' to forget it, None to leave it."""

    to: str
    cookie: str | None = None


@dataclass(frozen=True)
class Plain:
    """A few words for the page's own script, or a list to download as the file `name`."""

    text: str
    name: str | None = None


Answer = Page | Saved | Moved | Plain


class Problem(Exception):
    """A page that says why something cannot be; nothing was saved."""

    def __init__(self, status: int, title: str, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.title = title
        self.retry_after = retry_after


def missing(what: str) -> Problem:
    """The page for something that does not exist."""
    return Problem(404, "Not found", f"{what} does not exist here.")


def refused(message: str) -> Problem:
    """The page for something that may not be done in the present state."""
    return Problem(409, "Not possible", message)


class Visit:
    """One request being answered."""

    def __init__(
        self,
        house: House,
        *,
        path: str,
        address: str,
        places: Mapping[str, str],
        query: Mapping[str, str],
        form: Mapping[str, list[str]],
        session: Session | None,
        moods: Bites,
    ) -> None:
        self.house = house
        self.database = house.database
        self.clock = house.clock
        self.path = path
        self.address = address
        self.places = places
        self.query = query
        self.form = form
        self.session = session
        self.moods = moods

    @cached_property
    def notation(self) -> numbers.Notation:
        """How numbers are written and read in this request."""
        swapped = self.moods.take("numbers-swapped") is not None
        return numbers.SWAPPED if swapped else numbers.DUTCH

    @cached_property
    def redraws(self) -> str | None:
        """How often a number field of this page redraws while one types, or None."""
        return self.moods.take("redraws")

    @property
    def account(self) -> str:
        """The name of the account that is signed in."""
        assert self.session is not None  # noqa: S101 - only pages behind the sign-in ask for it
        return self.session.account

    def sent(self, name: str) -> str:
        """One field of the form, without the space around it."""
        return (self.form.get(name) or [""])[0].strip()

    def asked(self, name: str) -> str:
        """One field of the address."""
        return self.query.get(name, "").strip()

    def button(self, name: str) -> str:
        """The name of a button, another one in the mood `renamed-button`."""
        if (
            name in RENAMED
            and self.moods.take("renamed-button", lambda only: only in ("", name)) is not None
        ):
            return RENAMED[name]
        return name

    def render(self, page: Page) -> str:
        """The page as HTML."""
        return self.house.templates.get_template(page.template).render(
            visit=self,
            session=self.session,
            path=self.path,
            button=self.button,
            today=self.clock.today().isoformat(),
            static_tag=self.house.static_tag,
            **{name: _late(self, name) for name in numbers.filters(numbers.DUTCH)},
            **page.context,
        )


def _late(visit: Visit, name: str) -> Callable[..., str]:
    # The notation is asked for at the first number, so that a mood counts pages with numbers.
    def write(*args: Any, **kwargs: Any) -> str:
        return numbers.filters(visit.notation)[name](*args, **kwargs)

    return write
