"""Look, plan, act, look again, compare, record: what becomes of a case, counted in the ledger's own file."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bureau import ORDER, Bureau, booking, mandate, order


def test_a_booking_is_done_once_and_nothing_else_changes(bureau: Bureau) -> None:
    others = bureau.books.totals()
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert bureau.books.amounts("10001") == {"1000": "2600.00", "2100": "150.00", "2200": "75.25"}
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert {**others, "10001": Decimal("2825.25")} == bureau.books.totals()
    assert bureau.intents("A-1") == ["confirmed"]
    bureau.assert_intact()


def test_what_is_so_already_is_not_done_again(bureau: Bureau) -> None:
    bureau.story(booking("A-1", wanted="2500.00"))
    assert bureau.state("A-1") == "already-so"
    assert bureau.books.saves() == []
    assert bureau.intents("A-1") == []


def test_a_line_is_added_and_another_one_ended(bureau: Bureau) -> None:
    bureau.story(
        booking("A-1", line="3000", now=None, wanted="40.00"),
        booking("A-2", "10002", line="2100", now="99.99", wanted=None),
    )
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "done")
    assert bureau.books.amounts("10001")["3000"] == "40.00"
    assert bureau.books.amounts("10002") == {"1000": "3100.00"}


def test_a_wrong_request_goes_back_with_everything_that_is_wrong(bureau: Bureau) -> None:
    bureau.books.set_state("10001", "paid")
    bureau.story(booking("A-1", now="2400.00"))
    assert bureau.state("A-1") == "returned"
    assert bureau.told("A-1").splitlines() == [
        "This account is paid already.",
        "You say 2400.00, the ledger says 2500.",
    ]
    assert bureau.books.saves() == []


def test_a_remark_calls_a_person_and_once_read_stops_nothing(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="only after the 20th"))
    assert bureau.state("A-1") == "with-person"
    assert bureau.told("A-1") == "A remark must be read by a person first: only after the 20th"
    assert bureau.asks("A-1") == ["remark"]
    bureau.hand_back("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert bureau.asks("A-1") == []


def test_a_remark_is_read_before_a_wrong_request_goes_back(bureau: Bureau) -> None:
    bureau.send(booking("A-1", now="2400.00", remark="Jo said so"))
    assert [one.verdict for one in bureau.rehearse().rehearsed] == ["with-person"]
    bureau.run()
    assert bureau.asks("A-1") == ["remark"]
    bureau.hand_back("A-1")
    bureau.run()
    assert bureau.state("A-1") == "returned"
    assert "You say 2400.00" in bureau.told("A-1")


def test_what_a_person_has_read_does_not_hide_what_is_new(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="careful"))
    bureau.hand_back("A-1")
    bureau.books.set_state("10001", "paid")
    bureau.run()
    assert bureau.state("A-1") == "returned"


def test_a_lost_line_is_an_alarm_that_names_it(bureau: Bureau) -> None:
    bureau.books.fault("drops-a-line", "2200")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "with-person"
    assert bureau.asks("A-1") == ["collateral"]
    told = bureau.told("A-1")
    assert "lines 2200 is gone (was: amount 75.25, text line 2200)" in told
    assert "outcome-collateral" in bureau.kinds("A-1")
    assert len(bureau.books.saves()) == 1


def test_a_lost_line_is_put_back_by_a_case_that_follows(bureau: Bureau) -> None:
    bureau.books.fault("drops-a-line", "2200")
    bureau.story(booking("A-1"), booking("A-2", line="2100", now="150.00", wanted="160.00"))
    assert bureau.state("A-2") == "with-person"  # the record is left alone
    assert bureau.asks("A-2") == ["record-under-alarm"]
    bureau.story(booking("A-3", line="2200", now=None, wanted="75.25", follows="A-1"))
    assert bureau.state("A-3") == "done"
    assert bureau.books.amounts("10001") == {"1000": "2600.00", "2100": "150.00", "2200": "75.25"}
    assert bureau.case("A-3").follows == bureau.case("A-1").uid
    assert bureau.state("A-1") == "with-person"


def test_a_line_that_appears_unasked_is_an_alarm(bureau: Bureau) -> None:
    bureau.books.fault("double-line")
    bureau.story(booking("A-1"))
    assert bureau.asks("A-1") == ["collateral"]
    assert "lines 1000-2 has appeared (amount 2600, text twice)" in bureau.told("A-1")


def test_a_change_to_everybody_else_is_an_alarm_however_many_they_are(bureau: Bureau) -> None:
    many = {f"{20000 + number}": {"1000": "100.00"} for number in range(1500)}
    bureau.books.path.unlink()
    type(bureau.books).create(bureau.books.path, {"10001": {"1000": "2500.00"}, **many})
    bureau.books.fault("moves-everybody")
    bureau.story(booking("A-1"))
    assert bureau.asks("A-1") == ["collateral"]
    assert "others 20000 is 100.01, expected 100" in bureau.told("A-1")
    assert "and 1492 more" in bureau.told("A-1")
    bureau.assert_intact()


def test_a_success_message_without_effect_is_never_done(bureau: Bureau) -> None:
    bureau.books.fault("saves-nothing", left=-1)
    report = bureau.story(booking("A-1"))
    assert (report.put_off, bureau.state("A-1")) == (1, "ready")
    bureau.run_on()
    assert bureau.state("A-1") == "with-person"
    assert bureau.asks("A-1") == ["not-done"]
    assert bureau.intents("A-1") == ["nothing"] * 3  # as often as the agreement says
    assert bureau.books.saves() == []


def test_a_save_that_succeeds_at_the_second_try_counts_once(bureau: Bureau) -> None:
    bureau.books.fault("saves-nothing")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert bureau.intents("A-1") == ["nothing", "confirmed"]
    assert bureau.books.saves() == [bureau.mark("A-1")]


def test_a_connection_cut_after_saving_counts_once(bureau: Bureau) -> None:
    bureau.books.fault("cut", left=-1)
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]


def test_an_order_whose_connection_was_cut_is_placed_once(bureau: Bureau) -> None:
    bureau.books.fault("cut", left=-1)
    bureau.story(*order("O-1"), service=ORDER)
    assert bureau.state("O-1", ORDER) == "done"
    assert bureau.books.orders() == [bureau.mark("O-1", ORDER)]


def test_an_order_that_is_placed_twice_is_an_alarm(bureau: Bureau) -> None:
    bureau.books.fault("double-line")
    bureau.story(*order("O-1"), service=ORDER)
    assert bureau.asks("O-1", ORDER) == ["collateral"]
    assert "copies is 2, expected 1" in bureau.told("O-1", ORDER)


def test_an_account_that_is_paid_between_look_and_act_is_not_touched(bureau: Bureau) -> None:
    # The state is read by the check and by the plan, and then again at the last moment.
    bureau.books.fault("reads-until-paid", left=2)
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "returned"
    assert bureau.books.saves() == []
    assert bureau.intents("A-1") == []


def test_a_target_that_is_down_leaves_the_cases_due_and_pauses_the_run(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.books.fault("down", left=-1)
    report = bureau.run()
    assert report.ending == "paused"
    assert "does not answer" in report.why
    assert bureau.totals() == {"rows": 2, "received": 2, "working": 2}
    bureau.books.heal()
    assert bureau.run().ending == "finished"
    assert bureau.totals() == {"rows": 2, "received": 2, "done": 2}
    assert "run-paused" in bureau.kinds()


def test_a_target_that_is_down_for_one_case_is_not_down_for_the_next(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.books.fault("down-on-read")
    bureau.run()
    assert [bureau.state("A-1"), bureau.state("A-2")] == ["received", "done"]
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert bureau.case("A-1").crashes == 0


def test_a_target_that_goes_down_right_after_saving_is_looked_at_later(bureau: Bureau) -> None:
    bureau.books.fault("down-afterwards")
    report = bureau.story(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    assert report.ending == "paused"
    assert bureau.state("A-1") == "working"
    assert bureau.intents("A-1") == [None]
    bureau.books.heal()
    bureau.run()
    assert bureau.totals() == {"rows": 2, "received": 2, "done": 2}
    assert sorted(bureau.books.saves()) == sorted([bureau.mark("A-1"), bureau.mark("A-2")])
    assert "intent-resolved" in bureau.kinds("A-1")


def test_the_lost_line_is_named_although_the_target_went_down_in_between(bureau: Bureau) -> None:
    bureau.books.fault("down-afterwards")
    bureau.books.fault("drops-a-line", "2200")
    bureau.story(booking("A-1"))
    bureau.books.heal()
    bureau.run()
    assert bureau.asks("A-1") == ["collateral"]
    assert "lines 2200 is gone" in bureau.told("A-1")


def test_what_the_target_refuses_ends_with_a_person_who_is_told_so(bureau: Bureau) -> None:
    bureau.books.fault("refuses", left=-1)
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "with-person"
    assert bureau.told("A-1") == "The system refuses this change: a person must look why."
    assert bureau.books.saves() == []


def test_a_wrong_password_pauses_the_run(bureau: Bureau) -> None:
    (bureau.home / "secrets" / "credentials.toml").write_text(
        '[ledger-robot]\nuser = "robot"\npassword = "wrong"\n', "utf-8"
    )
    report = bureau.story(booking("A-1"))
    assert report.ending == "paused"
    assert "does not know this account" in report.why
    assert bureau.state("A-1") == "received"


def test_an_act_in_two_steps_is_done(bureau: Bureau) -> None:
    bureau.settings(variants={"two_steps": True})
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert bureau.books.drafts("10001") == {}
    assert bureau.books.saves() == [bureau.mark("A-1")]


def test_an_act_cut_after_its_first_step_goes_on_from_there(bureau: Bureau) -> None:
    bureau.settings(variants={"two_steps": True})
    bureau.books.fault("cut")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert bureau.intents("A-1") == ["confirmed"]
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert bureau.books.drafts("10001") == {}


def test_an_act_that_stays_at_its_first_step_ends_with_a_person(bureau: Bureau) -> None:
    bureau.settings(variants={"two_steps": True})
    bureau.books.fault("stuck", left=-1)
    bureau.story(booking("A-1"))
    assert bureau.asks("A-1") == ["stuck-at-stage"]
    assert "'draft'" in bureau.told("A-1")
    assert bureau.intents("A-1") == ["stage"]
    assert len(bureau.books.drafts("10001")) == 1


def test_pictures_are_kept_as_evidence_of_a_change(bureau: Bureau) -> None:
    bureau.books.fault("pictures", left=-1)
    bureau.story(booking("A-1"))
    confirmed = next(one for one in bureau.entries("A-1") if one.kind == "outcome-confirmed")
    name = confirmed.rpa["evidence"][0]["hash"]
    data, media_type = bureau.centre.proof.picture(name, bureau.who("olga"))
    assert data.startswith(b"\x89PNG")
    assert media_type == "image/png"
    bureau.assert_intact()


def test_a_picture_that_fails_after_the_act_loses_nothing(bureau: Bureau) -> None:
    bureau.books.fault("picture-fails", left=-1)
    bureau.story(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "done")
    assert len(bureau.books.saves()) == 2


def test_a_placed_order_is_watched_until_it_is_confirmed(bureau: Bureau) -> None:
    bureau.story(*order("O-1"), service=ORDER)
    assert "watch-opened" in bureau.kinds("O-1", ORDER)
    bureau.run(ORDER)
    bureau.books.confirm(bureau.mark("O-1", ORDER), "2026-12-20")
    bureau.run(ORDER)
    assert bureau.kinds("O-1", ORDER)[-1] == "watch-fulfilled"
    assert bureau.run(ORDER).ending == "nothing-due"
    assert bureau.asks("O-1", ORDER) == []


def test_a_supplier_who_does_not_deliver_calls_a_person(bureau: Bureau) -> None:
    bureau.story(*order("O-1"), service=ORDER)
    bureau.books.confirm(bureau.mark("O-1", ORDER), "never")
    bureau.run(ORDER)
    assert bureau.asks("O-1", ORDER) == ["supplier-refuses"]
    assert bureau.state("O-1", ORDER) == "done"
    bureau.centre.desks.take(bureau.case("O-1", ORDER).uid, bureau.who("olga"))
    bureau.hand_back("O-1", "found another supplier", ORDER)
    assert bureau.asks("O-1", ORDER) == []


def test_a_watch_that_is_overdue_calls_a_person(bureau: Bureau) -> None:
    bureau.story(*order("O-1"), service=ORDER)
    bureau.time.go_on(days=2)
    bureau.run(ORDER)
    assert bureau.asks("O-1", ORDER) == []
    bureau.time.go_on(days=2)
    bureau.run(ORDER)
    assert bureau.asks("O-1", ORDER) == ["watch-overdue"]


def test_a_rehearsal_plans_everything_and_changes_nothing(bureau: Bureau) -> None:
    bureau.send(
        booking("A-1"),
        booking("A-2", "10002", now="3000", wanted="3100.50"),
        booking("A-3", "10003", now="1800", wanted="9000"),
        booking("A-4", "10004", now="2000", wanted="2000"),
        booking("A-5", "10005", now="2750", wanted="2800", remark="please"),
    )
    before = [(row.uid, row.state, row.fence) for row in bureau.every_case()]
    report = bureau.rehearse()
    assert {one.reference: one.verdict for one in report.rehearsed} == {
        "A-1": "ready",
        "A-2": "returned",
        "A-3": "waiting",
        "A-4": "already-so",
        "A-5": "with-person",
    }
    plan = next(one.plan for one in report.rehearsed if one.reference == "A-1")
    assert plan is not None
    assert [(one.path, one.before, one.after) for one in plan.asked] == [
        ("lines.1000.amount", "2500", "2600")
    ]
    assert [(row.uid, row.state, row.fence) for row in bureau.every_case()] == before
    assert bureau.books.saves() == []


def test_the_total_effect_over_all_months_is_what_limits_count(bureau: Bureau) -> None:
    bureau.settings(variants={"months": 12})
    bureau.story(booking("A-1", wanted="2550.00"))  # 600 in all, above the mandate of 500
    assert bureau.state("A-1") == "waiting"
    assert "600" in bureau.told("A-1")


def test_a_deadline_is_working_days_of_the_client_ahead(bureau: Bureau) -> None:
    bureau.time.go_on(days=3)  # a Friday
    bureau.send(booking("A-1"))
    due = bureau.case("A-1").deadline / 1000
    assert due - bureau.time.now.timestamp() == pytest.approx(
        timedelta(days=5, hours=7).total_seconds(), abs=10
    )


def test_a_mandate_for_some_cost_centres_does_not_hold_for_others(bureau: Bureau) -> None:
    bureau.send(
        booking("A-1", wanted="2510.00", cost_centre="4300"),
        booking("A-2", "10002", now="3100", wanted="3110", cost_centre="4100"),
        by="dirk",
    )
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert bureau.state("A-2") == "returned"
    assert "no mandate for this on cost centre" in bureau.told("A-2")


def test_a_mandate_that_is_not_valid_yet_or_any_more_does_not_count(bureau: Bureau) -> None:
    today = bureau.time.now.date()
    bureau.settings(
        mandates=[
            mandate("carla.visser", "ask", "500", valid_from=today + timedelta(days=1)),
            mandate("dirk.mol", "ask", "500", valid_until=today - timedelta(days=1)),
        ]
    )
    bureau.send(booking("A-1"))
    bureau.send(booking("A-2", "10002", now="3100", wanted="3200"), by="dirk")
    bureau.run()
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("returned", "returned")


def test_a_run_that_paused_is_due_again_by_itself(bureau: Bureau) -> None:
    bureau.books.fault("down", left=-1)
    report = bureau.story(booking("A-1"))
    assert (report.ending, report.again_at is not None) == ("paused", True)
    assert bureau.centre.runs.to_take() == []
    bureau.time.go_on(minutes=10)
    assert len(bureau.centre.runs.to_take()) == 1


def test_a_run_that_was_not_let_in_waits_for_a_person(bureau: Bureau) -> None:
    (bureau.home / "secrets" / "credentials.toml").write_text(
        '[ledger-robot]\nuser = "robot"\npassword = "wrong"\n', "utf-8"
    )
    report = bureau.story(booking("A-1"))
    assert (report.ending, report.again_at) == ("paused", None)
