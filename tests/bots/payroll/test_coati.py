"""Payroll corrections in coati-payroll, a product that nobody here wrote, proved in its own database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from carrying_out import codes, found, planned, planned_anyway
from payroll_on_paper import asked, desk, in_hand

from paraplu import (
    Credential,
    NothingDone,
    OutcomeUnknown,
    Outgoing,
    Secret,
    SessionTerms,
    TargetRefused,
)
from paraplu_browser import connector
from paraplu_payroll.system import Place
from paraplu_payroll.targets.coati import CoatiPayroll
from products.coati import TECHSOL, Coati
from products.coati_records import Slip, SlipLine
from products.environment import CannotInstall

pytestmark = [pytest.mark.product, pytest.mark.browser]

D = Decimal
VARIANTS = {"organisation": TECHSOL, "employee_code": "DEMO-EMP{number:03}"}


@pytest.fixture(scope="module")
def running() -> Iterator[Coati]:
    try:
        coati = Coati()
    except CannotInstall as problem:
        pytest.skip(str(problem))
    with coati:
        yield coati


@pytest.fixture
def coati(running: Coati) -> Coati:
    running.reset()
    return running


def robot(coati: Coati) -> Credential:
    user = coati.users["robot"]
    return Credential("coati-payroll", user.login, Secret(user.password))


@pytest.fixture
def target(coati: Coati) -> Iterator[CoatiPayroll]:
    terms = SessionTerms(coati.address, secrets=(robot(coati).password,), action_limit=10.0)
    with connector.open(terms, lambda action: None) as session:
        target = CoatiPayroll(session)
        target.sign_in(robot(coati))
        yield target
        target.sign_out()


def hand(coati: Coati, mark: str = "PP-1-7F3K", **changes: Any) -> Any:
    """The case of a request about DEMO-EMP006's base salary, with `changes`."""
    values: dict[str, Any] = {
        "employee": "00006",
        "component": "BASE",
        "corrected_from": f"{coati.month:%Y-%m}",
        "amount_now": D("26000"),
        "amount_wanted": D("27500.50"),
        "cost_centre": coati.records.employees()["DEMO-EMP006"].cost_centre,
        **changes,
    }
    return in_hand(asked(**values), target="coati-payroll", mark=mark, **VARIANTS)


def bonus(coati: Coati, mark: str = "PP-2-9K2M", **changes: Any) -> Any:
    """The case of a request to add a bonus of 1500 for DEMO-EMP001, with `changes`."""
    values: dict[str, Any] = {
        "employee": "00001",
        "kind": "add",
        "component": "BONUSES",
        "amount_now": None,
        "amount_wanted": D("1500"),
        "cost_centre": coati.records.employees()["DEMO-EMP001"].cost_centre,
        **changes,
    }
    return hand(coati, mark, **values)


def slips(coati: Coati) -> dict[str, Slip]:
    return coati.records.slips(coati.records.run(TECHSOL, coati.month))


def test_a_slip_is_read_as_it_is_stored(coati: Coati, target: CoatiPayroll) -> None:
    place = Place(
        organisation=TECHSOL,
        employee="DEMO-EMP001",
        employment=1,
        period=f"{coati.month:%Y-%m}",
    )
    slip, stored = target.slip(place), slips(coati)
    assert slip is not None
    own = stored["DEMO-EMP001"]
    assert slip.lines["BASE"].amount == own.base_salary
    assert slip.computed["gross"].amount == own.gross
    assert slip.net == own.net
    figures = {
        **{key: item.amount for key, item in slip.computed.items()},
        **{key: item.amount for key, item in slip.lines.items()},
    }
    for line in own.lines:
        if line.kind in ("income", "deduction"):
            assert figures[line.code] == line.amount
    nets = target.nets(TECHSOL, place.period)
    assert nets["DEMO-EMP001/1"] == own.net
    assert sorted(nets.values()) == sorted(item.net for item in stored.values())


def test_a_base_salary_is_drafted_approved_applied_and_counted_in_the_run(
    coati: Coati, target: CoatiPayroll
) -> None:
    before = slips(coati)
    planned_change = planned(hand(coati), desk(target))
    assert planned_change.preconditions["run"] == "open"
    assert planned_change.change.effect(planned_change.before).amount == D("1500.50")
    assert planned_change.carried_out().verdict == "confirmed"
    (change,) = coati.records.salary_history("DEMO-EMP006")
    assert (change.state, change.before, change.after) == ("applied", D(26000), D("27500.50"))
    assert change.reason is not None
    assert "PP-1-7F3K" in change.reason
    assert coati.records.base_salary("DEMO-EMP006") == D("27500.50")
    after = slips(coati)
    assert after["DEMO-EMP006"].base_salary == D("27500.50")
    assert {code for code in before if before[code] != after[code]} == {"DEMO-EMP006"}


@pytest.mark.long
def test_a_base_salary_is_gone_on_from_each_stage(coati: Coati, target: CoatiPayroll) -> None:
    planned_change = planned(hand(coati), desk(target))
    change: Any = planned_change.change
    target._draft_base_salary(change._booking, D(26000), D("27500.50"))
    judged = planned_change.judged()
    assert (judged.verdict, judged.stage) == ("stage", "draft")
    target._press_beside(change._booking, "draft")
    assert planned_change.judged().stage == "approved"
    target._press_beside(change._booking, "approved")
    assert planned_change.judged().stage == "applied"
    assert planned_change.carried_out("applied").verdict == "confirmed"
    assert len(coati.records.salary_history("DEMO-EMP006")) == 1


def test_a_bonus_is_entered_counted_changed_and_taken_away(
    coati: Coati, target: CoatiPayroll
) -> None:
    before = slips(coati)
    assert planned(bonus(coati), desk(target)).carried_out().verdict == "confirmed"
    after = slips(coati)
    assert SlipLine("income", "BONUSES", D("1500.00")) in after["DEMO-EMP001"].lines
    assert {code for code in before if before[code] != after[code]} == {"DEMO-EMP001"}
    assert codes(bonus(coati), desk(target)) == ["component-there"]

    more = bonus(coati, kind="change", amount_now=D(1500), amount_wanted=D("1750.25"))
    assert planned(more, desk(target)).carried_out().verdict == "confirmed"
    lines = slips(coati)["DEMO-EMP001"].lines
    assert SlipLine("income", "BONUSES", D("1750.25")) in lines
    run = coati.records.run(TECHSOL, coati.month)
    (novelty,) = (item for item in coati.records.novelties(run) if item.concept == "BONUSES")
    assert novelty.value == D("1750.25")

    gone = bonus(coati, kind="end", amount_now=D("1750.25"), amount_wanted=None)
    assert planned(gone, desk(target)).carried_out().verdict == "confirmed"
    assert slips(coati) == before


@pytest.mark.long
def test_a_bonus_that_was_entered_and_not_counted_is_gone_on_from(
    coati: Coati, target: CoatiPayroll
) -> None:
    planned_change = planned(bonus(coati), desk(target))
    change: Any = planned_change.change
    target._enter_novelty(change._booking)
    judged = planned_change.judged()
    assert (judged.verdict, judged.stage) == ("stage", "entered")
    assert planned_change.carried_out("entered").verdict == "confirmed"
    run = coati.records.run(TECHSOL, coati.month)
    assert len([item for item in coati.records.novelties(run) if item.concept == "BONUSES"]) == 1


@pytest.mark.long
def test_a_bonus_is_not_entered_on_top_of_one_that_the_run_does_not_count_yet(
    coati: Coati, target: CoatiPayroll
) -> None:
    planned_change = planned(bonus(coati), desk(target))
    change: Any = planned_change.change
    target._enter_novelty(change._booking)
    with pytest.raises(TargetRefused):
        planned_change.change.act(None)
    run = coati.records.run(TECHSOL, coati.month)
    assert len([item for item in coati.records.novelties(run) if item.concept == "BONUSES"]) == 1


def test_a_concept_that_would_ignore_the_bonus_is_for_a_person(
    coati: Coati, target: CoatiPayroll
) -> None:
    fixed = bonus(coati, component="GRATUITIES")
    assert codes(fixed, desk(target)) == ["component-by-hand"]


def test_a_green_message_with_no_effect_is_not_believed(coati: Coati, target: CoatiPayroll) -> None:
    # Configured back, behind the target's back, to how the product ships every concept: fixed, 0.
    target.components(TECHSOL)
    database = sqlite3.connect(coati.records.database.file)
    with database:
        database.execute(
            "update percepcion set formula_tipo = 'fijo', formula = null where codigo = 'BONUSES'"
        )
    database.close()
    planned_change = planned(bonus(coati), desk(target))
    judged = planned_change.carried_out()
    assert judged.verdict == "stage"
    assert "BONUSES" not in {line.code for line in slips(coati)["DEMO-EMP001"].lines}


@pytest.mark.long
def test_a_change_of_somebody_else_in_the_same_calculation_is_collateral(
    coati: Coati, target: CoatiPayroll
) -> None:
    planned_change = planned(bonus(coati), desk(target))
    other: Any = planned_anyway(bonus(coati, "PP-3", employee="00002"), desk(target)).change
    target._enter_novelty(other._booking)
    judged = planned_change.carried_out()
    assert judged.verdict == "collateral"
    (difference,) = judged.differences
    assert difference.path.startswith("bystanders.")


@pytest.mark.long
def test_what_coati_knows_sends_requests_back(coati: Coati, target: CoatiPayroll) -> None:
    at = desk(target)
    (wrong,) = found(hand(coati, amount_now=D(25000)), at)
    assert wrong.message.values["found"] == D(26000)
    assert codes(hand(coati, employee="00099"), at) == ["employee-unknown"]
    assert codes(hand(coati, employee="00015"), at) == ["employee-unknown"]
    assert codes(hand(coati, employment=2), at) == ["employment-unknown"]
    assert codes(bonus(coati, component="BONUS"), at) == ["component-unknown"]
    assert codes(hand(coati, cost_centre="CC-XXX"), at) == ["cost-centre-differs"]
    last = f"{coati.month.year - (coati.month.month == 1)}-{(coati.month.month - 2) % 12 + 1:02}"
    assert "months-not-named" in codes(hand(coati, corrected_from=last), at)


def test_a_run_that_was_approved_since_is_left_alone(coati: Coati, target: CoatiPayroll) -> None:
    planned_change = planned(bonus(coati), desk(target))
    change: Any = planned_change.change
    target.page.goto(target._address_of_run(change._booking))
    target.page.once("dialog", lambda dialog: dialog.accept())
    with target.page.expect_navigation():
        target.page.get_by_role("button", name="Aprobar").click()
    with pytest.raises(NothingDone, match="no corrections"):
        planned_change.change.preconditions()
    with pytest.raises((TargetRefused, OutcomeUnknown)):
        planned_change.change.act(None)
    run = coati.records.run(TECHSOL, coati.month)
    assert not [item for item in coati.records.novelties(run) if item.concept == "BONUSES"]


def test_only_posted_forms_beside_the_sign_in_write() -> None:
    def writes(method: str, path: str) -> bool:
        return CoatiPayroll.writes(Outgoing(method, f"http://127.0.0.1:5000{path}", b""))

    assert not writes("GET", "/employee/?buscar=1")
    assert not writes("POST", "/auth/login")
    assert writes("POST", "/planilla/1/nomina/2/recalcular")
