"""Counting after a trial: in the office's own file, and only then in our records.

Every row of the office counts, field by field; left out are ids that depend on the order in which things
were done, moments, and what sessions leave behind.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from crash.backlog import CORRECTIONS, ORDERS, PAIRS, Backlog
from crash.office import FILE
from crash.scene import opened
from paraplu.domain.case import State
from paraplu.practice import schema
from paraplu.store import receipts, tables

# Sessions and forms belong to whoever signed in how often; moods count how often they bit.
_NOT_COUNTED = {"session", "used_form", "mood", "setting", "sqlite_sequence"}
_VARIES = {
    "account": {"password_hash"},
    "run": {"calculated_at"},
    "slip": {"calculated_at"},
    "slip_line": {"id"},
    "mutation": {"id", "line_id", "drafted_at", "approved_at", "applied_at", "run_version"},
    "purchase_order": {"id", "number", "drafted_at", "placed_at", "confirmed_at", "cancelled_at"},
    "order_line": {"id", "order_id"},
    "refusal": {"id", "at"},
}
# A mark is our reference and the end of the case's uid, which is another one in each scene.
_MARK = re.compile(r"^([CO]-\d+)/[0-9a-f]{8}$")

Row = tuple[str, tuple[tuple[str, Any], ...]]


@dataclass
class Counted:
    """What a trial left: references that are missing or there twice, and whatever else is not right."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether everything is there once and nothing else has changed."""
        return not (self.lost or self.doubled or self.wrong)


def office_rows(folder: Path) -> Counter[Row]:
    """Every row of the office, without what varies; an order's lines name its reference."""
    database = schema.connect(folder / FILE, read_only=True)
    try:
        names = [
            row["name"]
            for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if row["name"] not in _NOT_COUNTED
        ]
        orders = {
            row["id"]: row["reference"]
            for row in database.execute("SELECT id, reference FROM purchase_order")
        }
        found: Counter[Row] = Counter()
        for name in names:
            for row in database.execute(f"SELECT * FROM {name}"):
                left_out = _VARIES.get(name, ())
                # A Row of sqlite3 iterates over its values.
                values = {key: row[key] for key in row.keys() if key not in left_out}  # noqa: SIM118
                if name == "order_line":
                    values["order"] = orders[row["order_id"]]
                for key in ("reference", "order"):
                    if key in values:
                        values[key] = _MARK.sub(r"\1", values[key])
                if name == "purchase_order":
                    values["numbered"] = bool(row["number"])
                found[name, tuple(values.items())] += 1
        return found
    finally:
        database.close()


def done_in_office(folder: Path, asked: Backlog) -> dict[str, int]:
    """How often each reference was carried out: corrections applied, orders placed."""
    database = schema.connect(folder / FILE, read_only=True)
    try:
        marks = [
            row[0]
            for row in database.execute(
                "SELECT reference FROM mutation WHERE state = 'applied'"
                " UNION ALL SELECT reference FROM purchase_order"
                " WHERE state NOT IN ('draft', 'submitted', 'approved', 'cancelled')"
            )
        ]
    finally:
        database.close()
    tally = Counter(str(mark).partition("/")[0] for mark in marks)
    references = asked.references
    return {one: tally[one] for service in (CORRECTIONS, ORDERS) for one in references[service]}


def counted(folder: Path, asked: Backlog, wanted: Counter[Row] | None) -> Counted:
    """Count what a trial left in `folder`; `wanted` is what an undisturbed one leaves."""
    result = Counted()
    for reference, times in done_in_office(folder, asked).items():
        if times == 0:
            result.lost.append(reference)
        elif times > 1:
            result.doubled.append(reference)
    if wanted is not None:
        found = office_rows(folder)
        result.wrong += [f"missing in the office: {row}" for row in wanted - found]
        result.wrong += [f"too much in the office: {row}" for row in found - wanted]
    result.wrong += _our_records(folder, asked)
    return result


def _our_records(folder: Path, asked: Backlog) -> list[str]:
    wrong = []
    centre = opened(folder, timedelta())
    try:
        with centre.parts.database.read() as connection:
            for client, service in PAIRS:
                for reference in asked.references[service]:
                    row = centre.desks.find(connection, reference, client, service)
                    aside = reference in asked.set_aside
                    if row.state != (State.WITH_PERSON if aside else State.DONE):
                        wrong.append(f"{reference} is {row.state} ({row.reason})")
                    elif aside and _why_aside(connection, row.uid) != ["collateral"]:
                        wrong.append(f"{reference}: {_why_aside(connection, row.uid)}")
                totals = receipts.totals(connection, client, service)
                if not totals.closes or totals.working:
                    wrong.append(f"totals of {service} do not close: {totals}")
            open_intents = connection.execute(
                select(func.count())
                .select_from(tables.intents)
                .where(tables.intents.c.closed_at.is_(None))
            ).scalar_one()
        if open_intents:
            wrong.append(f"{open_intents} intents are open")
        checked = centre.proof.check()
        if not checked.intact:
            wrong.append(f"the log is not intact: {checked.verdict.findings} {checked.wrong_files}")
        with centre.parts.database.read() as connection:
            outcomes = connection.execute(
                select(func.count())
                .select_from(tables.entries)
                .where(tables.entries.c.kind.in_(["outcome-confirmed", "outcome-collateral"]))
            ).scalar_one()
        expected = sum(len(some) for some in asked.references.values())
        if outcomes != expected:
            wrong.append(f"{outcomes} outcomes in the log, and {expected} cases")
    finally:
        centre.close()
    return wrong


def _why_aside(connection: Any, case: str) -> list[str]:
    query = select(tables.exceptions.c.code).where(
        tables.exceptions.c.case_uid == case, tables.exceptions.c.closed_at.is_(None)
    )
    return list(connection.execute(query).scalars())
