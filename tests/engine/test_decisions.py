"""Approvals, four eyes, and what moves between the plan and the act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, MANDATES, PEOPLE, Bureau, booking, mandate
from paraplu_ledger import BookingBot, SetLine

from paraplu import Bot, Change, Effect, Finding
from paraplu.errors import NotAllowed, Refused
from paraplu.store import tables

LARGE = {"wanted": "3500.00"}  # 1,000 more: above Carla's mandate of 500


def meddling(meanwhile: Callable[[], object], times: int = 1) -> type[Bot[Any]]:
    """A bot during whose planning something happens, as often as `times`."""
    left = [times]

    class Meddled(SetLine):
        def effect(self, before: Any) -> Effect:
            if left[0]:
                left[0] -= 1
                meanwhile()
            return super().effect(before)

    class MeddledBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Meddled(case, desk["ledger"])

    return MeddledBot


def waiting(bureau: Bureau, **more: Any) -> None:
    """A case that waits for a yes."""
    bureau.story(booking("A-1", **{**LARGE, **more}))
    assert bureau.state("A-1") == "waiting"


def test_a_case_above_the_limit_waits_and_is_done_after_a_yes(bureau: Bureau) -> None:
    waiting(bureau)
    assert bureau.case("A-1").run is None
    assert "above what may be asked without approval" in bureau.told("A-1")
    assert bureau.run().ending == "nothing-due"
    plan = bureau.approve("A-1")
    assert [(one.before, one.after) for one in plan.asked] == [("2500", "3500")]
    assert bureau.state("A-1") == "ready"
    bureau.run()
    assert bureau.state("A-1") == "done"
    intent = next(one for one in bureau.entries("A-1") if one.kind == "intent")
    (approval,) = intent.rpa["approved_by"]
    assert approval["user"]["uid"] == bureau.who("anna").uid
    assert intent.rpa["plan"] == bureau.case("A-1").digest
    assert bureau.kinds("A-1").index("approved") < bureau.kinds("A-1").index("intent")


def test_a_declined_case_is_closed_and_nothing_was_done(bureau: Bureau) -> None:
    waiting(bureau)
    bureau.centre.desks.decline(bureau.case("A-1").uid, bureau.who("anna"), "not this year")
    assert bureau.state("A-1") == "declined"
    assert bureau.told("A-1") == "Declined: not this year"
    assert bureau.run().ending == "nothing-due"
    assert bureau.books.saves() == []


@pytest.mark.parametrize(
    ("asked_by", "sent_by", "decides", "why"),
    [
        (None, "carla", "carla", "You delivered this request yourself."),
        ("carla.visser", "dirk", "carla", "You asked for this yourself."),
        (None, "carla", "dirk", "You have no mandate to approve this."),
        (None, "carla", "olga", "You have no mandate to approve this."),
    ],
)
def test_nobody_decides_on_their_own_case_or_without_a_mandate(
    bureau: Bureau, asked_by: str | None, sent_by: str, decides: str, why: str
) -> None:
    bureau.send(booking("A-1", requested_by=asked_by, **LARGE), by=sent_by)
    bureau.run()
    with pytest.raises(NotAllowed, match=why):
        bureau.approve("A-1", decides)
    with pytest.raises(NotAllowed, match=why):
        bureau.centre.desks.decline(bureau.case("A-1").uid, bureau.who(decides), "no")
    assert bureau.state("A-1") == "waiting"


def test_nobody_decides_on_what_is_about_them(bureau: Bureau) -> None:
    bureau.story(booking("A-1", "10005", now="2750", wanted="3750"))
    with pytest.raises(NotAllowed, match="This is about you"):
        bureau.approve("A-1", "anna")
    bureau.approve("A-1", "paul")


def test_nobody_decides_under_a_mandate_they_put_into_force(bureau: Bureau) -> None:
    bureau.settings(mandates=[*MANDATES, mandate("ines.bakker", "approve", None)], by="ines")
    waiting(bureau)
    with pytest.raises(NotAllowed, match="You put your own mandate into force"):
        bureau.approve("A-1", "ines")


def test_an_approver_decides_within_the_limit_only(bureau: Bureau) -> None:
    bureau.books.put("10003", "1000", "1800")
    bureau.story(booking("A-1", "10003", now="1800", wanted="11800.01"))
    with pytest.raises(NotAllowed, match="no mandate"):
        bureau.approve("A-1", "anna")
    bureau.approve("A-1", "paul")


def test_a_person_of_another_client_sees_nothing_here(bureau: Bureau) -> None:
    stranger = PEOPLE[4].model_copy(update={"handle": "eva.berg", "clients": ("nordvig",)})
    bureau.settings(people=[stranger], mandates=[*MANDATES, mandate("eva.berg", "approve", None)])
    waiting(bureau)
    with bureau.centre.parts.database.read() as connection:
        eva = bureau.centre.parts.people.by_handle(connection, "eva.berg")
    assert eva is not None
    with pytest.raises(NotAllowed, match="You do not work for this client"):
        bureau.centre.desks.approve(bureau.case("A-1").uid, eva)


def test_only_a_waiting_case_can_be_decided(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    with pytest.raises(Refused, match="This case is done: there is nothing to decide"):
        bureau.approve("A-1")


def test_an_asker_who_is_a_name_in_a_cell_only_must_be_confirmed(bureau: Bureau) -> None:
    bureau.send(booking("A-1", requested_by="Carla.Visser "), by="dirk")
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    assert "a name in a cell only" in bureau.told("A-1")
    bureau.approve("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_an_agreement_may_ask_for_a_yes_always(bureau: Bureau) -> None:
    bureau.settings(approval="always")
    bureau.story(booking("A-1", wanted="2500.01"))
    assert bureau.case("A-1").reason == "approval-always"


class LenientBot(BookingBot):
    """A bot that takes the amount in the ledger as it comes."""

    def check(self, case: Any, desk: Any) -> list[Finding]:
        return []


def test_what_moved_since_the_yes_is_planned_and_asked_again(bureau: Bureau) -> None:
    bureau.with_bot(LenientBot)
    waiting(bureau)
    bureau.approve("A-1")
    bureau.books.put("10001", "1000", "2400")
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    assert bureau.books.saves() == []
    plan = bureau.approve("A-1", "paul")
    assert [(one.before, one.after) for one in plan.asked] == [("2400", "3500")]
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_what_somebody_did_by_hand_after_the_yes_is_not_done_again(bureau: Bureau) -> None:
    waiting(bureau)
    bureau.approve("A-1")
    bureau.books.put("10001", "1000", "3500")
    bureau.run()
    assert bureau.state("A-1") == "already-so"


def test_a_yes_to_one_plan_is_no_yes_to_another(bureau: Bureau) -> None:
    bureau.settings(approval="always")
    waiting(bureau)
    first = bureau.case("A-1").digest
    bureau.approve("A-1")
    bureau.settings(days_to_finish=4)  # another version of the agreement: another digest
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    assert bureau.case("A-1").digest != first
    assert bureau.books.saves() == []
    bureau.approve("A-1", "paul")
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert bureau.kinds("A-1").count("approval-asked") == 2


def test_a_yes_does_not_outlive_its_mandate_but_a_new_one_may_be_given(bureau: Bureau) -> None:
    waiting(bureau)
    bureau.approve("A-1", "anna")
    without = [one for one in MANDATES if one.person != "anna.kok"]
    bureau.settings(mandates=without)
    bureau.run()
    assert bureau.state("A-1") == "waiting"
    bureau.settings(mandates=[*without, mandate("anna.kok", "approve", "2000")])
    bureau.approve("A-1", "anna")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_a_mandate_to_approve_that_ends_during_the_run_stops_the_act(bureau: Bureau) -> None:
    waiting(bureau)
    bureau.approve("A-1", "anna")
    without = [one for one in MANDATES if one.person != "anna.kok"]
    bureau.with_bot(meddling(lambda: bureau.settings(mandates=without))).run()
    assert bureau.state("A-1") == "waiting"
    assert bureau.books.saves() == []


def test_a_mandate_to_ask_that_ends_during_the_run_sends_the_case_back(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    without = [one for one in MANDATES if one.person != "carla.visser"]
    bureau.with_bot(meddling(lambda: bureau.settings(mandates=without))).run()
    assert bureau.state("A-1") == "returned"
    assert "no mandate" in bureau.told("A-1")
    assert bureau.books.saves() == []


def test_a_limit_lowered_during_the_run_asks_for_a_yes(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    lower = [mandate("carla.visser", "ask", "50"), *MANDATES[1:]]
    bureau.with_bot(meddling(lambda: bureau.settings(mandates=lower))).run()
    assert bureau.state("A-1") == "waiting"
    assert bureau.books.saves() == []


def test_a_mandate_that_ends_at_midnight_does_not_carry_an_act_after_it(bureau: Bureau) -> None:
    today = bureau.time.now.date()
    bureau.settings(mandates=[mandate("carla.visser", "ask", "500", valid_until=today)])
    bureau.send(booking("A-1"))
    bureau.with_bot(meddling(lambda: bureau.time.go_on(hours=20))).run()
    assert bureau.state("A-1") == "returned"
    assert bureau.books.saves() == []


def test_an_agreement_that_ends_during_the_run_stops_it_and_leaves_the_case_due(
    bureau: Bureau,
) -> None:
    bureau.settings(valid_until=bureau.time.now.date())
    bureau.send(booking("A-1"))
    with pytest.raises(Refused, match="ended on 2026-11-17: nothing is taken in"):
        bureau.with_bot(meddling(lambda: bureau.time.go_on(hours=20))).run()
    assert bureau.state("A-1") == "planned"
    assert (bureau.case("A-1").run, bureau.case("A-1").crashes) == (None, 0)
    assert bureau.books.saves() == []


def test_an_agreement_that_names_another_system_during_the_run_stops_it(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    with pytest.raises(Refused, match="names another system or credential"):
        bureau.with_bot(meddling(lambda: bureau.settings(credential="other-robot"))).run()
    assert bureau.books.saves() == []
    assert bureau.state("A-1") == "planned"


def test_a_new_version_of_the_agreement_during_the_run_is_planned_under(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    bureau.with_bot(meddling(lambda: bureau.settings(days_to_finish=4))).run()
    assert bureau.state("A-1") == "done"
    intent = next(one for one in bureau.entries("A-1") if one.kind == "intent")
    assert intent.rpa["agreement"] == "noordwijk/ledger-booking@2"


def test_a_situation_that_never_rests_ends_with_a_person(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    state = iter(range(100))

    def move() -> None:
        bureau.books.set_state("10001", f"state {next(state)}")

    bureau.with_bot(meddling(move, 99)).run_on()
    assert bureau.state("A-1") == "with-person"
    assert "changes again and again" in bureau.told("A-1")
    assert bureau.intents("A-1") == []


def test_a_change_that_became_too_late_goes_to_a_person(bureau: Bureau) -> None:
    class Late(SetLine):
        latest = bureau.time.now + timedelta(hours=1)

    class LateBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Late(case, desk["ledger"])

    bureau.with_bot(LateBot)
    bureau.send(booking("A-1", **LARGE), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.run()
    bureau.approve("A-1")
    bureau.time.go_on(hours=2)
    assert {one.verdict for one in bureau.rehearse().rehearsed} == {"with-person"}
    bureau.run()
    assert (bureau.asks("A-1"), bureau.state("A-2")) == (["too-late"], "done")


def test_a_withdrawn_case_is_not_done(bureau: Bureau) -> None:
    waiting(bureau)
    bureau.centre.desks.withdraw(bureau.case("A-1").uid, bureau.who("carla"), "not needed")
    assert bureau.state("A-1") == "withdrawn"
    assert bureau.told("A-1") == "Withdrawn: not needed"
    with pytest.raises(Refused, match="This case is withdrawn already"):
        bureau.centre.desks.withdraw(bureau.case("A-1").uid, bureau.who("carla"), "again")


def test_a_case_withdrawn_while_a_run_plans_it_is_not_done_and_the_run_goes_on(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))

    def withdraw() -> None:
        bureau.centre.desks.withdraw(bureau.case("A-1").uid, bureau.who("carla"), "wait")

    bureau.with_bot(meddling(withdraw)).run()
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("withdrawn", "done")
    assert bureau.books.saves() == [bureau.mark("A-2")]


def test_a_case_withdrawn_before_its_turn_in_the_run_is_passed_over(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))

    def withdraw() -> None:
        bureau.centre.desks.withdraw(bureau.case("A-2").uid, bureau.who("carla"), "wait")

    bureau.with_bot(meddling(withdraw)).run()
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "withdrawn")


def test_an_approver_stands_in_for_another_from_the_day_it_is_valid(bureau: Bureau) -> None:
    tomorrow = bureau.time.now.date() + timedelta(days=1)
    deputy = mandate("dirk.mol", "approve", "5000", valid_from=tomorrow, deputy_of="anna.kok")
    bureau.settings(mandates=[*MANDATES, deputy])
    waiting(bureau)
    with pytest.raises(NotAllowed, match="no mandate"):
        bureau.approve("A-1", "dirk")
    bureau.time.go_on(days=1)
    bureau.approve("A-1", "dirk")


def test_a_run_that_lost_the_case_in_the_middle_of_its_act_does_not_go_on(bureau: Bureau) -> None:
    class Overtaken(SetLine):
        def look(self) -> Any:
            if self.ledger.drafts("10001"):
                with bureau.centre.parts.database.write() as connection:
                    taken = {"run": "another run", "fence": tables.cases.c.fence + 1}
                    ours = tables.cases.c.uid == self.case.uid
                    connection.execute(tables.cases.update().where(ours).values(taken))
            return super().look()

    class OvertakenBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Overtaken(case, desk["ledger"])

    bureau.settings(variants={"two_steps": True})
    bureau.books.fault("cut")  # after the draft: the act goes on from there when it was looked at
    bureau.with_bot(OvertakenBot).story(booking("A-1"))
    assert bureau.books.saves() == []
    assert list(bureau.books.drafts("10001")) == [bureau.mark("A-1")]
    assert (bureau.state("A-1"), bureau.intents("A-1")) == ("working", [None])
    bureau.with_bot(BookingBot).run()
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]


def test_what_a_person_has_no_role_for_is_refused_by_the_engine(bureau: Bureau) -> None:
    paul = bureau.who("paul")  # approves, and nothing else
    with pytest.raises(NotAllowed, match="takes the role operator"):
        bureau.centre.runs.run(CLIENT, BOOKING, paul)
    with pytest.raises(NotAllowed, match="takes the role operator"):
        bureau.centre.runs.rehearse(CLIENT, BOOKING, paul)
    with pytest.raises(NotAllowed, match="takes the role administrator"):
        bureau.apply(bureau.file, "olga")
