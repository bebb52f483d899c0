"""A bot's mistakes stay with the case they are made on, and are told to its developer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from bureau import ORDER, Bureau, booking, order
from paraplu_ledger import BookingBot, OrderBot, SetLine
from paraplu_ledger.booking import Account, Line

from paraplu import (
    Change,
    Finding,
    Message,
    OutcomeUnknown,
    PageChanged,
    Refused,
    Roles,
    ToPerson,
)

TOLD = "The bot made a mistake on this case: its developer must look."


class Raising(SetLine):
    """Raises in one of its methods, on account 10001 only."""

    where = "look"
    what: BaseException = KeyError("a value of the case")
    first = 0  # the number of calls that go well

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == type(self).where and super().__getattribute__("request").account == "10001":
            if type(self).first:
                type(self).first -= 1
                return found

            def fail(*_: object) -> None:
                raise type(self).what

            return fail
        return found


def raising(where: str, what: BaseException, first: int = 0) -> type[BookingBot]:
    """A bot whose change raises `what` in `where`."""
    change = type("Raises", (Raising,), {"where": where, "what": what, "first": first})

    class RaisingBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            if where == "change" and case.request.account == "10001":
                raise what
            made: Change[Any] = change(case, desk["ledger"])
            return made

        def check(self, case: Any, desk: Any) -> Iterable[Finding]:
            if where == "check" and case.request.account == "10001":
                raise what
            return super().check(case, desk)

    return RaisingBot


def story(bureau: Bureau) -> None:
    """Two cases, the first of which meets the mistake."""
    bureau.story(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))


@pytest.mark.parametrize(
    "where", ["check", "change", "look", "wanted", "roles", "effect", "preconditions", "stages"]
)
def test_a_bot_that_raises_before_the_act_calls_its_developer(bureau: Bureau, where: str) -> None:
    story(bureau.with_bot(raising(where, KeyError("00412"))))
    assert bureau.told("A-1") == TOLD
    assert bureau.books.saves() == [bureau.mark("A-2")]


@pytest.mark.parametrize("what", [Refused("no"), Exception("odd"), ZeroDivisionError()])
def test_whatever_it_raises_the_other_cases_go_on(bureau: Bureau, what: Exception) -> None:
    story(bureau.with_bot(raising("check", what)))
    assert (bureau.told("A-1"), bureau.state("A-2")) == (TOLD, "done")


def test_a_page_that_changed_is_told_as_one(bureau: Bureau) -> None:
    story(bureau.with_bot(raising("look", PageChanged("no button"))))
    assert (bureau.state("A-1"), bureau.state("A-2")) == (
        "received",
        "done",
    )  # put off: it may pass
    bureau.run_on()
    assert "A page of the system is not as expected" in bureau.told("A-1")
    assert bureau.state("A-2") == "done"


def test_a_reading_that_is_cut_off_leaves_the_case_due(bureau: Bureau) -> None:
    story(bureau.with_bot(raising("look", OutcomeUnknown("cut"))))
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("received", "done")
    assert (bureau.case("A-1").run, bureau.case("A-1").crashes) == (None, 0)


def test_an_act_that_raises_is_looked_at(bureau: Bureau) -> None:
    story(bureau.with_bot(raising("act", KeyError("00412"))))
    assert bureau.told("A-1") == TOLD
    assert bureau.intents("A-1") == ["nothing"]
    assert bureau.state("A-2") == "done"


@pytest.mark.parametrize("where", ["result", "watch"])
def test_what_is_done_is_recorded_although_the_bot_cannot_tell_it(
    bureau: Bureau, where: str
) -> None:
    story(bureau.with_bot(raising(where, KeyError("00412"))))
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "done")
    assert bureau.asks("A-1") == ["result-untold"]
    assert bureau.intents("A-1") == ["confirmed"]


def test_a_bot_that_can_never_look_at_what_it_did_calls_a_person(bureau: Bureau) -> None:
    story(bureau.with_bot(raising("look", KeyError("00412"), first=1)))
    assert bureau.state("A-1") == "working"
    for _ in range(2):
        bureau.run()
    assert bureau.asks("A-1") == ["unresolved"]
    assert "in 'look' with KeyError. This happened 3 times" in bureau.told("A-1")
    assert len(bureau.books.saves()) == 2


def test_a_look_with_a_float_is_the_developers(bureau: Bureau) -> None:
    class Careless(Account):
        total: float  # type: ignore[assignment]

    class Floating(SetLine):
        def look(self) -> Any:
            return Careless.model_validate(super().look().model_dump())

    class FloatingBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Floating(case, desk["ledger"])

    story(bureau.with_bot(FloatingBot))
    assert (bureau.told("A-1"), bureau.told("A-2")) == (TOLD, TOLD)
    assert bureau.books.saves() == []


def test_a_wanted_that_alters_a_kept_field_is_the_developers(bureau: Bureau) -> None:
    class Straying(SetLine):
        def wanted(self, before: Any) -> Any:
            wanted = super().wanted(before)
            other = wanted.lines["2100"]
            lines = {**wanted.lines, "2100": Line(text="changed", amount=other.amount)}
            return wanted.model_copy(update={"lines": lines})

    class StrayingBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Straying(case, desk["ledger"])

    bureau.with_bot(StrayingBot).story(booking("A-1"))
    assert bureau.told("A-1") == TOLD
    assert bureau.books.saves() == []


def test_a_change_that_asks_for_nothing_does_nothing(bureau: Bureau) -> None:
    class Empty(SetLine):
        def roles(self, before: Any) -> Roles:
            return Roles({})

        def wanted(self, before: Any) -> Any:
            return before

    class EmptyBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Empty(case, desk["ledger"])

    bureau.with_bot(EmptyBot).story(booking("A-1"))
    assert bureau.state("A-1") == "already-so"
    assert bureau.books.saves() == []


@pytest.mark.parametrize(
    "found",
    [
        [ToPerson(Message("odd", "There is no {such} value."))],
        ["not a finding"],
        [None],
        None,
        "text",
    ],
)
def test_findings_that_cannot_be_said_are_the_developers(bureau: Bureau, found: Any) -> None:
    class OddBot(BookingBot):
        def check(self, case: Any, desk: Any) -> Iterable[Finding]:
            return found if case.request.account == "10001" else []  # type: ignore[no-any-return]

    story(bureau.with_bot(OddBot))
    assert (bureau.told("A-1"), bureau.state("A-2")) == (TOLD, "done")


def test_a_request_of_an_older_form_calls_the_developer_and_stops_nothing(bureau: Bureau) -> None:
    class Newer(BookingBot.request):  # type: ignore[name-defined,misc]
        must_be_there: str

    class NewerBot(BookingBot):
        request = Newer

    bureau.send(booking("A-1"))
    bureau.with_bot(NewerBot).run()
    assert bureau.told("A-1") == TOLD
    bureau.with_bot(BookingBot).hand_back("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_a_bot_that_fails_at_a_watch_stops_no_case_and_a_person_hears_in_time(
    bureau: Bureau,
) -> None:
    class BlindBot(OrderBot):
        def watched(self, case: Any, desk: Any, code: str) -> Finding | bool:
            raise KeyError("00412")

    bureau.with_bot(BlindBot).story(*order("O-1"), service=ORDER)
    bureau.story(*order("O-2", quantity=2), service=ORDER)
    assert bureau.state("O-2", ORDER) == "done"
    assert bureau.asks("O-1", ORDER) == []
    bureau.time.go_on(days=4)
    bureau.run(ORDER)
    assert bureau.asks("O-1", ORDER) == ["watch-overdue"]


def test_a_mistake_ends_a_rehearsal_of_that_case_only(bureau: Bureau) -> None:
    bureau.with_bot(raising("look", KeyError("00412")))
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    found = {one.reference: one for one in bureau.rehearse().rehearsed}
    assert (found["A-1"].verdict, found["A-2"].verdict) == ("with-person", "ready")
    assert [str(one.message) for one in found["A-1"].said] == [TOLD]


def test_a_rehearsal_that_would_write_is_stopped_by_the_safety_net(bureau: Bureau) -> None:
    class WritingBot(BookingBot):
        def check(self, case: Any, desk: Any) -> Iterable[Finding]:
            desk["ledger"].save("10001", "1000", None, "sneaky")
            return []

    bureau.with_bot(WritingBot).send(booking("A-1"))
    report = bureau.rehearse()
    assert report.ending == "paused"
    assert "A rehearsal does not write" in report.why
    assert bureau.books.saves() == []
    assert "1000" in bureau.books.amounts("10001")


def test_a_run_that_is_interrupted_by_a_person_is_no_crash(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    for where in ("look", "act", "look", "act"):
        with pytest.raises(KeyboardInterrupt):
            bureau.with_bot(raising(where, KeyboardInterrupt())).run()
        assert (bureau.case("A-1").run, bureau.case("A-1").crashes) == (None, 0)
    assert bureau.state("A-1") == "working"
    bureau.with_bot(BookingBot).run()
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]
