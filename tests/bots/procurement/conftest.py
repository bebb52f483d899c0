"""Requests, cases and desks for the tests of the procurement order bot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from paraplu import Agreement, Calendar, CaseInHand, Client, Desk
from paraplu_procurement import ProcurementBot
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder
from paraplu_procurement.variants import OrderVariants

CLIENT = Client(id="waterland", name="Gemeente Waterland")


@pytest.fixture
def make_line() -> Callable[..., OrderLine]:
    """A line of 20 packs of paper; name fields to have it otherwise."""

    def make(**fields: Any) -> OrderLine:
        return OrderLine(
            **{
                "article": "P-100",
                "unit": "pack",
                "pack_size": 5,
                "quantity": Decimal("20"),
                "net_price": Decimal("4.15"),
                "currency": "EUR",
                "vat_code": "NL21",
                "cost_centre": "4100",
                **fields,
            }
        )

    return make


@pytest.fixture
def make_order(make_line: Callable[..., OrderLine]) -> Callable[..., ProcurementOrder]:
    """An order of one line, needed by Friday 18 December 2026; name fields to have it otherwise."""

    def make(**fields: Any) -> ProcurementOrder:
        return ProcurementOrder(
            **{
                "reference": "IA-2026-0042",
                "kind": OrderKind.ORDER,
                "supplier": "S-1",
                "delivery_address": "HQ",
                "need_by": date(2026, 12, 18),
                "budget_year": 2026,
                "lines": (make_line(),),
                **fields,
            }
        )

    return make


@pytest.fixture
def make_case() -> Callable[..., CaseInHand[ProcurementOrder]]:
    """A case for a request; variants, limits and the rest by name. Its mark is as the engine makes it."""

    def make(
        request: ProcurementOrder,
        *,
        client: Client = CLIENT,
        limits: dict[str, Any] | None = None,
        earlier: ProcurementOrder | None = None,
        **variants: Any,
    ) -> CaseInHand[ProcurementOrder]:
        settings = {"organisation": "waterland", **variants}
        agreement = Agreement.model_validate(
            {
                "client": client.id,
                "service": ProcurementBot.service,
                "version": 1,
                "valid_from": date(2026, 1, 1),
                "target": "practice-purchasing",
                "credential": "purchasing-robot",
                "limits": limits or {},
                "variants": settings,
            }
        )
        return CaseInHand(
            uid="0193-test",
            mark=f"{request.reference}/9f31c07a",
            request=request,
            client=client,
            agreement=agreement,
            variants=OrderVariants.model_validate(settings),
            received_at=datetime(2026, 11, 20, 9, 0, tzinfo=client.zone),
            earlier=earlier,
        )

    return make


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """A desk at a moment in Amsterdam's time, with the Dutch calendar."""

    def make(purchasing: Any = None, now: str = "2026-11-23T10:00", **calendar: Any) -> Desk:
        moment = datetime.fromisoformat(now).replace(tzinfo=CLIENT.zone)
        getattr(purchasing, "refresh", lambda: None)()  # as the engine does before each try
        return Desk({"purchasing": purchasing}, moment, Calendar(**calendar))

    return make
