"""Moods: the ways in which the office can be told to misbehave.

Each mood has a name; some take a value. It is set for good (the Moods page, `Office.set_mood`, or
`python -m paraplu.practice mood`) or for one browser or request (a cookie or a header named
`X-Practice-Mood`), always, once or N times, and on every path or on some. As cookie or header:
`name|value|path|times`, several with a comma between them, the last parts left out at will:
`slow|300`, `cut-after-save||/purchasing/*|once`. A path is the beginning of a path, or a pattern
with `*`. Moods never bite on the moods pages, the sign-in on the way to them, or static files.

==================  ==============================================================================
slow                waits before it answers; value: milliseconds (800). Every page.
error-500           answers 500; value: `before` anything was done, or `after` saving. `before`
                    bites on every page, `after` on saves.
session-lost        forgets that one is signed in; what was sent is not saved. Every page.
cut-after-save      saves, then drops the connection without an answer; what a browser silently
                    sends again within two seconds is dropped too, unsaved. Saves.
double-submit       a form that is sent twice is saved twice; otherwise the second sending shows
                    what the first one made. Save draft, of orders and of mutations.
drops-line          applying a correction removes another line of the same slip; value: the
                    component to remove (otherwise the last line that is not the base salary).
                    Apply.
false-success       shows the message of success, and nothing was saved. Saves.
redraws             a number field asks the server for its value when it is entered, and puts that
                    back under what is being typed: filling 0.1790 leaves 0,185001790; value: how
                    often a field does so per page (2). The amount of a correction, the net price
                    of an order line.
numbers-swapped     numbers are written and read as 1,234.56. Every page.
popup               an announcement lies over the page until it is closed. Every page.
renamed-button      buttons carry other names; value: the button to rename (otherwise all that
                    have another name). Every page with such a button.
out-of-service      answers 503 with Retry-After from a time of day on; value: the time (16:00).
                    Every page. The time of day can be set on the moods page.
paid-between        the run becomes paid in between; value: after `look` (a slip was shown), `form`
                    (the form of a correction was shown), `draft` or `approve`. Default: form.
bystander           a recalculation changes the net of somebody else in the run; value: by how much
                    (-12.34). Apply, Recalculate.
too-many-requests   answers 429 with Retry-After; value: seconds (2). Every page.
==================  ==============================================================================
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from urllib.parse import unquote

HEADER = "X-Practice-Mood"

RENAMED = {
    "Sign in": "Log on",
    "Save draft": "Keep as concept",
    "Approve": "Agree",
    "Apply": "Process",
    "Submit": "Hand in",
    "Place order": "Send order",
    "Search": "Find",
}


@dataclass(frozen=True)
class Kind:
    """One way to misbehave: its name, what it does, where it bites, and what its value means."""

    name: str
    does: str
    where: str
    value_means: str = ""
    default: str = ""


KINDS = (
    Kind("slow", "Waits before it answers.", "Every page", "milliseconds", "800"),
    Kind(
        "error-500",
        "Answers with error 500, before anything was done or after saving.",
        "Every page (before), saves (after)",
        "before or after",
        "before",
    ),
    Kind("session-lost", "Forgets that you are signed in; nothing is saved.", "Every page"),
    Kind("cut-after-save", "Saves, then drops the connection without an answer.", "Saves"),
    Kind(
        "double-submit",
        "A form that is sent twice is saved twice.",
        "Save draft, of orders and corrections",
    ),
    Kind(
        "drops-line",
        "Applying a correction removes another line of the same slip.",
        "Apply",
        "component (empty: the last line that is not the base salary)",
    ),
    Kind("false-success", "Shows the message of success; nothing was saved.", "Saves"),
    Kind(
        "redraws",
        "A number field puts its old value back under what is being typed.",
        "New amount, net price",
        "times per field and page",
        "2",
    ),
    Kind("numbers-swapped", "Writes and reads numbers as 1,234.56.", "Every page"),
    Kind("popup", "Lays an announcement over the page.", "Every page"),
    Kind(
        "renamed-button",
        "Gives buttons another name.",
        "Every page with such a button",
        "the button (empty: all of them)",
    ),
    Kind(
        "out-of-service",
        "Answers 503 with Retry-After from a time of day on.",
        "Every page",
        "time of day",
        "16:00",
    ),
    Kind(
        "paid-between",
        "Sets the run to paid between looking and acting.",
        "Slip, form, draft or approval of a correction",
        "after look, form, draft or approve",
        "form",
    ),
    Kind(
        "bystander",
        "A recalculation changes the net of somebody else in the run.",
        "Apply, Recalculate",
        "by how much",
        "-12.34",
    ),
    Kind(
        "too-many-requests",
        "Answers 429 with Retry-After.",
        "Every page",
        "seconds",
        "2",
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Mood:
    """A mood that was set; `id` is 0 for one that came with the request, `remaining` None is always."""

    id: int
    name: str
    value: str
    path: str
    remaining: int | None

    def covers(self, path: str) -> bool:
        """Whether it bites on this path."""
        if not self.path:
            return True
        if "*" in self.path:
            return fnmatchcase(path, self.path)
        return path.startswith(self.path)


def checked(name: str, value: str = "", path: str = "", times: int | None = None) -> Mood:
    """A mood that makes sense; raises ValueError saying what is wrong with it."""
    kind = BY_NAME.get(name)
    if kind is None:
        raise ValueError(f"There is no mood “{name}”. There are: {', '.join(BY_NAME)}.")
    if times is not None and times < 1:
        raise ValueError("A mood bites at least once.")
    if path and not path.startswith(("/", "*")):
        raise ValueError(f"“{path}” is not a path of the office: it begins with / or *.")
    value = value.strip() or kind.default
    if value and not _fits(name, value):
        raise ValueError(f"“{value}” is no value for {name}: give {kind.value_means or 'none'}.")
    return Mood(0, name, value, path, times)


def _fits(name: str, value: str) -> bool:
    try:
        match name:
            case "slow" | "redraws" | "too-many-requests":
                return 0 <= int(value) <= 600_000
            case "bystander":
                return Decimal(value).is_finite()
            case "out-of-service":
                return bool(time.fromisoformat(value)) or True
            case "error-500":
                return value in ("before", "after")
            case "paid-between":
                return value in ("look", "form", "draft", "approve")
            case "renamed-button":
                return value in RENAMED
            case "drops-line":
                return True
    except (ValueError, InvalidOperation):
        return False
    return False


def set_mood(database: sqlite3.Connection, mood: Mood) -> int:
    """Set a mood for good; returns its id."""
    cursor = database.execute(
        "INSERT INTO mood (name, value, path, remaining) VALUES (?, ?, ?, ?)",
        (mood.name, mood.value, mood.path, mood.remaining),
    )
    return int(cursor.lastrowid or 0)


def clear(database: sqlite3.Connection, mood_id: int | None = None) -> None:
    """Clear one mood, or all of them."""
    if mood_id is None:
        database.execute("DELETE FROM mood")
    else:
        database.execute("DELETE FROM mood WHERE id = ?", (mood_id,))


def standing(database: sqlite3.Connection) -> list[Mood]:
    """The moods set for good that can still bite, oldest first."""
    rows = database.execute(
        "SELECT * FROM mood WHERE remaining IS NULL OR remaining > 0 ORDER BY id"
    )
    return [Mood(r["id"], r["name"], r["value"], r["path"], r["remaining"]) for r in rows]


def requested(text: str) -> list[Mood]:
    """The moods in a cookie or header; raises ValueError for one that makes no sense."""
    found = []
    for part in unquote(text).split(","):
        if not part.strip():
            continue
        name, value, path, times, *more = [
            *(piece.strip() for piece in part.split("|")),
            "",
            "",
            "",
        ]
        if any(more):
            raise ValueError(f"“{part}” has too many parts: name|value|path|times.")
        count = {"": None, "once": 1}.get(times, -1)
        found.append(checked(name, value, path, int(times) if count == -1 else count))
    return found


class Bites:
    """The moods that may bite while one request is answered."""

    def __init__(
        self,
        database: sqlite3.Connection,
        path: str,
        moods: Sequence[Mood],
        spent: Counter[str],
        owner: str,
    ) -> None:
        self._database = database
        self._moods = [mood for mood in moods if mood.covers(path)]
        self._spent = spent
        self._owner = owner

    def take(self, name: str, fits: Callable[[str], bool] = lambda _: True) -> str | None:
        """The value of this mood if it bites now (counted as one bite), else None."""
        for mood in self._moods:
            if mood.name == name and fits(mood.value) and self._count(mood):
                return mood.value
        return None

    def would(self, name: str) -> bool:
        """Whether this mood would bite now; nothing is counted."""
        return any(mood.name == name and not self._is_spent(mood) for mood in self._moods)

    def _count(self, mood: Mood) -> bool:
        if mood.id:
            taken = self._database.execute(
                "UPDATE mood SET bitten = bitten + 1, remaining = remaining - 1"
                " WHERE id = ? AND (remaining IS NULL OR remaining > 0)",
                (mood.id,),
            )
            return taken.rowcount == 1
        if mood.remaining is None:
            return True
        if self._is_spent(mood):
            return False
        self._spent[self._key(mood)] += 1
        return True

    def _is_spent(self, mood: Mood) -> bool:
        return mood.remaining is not None and self._spent[self._key(mood)] >= mood.remaining

    def _key(self, mood: Mood) -> str:
        return f"{self._owner} {mood.name} {mood.value} {mood.path} {mood.remaining}"
