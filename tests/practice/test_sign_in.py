"""Signing in, sitting still, and rights."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from paraplu.practice import schema
from paraplu.practice.office import Office


def test_without_signing_in_every_page_leads_to_the_sign_in_and_back(visitor: Any) -> None:
    answer = visitor.get("/payroll/waterland/employees?page=2")
    assert answer.status == 303
    assert answer.location == "/sign-in?next=/payroll/waterland/employees%3Fpage%3D2"


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(visitor: Any) -> None:
    for user in ("payroll-robot", "nobody"):
        answer = visitor.post("/sign-in", {"user": user, "password": "guess"})
        assert (answer.status, answer.alert()) == (401, "User name or password is wrong.")


def test_the_way_back_never_leads_to_another_site(visitor: Any, passwords: Any) -> None:
    fields = {"user": "office", "password": passwords["office"]}
    for elsewhere in ("https://example.org", "//example.org", "/\\example.org"):
        answer = visitor.post(f"/sign-in?next={elsewhere}", fields)
        assert answer.location == "/"


def test_a_session_ends_after_sitting_still(office: Office, sign_in_at: Any) -> None:
    client = sign_in_at(office, "payroll-robot")
    _sit_still(office, minutes=14)
    assert client.get("/").status == 200
    _sit_still(office, minutes=16)
    answer = client.get("/")
    assert (answer.status, answer.location) == (303, "/sign-in?next=/&reason=ended")
    assert "session has ended" in client.get(answer.location).alert()


def _sit_still(office: Office, minutes: int) -> None:
    """Put the last use of the latest session back in time."""
    database = schema.connect(office.database)
    with schema.transaction(database):
        latest = database.execute("SELECT * FROM session ORDER BY started_at DESC").fetchone()
        seen = datetime.fromisoformat(latest["started_at"]) - timedelta(minutes=minutes)
        database.execute(
            "UPDATE session SET seen_at = ? WHERE key = ?", (seen.isoformat(), latest["key"])
        )
    database.close()


def test_a_robot_has_no_right_to_the_other_side_nor_to_moods_nor_to_bank_accounts(
    office: Office, payroll: Any, purchasing: Any
) -> None:
    account = "/payroll/waterland/employees/00412/bank-account"
    assert payroll.get("/purchasing/waterland/orders").status == 403
    assert purchasing.get("/payroll/waterland/employees").status == 403
    assert payroll.get("/moods").status == 403
    before = office.truth.bank_accounts("waterland")
    refused = payroll.post(account, {"account_number": "NL99", "account_holder": "Somebody"})
    assert refused.status == 403
    assert office.truth.bank_accounts("waterland") == before
    assert ("payroll-robot", "POST", account) in office.truth.refusals()


def test_the_administrator_may_change_a_bank_account(
    office: Office, sign_in: Callable[[str], Any]
) -> None:
    fields = {"account_number": "NL00PRAK0000000001", "account_holder": "W. Nijland"}
    answer = sign_in("office").post("/payroll/waterland/employees/01522/bank-account", fields)
    assert answer.status == 303
    assert office.truth.bank_accounts("waterland")["01522"] == "NL00PRAK0000000001"


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "http://example.org"}]
)
def test_a_form_from_another_site_is_refused(payroll: Any, headers: dict[str, str]) -> None:
    path = "/payroll/waterland/periods/2026-11/recalculate"
    assert payroll.post(path, {}, **headers).status == 403


def test_a_form_that_is_too_large_is_refused(payroll: Any) -> None:
    path = "/payroll/waterland/periods/2026-11/recalculate"
    assert payroll.post(path, {"x": "y" * 300_000}).status == 413


def test_signing_out_ends_the_session(office: Office, sign_in_at: Any) -> None:
    payroll = sign_in_at(office, "payroll-robot")
    secret = payroll.cookies["practice_session"]
    assert payroll.post("/sign-out").location == "/sign-in"
    payroll.cookies["practice_session"] = secret
    assert payroll.get("/").status == 303
