"""Who is signed in: sessions in the office's file, ended by signing out or by sitting still.

The cookie holds a random key; the file holds only its SHA-256.
"""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraplu.practice.clock import Clock

COOKIE = "practice_session"

# The moment of last use is written at most this often, to spare a write per page.
SEEN_AGAIN_AFTER = timedelta(seconds=10)


@dataclass(frozen=True)
class Session:
    """One signed-in account and the message that waits for its next page."""

    key: str
    account: str
    display: str
    side: str
    notice: str


def begin(database: sqlite3.Connection, clock: Clock, account: str) -> str:
    """Start a session; returns the secret for the cookie."""
    secret = secrets.token_urlsafe(32)
    yesterday = (clock.now() - timedelta(days=1)).isoformat(timespec="microseconds")
    database.execute("DELETE FROM session WHERE seen_at < ?", (yesterday,))
    stamp = clock.stamp()
    database.execute(
        "INSERT INTO session (key, account, started_at, seen_at) VALUES (?, ?, ?, ?)",
        (_key(secret), account, stamp, stamp),
    )
    return secret


def find(
    database: sqlite3.Connection, clock: Clock, secret: str, idle: timedelta
) -> Session | None:
    """The live session of a cookie, or None when there is none or it sat still for too long."""
    row = database.execute(
        "SELECT session.*, display, side FROM session JOIN account ON account.name = account"
        " WHERE key = ?",
        (_key(secret),),
    ).fetchone()
    if row is None:
        return None
    still = clock.now() - datetime.fromisoformat(row["seen_at"])
    if still > idle:
        end(database, row["key"])
        return None
    if still > min(SEEN_AGAIN_AFTER, idle / 4):
        database.execute(
            "UPDATE session SET seen_at = ? WHERE key = ?", (clock.stamp(), row["key"])
        )
    return Session(row["key"], row["account"], row["display"], row["side"], row["notice"])


def end(database: sqlite3.Connection, key: str) -> None:
    """End a session."""
    database.execute("DELETE FROM session WHERE key = ?", (key,))


def leave_notice(database: sqlite3.Connection, key: str, notice: str) -> None:
    """Leave a message for the next page of this session ('' once it was shown)."""
    database.execute("UPDATE session SET notice = ? WHERE key = ?", (notice, key))


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
