"""Proves that coati-payroll runs here and can be driven, by hand-written steps.

Every test ends in the product's own database.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import Dialog, Page, expect

from products.coati import TECHSOL, Coati
from products.coati_records import SlipLine
from products.keyboard import Keyboard
from products.user import User

pytestmark = [pytest.mark.product, pytest.mark.browser]


def sign_in(page: Page, coati: Coati, user: User) -> None:
    """From nowhere to the product's front page as `user`."""
    page.context.clear_cookies()
    page.goto(f"{coati.address}/auth/login")
    page.get_by_label("Username or email").fill(user.login)
    page.get_by_role("textbox", name="Password").fill(user.password)
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_role("heading", name="Main Dashboard")).to_be_visible()


def open_salary_changes(page: Page, coati: Coati, employee: str) -> None:
    """To the list of salary changes of one employee only: the whole list has ten a page."""
    page.goto(f"{coati.address}/employee/salary-changes")
    choice = page.get_by_label("Employee").locator("option", has_text=f"{employee} - ")
    page.get_by_label("Employee").select_option(label=choice.inner_text().strip())
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_label("Employee").locator("option:checked")).to_contain_text(employee)


def open_run(page: Page, coati: Coati, month: dt.date) -> None:
    """To the page of the run of the TechSol payroll whose period begins on `month`."""
    page.goto(f"{coati.address}/planilla/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=TECHSOL, exact=True))
    row.locator("a[href$='/nominas']").click()
    period = page.get_by_role("cell", name=f"{month:%d/%m/%Y} - ")
    page.get_by_role("row").filter(has=period).get_by_title("Ver Detalle").click()
    expect(page.get_by_role("heading", name=f"Nómina: {month:%d/%m/%Y} - ")).to_be_visible()


@pytest.mark.long
def test_a_base_salary_is_drafted_approved_by_a_second_person_and_applied(
    coati: Coati, page: Page
) -> None:
    employee, reason = "DEMO-EMP006", "Paraplu PC-1001"
    assert coati.records.base_salary(employee) == Decimal("26000.00")
    keys = Keyboard(page)

    sign_in(page, coati, coati.users["robot"])
    page.goto(f"{coati.address}/employee/")
    page.get_by_label("Search").fill(employee)
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=employee, exact=True))
    row.locator("a[href*='/salary-changes/new/']").click()
    expect(page.get_by_role("main")).to_contain_text(f"{employee} - Laura Ramírez")
    page.get_by_label("Fecha efectiva").fill(coati.month.isoformat())
    expect(page.get_by_label("Fecha efectiva")).to_have_value(coati.month.isoformat())
    keys.enter(page.get_by_label("Nuevo salario base"), "27500.50")
    keys.enter(page.get_by_label("Reason"), reason)
    page.get_by_role("button", name="Guardar borrador").click()
    expect(page.get_by_role("heading", name="Historial de cambios salariales")).to_be_visible()
    (draft,) = coati.records.salary_history(employee)
    assert (draft.state, draft.after, draft.reason) == ("draft", Decimal("27500.50"), reason)
    assert coati.records.base_salary(employee) == Decimal("26000.00")
    keys = Keyboard(page)

    sign_in(page, coati, coati.users["approver"])
    open_salary_changes(page, coati, employee)
    page.get_by_role("row").filter(has_text="27500.50").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("aprobado")

    sign_in(page, coati, coati.users["robot"])
    open_salary_changes(page, coati, employee)
    page.get_by_role("row").filter(has_text="27500.50").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("aplicado")

    (change,) = coati.records.salary_history(employee)
    assert (change.state, change.before) == ("applied", Decimal("26000.00"))
    assert (change.created_by, change.approved_by, change.applied_by) == (
        "hr.robot",
        "hr.lead",
        "hr.robot",
    )
    assert change.effective == coati.month
    assert coati.records.base_salary(employee) == Decimal("27500.50")


@pytest.mark.long
def test_a_bonus_on_the_calculated_run_reaches_the_slip_after_recalculation(
    coati: Coati, page: Page
) -> None:
    employee, bonus = "DEMO-EMP001", Decimal("1500.00")
    before = coati.records.run(TECHSOL, coati.month)
    slips = coati.records.slips(before)
    assert before.state == "generated"
    keys = Keyboard(page)

    sign_in(page, coati, coati.users["robot"])
    open_run(page, coati, coati.month)
    page.get_by_role("link", name="Novedades").click()
    page.get_by_role("link", name="New Novelty").click()
    page.get_by_label("Employee").select_option(label="Juan Pérez (DEMO-EMP001)")
    page.get_by_label("Concept Type").select_option("income")
    page.get_by_label("Perception").select_option(label="BONUSES - Bonuses")
    expect(page.get_by_label("Concept Code")).to_have_value("BONUSES")
    page.get_by_label("Value Type").select_option("monto")
    keys.enter(page.get_by_label("Value / Quantity"), f"{bonus}")
    page.get_by_label("Novelty Date").fill(coati.month.isoformat())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Payroll Novelties")).to_be_visible()
    assert coati.records.slips(before) == slips, "a novelty counts only after recalculation"

    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.accept()

    page.on("dialog", answer)
    open_run(page, coati, coati.month)
    page.get_by_role("button", name="Recalcular").click()
    expect(page.get_by_role("alert").filter(has_text="recalcula")).to_be_visible()
    assert [question.split("?")[0] for question in questions] == ["¿Recalcular esta nómina"]

    after = coati.records.run(TECHSOL, coati.month)
    assert (after.state, after.replaces) == ("generated", before.uid)
    assert after.uid != before.uid
    assert after.gross == before.gross + bonus
    now = coati.records.slips(after)
    assert SlipLine("income", "BONUSES", bonus) in now[employee].lines
    assert now[employee].gross == slips[employee].gross + bonus
    assert {code: slip for code, slip in now.items() if code != employee} == {
        code: slip for code, slip in slips.items() if code != employee
    }
    (novelty,) = (n for n in coati.records.novelties(after) if n.concept == "BONUSES")
    assert (novelty.employee, novelty.value, novelty.state) == (employee, bonus, "pending")
    assert novelty.created_by == "hr.robot"
