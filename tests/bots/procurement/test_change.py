"""How an order's look is judged by role: made-up looks, no product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from paraplu import Change, NothingDone
from paraplu.domain.look import Comparison, Difference, compare, flatten
from paraplu.domain.plan import planned_fields, stray_fields
from paraplu_procurement.change import CancelOrder, PlaceOrder, Terms
from paraplu_procurement.look import OrderLook, OrderSeen, keyed
from paraplu_procurement.reference import carries, new_order
from paraplu_procurement.request import OrderLine, ProcurementOrder
from paraplu_procurement.system import Line, Order
from paraplu_procurement.totals import totals

BEFORE = OrderLook(
    contract={"RC-1.5": Decimal("1000.00")}, committed={"4100 2026": Decimal("250.00")}
)


class Product:
    """What the pure parts of a change ask of a product."""

    stages = ("draft", "submitted", "approved")
    unkept: frozenset[str] = frozenset()


@pytest.fixture
def terms(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> Iterator[Terms]:
    lines = (
        make_line(),
        make_line(article="P-7", quantity=Decimal(3), net_price=Decimal("0.1790"), vat_code="NL9"),
    )
    order = new_order(make_order(contract="RC-1.5", lines=lines), "IA-2026-0042/9f31c07a")
    yield Terms(
        organisation="waterland",
        word="IA-2026-0042/9f31c07a",
        order=order,
        totals=totals(order, {"NL21": Decimal(21), "NL9": Decimal(9)}),
        currency="EUR",
        now=datetime.fromisoformat("2026-11-23T10:00+01:00"),
        confirm_due=datetime.fromisoformat("2026-11-26T16:00+01:00"),
    )


@pytest.fixture
def place(terms: Terms) -> PlaceOrder:
    return PlaceOrder(Product(), terms)  # type: ignore[arg-type]


def judge(change: Change[OrderLook], before: OrderLook, after: OrderLook) -> Comparison:
    """Compare as the engine does."""
    wanted = change.wanted(before)
    stages: Mapping[str, OrderLook] = change.stages(wanted)
    return compare(
        flatten(before),
        flatten(wanted),
        flatten(after),
        change.roles(before),
        {name: flatten(look) for name, look in stages.items()},
    )


def altered(look: OrderLook, **fields: Any) -> OrderLook:
    assert look.order is not None
    return look.model_copy(update={"order": look.order.model_copy(update=fields)})


def placed(change: PlaceOrder, **fields: Any) -> OrderLook:
    """What a good product shows afterwards."""
    return altered(
        change.wanted(BEFORE), **{"number": "IO-2026-7", "placed_on": date(2026, 11, 23), **fields}
    )


def test_the_totals_are_computed_per_vat_code(terms: Terms) -> None:
    # 20 x 4.15 = 83.00 at 21 %, 3 x 0.1790 = 0.54 at 9 %
    assert terms.totals.net == Decimal("83.54")
    assert terms.totals.vat == Decimal("17.48")
    assert terms.totals.gross == Decimal("101.02")
    assert totals(terms.order, {"NL21": Decimal(21)}).vat is None


def test_wanted_alters_nothing_that_nobody_asked_for(place: PlaceOrder) -> None:
    before, wanted = flatten(BEFORE), flatten(place.wanted(BEFORE))
    assert stray_fields(before, wanted, place.roles(BEFORE)) == ()
    asked = {
        field.path: field.after for field in planned_fields(before, wanted, place.roles(BEFORE))
    }
    assert asked["order.state"] == "placed"
    assert asked["order.lines.P-7 4100.price"] == "0.179"
    assert "order.number" not in asked


def test_the_placed_order_with_its_charges_is_confirmed(place: PlaceOrder) -> None:
    assert judge(place, BEFORE, placed(place)) == Comparison("confirmed")
    assert place.result(placed(place)) == {"number": "IO-2026-7"}


def test_a_date_that_the_supplier_confirms_at_once_is_no_collateral(place: PlaceOrder) -> None:
    after = placed(place, confirmed_date=date(2026, 12, 1))
    assert judge(place, BEFORE, after).verdict == "confirmed"


def test_others_may_order_at_the_same_time_but_our_charge_must_be_there(place: PlaceOrder) -> None:
    more = placed(place).model_copy(update={"committed": {"4100 2026": Decimal("990.00")}})
    assert judge(place, BEFORE, more).verdict == "confirmed"
    none = placed(place).model_copy(update={"contract": BEFORE.contract})
    assert [one.path for one in judge(place, BEFORE, none).differences] == ["contract.RC-1\\.5"]


def test_nothing_there_afterwards_is_nothing_done(place: PlaceOrder) -> None:
    assert judge(place, BEFORE, BEFORE) == Comparison("nothing")


@pytest.mark.parametrize("stage", Product.stages)
def test_every_stage_is_recognised(place: PlaceOrder, stage: str) -> None:
    after = altered(placed(place), state=stage, number=None, placed_on=None).model_copy(
        update={"contract": BEFORE.contract, "committed": BEFORE.committed}
    )
    assert judge(place, BEFORE, after) == Comparison("stage", stage=stage)


def test_a_second_order_with_our_reference_is_collateral(place: PlaceOrder) -> None:
    after = placed(place).model_copy(update={"others": {"18": "placed"}})
    found = judge(place, BEFORE, after)
    assert found.verdict == "collateral"
    assert found.differences == (Difference("others.18", None, None, "placed"),)


def test_a_price_that_was_stored_wrong_is_collateral_and_named(place: PlaceOrder) -> None:
    after = placed(place)
    assert after.order is not None
    lines = dict(after.order.lines)
    lines["P-7 4100"] = lines["P-7 4100"].model_copy(update={"price": Decimal("0.185001790")})
    found = judge(place, BEFORE, altered(after, lines=lines))
    assert found.verdict == "collateral"
    assert ("order.lines.P-7 4100.price", "0.179", "0.18500179") in [
        (one.path, one.expected, one.found) for one in found.differences
    ]


def test_a_line_that_vanished_or_came_unasked_is_collateral(place: PlaceOrder) -> None:
    after = placed(place)
    assert after.order is not None
    lines = dict(after.order.lines)
    line = lines.pop("P-7 4100")
    assert judge(place, BEFORE, altered(after, lines=lines)).verdict == "collateral"
    more = {**after.order.lines, "P-7 4100 (2)": line}
    assert judge(place, BEFORE, altered(after, lines=more)).verdict == "collateral"


def test_a_total_that_differs_from_ours_is_collateral(place: PlaceOrder) -> None:
    found = judge(place, BEFORE, placed(place, gross=Decimal("101.03")))
    assert [one.path for one in found.differences] == ["order.gross"]


def test_an_order_that_is_placed_already_leaves_nothing_to_ask(place: PlaceOrder) -> None:
    before = placed(place)
    fields = planned_fields(flatten(before), flatten(place.wanted(before)), place.roles(before))
    assert all(field.before == field.after for field in fields)
    assert place.wanted(before).contract == before.contract


def test_the_effect_is_the_net_value_and_the_watch_is_due_on_time(place: PlaceOrder) -> None:
    assert place.effect(BEFORE).amount == Decimal("83.54")
    watch = place.watch(placed(place))
    assert watch is not None and watch.code == "supplier-confirms"


class Poor(Product):
    """A product whose budgets are gone; `state` is that of the one order with our reference, if any."""

    def __init__(self, terms: Terms, state: str = "") -> None:
        self._terms, self._state = terms, state

    def contracts(self, organisation: str, numbers: list[str]) -> None:
        return None

    def budgets(self, organisation: str, year: int, cost_centres: list[str]) -> dict[str, Any]:
        return {}

    def orders(self, organisation: str, word: str) -> tuple[Order, ...]:
        order = self._terms.order.model_dump()
        return (Order(**order, key="7", state=self._state),) if self._state else ()


@pytest.mark.parametrize("state", ["", "draft"])
def test_an_order_that_its_budget_does_not_allow_is_never_planned(terms: Terms, state: str) -> None:
    place = PlaceOrder(Poor(terms, state), terms)  # type: ignore[arg-type]
    with pytest.raises(NothingDone, match="budget"):
        place.preconditions()


def test_of_an_order_that_is_placed_nothing_is_required(terms: Terms) -> None:
    place = PlaceOrder(Poor(terms, "placed"), terms)  # type: ignore[arg-type]
    assert "unknown" in place.preconditions().values()


def test_a_cancelled_order_frees_contract_and_budget_to_the_cent(
    place: PlaceOrder, terms: Terms
) -> None:
    cancel = CancelOrder(Product(), terms, "R-2/00c0ffee")  # type: ignore[arg-type]
    before = placed(place)
    after = altered(before, state="cancelled", cancel_reason="R-2/00c0ffee").model_copy(
        update={"contract": BEFORE.contract, "committed": BEFORE.committed}
    )
    assert judge(cancel, before, after) == Comparison("confirmed")
    assert judge(cancel, before, before) == Comparison("nothing")
    still = after.model_copy(update={"committed": before.committed})
    assert judge(cancel, before, still).verdict == "collateral"
    assert cancel.effect(before).amount == Decimal("-83.54")


def test_a_supplier_who_confirms_while_we_fail_to_cancel_is_not_our_doing(
    place: PlaceOrder, terms: Terms
) -> None:
    cancel = CancelOrder(Product(), terms, "R-2/00c0ffee")  # type: ignore[arg-type]
    before = placed(place)
    after = altered(before, confirmed_date=date(2026, 12, 1))
    assert judge(cancel, before, after).verdict == "nothing"


def test_two_equal_lines_never_hide_one_another(make_line: Callable[..., OrderLine]) -> None:
    line = Line(
        article="P-1",
        unit="pack",
        pack_size=1,
        quantity=Decimal(1),
        price=Decimal(1),
        currency=None,
        vat_code=None,
        cost_centre=None,
    )
    assert list(keyed((line, line))) == ["P-1", "P-1 (2)"]


def test_an_order_is_found_by_our_reference_or_by_the_clients_whole_own() -> None:
    ours = "REQ 12/2026/9f31c07a"
    assert carries(ours, ours) and carries(ours, "REQ 12/2026")
    for other in ("REQ 12", "12/2026", "9f31c07a", "2026/9f31c07a", ""):
        assert not carries(ours, other), other
    assert carries("typed by hand", "typed by hand")


def test_a_look_has_no_lists_and_survives_flattening(place: PlaceOrder) -> None:
    fields = flatten(placed(place))
    assert fields["order.number"] == "IO-2026-7"
    assert fields["contract.RC-1\\.5"] == "1083.54"
    assert isinstance(placed(place).order, OrderSeen)
