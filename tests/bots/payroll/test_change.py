"""What a look is compared with: the asked line, the figures that follow from it, and all the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from payroll_on_paper import PayrollOnPaper, asked, desk, in_hand, line, lines

from paraplu import NothingDone, Roles
from paraplu.domain.look import Comparison, compare, flatten
from paraplu.domain.plan import planned_bounds, planned_fields, stray_fields
from paraplu_payroll import PayrollBot
from paraplu_payroll.change import PayLook, SetComponent
from paraplu_payroll.system import Employee, Entry, Line

D = Decimal


def paid(system: PayrollOnPaper) -> None:
    run = system.runs_kept["2026-11"]
    system.runs_kept["2026-11"] = run.model_copy(update={"state": "paid", "open": False})


class Correction:
    """A change with the look before it."""

    def __init__(self, system: PayrollOnPaper, **request: Any) -> None:
        self.system = system
        change = PayrollBot().change(in_hand(asked(**request), late="next-period"), desk(system))
        assert isinstance(change, SetComponent)
        self.change = change
        self.before: PayLook = change.look()
        self.wanted: PayLook = change.wanted(self.before)
        self.roles: Roles = change.roles(self.before)

    def judged(self, after: PayLook) -> Comparison:
        stages = {name: flatten(look) for name, look in self.change.stages(self.wanted).items()}
        return compare(
            flatten(self.before), flatten(self.wanted), flatten(after), self.roles, stages
        )

    def done(self) -> PayLook:
        self.change.act(None)
        return self.change.look()


def differing(comparison: Comparison) -> set[str]:
    return {difference.path for difference in comparison.differences}


def test_a_change_done_and_nothing_else_is_confirmed() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    assert correction.judged(after).verdict == "confirmed"
    assert correction.change.result(after) == {"period": "2026-11", "amount_wanted": D("3150")}


def test_an_added_and_an_ended_line_are_confirmed() -> None:
    added = Correction(
        PayrollOnPaper(), kind="add", component="1400", amount_now=None, amount_wanted=D(500)
    )
    assert added.judged(added.done()).verdict == "confirmed"
    ended = Correction(
        PayrollOnPaper(), kind="end", component="7000", amount_now=D("18.75"), amount_wanted=None
    )
    assert ended.judged(ended.done()).verdict == "confirmed"


def test_nothing_done_is_nothing() -> None:
    correction = Correction(PayrollOnPaper())
    assert correction.judged(correction.change.look()).verdict == "nothing"


def test_a_line_that_vanished_with_it_is_named() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    less = {key: item for key, item in after.lines.items() if key != "2000"}
    judged = correction.judged(after.model_copy(update={"lines": less}))
    assert judged.verdict == "collateral"
    gone = next(item for item in judged.differences if item.path == "lines.2000.amount")
    assert (gone.before, gone.found) == ("92.5", None)


def test_a_line_that_vanished_is_named_also_when_nothing_asked_was_done() -> None:
    correction = Correction(PayrollOnPaper())
    less = {key: item for key, item in correction.before.lines.items() if key != "7000"}
    judged = correction.judged(correction.before.model_copy(update={"lines": less}))
    assert judged.verdict == "collateral"
    assert "lines.7000.amount" in differing(judged)


def test_a_line_that_appeared_is_named() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    more = {**after.lines, **lines(line("1400", "10.00"))}
    judged = correction.judged(after.model_copy(update={"lines": more}))
    assert "lines.1400.amount" in differing(judged)


def test_a_bystander_who_is_paid_something_else_is_named() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    others = {**after.bystanders, "00486/1": D("1975.06")}
    judged = correction.judged(after.model_copy(update={"bystanders": others}))
    assert differing(judged) == {"bystanders.00486/1"}


def test_the_employee_in_question_is_no_bystander() -> None:
    assert set(Correction(PayrollOnPaper()).before.bystanders) == {"00449/1", "00486/1"}


def test_net_beyond_the_difference_or_the_wrong_way_is_collateral() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    for net in ("2600.00", "2073.74", "2073.75"):
        figures = dict(after.computed)
        figures["9900"] = figures["9900"].model_copy(update={"amount": D(net)})
        judged = correction.judged(after.model_copy(update={"computed": figures}))
        assert differing(judged) == {"computed.9900.amount"}, net


def test_a_figure_that_is_gone_is_collateral() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    figures = {code: item for code, item in after.computed.items() if code != "9200"}
    judged = correction.judged(after.model_copy(update={"computed": figures}))
    assert "computed.9200.amount" in differing(judged)


def test_the_plan_shows_the_bounds_of_what_the_system_works_out() -> None:
    correction = Correction(PayrollOnPaper())
    before, wanted = flatten(correction.before), flatten(correction.wanted)
    bounds = planned_bounds(before, wanted, correction.roles)
    assert bounds["computed.9000.amount"] == "[3149.98, 3150.02]"
    assert bounds["computed.9200.amount"] == "[999.98, 1150.02]"
    assert bounds["computed.9900.amount"] == "[2073.76, 2223.77]"


def test_a_reduction_is_bounded_the_other_way() -> None:
    correction = Correction(PayrollOnPaper(), amount_wanted=D("2900"))
    before, wanted = flatten(correction.before), flatten(correction.wanted)
    bounds = planned_bounds(before, wanted, correction.roles)
    assert bounds["computed.9900.amount"] == "[1973.73, 2073.74]"
    assert correction.judged(correction.done()).verdict == "confirmed"


def test_a_reimbursement_leaves_gross_and_tax_alone() -> None:
    correction = Correction(
        PayrollOnPaper(), component="2000", amount_now=D("92.50"), amount_wanted=D("192.50")
    )
    bounds = planned_bounds(
        flatten(correction.before), flatten(correction.wanted), correction.roles
    )
    assert bounds["computed.9000.amount"] == "[2999.98, 3000.02]"
    assert bounds["computed.9200.amount"] == "[999.98, 1000.02]"


def test_hours_are_bounded_by_what_an_hour_is_paid() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"] |= lines(line("1210", "4.00"))
    correction = Correction(
        system, component="1210", unit="hours", amount_now=D(4), amount_wanted=D(6)
    )
    # 3000 a month at 36 hours a week is 19.23 an hour, and overtime is paid one and a half times.
    assert correction.change.effect(correction.before).amount == D("57.69")
    gross = correction.roles.of("computed.9000.amount")
    assert gross.low is not None
    assert gross.high is not None
    assert gross.low < D("3057.69") < gross.high < D("3070")


def test_the_plan_alters_nothing_that_was_not_asked() -> None:
    for request in (
        {},
        {"kind": "add", "component": "1400", "amount_now": None, "amount_wanted": D(5)},
        {"kind": "end", "component": "7000", "amount_now": D("18.75"), "amount_wanted": None},
        {"corrected_from": "2026-09", "corrected_until": "2026-10"},
    ):
        correction = Correction(PayrollOnPaper(), **request)
        before, wanted = flatten(correction.before), flatten(correction.wanted)
        assert stray_fields(before, wanted, correction.roles) == ()
        assert before != wanted


def test_what_is_so_already_leaves_nothing_to_ask() -> None:
    system = PayrollOnPaper()
    system.slips["2026-11"] |= lines(line("1000", "3150.00", reason="R02", reference="by hand"))
    correction = Correction(system)
    before, wanted = flatten(correction.before), flatten(correction.wanted)
    fields = planned_fields(before, wanted, correction.roles)
    assert fields
    assert all(field.before == field.after for field in fields)
    assert correction.change.effect(correction.before).amount == 0


def test_a_stage_is_recognised_and_told_from_the_end() -> None:
    correction = Correction(PayrollOnPaper())
    entry = Entry(state="draft", component="1000", amount=D("3150"))
    drafted = correction.before.model_copy(update={"entries": {"1": entry}})
    assert (correction.judged(drafted).verdict, correction.judged(drafted).stage) == (
        "stage",
        "draft",
    )
    approved = entry.model_copy(update={"state": "approved"})
    later = correction.before.model_copy(update={"entries": {"1": approved}})
    assert correction.judged(later).stage == "approved"


def test_a_stage_with_a_line_gone_is_collateral() -> None:
    correction = Correction(PayrollOnPaper())
    entry = Entry(state="draft", component="1000", amount=D("3150"))
    less = {key: item for key, item in correction.before.lines.items() if key != "2000"}
    drafted = correction.before.model_copy(update={"entries": {"1": entry}, "lines": less})
    assert correction.judged(drafted).verdict == "collateral"


def test_a_second_draft_of_ours_is_collateral() -> None:
    correction = Correction(PayrollOnPaper())
    after = correction.done()
    entry = Entry(state="draft", component="1000", amount=D("3150"))
    twice = {**after.entries, "2": entry}
    judged = correction.judged(after.model_copy(update={"entries": twice}))
    assert judged.verdict == "collateral"


def test_the_same_amount_entered_by_somebody_else_is_not_our_work() -> None:
    correction = Correction(PayrollOnPaper())
    by_hand: dict[str, Line] = {
        **correction.before.lines,
        **lines(line("1000", "3150.00", reference="by hand", reason="R09")),
    }
    judged = correction.judged(correction.before.model_copy(update={"lines": by_hand}))
    assert judged.verdict == "collateral"


def test_effects_are_what_is_paid_more_over_all_months() -> None:
    def effect(**request: Any) -> Decimal:
        correction = Correction(PayrollOnPaper(), **request)
        return correction.change.effect(correction.before).amount

    assert effect() == 150
    assert effect(corrected_from="2026-09", corrected_until="2026-10") == 300
    fee = {"component": "7000", "amount_now": D("18.75"), "amount_wanted": D("28.75")}
    assert effect(**fee) == -10
    assert effect(kind="end", component="2000", amount_now=D("92.5"), amount_wanted=None) == D(
        "-92.5"
    )


def test_the_preconditions_are_the_run_and_the_employment() -> None:
    system = PayrollOnPaper()
    change = Correction(system).change
    assert change.preconditions() == {
        "period": "2026-11",
        "run": "open",
        "employment": "ends never",
    }
    paid(system)
    with pytest.raises(NothingDone, match="no corrections"):
        change.preconditions()


@pytest.mark.parametrize("late", ["person", "next-period"])
def test_a_run_that_is_paid_between_check_and_plan_is_not_planned(late: str) -> None:
    """Neither as if "paid" were what is required, nor in the next month, which nobody has checked."""
    system, bot = PayrollOnPaper(), PayrollBot()
    case, at = in_hand(asked(), late=late), desk(system)
    assert list(bot.check(case, at)) == []
    paid(system)
    change = bot.change(case, at)
    assert "2026-11" in change.record
    with pytest.raises(NothingDone, match="no corrections"):
        change.preconditions()


class Forgetful(PayrollOnPaper):
    """A payroll system that loses its employees."""

    gone = False

    def employee(self, organisation: str, code: str) -> Employee | None:
        return None if self.gone else super().employee(organisation, code)


def test_an_employment_that_is_gone_is_refused() -> None:
    system = Forgetful()
    change = Correction(system).change
    system.gone = True
    with pytest.raises(NothingDone, match="employment"):
        change.preconditions()


def test_a_run_that_was_never_calculated_gets_its_figures_with_the_correction() -> None:
    correction = Correction(PayrollOnPaper())
    calculated = correction.done()
    bare = correction.before.model_copy(update={"computed": {}, "bystanders": {}})
    roles = correction.change.roles(bare)
    wanted = correction.change.wanted(bare)
    judged = compare(flatten(bare), flatten(wanted), flatten(calculated), roles)
    assert judged.verdict == "confirmed"


def test_after_a_crash_the_same_request_leads_to_the_same_record_and_look() -> None:
    """A resumed case has its change made anew, from what the system shows by then."""
    retroactive = {"corrected_from": "2026-09", "corrected_until": "2026-10"}
    bonus: dict[str, Any] = {"component": "1400", "kind": "add", "amount_now": None}
    for request in (
        {},
        {**bonus, "amount_wanted": D(500)},
        {"kind": "end", "component": "7000", "amount_now": D("18.75"), "amount_wanted": None},
        retroactive,
        {**retroactive, **bonus, "amount_wanted": D(250)},
    ):
        system = PayrollOnPaper()
        correction = Correction(system, **request)
        correction.change.act(None)
        resumed = PayrollBot().change(in_hand(asked(**request), late="next-period"), desk(system))
        assert resumed.record == correction.change.record
        assert correction.judged(resumed.look()).verdict == "confirmed"


def test_a_reversal_of_late_months_is_recognised_after_a_crash() -> None:
    months: dict[str, Any] = {"corrected_from": "2026-09", "corrected_until": "2026-10"}
    system = PayrollOnPaper()
    Correction(system, **months).change.act(None)
    back: dict[str, Any] = {
        **months,
        "kind": "reverse",
        "follows": "PC-1",
        "amount_now": D(3150),
        "amount_wanted": D(3000),
    }
    system.drafts = []
    correction = Correction(system, **back)
    correction.change.act(None)
    resumed = PayrollBot().change(in_hand(asked(**back), late="next-period"), desk(system))
    assert resumed.record == correction.change.record
    assert correction.judged(resumed.look()).verdict == "confirmed"
