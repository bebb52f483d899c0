"""What the procurement order bot finds in the practice office, through a real browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest
from in_the_office import BOLTS, BOT, GLOVES, Signed, codes

from paraplu import (
    CaseInHand,
    Desk,
    ToClient,
    ToPerson,
)
from paraplu.practice.office import Office
from paraplu_procurement.request import OrderLine, ProcurementOrder

pytestmark = pytest.mark.browser


def test_a_good_order_has_no_findings(
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    with signed_in() as target:
        case = make_case(bolts(), price_tolerance=5, limits={"supplier_total_30_days": 5000})
        assert list(BOT.check(case, make_desk(target))) == []


def test_everything_that_is_wrong_is_told_at_once_with_both_figures(
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    lines = (
        make_line(**{**BOLTS, "unit": "box", "pack_size": 1, "net_price": Decimal("0.20")}),
        make_line(**{**BOLTS, **GLOVES, "vat_code": "L9", "quantity": Decimal(5000)}),
        make_line(**{**BOLTS, "article": "NONE-1", "cost_centre": "9999"}),
        make_line(**{**BOLTS, "article": "PAP-0010"}),
    )
    request = bolts(lines=lines, contract="RC-2026-006", delivery_address="ZOLDER")
    with signed_in() as target:
        case = make_case(request, limits={"supplier_total_30_days": 5000})
        found = list(BOT.check(case, make_desk(target)))
        assert codes(found) == {
            "unit-differs",
            "pack-size-differs",
            "price-differs",
            "vat-code-differs",
            "article-unknown",
            "article-elsewhere",
            "contract-not-valid",
            "ceiling-reached",
            "budget-short",
            "budget-missing",
            "address-unknown",
            "supplier-total",
        }
        (price,) = [one for one in found if one.message.code == "price-differs"]
        assert isinstance(price, ToClient) and price.field == "net_price"
        assert price.message.values["found"] == Decimal("0.185")
        assert price.message.values["asked"] == Decimal("0.2")


def test_what_was_ordered_from_a_supplier_lately_is_counted_over_all_pages(
    office: Office, signed_in: Signed
) -> None:
    since = date(2026, 9, 24)
    with closing(sqlite3.connect(office.database)) as database:
        rows = database.execute(
            "SELECT quantity, price FROM order_line JOIN purchase_order o ON o.id = order_id"
            " WHERE organisation = 'waterland' AND supplier = 'L0102' AND placed_at >= ?"
            " AND state IN ('placed', 'shipped')",
            (since.isoformat(),),
        ).fetchall()
    lines = [Decimal(quantity) * Decimal(price) for quantity, price in rows]
    assert len(lines) > 1
    with signed_in() as target:
        assert target.ordered_since("waterland", "L0102", since, "PW-NONE") == sum(lines)


def test_a_supplier_that_is_unknown_or_blocked_is_noticed(
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    with signed_in() as target:
        unknown = BOT.check(make_case(bolts(supplier="L/99"), price_tolerance=5), make_desk(target))
        assert "supplier-unknown" in codes(list(unknown))
        blocked = BOT.check(
            make_case(bolts(supplier="L0108"), price_tolerance=5), make_desk(target)
        )
        assert "supplier-blocked" in codes(list(blocked))


def test_a_remark_and_urgency_are_for_a_person_and_skip_no_check(
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    request = bolts(urgent=True, remark="please ring first")
    with signed_in() as target:
        found = list(BOT.check(make_case(request), make_desk(target)))
        assert codes(found) == {"remark", "urgent", "price-differs"}
        assert isinstance(found[0], ToPerson)


def test_the_christmas_tree_goes_to_a_person_with_the_earliest_date_and_who_could_still_do_it(
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    tree = make_line(
        article="GRO-0020",
        unit="piece",
        pack_size=1,
        quantity=Decimal(1),
        net_price=Decimal(685),
        vat_code="L9",
        cost_centre="4310",
    )
    request = bolts(supplier="L0103", lines=(tree,), delivery_address="STADHUIS")
    with signed_in() as target:
        (late,) = BOT.check(make_case(request), make_desk(target))
        assert isinstance(late, ToPerson) and late.message.code == "too-late"
        # Monday 23 November and 25 working days, without Christmas and New Year's Day.
        assert late.message.values["earliest"] == date(2026, 12, 29)
        routes = late.message.values["routes"]
        assert isinstance(routes, tuple)
        assert routes[0] == "Feest en Sfeer Verhuur, FEE-0010, 2026-11-26"
        assert not any("GRO-" in route for route in routes)
        assert late.before is None

        # On the 12th it was not too late yet, but the latest moment was a working day away.
        case, desk = make_case(request), make_desk(target, now="2026-11-12T16:30")
        (soon,) = BOT.check(case, desk)
        assert isinstance(soon, ToPerson) and soon.message.code == "almost-too-late"
        assert soon.before is not None and soon.before.isoformat() == "2026-11-13T16:00:00+01:00"
        # What a person's word is about stays the same from day to day; what is told of today does not.
        assert soon.key == late.key
        assert soon.message.values["earliest"] != late.message.values["earliest"]
        change = BOT.change(case, desk)
        assert change.latest == soon.before
        assert list(BOT.check(case, make_desk(target, now="2026-11-12T15:30"))) == []
        roomy = make_case(request, approval_days=3)
        assert codes(list(BOT.check(roomy, make_desk(target, now="2026-11-11T09:00")))) == {
            "almost-too-late"
        }
