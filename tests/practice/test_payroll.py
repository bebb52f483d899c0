"""The payroll side: paged lists, slips, corrections drafted, approved and applied."""

import re
from decimal import Decimal
from typing import Any

import pytest

from paraplu.practice.office import Office

PERIOD = "/payroll/waterland/periods/2026-11"


def slip(employee: str, period: str = "2026-11") -> str:
    return f"/payroll/waterland/periods/{period}/slips/{employee}-1"


def test_lists_have_ten_rows_a_page_and_can_be_searched(payroll: Any) -> None:
    first = payroll.get("/payroll/waterland/employees")
    last = payroll.get("/payroll/waterland/employees?page=4")
    assert first.text.count("<tr data-employee") == 10
    assert "31 rows, page 4 of 4" in last.text
    assert last.text.count("<tr data-employee") == 1
    found = payroll.get("/payroll/waterland/employees?q=zijl")
    assert re.findall(r'data-employee="(\d+)"', found.text) == ["00523"]
    assert "Nobody found" in payroll.get("/payroll/waterland/employees?q=%25_").text


def test_a_correction_is_drafted_approved_and_applied(office: Office, payroll: Any) -> None:
    version = office.truth.run_version("waterland", "2026-11")
    nets = office.truth.nets("waterland", "2026-11")
    saved = payroll.draft(slip("00412"), "1300", "210,75", "PC-1")
    assert payroll.get(saved.location).field("state") == "draft"
    assert office.truth.run_version("waterland", "2026-11") == version
    assert payroll.follow(saved.location + "/approve").field("state") == "approved"
    applied = payroll.follow(saved.location + "/apply")
    assert applied.field("state") == "applied"
    assert "was calculated anew" in applied.notice()

    page = payroll.get(slip("00412"))
    assert page.field("amount", 'data-component="1300"') == "210,75"
    assert page.field("reference", 'data-component="1300"') == "PC-1"
    assert office.truth.run_version("waterland", "2026-11") == version + 1
    after = office.truth.nets("waterland", "2026-11")
    assert {who for who in nets if nets[who] != after[who]} == {"00412-1"}
    (mutation,) = office.truth.mutations("PC-1", state="applied")
    assert (mutation.before, mutation.after) == (Decimal("185.40"), Decimal("210.75"))
    assert mutation.drafted_by == "payroll-robot"


def test_the_cheap_list_shows_everybody_of_the_run_on_one_page(
    office: Office, payroll: Any
) -> None:
    page = payroll.get(PERIOD)
    nets = office.truth.nets("waterland", "2026-11")
    assert page.text.count("<tr data-employee") == len(nets)
    row = 'data-employee="00523" data-employment="2"'
    assert page.field("net", row) == "1.108,69"
    assert nets["00523-2"] == Decimal("1108.69")


def test_a_recalculation_touches_everybody_and_changes_nothing(
    office: Office, payroll: Any
) -> None:
    before = office.truth.nets("waterland", "2026-11")
    calculated_at = payroll.get(slip("01485")).field("calculated-at")
    version = office.truth.run_version("waterland", "2026-11")
    payroll.follow(PERIOD + "/recalculate")
    assert office.truth.nets("waterland", "2026-11") == before
    assert office.truth.run_version("waterland", "2026-11") == version + 1
    assert payroll.get(slip("01485")).field("calculated-at") >= calculated_at


def test_a_line_can_be_added_for_an_earlier_period_and_ended(office: Office, payroll: Any) -> None:
    here = slip("00745")
    form = payroll.get(here + "/mutations/new?kind=add")
    fields = {
        "form_token": form.hidden("form_token"),
        "kind": "add",
        "component": "1500",
        "amount": "1.050,00",
        "cost_centre": "4510",
        "corrected_from": "2026-08",
        "corrected_until": "2026-10",
        "reason": "R03",
        "reference": "PC-2",
    }
    location = payroll.post(here + "/mutations", fields).location
    payroll.follow(location + "/approve")
    payroll.follow(location + "/apply")
    page = payroll.get(here)
    assert page.field("corrected", 'data-component="1500"') == "2026-08 to 2026-10"
    assert "End 1500 Back pay (2026-08 to 2026-10)" in page.text

    line = payroll.line(here, "1500")
    end = {**fields, "form_token": "t", "kind": "end", "line": line, "reference": "PC-3"}
    location = payroll.post(here + "/mutations", end).location
    payroll.follow(location + "/approve")
    payroll.follow(location + "/apply")
    components = {x.component for x in office.truth.slip_lines("waterland", "2026-11", "00745")}
    assert "1500" not in components
    assert office.truth.mutations("PC-3")[0].after is None


def test_everything_that_is_wrong_in_a_form_is_said_at_once(office: Office, payroll: Any) -> None:
    answer = payroll.draft(
        slip("00412"), "1000", "3,250.00", "", reason="", corrected_until="2026-08"
    )
    assert answer.status == 422
    for words in ("New amount: “3,250.00”", "Reason:", "Reference:", "Corrected period:"):
        assert words in answer.alert()
    assert answer.text.count('aria-invalid="true"') == 4
    assert office.truth.mutations("") == []


@pytest.mark.parametrize("period", ["2026-10", "2026-09"])
def test_a_paid_or_closed_period_refuses_corrections(payroll: Any, period: str) -> None:
    here = slip("00412", period)
    page = payroll.get(here)
    assert "Change" not in page.text
    line = payroll.line(here, "1000")
    refused = payroll.get(f"{here}/mutations/new?kind=change&line={line}")
    assert refused.status == 409
    assert "Book the correction in an open period" in refused.alert()
    fields = {"kind": "change", "line": line, "amount": "1,00", "reference": "PC-4"}
    assert payroll.post(here + "/mutations", fields).status == 409


def test_an_approved_run_refuses_what_was_drafted_before(office: Office, payroll: Any) -> None:
    saved = payroll.draft(slip("00412"), "2000", "1,00", "PC-5")
    office.set_run_state("waterland", "2026-11", "approved")
    assert payroll.post(saved.location + "/approve").status == 409
    assert office.truth.mutations("PC-5")[0].state == "draft"


def test_the_next_period_takes_corrections_and_stays_open(office: Office, payroll: Any) -> None:
    here = slip("00782", "2026-12")
    payroll.correct(here, "1000", "4.000,00", "PC-6")
    assert office.truth.run_state("waterland", "2026-12") == "open"
    assert payroll.get(here).field("amount", 'data-component="1000"') == "4.000,00"


def test_a_line_that_changed_since_the_draft_is_not_overwritten(
    office: Office, payroll: Any
) -> None:
    here = slip("00819")
    late = payroll.draft(here, "1000", "2.000,00", "PC-7").location
    payroll.correct(here, "1000", "2.100,00", "PC-8")
    payroll.follow(late + "/approve")
    answer = payroll.post(late + "/apply")
    assert (answer.status, "has changed since" in answer.alert()) == (409, True)
    assert office.truth.mutations("PC-7")[0].state == "approved"
    assert payroll.follow(late + "/discard").field("state") == "discarded"


def test_a_mutation_is_applied_once(payroll: Any) -> None:
    saved = payroll.draft(slip("00856"), "1000", "3.000,00", "PC-9")
    payroll.follow(saved.location + "/approve")
    payroll.follow(saved.location + "/apply")
    again = payroll.post(saved.location + "/apply")
    assert (again.status, "is applied, not approved" in again.alert()) == (409, True)


def test_a_form_sent_twice_is_one_draft(office: Office, payroll: Any) -> None:
    one = payroll.draft(slip("00893"), "1000", "3.000,00", "PC-10", form_token="same")
    two = payroll.draft(slip("00893"), "1000", "3.000,00", "PC-10", form_token="same")
    assert one.location == two.location
    assert len(office.truth.mutations("PC-10")) == 1


def test_the_mutation_list_is_searched_by_reference(payroll: Any) -> None:
    payroll.draft(slip("00930"), "1000", "3.000,00", "PC 11/x")
    found = payroll.get(PERIOD + "/mutations?q=PC+11/x")
    assert found.text.count("<tr data-mutation") == 1
    assert found.field("who", "<tbody") == "payroll-robot"
    assert found.field("component", "<tbody") == "1000 Base salary"
    assert found.field("after", "<tbody") == "3.000,00"
    earlier = payroll.get("/payroll/waterland/periods/2026-10/mutations")
    assert "13 rows, page 1 of 2" in earlier.text


def test_a_small_cut_makes_a_scant_net_negative_and_the_slip_says_so(payroll: Any) -> None:
    here = slip("00560")
    assert "data-mark" not in payroll.get(here).text
    payroll.correct(here, "1000", "600,00", "PC-12")
    assert 'data-mark="Negative net"' in payroll.get(here).text


def test_garnishment_and_recovery_are_marked(payroll: Any) -> None:
    danish = "/payroll/nordvig/periods/2026-11/slips/{}-1"
    assert 'data-mark="Garnishment"' in payroll.get(danish.format("00132")).text
    assert 'data-mark="Recovery"' in payroll.get(danish.format("00248")).text
    assert "data-mark" not in payroll.get(danish.format("00103")).text


def test_the_administrator_moves_a_run_on_step_by_step(own_office: Office, sign_in_at: Any) -> None:
    client = sign_in_at(own_office, "office")
    for state in ("approved", "paid", "closed"):
        client.follow(PERIOD + "/state", {"state": state})
        assert own_office.truth.run_state("waterland", "2026-11") == state
    assert client.post(PERIOD + "/state", {"state": "calculated"}).status == 409


@pytest.mark.parametrize(
    "path",
    [
        "/payroll/elsewhere/employees",
        "/payroll/waterland/employees/99999",
        "/payroll/waterland/periods/2030-01",
        "/payroll/waterland/periods/2026-11/slips/00486-1",
        "/payroll/waterland/periods/2026-11/slips/00412-1/mutations/new?kind=change&line=1",
        "/payroll/nordvig/mutations/1",
    ],
)
def test_what_does_not_exist_is_said_so(payroll: Any, path: str) -> None:
    answer = payroll.get(path)
    assert (answer.status, "does not exist here" in answer.alert()) == (404, True)
