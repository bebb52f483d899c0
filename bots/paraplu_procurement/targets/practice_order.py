"""An order as the practice office shows it on a page of its own."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from paraplu import PageChanged
from paraplu_procurement.system import CENT, Line, Order
from paraplu_procurement.targets.document import Document, Row
from paraplu_procurement.targets.notation import day, integer, money, number

_NONE = "–"


def read_order(page: Document, key: str) -> Order:
    """An order's page. Raises `PageChanged` where it does not add up."""
    facts = page.facts
    totals = {
        row.attribute("data-total"): money(row.text("amount"), "A total of an order")
        for row in page.table("Totals")
    }
    confirmed, placed = _or_none(facts, "confirmed_date"), facts.parts.get("placed-at")
    reason = facts.parts.get("cancel_reason")
    lines = tuple(_line(row) for row in page.table("Order lines"))
    if totals.get("net") != sum((line.net for line in lines), Decimal(0)):
        raise PageChanged("The lines of an order do not add up to its net total.")
    return Order(
        key=key,
        state=facts.text("state"),
        number=_or_none(facts, "number"),
        reference=_or_none(facts, "reference") or "",
        supplier=facts.part("supplier").attributes.get("data-supplier", ""),
        contract=_or_none(facts, "contract"),
        delivery_address=facts.part("delivery_address").attributes.get("data-address"),
        need_by=day(facts.text("need_by"), "The need-by date of an order"),
        budget_year=integer(facts.text("budget_year"), "The budget year of an order"),
        lines=lines,
        total_net=totals.get("net"),
        total_vat=sum(
            (amount for name, amount in totals.items() if name.startswith("vat-")), Decimal(0)
        ),
        total_gross=totals.get("gross"),
        placed_on=day(placed.text[:10], "The day an order was placed") if placed else None,
        confirmed_date=day(confirmed, "The confirmed date of an order") if confirmed else None,
        cancel_reason=reason.text if reason else None,
    )


def _line(row: Row) -> Line:
    line = Line(
        article=row.text("article"),
        unit=row.text("unit"),
        pack_size=integer(row.text("pack_size"), "The pack size of a line"),
        quantity=number(row.text("quantity"), "The quantity of a line"),
        price=money(row.text("price"), "The price of a line"),
        currency=row.text("currency"),
        vat_code=row.text("vat"),
        cost_centre=row.text("cost_centre"),
    )
    net = money(row.text("net"), "The net amount of a line")
    if net != (line.quantity * line.price).quantize(CENT, ROUND_HALF_UP):
        raise PageChanged("The net amount of a line is not its quantity times its price.")
    return line


def _or_none(row: Row, name: str) -> str | None:
    text = row.text(name)
    return None if text in ("", _NONE) else text
