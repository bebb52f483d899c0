"""The checks that need no product: money, addresses, prices, cancellations, the supplier's word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from paraplu import Calendar, Finding, ToClient, ToPerson
from paraplu_procurement.cancellation import cancellation_findings
from paraplu_procurement.catalogue import Catalogue, catalogue_findings, within
from paraplu_procurement.confirmation import confirmation
from paraplu_procurement.deadline import Deadline
from paraplu_procurement.delivery import address_findings
from paraplu_procurement.funds import budget_findings, contract_findings
from paraplu_procurement.reference import new_order
from paraplu_procurement.request import ProcurementOrder
from paraplu_procurement.system import Article, Budget, Contract, NewOrder, Order, Supplier
from paraplu_procurement.variants import OrderVariants

TODAY = date(2026, 11, 23)
CONTRACT = Contract(
    number="RC-1",
    supplier="S-1",
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    ceiling=Decimal("1000.00"),
    used=Decimal("900.00"),
)
PAPER = Article(
    code="P-100",
    name="Paper A4",
    supplier="S-1",
    supplier_name="Papierhuis",
    unit="pack",
    pack_size=5,
    price=Decimal("4.15"),
    vat_code="NL21",
    lead_time=3,
)
SUPPLIER = Supplier(code="S-1", name="Papierhuis", currency="EUR")


def variants(**fields: Any) -> OrderVariants:
    return OrderVariants.model_validate({"organisation": "waterland", **fields})


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.message.code for finding in findings]


def budget(**fields: Any) -> dict[str, Budget]:
    known = {"budget": Decimal(500), "committed": Decimal(300), "spent": Decimal(100), **fields}
    return {"4100": Budget(cost_centre="4100", year=2026, **known)}


@pytest.fixture
def order(make_order: Callable[..., ProcurementOrder]) -> NewOrder:
    """83.00 net under contract RC-1."""
    return new_order(make_order(contract="RC-1"), "IA-2026-0042/9f31c07a")


@pytest.fixture
def stored(order: NewOrder) -> Callable[..., Order]:
    def make(**fields: Any) -> Order:
        known = {"key": "17", "state": "placed", "number": "IO-7", "placed_on": TODAY, **fields}
        return Order(**{**dict(order), **known})

    return make


def test_a_contract_with_enough_left_is_no_finding(order: NewOrder) -> None:
    assert codes(contract_findings(order, {"RC-1": CONTRACT}, TODAY, variants())) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"supplier": "S-2"}, "contract-elsewhere"),
        ({"valid_until": date(2026, 11, 22)}, "contract-not-valid"),
        ({"valid_from": date(2026, 11, 24)}, "contract-not-valid"),
        ({"used": Decimal("917.01")}, "ceiling-reached"),
    ],
)
def test_a_contract_that_does_not_carry_the_order_sends_it_back(
    order: NewOrder, change: dict[str, Any], code: str
) -> None:
    known = {"RC-1": CONTRACT.model_copy(update=change)}
    (finding,) = contract_findings(order, known, TODAY, variants())
    assert isinstance(finding, ToClient) and finding.message.code == code


def test_an_order_may_use_a_ceiling_to_the_last_cent(order: NewOrder) -> None:
    known = {"RC-1": CONTRACT.model_copy(update={"used": Decimal("917.00")})}
    assert codes(contract_findings(order, known, TODAY, variants())) == []


def test_an_agreement_may_ask_for_a_contract(order: NewOrder) -> None:
    without = order.model_copy(update={"contract": None})
    assert codes(contract_findings(without, {}, TODAY, variants())) == []
    strict = variants(contract_required=True)
    assert codes(contract_findings(without, {}, TODAY, strict)) == ["contract-missing"]


def test_what_the_product_does_not_keep_is_for_a_person_unless_the_client_accepts_it(
    order: NewOrder, make_order: Callable[..., ProcurementOrder]
) -> None:
    accepted = variants(accept_unchecked=["contracts", "budgets", "delivery-addresses"])
    assert codes(contract_findings(order, None, TODAY, variants())) == ["contract-unchecked"]
    assert codes(budget_findings(order, None, variants())) == ["budget-unchecked"]
    assert codes(address_findings(make_order(), None, variants())) == ["address-unchecked"]
    assert codes(contract_findings(order, None, TODAY, accepted)) == []
    assert codes(budget_findings(order, None, accepted)) == []
    assert codes(address_findings(make_order(), None, accepted)) == []


def test_commitments_count_against_the_budget(order: NewOrder) -> None:
    assert codes(budget_findings(order, budget(), variants())) == []
    short = budget(committed=Decimal("317.01"))
    (finding,) = budget_findings(order, short, variants())
    assert finding.message.code == "budget-short"
    assert finding.message.values["left"] == Decimal("82.99")
    assert codes(budget_findings(order, {}, variants())) == ["budget-missing"]


def test_a_delivery_address_is_one_of_the_clients_and_of_the_agreements(
    make_order: Callable[..., ProcurementOrder],
) -> None:
    known = {"HQ": "Town hall", "WH": "Warehouse"}
    assert codes(address_findings(make_order(), known, variants())) == []
    only = variants(delivery_addresses=["WH"])
    (finding,) = address_findings(make_order(), known, only)
    assert finding.message.values["known"] == ("WH",)
    assert codes(address_findings(make_order(delivery_address="X"), None, only)) == [
        "address-unknown"
    ]


@pytest.mark.parametrize(
    ("price", "good"), [("4.15", True), ("4.2330", True), ("4.2331", False), ("4.0669", False)]
)
def test_a_price_may_differ_by_the_agreed_percentage_up_and_down(price: str, good: bool) -> None:
    assert within(Decimal(price), Decimal("4.15"), Decimal(2)) is good


def test_a_good_line_is_no_finding(make_order: Callable[..., ProcurementOrder]) -> None:
    catalogue = Catalogue(SUPPLIER, {"P-100": PAPER})
    assert codes(catalogue_findings(make_order(), catalogue, variants())) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"unit": "box"}, "unit-differs"),
        ({"pack_size": 1}, "pack-size-differs"),
        ({"price": Decimal("4.16")}, "price-differs"),
        ({"currency": "DKK"}, "currency-differs"),
        ({"vat_code": "NL9"}, "vat-code-differs"),
        ({"supplier": "S-2"}, "article-elsewhere"),
    ],
)
def test_a_line_that_differs_from_the_catalogue_goes_back_to_the_client(
    make_order: Callable[..., ProcurementOrder], fields: dict[str, Any], code: str
) -> None:
    catalogue = Catalogue(SUPPLIER, {"P-100": PAPER.model_copy(update=fields)})
    (finding,) = catalogue_findings(make_order(), catalogue, variants())
    assert isinstance(finding, ToClient) and finding.message.code == code


def test_all_findings_are_told_and_not_the_first_only(
    make_order: Callable[..., ProcurementOrder],
) -> None:
    article = PAPER.model_copy(update={"unit": "box", "pack_size": 1, "vat_code": None})
    catalogue = Catalogue(None, {"P-100": article})
    assert codes(catalogue_findings(make_order(), catalogue, variants())) == [
        "supplier-unknown",
        "vat-unchecked",
        "unit-differs",
        "pack-size-differs",
    ]
    accepted = variants(accept_unchecked=["vat"])
    assert "vat-unchecked" not in codes(catalogue_findings(make_order(), catalogue, accepted))


def test_a_blocked_supplier_is_for_a_person(make_order: Callable[..., ProcurementOrder]) -> None:
    blocked = SUPPLIER.model_copy(update={"blocked": True})
    (finding,) = catalogue_findings(make_order(), Catalogue(blocked, {"P-100": PAPER}), variants())
    assert isinstance(finding, ToPerson)


def test_only_an_unconfirmed_order_that_is_still_as_asked_is_cancelled(
    order: NewOrder, stored: Callable[..., Order]
) -> None:
    def found(*orders: Order) -> list[str]:
        return codes(cancellation_findings(orders, order, frozenset(), frozenset({"placed"})))

    assert found(stored()) == []
    assert found(stored(state="cancelled")) == []
    assert found() == ["order-not-there"]
    assert found(stored(), stored(key="18")) == ["several-orders"]
    assert found(stored(confirmed_date=date(2026, 12, 1))) == ["order-confirmed"]
    assert found(stored(state="shipped")) == ["order-shipped"]
    assert found(stored(delivery_address="WH")) == ["order-altered"]
    assert found(stored(state="quotation")) == ["not-cancellable"]


def test_the_suppliers_date_is_watched_until_it_is_there_and_in_time(
    make_order: Callable[..., ProcurementOrder], stored: Callable[..., Order]
) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    deadline = Deadline(Calendar("NL"), time(16, 0), zone)

    def word(now: str, *orders: Order) -> str | bool:
        moment = datetime.fromisoformat(now).replace(tzinfo=zone)
        found = confirmation(make_order(), orders, deadline, 3, moment)
        return found if isinstance(found, bool) else found.message.code

    # Placed on Monday the 23rd: three working days are over on Thursday the 26th at 16:00.
    assert word("2026-11-26T15:59", stored()) is False
    assert word("2026-11-26T16:01", stored()) == "not-confirmed"
    assert word("2026-11-24T09:00", stored(confirmed_date=date(2026, 12, 18))) is True
    late = stored(confirmed_date=date(2026, 12, 21))
    assert word("2026-11-24T09:00", late) == "confirmed-too-late"
    assert word("2026-11-24T09:00", stored(state="cancelled")) == "watched-order-cancelled"
    assert word("2026-11-24T09:00", stored(), stored(key="18")) == "watched-order-gone"
    assert word("2026-11-24T09:00") == "watched-order-gone"
    assert word("2026-11-30T09:00", stored(state="shipped")) is True
