"""Requests, cases and desks for the tests of the procurement order bot, and a practice office."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paraplu import Action, Agreement, Calendar, CaseInHand, Client, Desk, Outgoing, SessionTerms
from paraplu.practice.office import Office
from paraplu_browser.connector import session_in
from paraplu_browser.launch import started_browser
from paraplu_procurement import ProcurementBot
from paraplu_procurement.change import PlaceOrder
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder
from paraplu_procurement.targets.practice import PracticePurchasing
from paraplu_procurement.variants import OrderVariants

if (HERE := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, HERE)

from in_the_office import BOLTS, BOT, GLOVES, ROBOT, TODAY, WORDS, Signed

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


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with Office.start(folder, today=TODAY, passwords=WORDS) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started_browser() as running:
        yield running


@pytest.fixture
def signed_in(office: Office, browser: Any) -> Iterator[Signed]:
    """A session of the robot; moods are cleared when the test ends."""

    @contextmanager
    def open_session(
        *, limit: float = 6, writes: Callable[[Outgoing], bool] | None = None
    ) -> Iterator[PracticePurchasing]:
        actions: list[Action] = []
        terms = SessionTerms(
            address=office.address,
            secrets=(ROBOT.password,),
            writes=writes,
            action_limit=limit,
        )
        with session_in(browser, terms, actions.append) as session:
            target = PracticePurchasing(session)
            target.sign_in(ROBOT)
            yield target

    yield open_session
    office.clear_moods()


@pytest.fixture
def bolts(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> Callable[..., ProcurementOrder]:
    """1,200 bolts at 0.1790 and two packs of gloves, for Waterland's yard."""

    def make(**fields: Any) -> ProcurementOrder:
        lines = (make_line(**BOLTS), make_line(**{**BOLTS, **GLOVES}))
        return make_order(
            **{"supplier": "L0106", "delivery_address": "WERF", "lines": lines, **fields}
        )

    return make


@pytest.fixture
def placing(
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> Callable[..., PlaceOrder]:
    """The change for an order of bolts only."""

    def make(target: PracticePurchasing, mark: str) -> PlaceOrder:
        request = bolts(reference=mark, lines=(make_line(**BOLTS),))
        change = BOT.change(make_case(request), make_desk(target))
        assert isinstance(change, PlaceOrder)
        return change

    return make
