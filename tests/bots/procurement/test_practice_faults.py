"""The practice office in its moods: what becomes of an order when things go wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from in_the_office import BOLTS, BOT, ROBOT, Signed, codes, judge

from paraplu import (
    CaseInHand,
    Credential,
    Desk,
    NothingDone,
    OutcomeUnknown,
    PageChanged,
    Secret,
    TargetDown,
    TargetRefused,
    WriteStopped,
)
from paraplu.domain.look import Comparison
from paraplu.practice.office import Office
from paraplu_procurement.change import PlaceOrder
from paraplu_procurement.reference import new_order
from paraplu_procurement.request import OrderLine, ProcurementOrder
from paraplu_procurement.targets.practice import PracticePurchasing

pytestmark = pytest.mark.browser


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
        with pytest.raises(NothingDone, match="contract"):
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
