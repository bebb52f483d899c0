"""Purchases as Tryton has stored them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from paraplu_procurement.reference import carries
from paraplu_procurement.system import CANCELLED, PLACED, Line, Order
from paraplu_procurement.targets.tryton_catalogue import taxes_of
from paraplu_procurement.targets.tryton_records import Records, whole

_STATES = {"confirmed": PLACED, "processing": PLACED, "done": PLACED, "cancelled": CANCELLED}


def purchases(records: Records, organisation: str, reference: str) -> tuple[Order, ...]:
    """The purchases whose reference carries `reference`, with their lines."""
    heads = records.find(
        "purchase.purchase",
        [
            ["company.rec_name", "=", organisation],
            ["reference", "ilike", f"%{_literally(reference)}%"],
        ],
        *("number", "reference", "state", "party.code", "currency.code", "warehouse.code"),
        *("warehouse.name", "delivery_date", "purchase_date"),
        *("untaxed_amount", "tax_amount", "total_amount"),
    )
    heads = [head for head in heads if carries(head["reference"] or "", reference)]
    if not heads:
        return ()
    lines = records.find(
        "purchase.line",
        [["purchase", "in", [head["id"] for head in heads]], ["type", "=", "line"]],
        *("purchase", "product.code", "quantity", "unit.name", "unit.factor", "unit_price"),
        "taxes",
    )
    names = {line["id"]: " + ".join(taxes_of(records, line["taxes"])) or None for line in lines}
    return tuple(
        _order(head, [one for one in lines if one["purchase"] == head["id"]], names)
        for head in heads
    )


def _order(
    head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], taxes: Mapping[int, str | None]
) -> Order:
    warehouse = head.get("warehouse.") or {}
    currency = head["currency."]["code"]
    return Order(
        key=str(head["id"]),
        state=_STATES.get(head["state"], head["state"]),
        number=head["number"],
        reference=head["reference"] or "",
        supplier=head["party."]["code"],
        contract=None,
        delivery_address=warehouse.get("code") or warehouse.get("name"),
        need_by=head["delivery_date"],
        budget_year=None,
        lines=tuple(
            Line(
                article=(line.get("product.") or {}).get("code") or "",
                unit=(line.get("unit.") or {}).get("name") or "",
                pack_size=whole((line.get("unit.") or {}).get("factor")),
                quantity=Decimal(line["quantity"] or 0),
                price=line["unit_price"] or Decimal(0),
                currency=currency,
                vat_code=taxes[line["id"]],
                cost_centre=None,
            )
            for line in lines
        ),
        total_net=head["untaxed_amount"],
        total_vat=head["tax_amount"],
        total_gross=head["total_amount"],
        placed_on=head["purchase_date"],
    )


def _literally(text: str) -> str:
    """`text` without the meaning that Tryton's ilike gives to some signs."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
