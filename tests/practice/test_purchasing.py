"""The purchasing side: catalogue, budgets, and orders from draft to cancelled."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from paraplu.practice.office import Office

ORDERS = "/purchasing/waterland/orders"


def test_an_order_is_placed_with_a_number_and_commits_budget_and_contract(
    office: Office, purchasing: Any, place: Any
) -> None:
    budget = office.truth.budget_committed("waterland", "4100", 2026)
    used = office.truth.contract_used("RC-2026-001")
    last = max(order.number for order in office.truth.orders())
    page = place(purchasing, "PO-1", article_2="PAP-0030", quantity_2="2", cost_centre_2="4600")
    (order,) = office.truth.orders("PO-1")
    assert order.number == f"IO-2026-{int(last[-5:]) + 1:05d}"
    assert page.notice() == f"Order placed as {order.number}."
    assert (order.state, order.net, order.gross) == (
        "placed",
        Decimal("252.50"),
        Decimal("305.53"),
    )
    assert office.truth.budget_committed("waterland", "4100", 2026) == budget + 215
    assert office.truth.contract_used("RC-2026-001") == used + Decimal("252.50")
    assert page.field("amount", 'data-total="vat-H21"') == "53,03"
    assert page.field("net", 'data-line="1" data-article="PAP-0010"') == "215,00"
    assert (order.lines[1].unit, order.lines[1].pack_size, order.lines[1].vat) == (
        "box",
        500,
        "H21",
    )


def test_vat_is_totalled_per_code(office: Office, purchasing: Any, order_fields: Any) -> None:
    fields = order_fields("PO-2", supplier="L0102", contract="", article_1="KAN-0020", price_1="")
    fields |= {"article_2": "KAN-0050", "quantity_2": "1", "cost_centre_2": "4100"}
    fields |= {"article_3": "KAN-0060", "quantity_3": "1", "cost_centre_3": "4100"}
    page = purchasing.follow(ORDERS, fields)
    assert [page.field("amount", f'data-total="vat-{code}"') for code in ("H21", "L9", "N0")] == [
        "606,90",
        "9,65",
        "0,00",
    ]
    assert page.field("amount", 'data-total="gross"') == "3.727,75"


def test_what_the_catalogue_knows_better_is_refused(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    wrong = order_fields(
        "PO-3", need_by="01-11-2026", contract="RC-2026-002", article_2="GRO-0010",
        quantity_2="0", unit_1="piece", pack_size_1="10", currency_1="DKK", cost_centre_1="",
    )  # fmt: skip
    answer = purchasing.post(ORDERS, wrong)
    assert answer.status == 422
    for words in (
        "Need by: this day is past",
        "RC-2026-002 is with another supplier",
        "Unit, line 1: PAP-0010 is sold per box",
        "Pack size, line 1: PAP-0010 comes in 5",
        "Currency, line 1: this supplier sells in EUR",
        "Cost centre, line 1: fill this in",
        "Article, line 2: GRO-0010 is another supplier's",
        "Quantity, line 2: more than nothing",
    ):
        assert words in answer.alert()
    assert office.truth.orders("PO-3") == []


def test_a_blocked_supplier_gets_no_order(purchasing: Any, order_fields: Any) -> None:
    fields = order_fields("PO-4", supplier="L0108", contract="", article_1="DRU-0010")
    assert "is blocked" in purchasing.post(ORDERS, fields).alert()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"cost_centre_1": "4700", "quantity_1": "12"}, "Cost centre 4700 has too little budget"),
        (
            {
                "supplier": "L0104", "contract": "RC-2026-004", "article_1": "BOU-0010",
                "quantity_1": "2", "price_1": "312,00",
            },
            "ceiling of contract RC-2026-004",
        ),
        (
            {
                "supplier": "L0106", "contract": "RC-2026-006", "article_1": "TEC-0010",
                "price_1": "0,1850",
            },
            "valid from 01-01-2025 until 31-10-2026, so not today",
        ),
    ],
)  # fmt: skip
def test_an_order_without_budget_ceiling_or_valid_contract_is_not_placed(
    office: Office, purchasing: Any, order_fields: Any, other: dict[str, str], words: str
) -> None:
    reference = f"PO-5 {words}"[:60]
    location = purchasing.post(ORDERS, order_fields(reference, **other)).location
    purchasing.follow(location + "/submit")
    purchasing.follow(location + "/approve")
    answer = purchasing.post(location + "/place")
    assert answer.status == 409
    assert words in answer.alert()
    (order,) = office.truth.orders(reference)
    assert (order.state, order.number) == ("approved", "")


def test_a_placed_order_can_be_cancelled_until_it_is_confirmed(
    office: Office, purchasing: Any, place: Any
) -> None:
    budget = office.truth.budget_committed("waterland", "4100", 2026)
    used = office.truth.contract_used("RC-2026-001")
    place(purchasing, "PO-6")
    order = office.truth.orders("PO-6")[0]
    assert purchasing.post(f"{ORDERS}/{order.id}/cancel").status == 409
    page = purchasing.follow(f"{ORDERS}/{order.id}/cancel", {"cancel_reason": "not needed"})
    assert page.field("state") == "cancelled"
    assert office.truth.budget_committed("waterland", "4100", 2026) == budget
    assert office.truth.contract_used("RC-2026-001") == used

    place(purchasing, "PO-7")
    order = office.truth.orders("PO-7")[0]
    office.confirm_order(order.number, date(2026, 12, 16))
    page = purchasing.get(f"{ORDERS}/{order.id}")
    assert page.field("confirmed_date") == "16-12-2026"
    assert "Cancel order" not in page.text
    answer = purchasing.post(f"{ORDERS}/{order.id}/cancel", {"cancel_reason": "too late"})
    assert (answer.status, "confirmed by the supplier" in answer.alert()) == (409, True)


def test_a_shipped_order_cannot_be_cancelled(office: Office, purchasing: Any, place: Any) -> None:
    place(purchasing, "PO-8")
    order = office.truth.orders("PO-8")[0]
    office.ship_order(order.number)
    answer = purchasing.post(f"{ORDERS}/{order.id}/cancel", {"cancel_reason": "too late"})
    assert (answer.status, "is shipped, not" in answer.alert()) == (409, True)


def test_the_supplier_confirms_only_what_was_placed(office: Office, sign_in: Any) -> None:
    with pytest.raises(ValueError, match="no placed order"):
        office.confirm_order("IO-1999-00001", date(2026, 12, 1))
    client = sign_in("office")
    order = next(order for order in office.truth.orders() if order.state == "shipped")
    path = f"/purchasing/{order.organisation}/orders/{order.id}/confirm"
    assert client.post(path, {"confirmed_date": "01-12-2026"}).status == 409


def test_a_draft_can_be_changed_and_nothing_later_can(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    location = purchasing.post(ORDERS, order_fields("PO-9")).location
    form = purchasing.get(location + "/edit")
    assert 'id="price_1" name="price_1" value="21,50"' in form.text
    purchasing.follow(location + "/edit", order_fields("PO-9", quantity_1="1.000,5"))
    assert office.truth.orders("PO-9")[0].lines[0].quantity == Decimal("1000.5")
    purchasing.follow(location + "/submit")
    assert purchasing.post(location + "/edit", order_fields("PO-9")).status == 409


def test_a_line_can_be_added_to_the_form_without_saving(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    answer = purchasing.post(ORDERS, {**order_fields("PO-10"), "more": "1"})
    assert answer.status == 200
    assert 'name="article_5"' in answer.text
    assert office.truth.orders("PO-10") == []


def test_orders_are_found_by_number_and_by_reference(
    office: Office, purchasing: Any, place: Any
) -> None:
    place(purchasing, "PO-11/Ærø")
    order = office.truth.orders("PO-11/Ærø")[0]
    for text in (order.number, "PO-11/%C3%86r%C3%B8"):
        found = purchasing.get(f"{ORDERS}?q={text}")
        assert re.findall(r'data-order="(\d+)"', found.text) == [str(order.id)]
    everything = purchasing.get(ORDERS)
    assert everything.text.count("<tr data-order") == 10


def test_a_budget_of_next_year_is_used_for_an_order_of_next_year(
    office: Office, purchasing: Any, place: Any
) -> None:
    place(purchasing, "PO-12", budget_year="2027", need_by="15-01-2027")
    assert office.truth.budget_committed("waterland", "4100", 2027) == 215


def test_the_danish_organisation_orders_in_kroner_with_moms(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    fields = order_fields(
        "PO-13", supplier="L0201", contract="RC-2026-101", delivery_address="SKOLE",
        article_1="NJP-0010", price_1="164,50", cost_centre_1="2310",
    )  # fmt: skip
    page = purchasing.follow("/purchasing/nordvig/orders", fields)
    assert page.field("currency") == "DKK"
    assert page.field("amount", 'data-total="vat-M25"') == "411,25"
    assert purchasing.post(ORDERS, {**fields, "form_token": "another"}).status == 422
