"""The office's accounts: who may sign in, and on which side they may work.

Passwords come from a file given at the start (`name=password`, one a line, readable by its owner
only) or from the environment (PRACTICE_PASSWORD_PAYROLL_ROBOT and so on), and are stored as argon2
hashes. An account without a password cannot sign in.
"""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

PAYROLL, PURCHASING, OFFICE = "payroll", "purchasing", "office"

ACCOUNTS = (
    ("payroll-robot", "Payroll robot", PAYROLL),
    ("purchasing-robot", "Purchasing robot", PURCHASING),
    ("office", "Office administrator", OFFICE),
)

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class PasswordsMissing(Exception):
    """No usable passwords were given; the message says what to do."""


def environment_name(account: str) -> str:
    """The environment variable that holds an account's password."""
    return "PRACTICE_PASSWORD_" + account.upper().replace("-", "_")


def gather_passwords(file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The passwords that were given, by account; raises PasswordsMissing for a file that will not do."""
    found = {
        name: environment[environment_name(name)]
        for name, _, _ in ACCOUNTS
        if environment.get(environment_name(name))
    }
    if file is None:
        return found
    try:
        text = file.read_text(encoding="utf-8")
        open_to_others = os.name == "posix" and file.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as problem:
        raise PasswordsMissing(f"The passwords file {file} cannot be read: {problem}.") from None
    if open_to_others:
        raise PasswordsMissing(
            f"The passwords file {file} can be read by others. Give it mode 600 (chmod 600)."
        )
    known = {name for name, _, _ in ACCOUNTS}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, password = line.partition("=")
        if not sign or name.strip() not in known or not password.strip():
            raise PasswordsMissing(
                f"Line {number} of the passwords file {file} is not account=password, with one of "
                f"the accounts {', '.join(sorted(known))}."
            )
        found[name.strip()] = password.strip()
    return found


def create_accounts(database: sqlite3.Connection) -> None:
    """The accounts of a new office, still without passwords."""
    database.executemany(
        "INSERT INTO account (name, display, side) VALUES (?, ?, ?)",
        ACCOUNTS,
    )


def set_passwords(database: sqlite3.Connection, passwords: Mapping[str, str]) -> None:
    """Store hashes of the given passwords; raises PasswordsMissing when nobody could sign in."""
    for name, password in passwords.items():
        row = database.execute(
            "SELECT password_hash FROM account WHERE name = ?", (name,)
        ).fetchone()
        if row and not _matches(row["password_hash"], password):
            database.execute(
                "UPDATE account SET password_hash = ? WHERE name = ?",
                (_HASHER.hash(password), name),
            )
    able = database.execute("SELECT 1 FROM account WHERE password_hash IS NOT NULL").fetchone()
    if not able:
        raise PasswordsMissing(
            "Nobody could sign in: give passwords with --passwords FILE (lines like "
            f"office=...) or in the environment ({environment_name('office')} and so on)."
        )


def check_password(database: sqlite3.Connection, name: str, password: str) -> bool:
    """Whether this name and password belong together; takes as long for a name that is unknown."""
    row = database.execute("SELECT password_hash FROM account WHERE name = ?", (name,)).fetchone()
    if row is None or row["password_hash"] is None:
        _HASHER.hash(password)
        return False
    return _matches(row["password_hash"], password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        return stored is not None and _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
