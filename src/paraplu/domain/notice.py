"""Notices: what is told to a person by mail, what each may say, and when mails go out.

A notice says codes, figures, days and uids, and nothing else: no name, no amount, no reference, no name of
a file. A mail lies in mailboxes that we know nothing of. What it is about is read here, by whoever may.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

Fact = str | int | date | datetime

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CODE = re.compile(r"[a-z][a-z0-9.-]{0,79}(/[a-z][a-z0-9.-]{0,79})?")
_LARGEST = 10_000_000  # a figure is a count; what people have for numbers is longer


class NoticeKind(StrEnum):
    """What a notice tells of."""

    RECEIPT_TAKEN_IN = "receipt-taken-in"
    RECEIPT_STOPPED = "receipt-stopped"
    RECEIPT_HELD = "receipt-held"
    SET_ASIDE = "set-aside"
    COLLATERAL = "collateral"
    FAILING = "failing"
    OVERDUE = "overdue"
    STILL_OVERDUE = "still-overdue"
    LATE = "late"
    MISSED = "missed"
    CIRCUIT_OPEN = "circuit-open"
    WAITING = "waiting"
    STILL_WAITING = "still-waiting"
    NOBODY_DECIDES = "nobody-decides"
    FOLDER_AWAY = "folder-away"
    FOLDER_BACK = "folder-back"
    PASSWORD_EXPIRES = "password-expires"  # noqa: S105
    AUDIT_BROKEN = "audit-broken"
    HEADS_NOT_KEPT = "heads-not-kept"


URGENT = frozenset(
    {
        NoticeKind.AUDIT_BROKEN,
        NoticeKind.COLLATERAL,
        NoticeKind.CIRCUIT_OPEN,
        NoticeKind.MISSED,
        NoticeKind.FAILING,
        NoticeKind.LATE,
    }
)
"""Kinds that are not gathered first."""


class Sort(StrEnum):
    """What a fact is."""

    CODE = "code"
    FIGURE = "figure"
    DAY = "day"
    INSTANT = "instant"
    UID = "uid"


_SERVICE = {"service": Sort.CODE}
_FIGURE, _DAY, _INSTANT = Sort.FIGURE, Sort.DAY, Sort.INSTANT

FACTS: Mapping[NoticeKind, Mapping[str, Sort]] = {
    NoticeKind.RECEIPT_TAKEN_IN: {
        **_SERVICE,
        **dict.fromkeys(("rows", "received", "refused", "duplicates"), _FIGURE),
        "expected": _DAY,
    },
    NoticeKind.RECEIPT_STOPPED: {**_SERVICE, "why": Sort.CODE},
    NoticeKind.RECEIPT_HELD: {**_SERVICE, "why": Sort.CODE, "cases": _FIGURE},
    NoticeKind.SET_ASIDE: {**_SERVICE, "handled": _FIGURE, "set_aside": _FIGURE},
    NoticeKind.COLLATERAL: {**_SERVICE, "run": Sort.UID},
    NoticeKind.FAILING: _SERVICE,
    NoticeKind.OVERDUE: {**_SERVICE, "cases": _FIGURE, "day": _DAY},
    NoticeKind.STILL_OVERDUE: {**_SERVICE, "cases": _FIGURE, "since": _DAY},
    NoticeKind.LATE: {**_SERVICE, "cases": _FIGURE, "latest": _INSTANT},
    NoticeKind.MISSED: {**_SERVICE, "schedule": Sort.CODE, "planned_for": _INSTANT},
    NoticeKind.CIRCUIT_OPEN: {**_SERVICE, "target": Sort.CODE, "again_at": _INSTANT},
    NoticeKind.WAITING: {**_SERVICE, "until": _INSTANT, "then": Sort.CODE, "latest": _INSTANT},
    NoticeKind.STILL_WAITING: {**_SERVICE, "cases": _FIGURE, "since": _DAY},
    NoticeKind.NOBODY_DECIDES: {**_SERVICE, "why": Sort.CODE, "until": _INSTANT},
    NoticeKind.FOLDER_AWAY: {**_SERVICE, "why": Sort.CODE, "since": _INSTANT},
    NoticeKind.FOLDER_BACK: {**_SERVICE, "since": _INSTANT},
    NoticeKind.PASSWORD_EXPIRES: {"credential": Sort.CODE, "expires": _DAY, "days": _FIGURE},
    NoticeKind.AUDIT_BROKEN: {"findings": _FIGURE, "files": _FIGURE},
    NoticeKind.HEADS_NOT_KEPT: {"place": Sort.CODE, "since": _DAY},
}
"""What a notice of each kind may say. All of it may be left out, nothing else may be said."""

PASSWORD_DAYS = (14, 7, 2, 0)
"""How many days before a password expires somebody is told; the last time when it has."""


class NotTellable(ValueError):
    """A notice was to say something that a notice does not say. Names the fact, never its value."""


def packed(kind: NoticeKind, facts: Mapping[str, Fact | None]) -> dict[str, str | int]:
    """Facts as they are kept; those that are None are left out.

    Raises `NotTellable` for a fact that this kind does not know or that is not of its sort; an instant must
    be aware.
    """
    known, found = FACTS[kind], {}
    for name, fact in facts.items():
        if fact is None:
            continue
        if name not in known:
            raise NotTellable(f"A notice of kind '{kind}' does not say '{name}'.")
        kept = _keep(known[name], fact)
        if kept is None:
            raise NotTellable(f"'{name}' of a notice of kind '{kind}' must be a {known[name]}.")
        found[name] = kept
    return found


def unpacked(kind: NoticeKind, kept: Mapping[str, Any]) -> dict[str, Fact]:
    """The inverse of `packed`."""
    found: dict[str, Fact] = {}
    for name, fact in kept.items():
        match FACTS[kind].get(name):
            case Sort.DAY:
                found[name] = date.fromisoformat(fact)
            case Sort.INSTANT:
                found[name] = datetime.fromisoformat(fact)
            case None:
                continue  # a newer version said more
            case _:
                found[name] = fact
    return found


def _keep(sort: Sort, fact: Fact) -> str | int | None:
    match sort, fact:
        case Sort.FIGURE, int() if not isinstance(fact, bool) and 0 <= fact < _LARGEST:
            return fact
        case Sort.INSTANT, datetime() if fact.tzinfo is not None:
            return fact.isoformat()
        case Sort.DAY, date() if not isinstance(fact, datetime):
            return fact.isoformat()
        case Sort.CODE, str() if _CODE.fullmatch(fact):
            return str(fact)
        case Sort.UID, str() if _UID.fullmatch(fact):
            return fact
        case _:
            return None


# When mails go out -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grouping:
    """How notices become mails: one mail a person for what came within `window` of the first of them.

    Urgent kinds go at once and take along what is there. A person gets `most_an_hour` mails at most,
    whatever they are about; the rest is gathered until there is room again.
    """

    window: timedelta = timedelta(minutes=10)
    most_an_hour: int = 6

    def goes(
        self, waiting: Collection[tuple[NoticeKind, datetime]], sent: int, now: datetime
    ) -> bool:
        """Whether what waits for one person goes out now.

        `waiting` are kind and instant of what is not sent; `sent` is how many mails that person was sent in
        the hour before `now`.
        """
        if not waiting or sent >= self.most_an_hour:
            return False
        oldest = min(made for _kind, made in waiting)
        return oldest <= now - self.window or any(kind in URGENT for kind, _made in waiting)


GIVEN_UP_AFTER = timedelta(days=3)
"""How long it is tried to send a notice."""

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=2)


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries (one or more): a minute, two, four ... two hours at most."""
    doubled: timedelta = _FIRST_WAIT * 2 ** min(tries - 1, 10)
    return min(doubled, _LONGEST_WAIT)


def in_order(kinds: Sequence[NoticeKind]) -> list[NoticeKind]:
    """Kinds, each once, the urgent ones first and then as they stand in `NoticeKind`."""
    listed = list(NoticeKind)
    return sorted(set(kinds), key=lambda kind: (kind not in URGENT, listed.index(kind)))
