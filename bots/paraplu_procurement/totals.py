"""An order's totals as we compute them ourselves, to be compared with what the product shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from paraplu_procurement.system import CENT, NewOrder


@dataclass(frozen=True, slots=True)
class Totals:
    """Net, and VAT and gross where the rates are known."""

    net: Decimal
    vat: Decimal | None
    gross: Decimal | None


def totals(order: NewOrder, rates: Mapping[str, Decimal] | None) -> Totals:
    """VAT in whole cents over the net of each code (Directive 2006/112/EC leaves the way to us)."""
    over: dict[str | None, Decimal] = defaultdict(Decimal)
    for line in order.lines:
        over[line.vat_code] += line.net
    vat = Decimal(0)
    for code, net in over.items():
        rate = (rates or {}).get(code or "")
        if rate is None:
            return Totals(order.net, None, None)
        vat += (net * rate / 100).quantize(CENT, ROUND_HALF_UP)
    return Totals(order.net, vat, order.net + vat)


def net_by_cost_centre(order: NewOrder) -> dict[str, Decimal]:
    """What the order costs each cost centre."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in order.lines:
        if line.cost_centre:
            found[line.cost_centre] += line.net
    return dict(found)
