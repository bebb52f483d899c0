"""What gives a request back, what calls a person, and what is booked when a month is over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from payroll_on_paper import PayrollOnPaper, asked, desk, in_hand, line, lines

from paraplu import Finding, NothingDone, ToClient
from paraplu_payroll import PayrollBot
from paraplu_payroll.change import SetComponent
from paraplu_payroll.dossier import Dossier
from paraplu_payroll.request import SalaryCorrection
from paraplu_payroll.system import Concern, Keeps

D = Decimal
RETROACTIVE: dict[str, Any] = {"corrected_from": "2026-09", "corrected_until": "2026-10"}


def findings(
    system: PayrollOnPaper,
    request: SalaryCorrection,
    earlier: SalaryCorrection | None = None,
    **variants: Any,
) -> list[Finding]:
    """What the bot finds, with a `late` rule of next-period unless said otherwise."""
    case = in_hand(request, earlier, **{"late": "next-period", **variants})
    return list(PayrollBot().check(case, desk(system)))


def codes(found: list[Finding]) -> list[str]:
    return [item.message.code for item in found]


def booked(system: PayrollOnPaper, **request: Any) -> dict[str, Decimal]:
    """The lines of the open period after the booking, by key."""
    change = PayrollBot().change(in_hand(asked(**request), late="next-period"), desk(system))
    assert isinstance(change, SetComponent)
    change.act(None)
    return {key: item.amount for key, item in system.slips["2026-11"].items()}


def test_a_plain_correction_has_no_findings() -> None:
    assert findings(PayrollOnPaper(), asked()) == []


def test_another_amount_goes_back_with_both_figures() -> None:
    (found,) = findings(PayrollOnPaper(), asked(amount_now=D("2950")))
    assert isinstance(found, ToClient)
    assert found.field == "amount_now"
    assert str(found.message) == (
        "For 2026-11 the payroll system has 3000.00; the request says 2950."
    )


def test_an_amount_that_is_as_wanted_already_is_no_finding() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"] |= lines(line("1000", "3150.00"))
    assert findings(system, asked()) == []


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"employee": "99999"}, "employee", "employee-unknown"),
        ({"employment": 3}, "employment", "employment-unknown"),
        ({"employment": 2}, "employment", "no-slip"),
        ({"component": "1999"}, "component", "component-unknown"),
        ({"component": "9200"}, "component", "component-computed"),
        ({"component": "8100"}, "component", "payment-details"),
        ({"component": "IBAN"}, "component", "payment-details"),
        ({"component": "NemKonto"}, "component", "payment-details"),
        ({"component": "Rekeningnummer"}, "component", "payment-details"),
        ({"unit": "hours"}, "unit", "unit-differs"),
        ({"corrected_from": "2026-07"}, "corrected_from", "period-unknown"),
        ({"corrected_from": "2027-01"}, "corrected_from", "period-unknown"),
        ({"period": "2027-01"}, "period", "period-unknown"),
        ({"corrected_from": "2026-10", "corrected_until": "2026-11"}, "corrected_until", "months-mixed"),
        ({"kind": "add", "amount_now": None}, "component", "component-there"),
        ({"component": "1400"}, "component", "component-not-there"),
        (
            {"component": "1400", "kind": "end", "amount_wanted": None},
            "component",
            "component-not-there",
        ),
        ({**RETROACTIVE, "amount_wanted": D("3000")}, "amount_wanted", "no-difference"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_carried_out_goes_back(
    changes: dict[str, Any], field: str, code: str
) -> None:
    (found,) = findings(PayrollOnPaper(), asked(**changes))
    assert isinstance(found, ToClient)
    assert (found.field, found.message.code) == (field, code)


def test_an_employee_of_another_organisation_is_unknown() -> None:
    found = findings(PayrollOnPaper(), asked(), organisation="nordvig")
    assert codes(found) == ["employee-unknown"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = findings(
        PayrollOnPaper(),
        asked(employee="99999", unit="hours", corrected_from="2027-03", remark="Please call."),
        cost_centres=("4200",),
        reasons=("R09",),
    )
    assert codes(found) == [
        "remark",
        "employee-unknown",
        "unit-differs",
        "cost-centre-unknown",
        "reason-unknown",
        "period-unknown",
    ]


def test_a_remark_is_read_by_a_person() -> None:
    (found,) = findings(PayrollOnPaper(), asked(remark="Only if Sanne agrees"))
    assert not isinstance(found, ToClient)
    assert "Only if Sanne agrees" in str(found.message)


@pytest.mark.parametrize("ends", [date(2026, 10, 31), date(2026, 11, 20)])
def test_an_employment_that_ended_calls_a_person(ends: date) -> None:
    assert codes(findings(PayrollOnPaper(ends=ends), asked())) == ["employment-ended"]


def test_an_employment_that_ends_at_the_end_of_the_month_is_still_there() -> None:
    assert findings(PayrollOnPaper(ends=date(2026, 11, 30)), asked()) == []


def test_a_garnishment_or_recovery_on_the_slip_calls_a_person() -> None:
    marked = PayrollOnPaper(concerns=frozenset({Concern.GARNISHMENT, Concern.RECOVERY}))
    assert codes(findings(marked, asked())) == ["garnishment", "recovery"]
    on_a_line = PayrollOnPaper()
    on_a_line.slips["2026-11"] |= lines(line("7500", "310.00"))
    assert codes(findings(on_a_line, asked())) == ["garnishment"]
    as_agreed = findings(PayrollOnPaper(), asked(), recoveries=("7000",))
    assert codes(as_agreed) == ["recovery"]


def test_a_negative_net_calls_a_person_and_so_does_one_to_come() -> None:
    negative = PayrollOnPaper()
    negative.slips["2026-11"] |= lines(line("7000", "2600.00"))
    assert codes(findings(negative, asked())) == ["net-negative"]
    to_come = findings(PayrollOnPaper(), asked(amount_wanted=D("500")))
    assert codes(to_come) == ["net-would-be-negative"]


def test_another_cost_centre_calls_a_person() -> None:
    found = findings(PayrollOnPaper(), asked(cost_centre="4310"))
    assert codes(found) == ["cost-centre-differs"]


def test_hours_that_nobody_can_value_call_a_person() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"] = lines(line("1210", "4.00"))
    request = asked(component="1210", unit="hours", amount_now=D(4), amount_wanted=D(6))
    assert codes(findings(system, request)) == ["worth-unknown"]
    change = PayrollBot().change(in_hand(request), desk(system))
    assert change.effect(change.look()).amount >= 10_000_000


def test_a_month_that_is_over_goes_by_the_agreement() -> None:
    request = asked(**RETROACTIVE)
    assert findings(PayrollOnPaper(), request, late="next-period") == []
    (found,) = findings(PayrollOnPaper(), request, late="person")
    assert found.message.code == "period-late"
    assert found.message.values == {"period": "2026-11"}
    assert codes(findings(PayrollOnPaper(), request)) == []


def test_a_paid_period_asked_for_is_late_too() -> None:
    request = asked(corrected_from="2026-10", period="2026-10")
    assert codes(findings(PayrollOnPaper(), request, late="person")) == ["period-late"]
    assert booked(PayrollOnPaper(), corrected_from="2026-10", period="2026-10") == {
        "1000": D("3000.00"),
        "2000": D("92.50"),
        "7000": D("18.75"),
        "1000@2026-10": D("150"),
    }


def test_late_months_are_booked_as_one_line_of_the_difference_that_names_them() -> None:
    found = booked(PayrollOnPaper(), **RETROACTIVE)
    assert found["1000@2026-09/2026-10"] == 300
    assert found["1000"] == D("3000.00")


def test_a_late_end_takes_back_what_was_paid() -> None:
    ended = {"kind": "end", "component": "2000", "amount_now": D("92.50"), "amount_wanted": None}
    assert booked(PayrollOnPaper(), **RETROACTIVE, **ended)["2000@2026-09/2026-10"] == D("-185.00")


def test_a_second_late_correction_counts_on_the_first() -> None:
    system = PayrollOnPaper()
    booked(system, **RETROACTIVE)
    again = asked(**RETROACTIVE, amount_wanted=D("3200"))
    (found,) = findings(system, again)
    assert found.message.values["found"] == D("3150")
    right = asked(**RETROACTIVE, amount_now=D("3150"), amount_wanted=D("3200"))
    assert findings(system, right) == []
    values = {"amount_now": D("3150"), "amount_wanted": D("3200")}
    assert booked(system, **RETROACTIVE, **values)["1000@2026-09/2026-10"] == 400


def test_a_late_correction_that_was_made_already_is_so_already() -> None:
    system = PayrollOnPaper()
    booked(system, **RETROACTIVE)
    request = asked(**RETROACTIVE)
    assert findings(system, request) == []
    change = PayrollBot().change(in_hand(request), desk(system))
    before = change.look()
    assert change.wanted(before) == before


def test_a_late_correction_reversed_takes_its_line_away() -> None:
    system = PayrollOnPaper()
    earlier = asked(**RETROACTIVE)
    booked(system, **RETROACTIVE)
    values = {
        "kind": "reverse",
        "follows": "PC-1",
        "amount_now": D("3150"),
        "amount_wanted": D("3000"),
    }
    assert findings(system, asked(**RETROACTIVE, **values), earlier) == []
    assert "1000@2026-09/2026-10" not in booked(system, **RETROACTIVE, **values)


def test_a_reversal_mirrors_the_request_it_follows() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"] |= lines(line("1000", "3150.00"))
    values = {"kind": "reverse", "follows": "PC-1"}
    mirrored = {"amount_now": D("3150"), "amount_wanted": D("3000")}
    assert findings(system, asked(**values, **mirrored), asked()) == []
    assert booked(system, **values, **mirrored)["1000"] == 3000
    assert codes(findings(system, asked(**values, **mirrored))) == ["reversal-of-nothing"]
    other = asked(employment=2)
    assert codes(findings(system, asked(**values, **mirrored), other)) == ["reversal-of-another"]
    wrong = asked(**values, amount_now=D("3150"), amount_wanted=D("2900"))
    assert codes(findings(system, wrong, asked())) == ["reversal-amounts"]


def test_reversing_an_addition_ends_it_and_reversing_an_end_puts_it_back() -> None:
    system = PayrollOnPaper()
    bonus: dict[str, Any] = {"component": "1400", "kind": "add", "amount_now": None}
    bonus |= {"amount_wanted": D("500")}
    assert booked(system, **bonus)["1400"] == 500
    back: dict[str, Any] = {"component": "1400", "kind": "reverse", "follows": "PC-1"}
    gone = {"amount_now": D("500"), "amount_wanted": None}
    assert findings(system, asked(**back, **gone), asked(**bonus)) == []
    assert "1400" not in booked(system, **back, **gone)
    again = {"amount_now": None, "amount_wanted": D("500")}
    ended = asked(component="1400", kind="end", **gone)
    assert findings(system, asked(**back, **again), ended) == []
    assert booked(system, **back, **again)["1400"] == 500


def test_without_an_open_period_a_person_is_called() -> None:
    system = PayrollOnPaper()
    for period in ("2026-11", "2026-12"):
        run = system.runs_kept[period]
        system.runs_kept[period] = run.model_copy(update={"state": "paid", "open": False})
    assert codes(findings(system, asked())) == ["no-open-period"]
    with pytest.raises(NothingDone):
        PayrollBot().change(in_hand(asked()), desk(system))


def test_a_run_paid_since_the_check_books_in_the_next_one() -> None:
    system = PayrollOnPaper()
    assert Dossier(system, in_hand(asked())).booking().place.period == "2026-11"
    run = system.runs_kept["2026-11"]
    system.runs_kept["2026-11"] = run.model_copy(update={"state": "paid", "open": False})
    booking = Dossier(system, in_hand(asked())).booking()
    assert (booking.place.period, booking.key) == ("2026-12", "1000@2026-11")


def test_a_system_that_names_no_months_leaves_late_corrections_to_a_person() -> None:
    system = PayrollOnPaper(lines_keep=frozenset({Keeps.COST_CENTRE}))
    assert codes(findings(system, asked(**RETROACTIVE))) == ["months-not-named"]


def test_many_months_call_a_person() -> None:
    assert codes(findings(PayrollOnPaper(), asked(**RETROACTIVE), most_months=1)) == ["months-many"]


def test_a_component_that_stands_twice_calls_a_person() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"]["1000#2"] = line("1000", "12.00")
    assert codes(findings(system, asked())) == ["line-twice"]


def test_the_cut_off_is_working_days_before_pay_day_and_findings_carry_it() -> None:
    case = in_hand(asked(remark="?"), cut_off_days=3)
    (found,) = PayrollBot().check(case, desk(PayrollOnPaper()))
    moment = datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert not isinstance(found, ToClient)
    assert found.before == moment
    assert PayrollBot().change(case, desk(PayrollOnPaper())).latest == moment
