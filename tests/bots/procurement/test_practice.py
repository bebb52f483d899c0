"""The procurement order bot in the practice office, through a real browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from paraplu import (
    Action,
    CaseInHand,
    Change,
    Credential,
    Desk,
    Finding,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    Secret,
    SessionTerms,
    TargetDown,
    TargetRefused,
    ToClient,
    ToPerson,
    WriteStopped,
)
from paraplu.domain.look import Comparison, compare, flatten
from paraplu.practice.office import Office
from paraplu_browser.connector import session_in
from paraplu_browser.launch import started_browser
from paraplu_procurement import ProcurementBot
from paraplu_procurement.change import PlaceOrder
from paraplu_procurement.look import OrderLook
from paraplu_procurement.reference import new_order
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder
from paraplu_procurement.targets.practice import PracticePurchasing

pytestmark = pytest.mark.browser

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


def codes(findings: list[Finding]) -> set[str]:
    return {finding.message.code for finding in findings}


def judge(change: Change[OrderLook], before: OrderLook, after: OrderLook) -> Comparison:
    wanted = change.wanted(before)
    stages = {name: flatten(look) for name, look in change.stages(wanted).items()}
    return compare(flatten(before), flatten(wanted), flatten(after), change.roles(before), stages)


# Checking


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
        change = BOT.change(case, desk)
        assert change.latest == soon.before
        assert list(BOT.check(case, make_desk(target, now="2026-11-12T15:30"))) == []
        roomy = make_case(request, approval_days=3)
        assert codes(list(BOT.check(roomy, make_desk(target, now="2026-11-11T09:00")))) == {
            "almost-too-late"
        }


# Ordering


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


# When things go wrong


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


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("/purchasing/waterland/orders", "draft"),
        ("/purchasing/*/place", None),
    ],
)
def test_a_connection_cut_after_saving_ends_in_one_order(
    office: Office,
    signed_in: Signed,
    placing: Callable[..., PlaceOrder],
    path: str,
    stage: str | None,
) -> None:
    mark = f"PW-CUT-{stage}"
    with signed_in() as target:
        change = placing(target, mark)
        before = change.look()
        office.set_mood("cut-after-save", path=path, times=1)
        with pytest.raises(OutcomeUnknown):
            change.act(None)
        seen = judge(change, before, change.look())
        if stage is not None:
            assert seen == Comparison("stage", stage=stage)
            change.act(stage)
        assert judge(change, before, change.look()) == Comparison("confirmed")
    (stored,) = office.truth.orders(f"{mark}/%")
    assert stored.state == "placed"


def test_a_form_that_was_sent_twice_makes_two_orders_and_that_is_collateral(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    def twice(route: Any) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
        route.continue_()

    office.set_mood("double-submit")
    with signed_in() as target:
        change = placing(target, "PW-TWICE")
        before = change.look()
        target.page.route("**/purchasing/waterland/orders", twice)
        change.act(None)
        found = judge(change, before, change.look())
    assert len(office.truth.orders("PW-TWICE/%")) == 2
    assert found.verdict == "collateral"
    assert [one.path.split(".")[0] for one in found.differences] == ["others"]


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("/purchasing/waterland/orders", Comparison("nothing")),
        ("/purchasing/*/place", Comparison("stage", stage="approved")),
    ],
)
def test_a_message_of_success_counts_for_nothing_when_nothing_was_saved(
    office: Office,
    signed_in: Signed,
    placing: Callable[..., PlaceOrder],
    path: str,
    verdict: Comparison,
) -> None:
    mark = f"PW-LIE-{verdict.verdict}"
    with signed_in() as target:
        change = placing(target, mark)
        before = change.look()
        office.set_mood("false-success", path=path, times=1)
        with pytest.raises(OutcomeUnknown):
            change.act(None)
        assert judge(change, before, change.look()) == verdict
        change.act(verdict.stage)
        assert judge(change, before, change.look()) == Comparison("confirmed")
    assert len(office.truth.orders(f"{mark}/%")) == 1


def test_a_price_field_that_redraws_keeps_the_right_price(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    office.set_mood("redraws")
    with signed_in(limit=15) as target:
        change = placing(target, "PW-REDRAW")
        before = change.look()
        change.act(None)
        assert judge(change, before, change.look()) == Comparison("confirmed")
    assert office.truth.bites()["redraws"] > 0
    (stored,) = office.truth.orders("PW-REDRAW/%")
    assert [line.price for line in stored.lines] == [Decimal("0.179")]


def test_numbers_in_another_notation_are_noticed_and_never_misread(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    with signed_in() as target:
        change = placing(target, "PW-NOTATION")
        before = change.look()

        office.set_mood("numbers-swapped")
        target.refresh()
        with pytest.raises(PageChanged):
            target.article("waterland", "L0106", "TEC-0010")
        with pytest.raises(PageChanged):
            change.look()
        with pytest.raises(TargetRefused):
            change.act(None)
        office.clear_moods()
        assert judge(change, before, change.look()) == Comparison("nothing")

        # It swaps when the draft has been saved: what was sent is not known to be right.
        office.set_mood("numbers-swapped", path="/purchasing/waterland/orders/*[0-9]", times=1)
        with pytest.raises(OutcomeUnknown):
            change.act(None)
        office.clear_moods()
        assert judge(change, before, change.look()) == Comparison("stage", stage="draft")


def test_a_draft_that_somebody_altered_is_not_taken_further(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_line: Callable[..., OrderLine],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    with signed_in() as target:
        desk = make_desk(target)
        case = make_case(bolts(reference="PW-ALTERED"), price_tolerance=5)
        change = BOT.change(case, desk)
        before = change.look()
        fewer = bolts(reference="PW-ALTERED", lines=(make_line(**BOLTS),))
        target.draft("waterland", new_order(fewer, case.mark))
        assert "own-order-differs" in codes(list(BOT.check(case, desk)))
        with pytest.raises(OutcomeUnknown):
            change.act(None)
        assert judge(change, before, change.look()).verdict == "collateral"
    (stored,) = office.truth.orders("PW-ALTERED/%")
    assert stored.state == "draft"


def test_a_lost_session_is_a_closed_door_before_and_an_open_question_after_a_write(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    with signed_in() as target:
        change = placing(target, "PW-LOST")
        office.set_mood("session-lost", times=1)
        with pytest.raises(TargetDown):
            change.look()
        target.sign_in(ROBOT)
        before = change.look()
        office.set_mood("session-lost", path="/purchasing/*/approve", times=1)
        with pytest.raises(OutcomeUnknown):
            change.act(None)
        target.sign_in(ROBOT)
        assert judge(change, before, change.look()) == Comparison("stage", stage="submitted")


def test_a_refusal_at_the_last_step_leaves_the_stage_to_be_seen(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    request = bolts(reference="PW-REFUSED", contract="RC-2026-006")  # ran out last month
    with signed_in() as target:
        change = BOT.change(make_case(request), make_desk(target))
        before = change.look()
        with pytest.raises(TargetRefused, match="contract"):
            change.preconditions()
        with pytest.raises(OutcomeUnknown, match="said no"):
            change.act(None)
        assert judge(change, before, change.look()) == Comparison("stage", stage="approved")


def test_a_button_with_another_name_stops_before_anything_is_saved(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    office.set_mood("renamed-button", "Save draft")
    with signed_in(limit=2) as target, pytest.raises(PageChanged):
        placing(target, "PW-RENAMED").act(None)
    assert office.truth.orders("PW-RENAMED/%") == []


def test_an_announcement_in_the_way_is_put_away(
    office: Office, signed_in: Signed, placing: Callable[..., PlaceOrder]
) -> None:
    office.set_mood("popup")
    with signed_in() as target:
        change = placing(target, "PW-POPUP")
        before = change.look()
        change.act(None)
        assert judge(change, before, change.look()) == Comparison("confirmed")


def test_a_rehearsal_reads_everything_and_saves_nothing(
    office: Office,
    signed_in: Signed,
    bolts: Callable[..., ProcurementOrder],
    make_case: Callable[..., CaseInHand[ProcurementOrder]],
    make_desk: Callable[..., Desk],
) -> None:
    case = make_case(bolts(reference="PW-REHEARSAL"), price_tolerance=5)
    with signed_in(writes=PracticePurchasing.writes) as target:
        desk = make_desk(target)
        assert list(BOT.check(case, desk)) == []
        change = BOT.change(case, desk)
        change.wanted(change.look())
        change.preconditions()
        with pytest.raises(WriteStopped):
            change.act(None)
        target.sign_out()
        target.sign_out()
    assert office.truth.orders("PW-REHEARSAL/%") == []


def test_an_account_that_is_not_accepted_is_refused(signed_in: Signed) -> None:
    with signed_in() as target:
        target.sign_out()
        with pytest.raises(TargetRefused):
            target.sign_in(Credential("x", "purchasing-robot", Secret("not-the-word")))
