"""Orders placed, watched and cancelled in the practice office, through a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from in_the_office import BOLTS, BOT, Signed, codes, judge

from paraplu import (
    CaseInHand,
    Desk,
    TargetRefused,
    ToPerson,
)
from paraplu.domain.look import Comparison, flatten
from paraplu.practice.office import Office
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder

pytestmark = pytest.mark.browser


def test_an_order_is_placed_read_back_and_watched(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    case = make_case(bolts(reference="PW-PLACE"), price_tolerance=5)
    committed = office.truth.budget_committed("waterland", "4510", 2026)
    with signed_in() as target:
        desk = make_desk(target)
        change = BOT.change(case, desk)
        before = change.look()
        assert before.order is None
        ready = change.preconditions()
        assert set(ready.values()) == {"enough left"}
        change.act(None)
        after = change.look()
        assert judge(change, before, after) == Comparison("confirmed")
        (stored,) = office.truth.orders("PW-PLACE/%")
        assert stored.state == "placed" and change.result(after) == {"number": stored.number}
        assert [line.price for line in stored.lines] == [Decimal("0.179"), Decimal("31.2")]
        assert stored.net == change.effect(before).amount == Decimal("277.20")
        assert after.order is not None and after.order.gross == stored.gross
        gained = office.truth.budget_committed("waterland", "4510", 2026) - committed
        assert gained == Decimal("214.80")

        # It is there: nothing is left to ask, and acting again makes no second order.
        assert list(BOT.check(case, desk)) == []
        again = BOT.change(case, desk)
        assert flatten(again.wanted(after)) == flatten(after)
        again.act(None)
        assert len(office.truth.orders("PW-PLACE/%")) == 1

        # The supplier's word.
        assert BOT.watched(case, desk, "supplier-confirms") is False
        silent = BOT.watched(case, make_desk(target, now="2026-11-26T16:01"), "supplier-confirms")
        assert isinstance(silent, ToPerson) and silent.message.code == "not-confirmed"
        office.confirm_order(stored.number, date(2026, 12, 21))
        late = BOT.watched(case, desk, "supplier-confirms")
        assert isinstance(late, ToPerson) and late.message.code == "confirmed-too-late"
        office.confirm_order(stored.number, date(2026, 12, 18))
        assert BOT.watched(case, desk, "supplier-confirms") is True


def test_an_order_under_a_contract_with_more_lines_than_the_form_has_uses_its_ceiling(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    pens = {**BOLTS, "article": "KAN-0010", "unit": "pack", "pack_size": 12}
    pens |= {"net_price": Decimal("3.40"), "quantity": Decimal("2.125")}
    centres = ("4100", "4310", "4420", "4510", "4600")
    lines = tuple(make_line(**{**pens, "cost_centre": centre}) for centre in centres)
    request = bolts(reference="PW-CONTRACT", supplier="L0102", contract="RC-2026-002", lines=lines)
    case = make_case(request)
    used = office.truth.contract_used("RC-2026-002")
    with signed_in() as target:
        desk = make_desk(target)
        assert list(BOT.check(case, desk)) == []
        change = BOT.change(case, desk)
        before = change.look()
        assert before.contract == {"RC-2026-002": used}
        change.act(None)
        assert judge(change, before, change.look()) == Comparison("confirmed")
    (stored,) = office.truth.orders("PW-CONTRACT/%")
    assert {line.quantity for line in stored.lines} == {Decimal("2.125")}
    assert office.truth.contract_used("RC-2026-002") == used + stored.net


def test_an_order_is_cancelled_by_the_clients_reference_and_the_money_comes_back(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    first = bolts(reference="IA 77")
    committed = office.truth.budget_committed("waterland", "4510", 2026)
    with signed_in() as target:
        desk = make_desk(target)
        BOT.change(make_case(first, price_tolerance=5), desk).act(None)
        cancel = ProcurementOrder(reference="IA 78", kind=OrderKind.CANCEL, follows="IA 77")
        case = make_case(cancel, earlier=first)
        assert list(BOT.check(case, desk)) == []
        change = BOT.change(case, desk)
        before = change.look()
        assert change.preconditions() == {"order": "placed", "supplier": "not confirmed"}
        change.act(None)
        after = change.look()
        assert judge(change, before, after) == Comparison("confirmed")
        assert after.order is not None and after.order.cancel_reason == "IA 78/9f31c07a"
        assert office.truth.budget_committed("waterland", "4510", 2026) == committed
        assert change.preconditions()["order"] == "cancelled"  # nothing is required any more
        assert flatten(change.wanted(after)) == flatten(after)
        gone = BOT.watched(make_case(first), desk, "supplier-confirms")
        assert isinstance(gone, ToPerson) and gone.message.code == "watched-order-cancelled"


def test_what_cannot_be_cancelled_is_said(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    first = bolts(reference="IA 88")
    cancel = ProcurementOrder(reference="IA 89", kind=OrderKind.CANCEL, follows="IA 88")
    with signed_in() as target:
        desk = make_desk(target)
        case = make_case(cancel, earlier=first)
        assert codes(list(BOT.check(case, desk))) == {"order-not-there"}
        assert codes(list(BOT.check(make_case(cancel), desk))) == {"follows-no-order"}
        placing = BOT.change(make_case(first, price_tolerance=5), desk)
        placing.act(None)
        number = placing.result(placing.look())["number"]
        office.confirm_order(number, date(2026, 12, 10))
        assert codes(list(BOT.check(case, desk))) == {"order-confirmed"}
        with pytest.raises(TargetRefused, match="confirmed"):
            BOT.change(case, desk).preconditions()
        with pytest.raises(TargetRefused):
            BOT.change(case, desk).act(None)
        office.ship_order(number)
        assert codes(list(BOT.check(case, desk))) == {"order-shipped"}
