"""The practice office's own SQLite file: its tables and how to open it.

Amounts are decimal text (`3250.00`), dates ISO 8601 (`2026-11-21`), moments ISO 8601 with offset.
WAL with synchronous=NORMAL: what was committed survives the death of the process.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = 1

TABLES = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE account (
    name TEXT PRIMARY KEY, display TEXT NOT NULL, side TEXT NOT NULL, password_hash TEXT);
CREATE TABLE session (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL, notice TEXT NOT NULL DEFAULT '');
CREATE TABLE used_form (token TEXT PRIMARY KEY, location TEXT NOT NULL);
CREATE TABLE refusal (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL);
CREATE TABLE mood (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '', remaining INTEGER, bitten INTEGER NOT NULL DEFAULT 0);

CREATE TABLE organisation (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, currency TEXT NOT NULL);

CREATE TABLE employee (
    id INTEGER PRIMARY KEY, organisation TEXT NOT NULL REFERENCES organisation, code TEXT NOT NULL,
    name TEXT NOT NULL, birth_date TEXT NOT NULL, account_number TEXT NOT NULL,
    account_holder TEXT NOT NULL, UNIQUE (organisation, code));
CREATE TABLE employment (
    id INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employee,
    number INTEGER NOT NULL, function TEXT NOT NULL, cost_centre TEXT NOT NULL,
    valid_from TEXT NOT NULL, valid_until TEXT NOT NULL DEFAULT '',
    part_time TEXT NOT NULL, hours_per_week TEXT NOT NULL, UNIQUE (employee_id, number));
CREATE TABLE component (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL,
    taxable INTEGER NOT NULL, pensionable INTEGER NOT NULL, factor TEXT NOT NULL DEFAULT '1');
CREATE TABLE reason (code TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE run (
    id INTEGER PRIMARY KEY, organisation TEXT NOT NULL REFERENCES organisation,
    period TEXT NOT NULL, starts TEXT NOT NULL, ends TEXT NOT NULL, pay_date TEXT NOT NULL,
    state TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0, calculated_at TEXT NOT NULL DEFAULT '',
    UNIQUE (organisation, period));
CREATE TABLE slip (
    id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run,
    employment_id INTEGER NOT NULL REFERENCES employment, calculated_at TEXT NOT NULL DEFAULT '',
    UNIQUE (run_id, employment_id));
CREATE TABLE slip_line (
    id INTEGER PRIMARY KEY, slip_id INTEGER NOT NULL REFERENCES slip,
    component TEXT NOT NULL REFERENCES component, amount TEXT NOT NULL,
    cost_centre TEXT NOT NULL DEFAULT '', corrected_from TEXT NOT NULL DEFAULT '',
    corrected_until TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '', derived INTEGER NOT NULL DEFAULT 0);
CREATE INDEX slip_line_slip ON slip_line (slip_id);
CREATE TABLE mutation (
    id INTEGER PRIMARY KEY, slip_id INTEGER NOT NULL REFERENCES slip, kind TEXT NOT NULL,
    line_id INTEGER, component TEXT NOT NULL, amount_before TEXT NOT NULL DEFAULT '',
    amount_after TEXT NOT NULL DEFAULT '', cost_centre_before TEXT NOT NULL DEFAULT '',
    cost_centre_after TEXT NOT NULL DEFAULT '', corrected_from TEXT NOT NULL DEFAULT '',
    corrected_until TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL, reference TEXT NOT NULL,
    state TEXT NOT NULL, drafted_by TEXT NOT NULL, drafted_at TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '', approved_at TEXT NOT NULL DEFAULT '',
    applied_by TEXT NOT NULL DEFAULT '', applied_at TEXT NOT NULL DEFAULT '',
    run_version INTEGER);
CREATE INDEX mutation_slip ON mutation (slip_id);

CREATE TABLE supplier (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL,
    currency TEXT NOT NULL, lead_time INTEGER NOT NULL, blocked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE contract (
    number TEXT PRIMARY KEY, organisation TEXT NOT NULL REFERENCES organisation,
    supplier TEXT NOT NULL REFERENCES supplier, subject TEXT NOT NULL, valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL, ceiling TEXT NOT NULL, used TEXT NOT NULL);
CREATE TABLE article (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, supplier TEXT NOT NULL REFERENCES supplier,
    unit TEXT NOT NULL, pack_size INTEGER NOT NULL, price TEXT NOT NULL, vat TEXT NOT NULL,
    lead_time INTEGER NOT NULL);
CREATE TABLE vat (code TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL,
    percentage TEXT NOT NULL);
CREATE TABLE cost_centre (
    organisation TEXT NOT NULL REFERENCES organisation, code TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (organisation, code));
CREATE TABLE budget (
    organisation TEXT NOT NULL, cost_centre TEXT NOT NULL, year INTEGER NOT NULL,
    budget TEXT NOT NULL, committed TEXT NOT NULL, spent TEXT NOT NULL,
    PRIMARY KEY (organisation, cost_centre, year));
CREATE TABLE delivery_address (
    organisation TEXT NOT NULL REFERENCES organisation, code TEXT NOT NULL, name TEXT NOT NULL,
    street TEXT NOT NULL, city TEXT NOT NULL, PRIMARY KEY (organisation, code));
CREATE TABLE purchase_order (
    id INTEGER PRIMARY KEY, organisation TEXT NOT NULL REFERENCES organisation,
    number TEXT UNIQUE, state TEXT NOT NULL, supplier TEXT NOT NULL REFERENCES supplier,
    contract TEXT NOT NULL DEFAULT '', delivery_address TEXT NOT NULL, need_by TEXT NOT NULL,
    budget_year INTEGER NOT NULL, reference TEXT NOT NULL, remark TEXT NOT NULL DEFAULT '',
    drafted_by TEXT NOT NULL, drafted_at TEXT NOT NULL, placed_by TEXT NOT NULL DEFAULT '',
    placed_at TEXT NOT NULL DEFAULT '', confirmed_date TEXT NOT NULL DEFAULT '',
    confirmed_at TEXT NOT NULL DEFAULT '', cancelled_at TEXT NOT NULL DEFAULT '',
    cancel_reason TEXT NOT NULL DEFAULT '');
CREATE TABLE order_line (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES purchase_order,
    position INTEGER NOT NULL, article TEXT NOT NULL, unit TEXT NOT NULL,
    pack_size INTEGER NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL,
    currency TEXT NOT NULL, vat TEXT NOT NULL, cost_centre TEXT NOT NULL);
CREATE INDEX order_line_order ON order_line (order_id);
"""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the office's file in autocommit mode; raises sqlite3.OperationalError if it cannot be."""
    mode = "ro" if read_only else "rwc"
    database = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10
    )
    database.row_factory = sqlite3.Row
    if not read_only:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("PRAGMA foreign_keys=ON")
    return database


def is_new(database: sqlite3.Connection) -> bool:
    """Whether the file holds no office yet."""
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    return "organisation" not in tables


def create_tables(database: sqlite3.Connection) -> None:
    """Make the empty tables (inside the caller's transaction)."""
    for statement in TABLES.split(";"):
        if statement.strip():
            database.execute(statement)
    database.execute("INSERT INTO setting VALUES ('schema', ?)", (str(VERSION),))


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: committed at the end, rolled back when an error leaves it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def setting(database: sqlite3.Connection, name: str) -> str:
    """The value of a setting, or empty text."""
    row = database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else ""


def set_setting(database: sqlite3.Connection, name: str, value: str) -> None:
    """Store a setting, replacing what it was."""
    database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))
