"""Payroll corrections in the practice office, through a real browser, counted in its own file."""

from __future__ import annotations

import pytest
from carrying_out import codes, found, planned
from in_the_payroll_office import NOVEMBER, D, Person, hand, plan
from payroll_on_paper import asked, desk, in_hand

from paraplu.domain.look import flatten
from paraplu.practice.office import Office
from paraplu_payroll.system import Place
from paraplu_payroll.targets.practice import PracticePayroll

pytestmark = pytest.mark.browser


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
