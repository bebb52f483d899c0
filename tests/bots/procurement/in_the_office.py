"""What the tests in the practice office order, and how they judge what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal

from paraplu import (
    Change,
    Credential,
    Finding,
    Secret,
)
from paraplu.domain.look import Comparison, compare, flatten
from paraplu_procurement import ProcurementBot
from paraplu_procurement.look import OrderLook
from paraplu_procurement.targets.practice import PracticePurchasing

TODAY = date(2026, 11, 23)
WORDS = {"purchasing-robot": "buy-and-be-merry", "office": "keys-of-the-house"}
ROBOT = Credential("purchasing-robot", "purchasing-robot", Secret(WORDS["purchasing-robot"]))
BOT = ProcurementBot()
BOLTS = {
    "article": "TEC-0010",
    "unit": "piece",
    "pack_size": 100,
    "quantity": Decimal(1200),
    "net_price": Decimal("0.1790"),
    "currency": "EUR",
    "vat_code": "H21",
    "cost_centre": "4510",
}
GLOVES = {
    "article": "TEC-0030",
    "unit": "pack",
    "pack_size": 12,
    "quantity": Decimal("2"),
    "net_price": Decimal("31.20"),
    "cost_centre": "4310",
}
Signed = Callable[..., AbstractContextManager[PracticePurchasing]]


def codes(findings: list[Finding]) -> set[str]:
    return {finding.message.code for finding in findings}


def judge(change: Change[OrderLook], before: OrderLook, after: OrderLook) -> Comparison:
    wanted = change.wanted(before)
    stages = {name: flatten(look) for name, look in change.stages(wanted).items()}
    return compare(flatten(before), flatten(wanted), flatten(after), change.roles(before), stages)
