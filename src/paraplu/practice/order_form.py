"""The order form: what it offers, and reading head and lines with everything that is wrong."""

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paraplu.practice import orders, purchasing
from paraplu.practice.fields import Fields
from paraplu.practice.visit import Visit

EMPTY_LINES = 4
MOST_LINES = 40
LINE_FIELDS = (
    "article", "unit", "pack_size", "quantity", "price", "currency", "vat", "cost_centre",
)  # fmt: skip


def choices(visit: Visit, org: sqlite3.Row) -> dict[str, Any]:
    """What can be chosen in the form, each by code."""
    database = visit.database

    def rows(query: str, *values: Any) -> list[sqlite3.Row]:
        return database.execute(query, values).fetchall()

    return {
        "suppliers": rows(
            "SELECT * FROM supplier WHERE currency = ? ORDER BY name", org["currency"]
        ),
        "contracts": rows(
            "SELECT contract.*, supplier.name AS supplier_name FROM contract"
            " JOIN supplier ON supplier.code = supplier WHERE organisation = ? ORDER BY number",
            org["code"],
        ),
        "addresses": rows(
            "SELECT * FROM delivery_address WHERE organisation = ? ORDER BY code", org["code"]
        ),
        "articles": rows(
            "SELECT article.* FROM article JOIN supplier ON supplier.code = supplier"
            " WHERE currency = ? ORDER BY article.code",
            org["currency"],
        ),
        "cost_centres": rows(
            "SELECT * FROM cost_centre WHERE organisation = ? ORDER BY code", org["code"]
        ),
        "vats": rows("SELECT * FROM vat WHERE country = ? ORDER BY code", org["country"]),
        "years": [
            row["year"]
            for row in rows(
                "SELECT DISTINCT year FROM budget WHERE organisation = ? ORDER BY year", org["code"]
            )
        ],
        "units": purchasing.UNITS,
        "currencies": purchasing.CURRENCIES,
    }


def line_count(visit: Visit) -> int:
    """How many lines the form that was sent has."""
    sent = visit.sent("lines")
    return min(int(sent), MOST_LINES) if sent.isdecimal() and len(sent) < 4 else EMPTY_LINES


def read(
    visit: Visit, fields: Fields, org: sqlite3.Row
) -> tuple[orders.Header, list[orders.Line]] | None:
    """Head and lines, or None when something is wrong (then `fields.errors` says what)."""
    offered = choices(visit, org)
    header = _read_header(visit, fields, offered)
    lines = []
    for number in range(1, line_count(visit) + 1):
        if any(visit.sent(f"{name}_{number}") for name in ("article", "quantity", "price")):
            line = _read_line(visit, fields, offered, number, header.supplier)
            if line is not None:
                lines.append(line)
    if not lines and not fields.errors:
        fields.wrong("article_1", "An order has at least one line.")
    return None if fields.errors else (header, lines)


def _read_header(visit: Visit, fields: Fields, offered: Mapping[str, Any]) -> orders.Header:
    suppliers = {row["code"]: row for row in offered["suppliers"]}
    supplier = fields.choice("supplier", "Supplier", set(suppliers))
    if supplier and suppliers[supplier]["blocked"]:
        fields.wrong("supplier", f"Supplier: {suppliers[supplier]['name']} is blocked.")
    contracts = {row["number"]: row for row in offered["contracts"]}
    contract = fields.choice("contract", "Framework contract", set(contracts), needed=False)
    if contract and supplier and contracts[contract]["supplier"] != supplier:
        fields.wrong("contract", f"Framework contract: {contract} is with another supplier.")
    address = fields.choice(
        "delivery_address", "Delivery address", {row["code"] for row in offered["addresses"]}
    )
    need_by = fields.date("need_by", "Need by")
    if need_by and need_by < visit.clock.today():
        fields.wrong("need_by", "Need by: this day is past.")
    year = fields.choice("budget_year", "Budget year", {str(y) for y in offered["years"]})
    return orders.Header(
        supplier=supplier,
        contract=contract,
        delivery_address=address,
        need_by=need_by.isoformat() if need_by else "",
        budget_year=int(year or 0),
        reference=fields.text("reference", "Our reference", needed=False),
        remark=fields.text("remark", "Remark", limit=1000, needed=False),
    )


def _read_line(
    visit: Visit, fields: Fields, offered: Mapping[str, Any], number: int, supplier: str
) -> orders.Line | None:
    def name(field: str) -> str:
        return f"{field}_{number}"

    def label(field: str) -> str:
        return f"{field}, line {number}"

    articles = {row["code"]: row for row in offered["articles"]}
    article = articles.get(fields.choice(name("article"), label("Article"), set(articles)))
    if article is None:
        return None
    if supplier and article["supplier"] != supplier:
        fields.wrong(
            name("article"), f"{label('Article')}: {article['code']} is another supplier's."
        )
    unit = visit.sent(name("unit")) or article["unit"]
    if unit != article["unit"]:
        fields.wrong(
            name("unit"), f"{label('Unit')}: {article['code']} is sold per {article['unit']}."
        )
    pack = fields.number(name("pack_size"), label("Pack size"), needed=False)
    if pack is not None and pack != article["pack_size"]:
        fields.wrong(
            name("pack_size"),
            f"{label('Pack size')}: {article['code']} comes in {article['pack_size']}.",
        )
    quantity = fields.number(name("quantity"), label("Quantity"))
    if quantity is not None and quantity <= 0:
        fields.wrong(name("quantity"), f"{label('Quantity')}: more than nothing, please.")
    price = fields.number(name("price"), label("Net price"), needed=False)
    if price is None:
        price = Decimal(article["price"])
    if price < 0:
        fields.wrong(name("price"), f"{label('Net price')}: not below nothing.")
    own = next(s["currency"] for s in offered["suppliers"] if s["code"] == article["supplier"])
    currency = visit.sent(name("currency")) or own
    if currency != own:
        fields.wrong(name("currency"), f"{label('Currency')}: this supplier sells in {own}.")
    return orders.Line(
        article=article["code"],
        unit=article["unit"],
        pack_size=article["pack_size"],
        quantity=str(quantity),
        price=str(price),
        currency=own,
        vat=fields.choice(
            name("vat"), label("VAT code"), {v["code"] for v in offered["vats"]}, needed=False
        )
        or article["vat"],
        cost_centre=fields.choice(
            name("cost_centre"),
            label("Cost centre"),
            {row["code"] for row in offered["cost_centres"]},
        ),
    )
