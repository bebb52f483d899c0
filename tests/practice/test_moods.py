"""Every mood bites where its description says, as often as it was told, and nowhere else."""

import http.client
from datetime import time
from decimal import Decimal
from time import monotonic, sleep
from typing import Any

import pytest

from paraplu.practice import moods
from paraplu.practice.office import Office

SLIP = "/payroll/waterland/periods/2026-11/slips/{}-1"
ORDERS = "/purchasing/waterland/orders"
PERIOD = "/payroll/waterland/periods/2026-11"


def test_slow_waits_before_it_answers(office: Office, payroll: Any) -> None:
    office.set_mood("slow", "400", times=1)
    begin = monotonic()
    payroll.get(PERIOD)
    assert monotonic() - begin >= 0.4
    assert office.truth.bites() == {"slow": 1}


def test_error_500_once_comes_before_anything_is_done(office: Office, payroll: Any) -> None:
    office.set_mood("error-500", path="/payroll/waterland/mutations", times=1)
    saved = payroll.draft(SLIP.format("01004"), "1000", "3.000,00", "M-1")
    assert payroll.post(saved.location + "/approve").status == 500
    assert office.truth.mutations("M-1")[0].state == "draft"
    assert payroll.post(saved.location + "/approve").status == 303


def test_error_500_can_come_after_saving(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    office.set_mood("error-500", "after", times=1)
    assert purchasing.post(ORDERS, order_fields("M-2")).status == 500
    assert len(office.truth.orders("M-2")) == 1


def test_session_lost_saves_nothing_and_asks_to_sign_in(
    office: Office, sign_in_at: Any, order_fields: Any
) -> None:
    purchasing = sign_in_at(office, "purchasing-robot")
    office.set_mood("session-lost", path=ORDERS, times=1)
    answer = purchasing.post(ORDERS, order_fields("M-3"))
    assert (answer.status, answer.location) == (303, "/sign-in?next=/&reason=ended")
    assert office.truth.orders("M-3") == []
    assert purchasing.get(ORDERS).status == 303


def test_cut_after_save_saves_once_and_never_answers(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    office.set_mood("cut-after-save", times=1)
    for _ in range(2):  # the second is what a browser does by itself
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            purchasing.post(ORDERS, order_fields("M-4"))
    assert len(office.truth.orders("M-4")) == 1
    sleep(2.1)  # longer than a browser waits before it sends again by itself
    assert purchasing.post(ORDERS, order_fields("M-4")).status == 303
    assert len(office.truth.orders("M-4")) == 1


def test_double_submit_makes_two_orders_of_one_form(
    office: Office, purchasing: Any, order_fields: Any
) -> None:
    office.set_mood("double-submit")
    for _ in range(2):
        assert purchasing.post(ORDERS, order_fields("M-5")).status == 303
    assert len(office.truth.orders("M-5")) == 2


def test_drops_line_removes_another_line_of_the_same_slip(office: Office, payroll: Any) -> None:
    before = {x.component for x in office.truth.slip_lines("waterland", "2026-11", "00412")}
    office.set_mood("drops-line", times=1)
    payroll.correct(SLIP.format("00412"), "1000", "3.300,00", "M-6")
    after = {x.component for x in office.truth.slip_lines("waterland", "2026-11", "00412")}
    assert before - after == {"2100"}
    assert after <= before


def test_drops_line_can_be_told_which(office: Office, payroll: Any) -> None:
    office.set_mood("drops-line", "7500", times=1)
    payroll.correct(SLIP.format("01152"), "1000", "3.000,00", "M-7")
    assert office.truth.bites() == {"drops-line": 0}
    payroll.correct(SLIP.format("00449"), "1000", "3.000,00", "M-8")
    after = {x.component for x in office.truth.slip_lines("waterland", "2026-11", "00449")}
    assert "7500" not in after


def test_false_success_says_saved_and_saves_nothing(
    office: Office, payroll: Any, purchasing: Any, order_fields: Any
) -> None:
    office.set_mood("false-success", path="*/apply", times=1)
    slip = SLIP.format("01189")
    version = office.truth.run_version("waterland", "2026-11")
    page = payroll.correct(slip, "1000", "3.999,00", "M-9")
    assert "applied" in page.notice()
    assert office.truth.mutations("M-9")[0].state == "approved"
    assert office.truth.run_version("waterland", "2026-11") == version
    assert payroll.get(slip).field("amount", 'data-component="1000"') != "3.999,00"

    office.set_mood("false-success", path=ORDERS, times=1)
    page = purchasing.follow(ORDERS, order_fields("M-10"))
    assert "saved as draft" in page.notice()
    assert office.truth.orders("M-10") == []
    assert purchasing.post(ORDERS, order_fields("M-10")).status == 303
    assert len(office.truth.orders("M-10")) == 1


def test_redraws_marks_the_number_fields(office: Office, payroll: Any, purchasing: Any) -> None:
    office.set_mood("redraws", "3")
    line = payroll.line(SLIP.format("00412"), "1000")
    form = payroll.get(SLIP.format("00412") + f"/mutations/new?kind=change&line={line}")
    assert f'data-redraw="3" data-ask="line={line}"' in form.text
    assert purchasing.get(ORDERS + "/new").text.count('data-redraw="3"') == 4
    assert purchasing.get("/redraw?article=TEC-0010").text == "0,1850"


def test_numbers_swapped_writes_and_reads_the_other_way(
    office: Office, payroll: Any, purchasing: Any, order_fields: Any
) -> None:
    office.set_mood("numbers-swapped")
    page = payroll.get(PERIOD)
    assert page.field("net", 'data-employee="00523" data-employment="2"') == "1,108.69"
    assert purchasing.post(ORDERS, order_fields("M-11")).status == 422
    assert purchasing.post(ORDERS, order_fields("M-12", price_1="1,021.50")).status == 303
    assert office.truth.orders("M-12")[0].lines[0].price == Decimal("1021.50")


def test_popup_lies_over_the_next_page_only_when_set_once(office: Office, payroll: Any) -> None:
    office.set_mood("popup", times=1)
    assert "Something new!" in payroll.get(PERIOD).text
    assert "Something new!" not in payroll.get(PERIOD).text


def test_renamed_button_carries_another_name(office: Office, purchasing: Any) -> None:
    office.set_mood("renamed-button", "Save draft")
    page = purchasing.get(ORDERS + "/new")
    assert "Keep as concept" in page.text
    assert "Save draft" not in page.text
    assert "Search" in purchasing.get(ORDERS).text


def test_out_of_service_begins_at_its_time_of_day(office: Office, payroll: Any) -> None:
    office.set_mood("out-of-service")
    office.set_time_of_day(time(15, 59))
    assert payroll.get(PERIOD).status == 200
    office.set_time_of_day(time(16, 0))
    answer = payroll.get(PERIOD)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3600")


@pytest.mark.parametrize(
    ("moment", "refused_at"), [("look", "form"), ("form", "draft"), ("draft", "approve")]
)
def test_paid_between_sets_the_run_to_paid_after_its_moment(
    office: Office, payroll: Any, moment: str, refused_at: str
) -> None:
    office.set_mood("paid-between", moment, times=1)
    slip, reference = SLIP.format("01226"), f"M-13 {moment}"
    assert payroll.get(slip).field("run-state") == "calculated"
    answer = payroll.draft(slip, "1000", "3.000,00", reference)
    if refused_at == "approve":
        answer = payroll.post(answer.location + "/approve")
    assert (answer.status, "is paid" in answer.alert()) == (409, True)
    assert office.truth.run_state("waterland", "2026-11") == "paid"
    assert office.truth.mutations(reference, state="applied") == []


def test_paid_between_can_wait_until_a_correction_is_approved(office: Office, payroll: Any) -> None:
    office.set_mood("paid-between", "approve", times=1)
    saved = payroll.draft(SLIP.format("01226"), "1000", "3.000,00", "M-14")
    payroll.follow(saved.location + "/approve")
    assert payroll.post(saved.location + "/apply").status == 409


def test_bystander_changes_the_net_of_somebody_else(office: Office, payroll: Any) -> None:
    before = office.truth.nets("waterland", "2026-11")
    office.set_mood("bystander", "-20.00", times=1)
    payroll.correct(SLIP.format("01263"), "1000", "3.456,00", "M-15")
    after = office.truth.nets("waterland", "2026-11")
    changed = {who: after[who] - before[who] for who in before if before[who] != after[who]}
    assert changed.keys() == {"00412-1", "01263-1"}
    assert changed["00412-1"] == Decimal("-20.00")


def test_too_many_requests_says_when_to_come_back(office: Office, payroll: Any) -> None:
    office.set_mood("too-many-requests", "7", times=2)
    answers = [payroll.get(PERIOD) for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"


def test_a_mood_in_a_header_bites_in_that_request_only(office: Office, payroll: Any) -> None:
    answer = payroll.get(PERIOD, X_Practice_Mood="too-many-requests|5")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
    assert payroll.get(PERIOD).status == 200


def test_a_mood_in_a_cookie_bites_as_often_as_it_says(office: Office, payroll: Any) -> None:
    payroll.cookies["X-Practice-Mood"] = "error-500||/payroll/*|2,popup"
    assert [payroll.get(PERIOD).status for _ in range(3)] == [500, 500, 200]
    assert "Something new!" in payroll.get(PERIOD).text


def test_a_mood_bites_on_its_path_only(office: Office, payroll: Any) -> None:
    office.set_mood("too-many-requests", path="/payroll/*/components")
    assert payroll.get("/payroll/waterland/components").status == 429
    assert payroll.get("/payroll/waterland/employees").status == 200


def test_the_administrator_can_always_reach_the_moods(
    office: Office, visitor: Any, passwords: Any
) -> None:
    office.set_mood("out-of-service", "00:00")
    assert visitor.get("/sign-in").status == 503
    fields = {"user": "office", "password": passwords["office"]}
    assert visitor.post("/sign-in?next=/moods", fields).location == "/moods"
    page = visitor.get("/moods")
    assert page.status == 200
    visitor.follow("/moods/clear")
    assert visitor.get("/").status == 200


def test_the_moods_page_sets_moods_and_lists_what_there_is(office: Office, sign_in: Any) -> None:
    client = sign_in("office")
    page = client.follow("/moods/set", {"name": "slow", "value": "5", "path": "/x", "times": "3"})
    assert page.notice() == "Mood slow is set."
    assert 'data-mood="slow"' in page.text
    for kind in moods.KINDS:
        assert kind.does in page.text
        assert kind.name in (moods.__doc__ or "")
    wrong = client.post("/moods/set", {"name": "slow", "value": "quick"})
    assert (wrong.status, "give milliseconds" in wrong.alert()) == (422, True)
    assert "16:05" in client.follow("/moods/time", {"time_of_day": "16:05"}).notice()


@pytest.mark.parametrize(
    "arguments",
    [("grumpy",), ("slow", "fast"), ("bystander", "NaN"), ("slow", "", "x", 1), ("popup", "1")],
)
def test_a_mood_that_makes_no_sense_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"mood|value|path"):
        moods.checked(*arguments)
