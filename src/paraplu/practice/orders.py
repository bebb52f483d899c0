"""Purchase orders: drafted, submitted, approved, placed; cancelled, confirmed and shipped.

Placing gives the number and commits budget and contract; cancelling gives both back.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from paraplu.practice import purchasing
from paraplu.practice.numbers import written_date
from paraplu.practice.purchasing import APPROVED, CANCELLED, DRAFT, PLACED, SHIPPED, SUBMITTED
from paraplu.practice.visit import Visit, refused


@dataclass(frozen=True)
class Header:
    """The head of an order as drafted."""

    supplier: str
    contract: str
    delivery_address: str
    need_by: str
    budget_year: int
    reference: str
    remark: str


@dataclass(frozen=True)
class Line:
    """One line of an order as drafted."""

    article: str
    unit: str
    pack_size: int
    quantity: str
    price: str
    currency: str
    vat: str
    cost_centre: str


def save(visit: Visit, header: Header, lines: Sequence[Line]) -> int:
    """Save a new draft with its lines; returns its id."""
    cursor = visit.database.execute(
        "INSERT INTO purchase_order (supplier, contract, delivery_address, need_by, budget_year,"
        " reference, remark, organisation, state, drafted_by, drafted_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *astuple(header),
            visit.places["organisation"],
            DRAFT,
            visit.account,
            visit.clock.stamp(),
        ),
    )
    order_id = int(cursor.lastrowid or 0)
    _insert_lines(visit.database, order_id, lines)
    return order_id


def change(visit: Visit, order: sqlite3.Row, header: Header, lines: Sequence[Line]) -> None:
    """Replace head and lines of a draft."""
    expect(order, DRAFT)
    visit.database.execute(
        "UPDATE purchase_order SET supplier = ?, contract = ?, delivery_address = ?, need_by = ?,"
        " budget_year = ?, reference = ?, remark = ? WHERE id = ?",
        (*astuple(header), order["id"]),
    )
    visit.database.execute("DELETE FROM order_line WHERE order_id = ?", (order["id"],))
    _insert_lines(visit.database, order["id"], lines)


def _insert_lines(database: sqlite3.Connection, order_id: int, lines: Sequence[Line]) -> None:
    database.executemany(
        "INSERT INTO order_line (order_id, position, article, unit, pack_size, quantity, price,"
        " currency, vat, cost_centre) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(order_id, position, *astuple(line)) for position, line in enumerate(lines, start=1)],
    )


def expect(order: sqlite3.Row, *states: str) -> None:
    """Refuse what is not possible in the order's present state."""
    if order["state"] not in states:
        raise refused(
            f"Order {order['number'] or order['id']} is {order['state']}, "
            f"not {' or '.join(states)}."
        )


def submit(visit: Visit, order: sqlite3.Row) -> None:
    """Hand a draft in."""
    expect(order, DRAFT)
    _set_state(visit.database, order["id"], SUBMITTED)


def approve(visit: Visit, order: sqlite3.Row) -> None:
    """Approve what was handed in."""
    expect(order, SUBMITTED)
    _set_state(visit.database, order["id"], APPROVED)


def place(visit: Visit, order: sqlite3.Row) -> str:
    """Send an approved order to the supplier; returns its number."""
    expect(order, APPROVED)
    database, today = visit.database, visit.clock.today()
    lines = purchasing.order_lines(database, order["id"])
    _check_contract(database, order, purchasing.order_totals(lines).net, today)
    _check_budgets(database, order, lines)
    _commit(database, order, lines, 1)
    number = _next_number(database, today.year)
    database.execute(
        "UPDATE purchase_order SET state = ?, number = ?, placed_by = ?, placed_at = ?"
        " WHERE id = ?",
        (PLACED, number, visit.account, visit.clock.stamp(), order["id"]),
    )
    return number


def cancel(visit: Visit, order: sqlite3.Row, reason: str) -> None:
    """Cancel an order that the supplier has neither confirmed nor shipped."""
    expect(order, DRAFT, SUBMITTED, APPROVED, PLACED)
    if order["confirmed_date"]:
        raise refused(
            f"Order {order['number']} was confirmed by the supplier for "
            f"{written_date(order['confirmed_date'])}: it cannot be cancelled here any more."
        )
    if order["state"] == PLACED:
        lines = purchasing.order_lines(visit.database, order["id"])
        _commit(visit.database, order, lines, -1)
    visit.database.execute(
        "UPDATE purchase_order SET state = ?, cancelled_at = ?, cancel_reason = ? WHERE id = ?",
        (CANCELLED, visit.clock.stamp(), reason, order["id"]),
    )


def confirm(database: sqlite3.Connection, order_id: int, day: date, stamp: str) -> bool:
    """The supplier confirms a date for a placed order; False when the order is not placed."""
    changed = database.execute(
        "UPDATE purchase_order SET confirmed_date = ?, confirmed_at = ? WHERE id = ? AND state = ?",
        (day.isoformat(), stamp, order_id, PLACED),
    )
    return changed.rowcount == 1


def ship(database: sqlite3.Connection, order_id: int) -> bool:
    """The supplier ships a placed order; False when the order is not placed."""
    changed = database.execute(
        "UPDATE purchase_order SET state = ? WHERE id = ? AND state = ?",
        (SHIPPED, order_id, PLACED),
    )
    return changed.rowcount == 1


def _set_state(database: sqlite3.Connection, order_id: int, state: str) -> None:
    database.execute("UPDATE purchase_order SET state = ? WHERE id = ?", (state, order_id))


def _next_number(database: sqlite3.Connection, year: int) -> str:
    last = database.execute(
        "SELECT max(number) AS last FROM purchase_order WHERE number LIKE ?", (f"IO-{year}-%",)
    ).fetchone()["last"]
    return f"IO-{year}-{int(last.rpartition('-')[2]) + 1 if last else 1:05d}"


def _check_contract(
    database: sqlite3.Connection, order: sqlite3.Row, net: Decimal, today: date
) -> None:
    if not order["contract"]:
        return
    contract = database.execute(
        "SELECT * FROM contract WHERE number = ?", (order["contract"],)
    ).fetchone()
    if not contract["valid_from"] <= today.isoformat() <= contract["valid_until"]:
        raise refused(
            f"Contract {contract['number']} is valid from {written_date(contract['valid_from'])} "
            f"until {written_date(contract['valid_until'])}, so not today."
        )
    if net > purchasing.contract_left(contract):
        raise refused(f"The ceiling of contract {contract['number']} leaves too little for this.")


def _check_budgets(
    database: sqlite3.Connection, order: sqlite3.Row, lines: Sequence[sqlite3.Row]
) -> None:
    for centre, net in _net_by_centre(lines).items():
        budget = database.execute(
            "SELECT * FROM budget WHERE organisation = ? AND cost_centre = ? AND year = ?",
            (order["organisation"], centre, order["budget_year"]),
        ).fetchone()
        if budget is None or net > purchasing.left_of(budget):
            raise refused(
                f"Cost centre {centre} has too little budget left in {order['budget_year']}."
            )


def _net_by_centre(lines: Sequence[sqlite3.Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        centre = line["cost_centre"]
        found[centre] = found.get(centre, Decimal(0)) + purchasing.line_net(line)
    return found


def _commit(
    database: sqlite3.Connection, order: sqlite3.Row, lines: Sequence[sqlite3.Row], sign: int
) -> None:
    for centre, net in _net_by_centre(lines).items():
        place = (order["organisation"], centre, order["budget_year"])
        row = database.execute(
            "SELECT committed FROM budget WHERE organisation = ? AND cost_centre = ? AND year = ?",
            place,
        ).fetchone()
        database.execute(
            "UPDATE budget SET committed = ?"
            " WHERE organisation = ? AND cost_centre = ? AND year = ?",
            (str(Decimal(row["committed"]) + sign * net), *place),
        )
    if order["contract"]:
        net = purchasing.order_totals(lines).net
        used = database.execute(
            "SELECT used FROM contract WHERE number = ?", (order["contract"],)
        ).fetchone()["used"]
        database.execute(
            "UPDATE contract SET used = ? WHERE number = ?",
            (str(Decimal(used) + sign * net), order["contract"]),
        )
