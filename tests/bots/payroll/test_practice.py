"""Payroll corrections in the practice office, through a real browser, counted in its own file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from carrying_out import Planned, codes, found, planned, planned_anyway
from payroll_on_paper import asked, desk, in_hand

from paraplu import (
    Action,
    Credential,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    Secret,
    SessionTerms,
    TargetDown,
    TargetRefused,
)
from paraplu.domain.look import flatten
from paraplu.practice.office import Office
from paraplu_browser import connector
from paraplu_payroll import PayrollBot
from paraplu_payroll.system import Place
from paraplu_payroll.targets.practice import PracticePayroll

pytestmark = [pytest.mark.browser]

D = Decimal
PASSWORD = "payroll-robot-2026"
ROBOT = Credential("practice-payroll", "payroll-robot", Secret(PASSWORD))
NOVEMBER = "2026-11"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("office")
    passwords = {"payroll-robot": PASSWORD}
    with Office.start(folder, today=date(2026, 11, 21), passwords=passwords) as running:
        yield running


@pytest.fixture(scope="module")
def actions() -> list[Action]:
    return []


@pytest.fixture(scope="module")
def signed_in(office: Office, actions: list[Action]) -> Iterator[PracticePayroll]:
    terms = SessionTerms(office.address, secrets=(ROBOT.password,), action_limit=3.0)
    with connector.open(terms, actions.append) as session:
        target = PracticePayroll(session)
        target.sign_in(ROBOT)
        yield target
        office.clear_moods()
        target.sign_out()


@pytest.fixture
def target(office: Office, signed_in: PracticePayroll) -> Iterator[PracticePayroll]:
    yield signed_in
    office.clear_moods()


class Person:
    """Somebody in the office, whose slip of November a test corrects."""

    def __init__(self, office: Office, index: int, organisation: str = "waterland") -> None:
        self.office = office
        self.organisation = organisation
        self.code = f"{412 + 37 * index:05d}"

    def lines(self, period: str = NOVEMBER) -> dict[str, Decimal]:
        """The entered lines as stored, by component and corrected months."""
        stored = self.office.truth.slip_lines(self.organisation, period, self.code)
        return {
            item.component + (f"@{item.corrected_from}" if item.corrected_from else ""): item.amount
            for item in stored
            if not item.derived
        }

    def centre(self, component: str = "1000") -> str:
        stored = self.office.truth.slip_lines(self.organisation, NOVEMBER, self.code)
        return next(item.cost_centre for item in stored if item.component == component)

    def asks(self, component: str = "1000", **changes: Any) -> Any:
        """A request about a line of this person, by default its base salary up by 100."""
        amount = self.lines().get(component)
        values: dict[str, Any] = {
            "employee": self.code,
            "component": component,
            "cost_centre": self.centre(),
            "amount_now": amount,
            "amount_wanted": None if amount is None else amount + 100,
        }
        return asked(**{**values, **changes})


def hand(request: Any, mark: str = "PP-1-7F3K", **more: Any) -> Any:
    return in_hand(request, mark=mark, **{"late": "next-period", **more})


def plan(target: PracticePayroll, request: Any, mark: str, **more: Any) -> Planned:
    return planned(hand(request, mark, **more), desk(target))


def test_the_slip_is_read_as_it_is_stored(office: Office, target: PracticePayroll) -> None:
    place = Place(organisation="waterland", employee="00412", employment=1, period=NOVEMBER)
    slip = target.slip(place)
    assert slip is not None
    stored = office.truth.slip_lines("waterland", NOVEMBER, "00412")
    assert {key: item.amount for key, item in slip.lines.items()} == {
        item.component: item.amount for item in stored if not item.derived
    }
    assert {code: item.amount for code, item in slip.computed.items()} == {
        item.component: abs(item.amount) for item in stored if item.derived
    }
    assert target.nets("waterland", NOVEMBER) == {
        who.replace("-", "/"): net for who, net in office.truth.nets("waterland", NOVEMBER).items()
    }


def test_a_change_is_carried_out_and_nothing_else(office: Office, target: PracticePayroll) -> None:
    person = Person(office, 10)
    before, accounts = person.lines(), office.truth.bank_accounts("waterland")
    nets = office.truth.nets("waterland", NOVEMBER)
    planned_change = plan(target, person.asks(), "PP-change")
    assert planned_change.preconditions["run"] == "open"
    assert planned_change.change.effect(planned_change.before).amount == 100
    assert planned_change.carried_out().verdict == "confirmed"
    assert person.lines() == {**before, "1000": before["1000"] + 100}
    (mutation,) = office.truth.mutations("PP-change")
    assert (mutation.state, mutation.after) == ("applied", before["1000"] + 100)
    after = office.truth.nets("waterland", NOVEMBER)
    assert {who for who in nets if nets[who] != after[who]} == {f"{person.code}-1"}
    assert office.truth.bank_accounts("waterland") == accounts
    assert office.truth.refusals() == []


def test_a_line_is_added_ended_and_put_back(office: Office, target: PracticePayroll) -> None:
    person = Person(office, 11)
    before = person.lines()
    bonus = person.asks("1400", kind="add", amount_wanted=D("1234.56"))
    assert plan(target, bonus, "PP-add").carried_out().verdict == "confirmed"
    assert person.lines() == {**before, "1400": D("1234.56")}
    assert codes(hand(bonus), desk(target)) == ["component-there"]
    end = person.asks("1400", kind="end", amount_wanted=None)
    assert plan(target, end, "PP-end").carried_out().verdict == "confirmed"
    assert person.lines() == before
    again = person.asks(
        "1400", kind="reverse", follows="PC-1", amount_now=None, amount_wanted=D("1234.56")
    )
    case = in_hand(again, end, mark="PP-back", late="next-period")
    assert planned(case, desk(target)).carried_out().verdict == "confirmed"
    assert person.lines()["1400"] == D("1234.56")


def test_hours_are_corrected_in_hours(office: Office, target: PracticePayroll) -> None:
    person = Person(office, 6)
    assert person.lines()["1210"] == 12
    request = person.asks("1210", unit="hours", amount_wanted=D("14.5"))
    planned_change = plan(target, request, "PP-hours")
    rate = person.lines()["1000"] / (36 * D(52) / D(12))
    worth = (D("2.5") * D("1.5") * rate).quantize(D("0.01"))
    assert abs(planned_change.change.effect(planned_change.before).amount - worth) <= D("0.01")
    assert planned_change.carried_out().verdict == "confirmed"
    assert person.lines()["1210"] == D("14.5")


def test_a_month_that_was_paid_is_corrected_in_the_open_one(
    office: Office, target: PracticePayroll
) -> None:
    person = Person(office, 12)
    september, november = person.lines("2026-09"), person.lines()
    months = {"corrected_from": "2026-09", "corrected_until": "2026-10"}
    request = person.asks(**months)
    assert codes(hand(request, late="person"), desk(target)) == ["period-late"]
    planned_change = plan(target, request, "PP-late")
    assert planned_change.change.effect(planned_change.before).amount == 200
    assert planned_change.carried_out().verdict == "confirmed"
    assert person.lines() == {**november, "1000@2026-09": D(200)}
    assert person.lines("2026-09") == september
    (line,) = (
        item
        for item in office.truth.slip_lines("waterland", NOVEMBER, person.code)
        if item.corrected_from
    )
    assert (line.corrected_until, line.reference) == ("2026-10", "PP-late")
    once_more = plan(target, request, "PP-late-2")
    assert flatten(once_more.before) == flatten(once_more.wanted)
    back = person.asks(
        **months,
        kind="reverse",
        follows="PC-1",
        amount_now=request.amount_wanted,
        amount_wanted=request.amount_now,
    )
    case = in_hand(back, request, mark="PP-late-back", late="next-period")
    assert planned(case, desk(target)).carried_out().verdict == "confirmed"
    assert person.lines() == november


def test_what_the_office_knows_sends_requests_back_or_calls_a_person(
    office: Office, target: PracticePayroll
) -> None:
    at = desk(target)
    person = Person(office, 13)
    (wrong,) = found(hand(person.asks(amount_now=D("1.00"))), at)
    assert wrong.message.code == "amount-differs"
    assert wrong.message.values["found"] == person.lines()["1000"]
    assert codes(hand(person.asks(employee="99999")), at) == ["employee-unknown"]
    assert codes(hand(person.asks(employment=2)), at) == ["employment-unknown"]
    assert codes(hand(person.asks("9200", amount_now=D(1), amount_wanted=D(2))), at) == [
        "component-computed"
    ]
    assert codes(hand(person.asks("1999", amount_now=D(1), amount_wanted=D(2))), at) == [
        "component-unknown"
    ]
    assert codes(hand(person.asks(unit="hours")), at) == ["unit-differs"]
    assert codes(hand(person.asks(cost_centre="4999")), at) == ["cost-centre-differs"]
    assert codes(hand(Person(office, 0).asks(), organisation="nordvig"), at)[0] == (
        "employee-unknown"
    )
    assert codes(hand(Person(office, 1).asks()), at) == ["garnishment"]
    assert "recovery" in codes(hand(Person(office, 5).asks()), at)
    ended = asked(
        employee=f"{412 + 37 * 2:05d}",
        corrected_from="2026-09",
        amount_now=D("2696.00"),
        amount_wanted=D("2796.00"),
        cost_centre="4420",
    )
    assert "employment-ended" in codes(hand(ended), at)


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
        with pytest.raises(TargetRefused, match="no corrections"):
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
        with pytest.raises(TargetRefused, match="no corrections"):
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
