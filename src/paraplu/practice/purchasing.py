"""What the purchasing side knows: suppliers, contracts, articles, budgets, orders and their totals."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from paraplu.practice.numbers import cents
from paraplu.practice.visit import Visit, missing

DRAFT, SUBMITTED, APPROVED, PLACED = "draft", "submitted", "approved", "placed"
SHIPPED, CANCELLED = "shipped", "cancelled"
ORDER_STATES = (DRAFT, SUBMITTED, APPROVED, PLACED, SHIPPED, CANCELLED)

UNITS = ("piece", "pack", "box", "set", "hour", "pallet")
CURRENCIES = ("EUR", "DKK")


@dataclass(frozen=True)
class OrderTotals:
    """Net, VAT per code (with its percentage and the net it is over) and gross of an order."""

    net: Decimal
    vat: list[tuple[str, Decimal, Decimal, Decimal]]
    gross: Decimal


def line_net(line: sqlite3.Row) -> Decimal:
    """Quantity times net price, in cents."""
    return cents(Decimal(line["quantity"]) * Decimal(line["price"]))


def order_totals(lines: Sequence[sqlite3.Row]) -> OrderTotals:
    """The totals of order lines that were read with their VAT percentage."""
    over: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        base, percentage = over.get(line["vat"], (Decimal(0), Decimal(line["percentage"])))
        over[line["vat"]] = (base + line_net(line), percentage)
    vat = [
        (code, percentage, base, cents(base * percentage / 100))
        for code, (base, percentage) in sorted(over.items())
    ]
    net = sum((base for _, _, base, _ in vat), Decimal(0))
    return OrderTotals(net, vat, net + sum((amount for *_, amount in vat), Decimal(0)))


def order(visit: Visit) -> sqlite3.Row:
    """The order in the address, with its supplier's and its address's name."""
    row = visit.database.execute(
        "SELECT purchase_order.*, supplier.name AS supplier_name, supplier.currency,"
        " supplier.country, delivery_address.name AS address_name, street,"
        " delivery_address.city AS address_city FROM purchase_order"
        " JOIN supplier ON supplier.code = supplier"
        " JOIN delivery_address ON delivery_address.organisation = purchase_order.organisation"
        "  AND delivery_address.code = delivery_address"
        " WHERE purchase_order.id = ? AND purchase_order.organisation = ?",
        (visit.places["order"], visit.places["organisation"]),
    ).fetchone()
    if row is None:
        raise missing(f"Order {visit.places['order']}")
    found: sqlite3.Row = row
    return found


def order_lines(database: sqlite3.Connection, order_id: int) -> list[sqlite3.Row]:
    """The lines of an order, with article name and VAT percentage."""
    return database.execute(
        "SELECT order_line.*, article.name AS article_name, percentage FROM order_line"
        " JOIN article ON article.code = article JOIN vat ON vat.code = order_line.vat"
        " WHERE order_id = ? ORDER BY position",
        (order_id,),
    ).fetchall()


def left_of(row: sqlite3.Row) -> Decimal:
    """What is left of a budget."""
    return Decimal(row["budget"]) - Decimal(row["committed"]) - Decimal(row["spent"])


def contract_left(row: sqlite3.Row) -> Decimal:
    """What is left under a contract's ceiling."""
    return Decimal(row["ceiling"]) - Decimal(row["used"])
