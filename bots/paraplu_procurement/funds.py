"""The money that an order draws on: the framework contract's ceiling and the budgets of its year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from paraplu import Finding, to_client, to_person
from paraplu_procurement.system import Budget, Contract, NewOrder, PurchasingSystem
from paraplu_procurement.totals import net_by_cost_centre
from paraplu_procurement.variants import OrderVariants, Unkept


def contract_findings(
    order: NewOrder,
    known: Mapping[str, Contract] | None,
    today: date,
    variants: OrderVariants,
) -> Iterator[Finding]:
    """Contract known, with this supplier, valid, and with enough left under its ceiling."""
    if order.contract is None:
        if variants.contract_required:
            yield to_client(
                "contract",
                "contract-missing",
                "Orders of this kind need a framework contract: fill in its number.",
            )
        return
    if known is None:
        if Unkept.CONTRACTS not in variants.accept_unchecked:
            yield to_person(
                "contract-unchecked",
                "The purchasing system keeps no framework contracts: check contract {contract} by hand.",
                contract=order.contract,
            )
        return
    contract = known.get(order.contract)
    if contract is None:
        yield to_client(
            "contract",
            "contract-unknown",
            "The purchasing system knows no framework contract {contract}.",
            contract=order.contract,
        )
        return
    if contract.supplier != order.supplier:
        yield to_client(
            "contract",
            "contract-elsewhere",
            "Framework contract {contract} is with supplier {found}, not with {supplier}.",
            contract=order.contract,
            found=contract.supplier,
            supplier=order.supplier,
        )
    if not contract.valid_from <= today <= contract.valid_until:
        yield to_client(
            "contract",
            "contract-not-valid",
            "Framework contract {contract} is valid from {valid_from} until {valid_until}, "
            "so not on {today}.",
            contract=order.contract,
            valid_from=contract.valid_from,
            valid_until=contract.valid_until,
            today=today,
        )
    if contract.left < order.net:
        yield to_client(
            "contract",
            "ceiling-reached",
            "Framework contract {contract} has {left} left under its ceiling; this order is {net}.",
            contract=order.contract,
            left=contract.left,
            net=order.net,
        )


def budget_findings(
    order: NewOrder, known: Mapping[str, Budget] | None, variants: OrderVariants
) -> Iterator[Finding]:
    """Each cost centre has a budget in the year of delivery with enough left after commitments."""
    if known is None:
        if Unkept.BUDGETS not in variants.accept_unchecked:
            yield to_person(
                "budget-unchecked",
                "The purchasing system keeps no budgets: check by hand whether {net} fits the budget "
                "of {year}.",
                net=order.net,
                year=str(order.budget_year),
            )
        return
    for centre, net in net_by_cost_centre(order).items():
        budget = known.get(centre)
        if budget is None:
            yield to_client(
                "cost_centre",
                "budget-missing",
                "Cost centre {cost_centre} has no budget for {year} in the purchasing system.",
                cost_centre=centre,
                year=str(order.budget_year),
            )
        elif budget.left < net:
            yield to_client(
                "cost_centre",
                "budget-short",
                "Cost centre {cost_centre} has {left} left for {year}, with {committed} committed "
                "already; this order needs {net}.",
                cost_centre=centre,
                left=budget.left,
                year=str(order.budget_year),
                committed=budget.committed,
                net=net,
            )


ENOUGH, NOT_KEPT = "enough left", "not kept"
ALLOWING: Final = frozenset({ENOUGH, NOT_KEPT})
"""The verdicts under which an order may be placed."""


def verdicts(
    system: PurchasingSystem, organisation: str, order: NewOrder, today: date
) -> dict[str, str]:
    """What the money says now, in words that stay the same as long as the answer does.

    Amounts do not stand in them: others order too, and an approval must not fall because of that.
    """
    found: dict[str, str] = {}
    if order.contract:
        known = system.contracts(organisation, [order.contract])
        found[f"contract {order.contract}"] = _contract_verdict(known, order, today)
    needed = net_by_cost_centre(order)
    if order.budget_year is not None and needed:
        budgets = system.budgets(organisation, order.budget_year, sorted(needed))
        for centre, net in needed.items():
            found[f"budget {centre} {order.budget_year}"] = _budget_verdict(budgets, centre, net)
    return found


def _contract_verdict(known: Mapping[str, Contract] | None, order: NewOrder, today: date) -> str:
    if known is None:
        return NOT_KEPT
    contract = known.get(order.contract or "")
    if contract is None:
        return "unknown"
    if not contract.valid_from <= today <= contract.valid_until:
        return "not valid"
    return ENOUGH if contract.left >= order.net else "too little left"


def _budget_verdict(known: Mapping[str, Budget] | None, centre: str, net: Decimal) -> str:
    if known is None:
        return NOT_KEPT
    budget = known.get(centre)
    if budget is None:
        return "unknown"
    return ENOUGH if budget.left >= net else "too little left"
