"""The practice office in its moods: what becomes of a correction when things go wrong."""

from __future__ import annotations

import pytest
from carrying_out import planned_anyway
from in_the_payroll_office import NOVEMBER, PASSWORD, ROBOT, D, Person, hand, plan
from payroll_on_paper import desk

from paraplu import (
    Action,
    NothingDone,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    TargetDown,
    TargetRefused,
)
from paraplu.practice.office import Office
from paraplu_payroll import PayrollBot
from paraplu_payroll.system import Place
from paraplu_payroll.targets.practice import PracticePayroll

pytestmark = pytest.mark.browser


def test_a_line_that_vanishes_with_it_is_named(office: Office, target: PracticePayroll) -> None:
    person = Person(office, 14)
    before = person.lines()
    gone = next(code for code in before if code != "1000")
    planned_change = plan(target, person.asks(), "PP-drop")
    office.set_mood("drops-line", times=1)
    judged = planned_change.carried_out()
    assert judged.verdict == "collateral"
    assert f"lines.{gone}.amount" in {item.path for item in judged.differences}
    office.clear_moods()
    back = person.asks(gone, kind="add", amount_wanted=before[gone])
    assert plan(target, back, "PP-restore").carried_out().verdict == "confirmed"
    assert set(person.lines()) == set(before)


def test_a_bystander_who_is_paid_something_else_is_named(
    office: Office, target: PracticePayroll
) -> None:
    planned_change = plan(target, Person(office, 15).asks(), "PP-bystander")
    office.set_mood("bystander", times=1)
    judged = planned_change.carried_out()
    assert judged.verdict == "collateral"
    (difference,) = judged.differences
    assert difference.path.startswith("bystanders.")
    # The next calculation puts the bystander right again: not before the eyes of another test.
    plan(target, Person(office, 15).asks(), "PP-bystander-2").change.act(None)


@pytest.mark.parametrize("at", ["/mutations", "/approve", "/apply"])
def test_a_message_of_success_with_nothing_saved_is_not_believed(
    office: Office, target: PracticePayroll, at: str
) -> None:
    person = Person(office, {"/mutations": 16, "/approve": 17, "/apply": 18}[at])
    before, mark = person.lines(), f"PP-false{at[1:]}"
    planned_change = plan(target, person.asks(), mark)
    office.set_mood("false-success", path=f"*{at}", times=1)
    with pytest.raises(OutcomeUnknown):
        planned_change.change.act(None)
    judged = planned_change.judged()
    expected = {"/mutations": None, "/approve": "draft", "/apply": "approved"}[at]
    assert (judged.verdict, judged.stage) == ("stage" if expected else "nothing", expected)
    assert person.lines() == before
    assert planned_change.carried_out(judged.stage).verdict == "confirmed"
    assert len(office.truth.mutations(mark)) == 1


@pytest.mark.parametrize("at", ["/mutations", "/approve", "/apply"])
def test_a_connection_cut_after_saving_is_gone_on_from(
    office: Office, target: PracticePayroll, at: str
) -> None:
    person = Person(office, {"/mutations": 19, "/approve": 20, "/apply": 21}[at])
    mark, before = f"PP-cut{at[1:]}", person.lines()
    planned_change = plan(target, person.asks(), mark)
    office.set_mood("cut-after-save", path=f"*{at}", times=1)
    with pytest.raises(OutcomeUnknown):
        planned_change.change.act(None)
    judged = planned_change.judged()
    expected = {"/mutations": "draft", "/approve": "approved", "/apply": None}[at]
    assert (judged.verdict, judged.stage) == ("stage" if expected else "confirmed", expected)
    if expected:
        assert planned_change.carried_out(expected).verdict == "confirmed"
    assert person.lines() == {**before, "1000": before["1000"] + 100}
    assert len(office.truth.mutations(mark)) == 1


def test_acting_from_the_start_again_takes_up_the_draft_that_is_there(
    office: Office, target: PracticePayroll
) -> None:
    planned_change = plan(target, Person(office, 22).asks(), "PP-again")
    office.set_mood("cut-after-save", path="*/mutations", times=1)
    with pytest.raises(OutcomeUnknown):
        planned_change.change.act(None)
    assert planned_change.carried_out(None).verdict == "confirmed"
    assert len(office.truth.mutations("PP-again")) == 1


def test_a_field_that_redraws_is_typed_right_or_not_at_all(
    office: Office, target: PracticePayroll
) -> None:
    person = Person(office, 23)
    request = person.asks(amount_wanted=person.lines()["1000"] + D("12.34"))
    planned_change = plan(target, request, "PP-redraw")
    office.set_mood("redraws")
    assert planned_change.carried_out().verdict == "confirmed"
    assert person.lines()["1000"] == request.amount_wanted
    assert office.truth.bites()["redraws"] >= 1


def test_numbers_in_another_notation_are_noticed_and_never_misread(
    office: Office, target: PracticePayroll
) -> None:
    person = Person(office, 24)
    before = person.lines()
    planned_change = plan(target, person.asks(), "PP-swap")
    office.set_mood("numbers-swapped")
    target.refresh()
    with pytest.raises(PageChanged):
        target.slip(
            Place(organisation="waterland", employee=person.code, employment=1, period=NOVEMBER)
        )
    with pytest.raises(PageChanged):
        planned_change.change.act(None)
    office.clear_moods()
    office.set_mood("numbers-swapped", path="*/slips/*/mutations", times=1)
    with pytest.raises(TargetRefused):
        planned_change.change.act(None)
    assert person.lines() == before
    assert planned_change.judged().verdict == "nothing"


@pytest.mark.parametrize("moment", ["form", "draft", "approve"])
def test_a_run_that_is_paid_between_look_and_act_is_left_alone(
    office: Office, target: PracticePayroll, moment: str
) -> None:
    person = Person(office, 25)
    before = person.lines()
    planned_change = plan(target, person.asks(), f"PP-paid-{moment}")
    office.set_mood("paid-between", moment, times=1)
    try:
        with pytest.raises(TargetRefused):
            planned_change.change.act(None)
        assert office.truth.run_state("waterland", NOVEMBER) == "paid"
        assert person.lines() == before
        assert planned_change.judged().verdict == "nothing"
        with pytest.raises(NothingDone, match="no corrections"):
            planned_change.change.preconditions()
        left = office.truth.mutations(f"PP-paid-{moment}")
        assert all(mutation.state == "discarded" for mutation in left)
    finally:
        office.set_run_state("waterland", NOVEMBER, "calculated")


def test_a_run_that_is_paid_while_it_is_checked_is_refused_at_intend(
    office: Office, target: PracticePayroll
) -> None:
    bot, at = PayrollBot(), desk(target)
    case = hand(Person(office, 25).asks(), "PP-paid-look")
    office.set_mood("paid-between", "look", times=1)
    try:
        target.refresh()
        assert list(bot.check(case, at)) == []
        assert office.truth.run_state("waterland", NOVEMBER) == "paid"
        change = bot.change(case, at)
        assert change.preconditions()["run"] == "open"  # what was read for the check
        target.refresh()
        with pytest.raises(NothingDone, match="no corrections"):
            change.preconditions()
    finally:
        office.set_run_state("waterland", NOVEMBER, "calculated")


def test_an_announcement_in_the_way_is_closed(office: Office, target: PracticePayroll) -> None:
    planned_change = plan(target, Person(office, 26).asks(), "PP-popup")
    office.set_mood("popup")
    assert planned_change.carried_out().verdict == "confirmed"


def test_a_renamed_button_stops_before_anything_is_sent(
    office: Office, target: PracticePayroll
) -> None:
    planned_change = plan(target, Person(office, 27).asks(), "PP-renamed")
    office.set_mood("renamed-button", "Save draft")
    with pytest.raises(PageChanged):
        planned_change.change.act(None)
    assert office.truth.mutations("PP-renamed") == []


def test_a_session_that_ends_is_told_by_when_it_ends(
    office: Office, target: PracticePayroll
) -> None:
    planned_change = plan(target, Person(office, 28).asks(), "PP-session")
    office.set_mood("session-lost", path="*/slips/*/mutations", times=1)
    with pytest.raises(OutcomeUnknown):
        planned_change.change.act(None)
    with pytest.raises(TargetDown):
        planned_change.change.look()
    target.sign_in(ROBOT)
    assert planned_change.judged().verdict == "nothing"
    assert planned_change.carried_out().verdict == "confirmed"


def test_an_option_that_the_office_does_not_offer_is_refused_before_sending(
    office: Office, target: PracticePayroll
) -> None:
    person = Person(office, 29)
    case = hand(person.asks(reason="R77"), "PP-reason")
    with pytest.raises(TargetRefused):
        planned_anyway(case, desk(target)).change.act(None)
    assert office.truth.mutations("PP-reason") == []


def test_only_forms_beside_the_sign_in_write() -> None:
    def writes(method: str, path: str) -> bool:
        return PracticePayroll.writes(Outgoing(method, f"http://127.0.0.1:8000{path}", b""))

    assert not writes("GET", "/payroll/waterland/periods")
    assert not writes("POST", "/sign-in?next=/")
    assert not writes("POST", "/sign-out")
    assert writes("POST", "/payroll/waterland/mutations/3/apply")


def test_no_error_text_and_no_action_holds_the_password(actions: list[Action]) -> None:
    assert actions
    assert not any(PASSWORD in f"{item.what}{item.value}{item.where}" for item in actions)


def test_bystanders_are_covered_and_the_person_looked_at_is_not(
    office: Office, target: PracticePayroll
) -> None:
    place = Place(organisation="waterland", employee="00412", employment=1, period=NOVEMBER)
    target.slip(place)
    target.page.goto(f"/payroll/waterland/periods/{NOVEMBER}")
    everybody = len(office.truth.nets("waterland", NOVEMBER))
    assert target.bystanders()[0].count() == everybody - 1
