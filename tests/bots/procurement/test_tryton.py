"""The procurement order bot in Tryton, which nobody here wrote, verified in Tryton's own database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paraplu import (
    Action,
    CaseInHand,
    Change,
    Credential,
    Desk,
    Finding,
    Outgoing,
    Secret,
    SessionTerms,
    TargetDown,
    TargetRefused,
    ToPerson,
    WriteStopped,
)
from paraplu.domain.look import Comparison, compare, flatten
from paraplu_browser.connector import session_in
from paraplu_browser.launch import started_browser
from paraplu_procurement import ProcurementBot
from paraplu_procurement.change import CancelOrder, PlaceOrder
from paraplu_procurement.look import OrderLook
from paraplu_procurement.reference import new_order
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder
from paraplu_procurement.targets.tryton import TrytonPurchasing

# `tests` is no package; the harness of the products serves the tests of bots as well.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from products.environment import CannotInstall
from products.tryton import Tryton
from products.tryton_records import Purchase

BOT = ProcurementBot()
COMPANY = "Gemeente Voorbeeld"
ACME = "2"  # the code of Acme Fasteners GmbH, not of its near namesake Acme Fluids Ltd
NOT_KEPT = ["contracts", "budgets"]
BOLTS = {
    "article": "FAS-0010",
    "unit": "Unit",
    "pack_size": 1,
    "quantity": Decimal(1200),
    "net_price": Decimal("0.1790"),
    "currency": "EUR",
    "vat_code": "VAT 21%",
    "cost_centre": "4510",
}
WASHERS = {"article": "FAS-0020", "quantity": Decimal(2500), "net_price": Decimal("0.0420")}
Signed = Callable[..., AbstractContextManager[TrytonPurchasing]]
Made = Callable[..., CaseInHand[ProcurementOrder]]


def outgoing(method: str, *, address: str = "http://x/db/rpc/", verb: str = "POST") -> Outgoing:
    return Outgoing(verb, address, json.dumps({"id": 1, "method": method, "params": []}).encode())


def test_a_post_that_reads_passes_a_rehearsal_and_one_that_writes_does_not() -> None:
    reading = ("search_read", "read", "fields_view_get", "on_change_with_amount", "default_get")
    for method in reading:
        assert not TrytonPurchasing.writes(outgoing(f"model.purchase.purchase.{method}")), method
    for method in ("create", "write", "delete", "copy", "quote", "confirm", "cancel", "process"):
        assert TrytonPurchasing.writes(outgoing(f"model.purchase.purchase.{method}")), method
    assert not TrytonPurchasing.writes(outgoing("common.db.login"))
    assert not TrytonPurchasing.writes(Outgoing("POST", "http://x/db/session/logout", b"{}"))
    assert not TrytonPurchasing.writes(outgoing("", verb="GET"))
    assert TrytonPurchasing.writes(Outgoing("POST", "http://x/db/rpc/", b"no json"))


@pytest.fixture(scope="module")
def tryton() -> Iterator[Tryton]:
    try:
        running = Tryton()
    except CannotInstall as problem:
        if os.environ.get("CI", "").lower() in {"", "0", "false"}:
            pytest.skip(str(problem))
        pytest.fail(str(problem), pytrace=False)
    with running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started_browser() as running:
        yield running


@pytest.fixture
def signed_in(tryton: Tryton, browser: Any) -> Signed:
    """A session of the robot."""
    robot = tryton.users["robot"]

    @contextmanager
    def open_session(
        *, writes: Callable[[Outgoing], bool] | None = None
    ) -> Iterator[TrytonPurchasing]:
        actions: list[Action] = []
        password = Secret(robot.password)
        terms = SessionTerms(tryton.address, (password,), writes, action_limit=30)
        with session_in(browser, terms, actions.append) as session:
            target = TrytonPurchasing(session)
            target.sign_in(Credential("robot", robot.login, password))
            yield target
            target.sign_out()

    return open_session


@pytest.fixture
def bolts(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> Callable[..., ProcurementOrder]:
    """Bolts and washers for School West."""

    def make(**fields: Any) -> ProcurementOrder:
        lines = (make_line(**BOLTS), make_line(**{**BOLTS, **WASHERS}))
        known = {"supplier": ACME, "delivery_address": "School West", "lines": lines}
        return make_order(**{**known, **fields})

    return make


@pytest.fixture
def in_tryton(make_case: Made) -> Made:
    """A case whose agreement fits Tryton."""

    def make(request: ProcurementOrder, **fields: Any) -> CaseInHand[ProcurementOrder]:
        known = {"organisation": COMPANY, "price_tolerance": 5, "accept_unchecked": NOT_KEPT}
        return make_case(request, **{**known, **fields})

    return make


def codes(findings: Any) -> set[str]:
    found: list[Finding] = list(findings)
    return {finding.message.code for finding in found}


def judge(change: Change[OrderLook], before: OrderLook, after: OrderLook) -> Comparison:
    wanted = change.wanted(before)
    stages = {name: flatten(look) for name, look in change.stages(wanted).items()}
    return compare(flatten(before), flatten(wanted), flatten(after), change.roles(before), stages)


def purchases(tryton: Tryton, mark: str) -> list[Purchase]:
    return [one for one in tryton.records.purchases() if (one.reference or "").startswith(mark)]


@pytest.mark.product
@pytest.mark.browser
def test_an_order_is_checked_placed_and_read_back_and_stands_in_trytons_database(
    tryton: Tryton,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    in_tryton: Made,
    make_desk: Callable[..., Desk],
) -> None:
    case = in_tryton(bolts(reference="PW-TRY1"), limits={"supplier_total_30_days": 1000})
    with signed_in() as target:
        desk = make_desk(target)
        assert codes(BOT.check(case, desk)) == set()
        change = BOT.change(case, desk)
        before = change.look()
        # Five days on the way, needed on Friday the 18th.
        assert change.latest is not None and change.latest.date() == date(2026, 12, 11)
        change.act(None)
        after = change.look()
        assert judge(change, before, after) == Comparison("confirmed")
        again = BOT.change(case, desk)
        again.act(None)
        assert BOT.watched(case, desk, "supplier-confirms") is False
        # Tryton does not cancel what was confirmed: that is for a person.
        cancel = ProcurementOrder(reference="IA 2", kind=OrderKind.CANCEL, follows="PW-TRY1")
        following = in_tryton(cancel, earlier=case.request)
        assert codes(BOT.check(following, desk)) == {"not-cancellable"}
        with pytest.raises(TargetRefused):
            BOT.change(following, desk).act(None)

    (stored,) = purchases(tryton, "PW-TRY1/")
    assert change.result(after) == {"number": stored.number}
    assert (stored.state, stored.supplier) == ("processing", "Acme Fasteners GmbH")
    assert (stored.warehouse, stored.delivery_date) == ("School West", date(2026, 12, 18))
    assert stored.reference == "PW-TRY1/9f31c07a"
    assert [(line.product, line.quantity, line.unit_price) for line in stored.lines] == [
        ("FAS-0010", Decimal(1200), Decimal("0.1790")),
        ("FAS-0020", Decimal(2500), Decimal("0.0420")),
    ]
    assert after.order is not None
    totals = (after.order.net, after.order.vat, after.order.gross)
    assert totals == (stored.untaxed, stored.tax, stored.total)
    assert stored.created_by == tryton.users["robot"].login


@pytest.mark.long
@pytest.mark.product
@pytest.mark.browser
def test_a_draft_that_was_left_behind_is_taken_further_or_cancelled_and_never_doubled(
    tryton: Tryton,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    in_tryton: Made,
    make_desk: Callable[..., Desk],
) -> None:
    gloves = make_line(
        **{**BOLTS, "article": "SAF-2002", "unit": "Box of 100", "pack_size": 100},
    ).model_copy(update={"quantity": Decimal(12), "net_price": Decimal("9.60")})
    request = bolts(reference="PW-LEFT", lines=(gloves,))
    with signed_in() as target:
        desk = make_desk(target)
        supplier = target.article(COMPANY, "", "SAF-2002")
        assert supplier is not None
        request = request.model_copy(update={"supplier": supplier.supplier})
        case = in_tryton(request)
        assert codes(BOT.check(case, desk)) == set()
        change = BOT.change(case, desk)
        assert isinstance(change, PlaceOrder)
        before = change.look()
        target.draft(COMPANY, new_order(request, case.mark))
        assert judge(change, before, change.look()) == Comparison("stage", stage="draft")

        change.act("draft")
        assert judge(change, before, change.look()) == Comparison("confirmed")

        # Another draft is not wanted any more.
        other = request.model_copy(update={"reference": "PW-GONE"})
        target.draft(COMPANY, new_order(other, "PW-GONE/00c0ffee"))
        cancel = ProcurementOrder(reference="IA 10", kind=OrderKind.CANCEL, follows="PW-GONE")
        following = in_tryton(cancel, earlier=other)
        assert codes(BOT.check(following, desk)) == set()
        stopping = BOT.change(following, desk)
        assert isinstance(stopping, CancelOrder)
        drafted = stopping.look()
        stopping.act(None)
        assert judge(stopping, drafted, stopping.look()) == Comparison("confirmed")

    (stored,) = purchases(tryton, "PW-LEFT/")
    assert stored.state == "processing"
    assert [(line.product, line.unit) for line in stored.lines] == [("SAF-2002", "Box of 100")]
    (gone,) = purchases(tryton, "PW-GONE/")
    assert gone.state == "cancelled"


@pytest.mark.product
@pytest.mark.browser
def test_a_rehearsal_reads_by_post_and_stores_nothing(
    tryton: Tryton,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    in_tryton: Made,
    make_desk: Callable[..., Desk],
) -> None:
    wrong = bolts(
        contract="RC-1",
        delivery_address="Attic",
        lines=(
            make_line(**{**BOLTS, "unit": "Box of 100", "pack_size": 100, "vat_code": "VAT 9%"}),
            make_line(**{**BOLTS, "article": "SAF-2001"}),
            make_line(**{**BOLTS, "article": "NONE"}),
        ),
    )
    with signed_in(writes=TrytonPurchasing.writes) as target:
        desk = make_desk(target)
        found = list(BOT.check(in_tryton(wrong, accept_unchecked=[]), desk))
        assert codes(found) == {
            "unit-differs",
            "pack-size-differs",
            "vat-code-differs",
            "article-elsewhere",
            "article-unknown",
            "contract-unchecked",
            "budget-unchecked",
            "address-unknown",
        }
        assert any(isinstance(one, ToPerson) for one in found)
        case = in_tryton(bolts(reference="PW-REHEARSE"))
        assert codes(BOT.check(case, desk)) == set()
        change = BOT.change(case, desk)
        change.wanted(change.look())

        # The session ends, and somebody signs in again.
        target.page.context.clear_cookies()
        with pytest.raises(TargetDown):
            change.look()
        robot = tryton.users["robot"]
        target.sign_in(Credential("robot", robot.login, Secret(robot.password)))
        assert change.look().order is None

        with pytest.raises(WriteStopped):
            change.act(None)
    assert purchases(tryton, "PW-REHEARSE/") == []
