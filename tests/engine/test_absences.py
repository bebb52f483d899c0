"""While an approver is away others are asked, step by step; who may decide does not change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bureau import MANDATES, Bureau, booking, found_home, mandate, moved_in
from post import rows, told

from leaks import leaks
from paraplu.domain.person import Person, Role
from paraplu.errors import NotAllowed, NotFound, Refused
from paraplu.store import absences
from postgres import empty_postgres_url, postgres  # noqa: F401

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LARGE = {"wanted": "3500.00"}  # 1,000 more: above Carla's mandate of 500
DORA = Person(
    handle="dora.klein", name="Dora Klein", roles=(Role.APPROVER,), clients=("noordwijk",)
)


def at(bureau: Bureau, day: int, hour: int, minute: int = 0) -> None:
    """Set the clock to an hour of November 2026 in Amsterdam; the 17th is a Tuesday."""
    bureau.time.now = datetime(2026, 11, day, hour, minute, tzinfo=AMSTERDAM)


def gone(bureau: Bureau, handle: str, first: int, last: int, by: str | None = None) -> str:
    """Somebody is away from the beginning of one day of November to the end of another."""
    begins = datetime(2026, 11, first, tzinfo=AMSTERDAM)
    ends = datetime(2026, 11, last, tzinfo=AMSTERDAM) + timedelta(days=1)
    who = bureau.who(handle)
    return bureau.centre.absences.note(who, begins, ends, bureau.who(by or handle))


def with_deputy(bureau: Bureau) -> None:
    """Anna has a deputy."""
    deputy = mandate("dora.klein", "approve", "10000", deputy_of="anna.kok")
    bureau.settings(mandates=(*MANDATES, deputy), people=[DORA])


def look(bureau: Bureau) -> int:
    return bureau.centre.desks.askings.look()


def asked(bureau: Bureau, reference: str = "A-1") -> list[str | None]:
    """First names of who was asked, in order; None is a step that found nobody."""
    row = bureau.case(reference)
    with bureau.centre.parts.database.read() as connection:
        names = bureau.centre.parts.people.names(connection)
        steps = absences.asked(connection, row.uid, row.digest)
    return [None if one.person is None else names[one.person].partition(" ")[0] for one in steps]


def passed_on(bureau: Bureau) -> list[tuple[str, int]]:
    """Why and to which step."""
    return [
        (str(one.document["status_code"]), int(one.document["rpa"]["detail"]["step"]))
        for one in bureau.entries("A-1")
        if one.kind == "approval-passed-on"
    ]


def waits(bureau: Bureau) -> None:
    """A case of Dirk's begins to wait for approval on Tuesday at ten in Amsterdam.

    Anna (up to 10,000), Paul and Carla (any amount) may decide.
    """
    at(bureau, 17, 10)
    bureau.send(booking("A-1", cost_centre="4300", **LARGE), by="dirk")
    bureau.run()
    assert bureau.state("A-1") == "waiting"


def test_the_first_holder_is_asked_then_the_next_ones_after_eight_working_hours(
    bureau: Bureau,
) -> None:
    waits(bureau)
    assert (asked(bureau), told(bureau, "waiting")) == (["Anna"], {"Anna"})
    (entry,) = [one for one in bureau.entries("A-1") if one.kind == "approval-asked"]
    assert entry.document["rpa"]["detail"] == {"person": bureau.who("anna").uid, "step": 1}
    at(bureau, 18, 9, 59)
    assert look(bureau) == 0
    at(bureau, 18, 10, 1)
    assert (look(bureau), look(bureau)) == (1, 0)
    assert asked(bureau) == ["Anna", "Paul"]
    at(bureau, 19, 10, 2)
    look(bureau)
    assert asked(bureau) == ["Anna", "Paul", "Carla"]
    assert passed_on(bureau) == [("no-answer", 2), ("no-answer", 3)]
    assert told(bureau, "waiting") == {"Anna", "Paul", "Carla"}


def test_the_agreement_says_how_many_hours(bureau: Bureau) -> None:
    bureau.settings(limits={"approval_hours": 2})
    waits(bureau)
    at(bureau, 17, 12, 1)
    look(bureau)
    assert asked(bureau) == ["Anna", "Paul"]


def test_while_somebody_is_away_the_deputy_is_asked_and_an_entry_says_instead_of_whom(
    bureau: Bureau,
) -> None:
    with_deputy(bureau)
    gone(bureau, "anna", 17, 20)
    waits(bureau)
    assert asked(bureau) == ["Dora"]
    (entry,) = [one for one in bureau.entries("A-1") if one.kind == "approval-asked"]
    assert entry.document["rpa"]["detail"]["instead_of"] == bureau.who("anna").uid
    at(bureau, 18, 10, 1)
    look(bureau)
    assert asked(bureau) == ["Dora", "Paul"]


def test_what_waits_for_somebody_who_goes_away_is_passed_on_at_once_and_comes_back(
    bureau: Bureau,
) -> None:
    with_deputy(bureau)
    waits(bureau)
    assert asked(bureau) == ["Anna"]
    gone(bureau, "anna", 17, 17)
    assert look(bureau) == 1
    assert (asked(bureau), passed_on(bureau)) == (["Anna", "Dora"], [("absent", 2)])
    at(bureau, 18, 10, 30)
    look(bureau)  # Anna is back, and had no eight hours
    assert asked(bureau) == ["Anna", "Dora", "Anna"]


def test_an_absence_takes_no_mandate_away(bureau: Bureau) -> None:
    gone(bureau, "anna", 1, 30, by="ines")
    waits(bureau)
    bureau.approve("A-1", by="anna")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_nobody_is_asked_who_may_not_decide(bureau: Bureau) -> None:
    """Carla delivered it herself, and it is about Anna."""
    at(bureau, 17, 10)
    bureau.send(booking("A-1", "10005", now="2750.00", wanted="3750.00"), by="carla")
    bureau.run()
    assert asked(bureau) == ["Paul"]
    at(bureau, 18, 10, 1)
    look(bureau)
    assert asked(bureau) == ["Paul", None]


def test_when_everybody_is_away_an_operator_is_told_until_when_and_the_first_one_back_is_asked(
    bureau: Bureau,
) -> None:
    gone(bureau, "anna", 17, 30)
    gone(bureau, "paul", 16, 20)
    gone(bureau, "carla", 17, 27)
    waits(bureau)
    assert (asked(bureau), bureau.asks("A-1")) == ([None], ["nobody-there"])
    assert bureau.state("A-1") == "waiting"
    said = bureau.centre.parts.case_files.messages(bureau.case("A-1").uid, _sealed(bureau))
    assert str(said[0].message).startswith(
        "Nobody who may decide about this is there until 2026-11-21 00:00"
    )
    assert told(bureau, "nobody-decides") == {"Olga", "Ines"}
    assert bureau.kinds("A-1")[-2:] == ["approval-asked", "exception-opened"]
    for hours in range(20):
        bureau.time.go_on(hours=4)
        if bureau.time.now < datetime(2026, 11, 21, tzinfo=AMSTERDAM):
            assert look(bureau) == 0, hours
    at(bureau, 21, 0, 1)
    look(bureau)
    assert (asked(bureau), bureau.asks("A-1")) == ([None, "Paul"], [])
    assert len(rows(bureau, "nobody-decides")) == 2  # once to each
    bureau.approve("A-1", by="paul")
    bureau.run()
    assert bureau.state("A-1") == "done"
    bureau.assert_intact()


def _sealed(bureau: Bureau) -> bytes:
    from paraplu.store import exceptions

    with bureau.centre.parts.database.read() as connection:
        return bytes(exceptions.of_case(connection, bureau.case("A-1").uid)[-1].sealed)


def test_somebody_who_is_back_early_is_asked_at_once(bureau: Bureau) -> None:
    uid = gone(bureau, "anna", 17, 30)
    gone(bureau, "paul", 17, 30)
    gone(bureau, "carla", 17, 30)
    waits(bureau)
    assert bureau.asks("A-1") == ["nobody-there"]
    bureau.time.go_on(hours=1)
    assert look(bureau) == 0
    bureau.centre.absences.end(uid[:13], bureau.who("anna"))
    assert look(bureau) == 1
    assert (asked(bureau), bureau.asks("A-1")) == ([None, "Anna"], [])


def test_when_everybody_was_asked_and_is_silent_an_operator_is_told_once(bureau: Bureau) -> None:
    waits(bureau)
    for day in range(18, 28):
        at(bureau, day, 16)
        look(bureau)
    assert asked(bureau) == ["Anna", "Paul", "Carla", None]
    assert bureau.asks("A-1") == ["nobody-decided"]
    assert len(rows(bureau, "nobody-decides")) == 2
    bureau.approve("A-1", by="carla")
    assert bureau.asks("A-1") == []
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_when_nobody_has_a_mandate_an_operator_is_told(bureau: Bureau) -> None:
    bureau.settings(mandates=[one for one in MANDATES if one.may == "ask"])
    waits(bureau)
    assert (asked(bureau), bureau.asks("A-1")) == ([None], ["nobody-may-decide"])
    bureau.settings(mandates=MANDATES)
    at(bureau, 18, 10, 1)
    look(bureau)
    assert (asked(bureau), bureau.asks("A-1")) == ([None, "Anna"], [])


def test_a_word_of_the_operator_that_was_given_is_not_asked_for_again(bureau: Bureau) -> None:
    gone(bureau, "anna", 17, 30)
    gone(bureau, "paul", 17, 30)
    gone(bureau, "carla", 17, 30)
    waits(bureau)
    bureau.hand_back("A-1", "we called Paul, he decides tonight")
    at(bureau, 20, 12)
    look(bureau)
    bureau.run()
    assert (bureau.asks("A-1"), bureau.state("A-1")) == ([], "waiting")


def test_cases_that_waited_before_there_were_askings_are_asked_about(bureau: Bureau) -> None:
    from paraplu.store import tables

    waits(bureau)
    with bureau.centre.parts.database.write() as connection:
        connection.execute(tables.askings.delete())
    assert look(bureau) == 1
    assert (asked(bureau), passed_on(bureau)) == (["Anna"], [("no-answer", 1)])


def test_a_case_whose_agreement_has_ended_is_left_alone(bureau: Bureau) -> None:
    waits(bureau)
    bureau.settings(valid_until=date(2026, 11, 17))
    at(bureau, 18, 12)
    assert (look(bureau), look(bureau)) == (0, 0)
    assert asked(bureau) == ["Anna", None]


@pytest.mark.slow
def test_who_still_waits_for_somebody_is_said_each_working_morning_in_one_sentence(
    bureau: Bureau,
) -> None:
    notices = bureau.centre.parts.notices
    waits(bureau)
    bureau.send(
        booking("A-2", "10002", now="3100.00", wanted="4200.00", cost_centre="4300"), by="dirk"
    )
    bureau.run()
    assert notices.look() == 0
    at(bureau, 18, 8, 59)
    assert notices.look() == 0
    at(bureau, 18, 9, 1)
    assert (notices.look(), notices.look()) == (1, 0)
    (one,) = rows(bureau, "still-waiting")
    assert json.loads(one.facts)["cases"] == 2
    assert told(bureau, "still-waiting") == {"Anna"}
    at(bureau, 19, 9, 1)
    assert notices.look() == 1
    bureau.approve("A-1")
    bureau.approve("A-2")
    at(bureau, 20, 9, 1)
    assert [notices.look(), len(rows(bureau, "still-waiting"))] == [0, 2]


def test_two_clocks_at_once_make_each_step_once(bureau: Bureau) -> None:
    waits(bureau)
    at(bureau, 18, 10, 1)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _clock: look(bureau), range(4)))
    assert sum(made) == 1
    assert asked(bureau) == ["Anna", "Paul"]
    assert passed_on(bureau) == [("no-answer", 2)]


@pytest.fixture
def on_postgres(tmp_path: Path, empty_postgres_url: str) -> Iterator[Bureau]:  # noqa: F811
    """A bureau on PostgreSQL."""
    found_home(tmp_path / "template", database=empty_postgres_url)
    opened = moved_in(tmp_path / "template", tmp_path / "bureau")
    yield opened
    opened.close()


@pytest.mark.slow
def test_on_postgresql_approvals_pass_on_as_well(on_postgres: Bureau) -> None:
    bureau = on_postgres
    with_deputy(bureau)
    uid = gone(bureau, "anna", 17, 18)
    waits(bureau)
    at(bureau, 18, 10, 1)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _clock: look(bureau), range(4))) == 1
    assert asked(bureau) == ["Dora", "Paul"]
    bureau.centre.absences.end(uid, bureau.who("ines"))
    at(bureau, 19, 10, 2)
    look(bureau)
    assert asked(bureau) == ["Dora", "Paul", "Anna"]
    assert bureau.centre.parts.notices.look() == 2  # still waiting: Dora and Paul
    bureau.approve("A-1", by="anna")
    bureau.run()
    assert bureau.state("A-1") == "done"
    bureau.assert_intact()


# Noting ------------------------------------------------------------------------------------------------


def test_an_absence_is_an_entry_that_says_no_day_in_clear(bureau: Bureau) -> None:
    uid = gone(bureau, "anna", 19, 27)
    entry = bureau.entries()[-1]
    assert entry.kind == "absence-noted"
    assert entry.document["rpa"]["detail"] == {"person": bureau.who("anna").uid, "absence": uid}
    assert leaks(["2026-11-19", "2026-11-28"], [entry.data]) == []
    bureau.centre.absences.end(uid, bureau.who("anna"))
    assert bureau.kinds()[-1] == "absence-ended"
    with pytest.raises(Refused, match="over already"):
        bureau.centre.absences.end(uid, bureau.who("anna"))
    assert bureau.centre.absences.listed(bureau.who("anna")) == []


def test_people_note_their_own_and_leads_and_administrators_those_of_others(bureau: Bureau) -> None:
    gone(bureau, "anna", 19, 27)
    uid = gone(bureau, "paul", 19, 27, by="ines")
    for handle in ("anna", "olga"):
        with pytest.raises(NotAllowed, match="lead or administrator"):
            gone(bureau, "paul", 19, 27, by=handle)
        with pytest.raises(NotAllowed):
            bureau.centre.absences.end(uid, bureau.who(handle))
    listed = {
        who: len(bureau.centre.absences.listed(bureau.who(who))) for who in ("ines", "anna", "olga")
    }
    assert listed == {"ines": 2, "anna": 1, "olga": 0}
    with pytest.raises(NotFound):
        bureau.centre.absences.end("%", bureau.who("ines"))


@pytest.mark.parametrize(("first", "last"), [(20, 18), (1, 3)])
def test_a_span_that_cannot_be_is_refused(bureau: Bureau, first: int, last: int) -> None:
    with pytest.raises(Refused):
        gone(bureau, "anna", first, last)
    with pytest.raises(Refused, match="400 days"):
        now = bureau.time.now
        bureau.centre.absences.note(
            bureau.who("anna"), now, now + timedelta(days=999), bureau.who("anna")
        )


# On the command line -----------------------------------------------------------------------------------


def paraplu(bureau: Bureau, *arguments: str) -> tuple[int, Any]:
    bureau.close()
    command = [sys.executable, "-m", "paraplu.cli.main", *arguments, "--home", str(bureau.home)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in ended.stderr
    said = json.loads(ended.stdout) if "--json" in arguments else ended.stdout + ended.stderr
    return ended.returncode, said


@pytest.mark.slow
def test_on_the_command_line_absences_are_noted_listed_and_ended(bureau: Bureau) -> None:
    year = bureau.centre.parts.clock.now().year + 8  # commands go by the real clock
    span = ("--from", f"{year}-12-21", "--until", f"{year}-12-24T13:00")
    code, said = paraplu(bureau, "absences", "add", *span, "--person", "anna.kok", "--json")
    assert code == 0
    assert str(said["ends"]).endswith("13:00:00+01:00")
    assert "Anna Kok" in paraplu(bureau, "absences", "list")[1]
    assert paraplu(bureau, "absences", "end", said["absence"])[0] == 0
    code, said = paraplu(bureau, "absences", "add", "--from", "Monday", "--until", "Friday")
    assert code == 2 and "write 2026-12-21" in said


def test_the_page_of_a_case_says_who_is_asked_and_what_happens_if_nobody_decides(
    bureau: Bureau, capsys: pytest.CaptureFixture[str]
) -> None:
    from paraplu.cli.cases import _story
    from paraplu.cli.output import Output
    from paraplu.cli.session import Session

    def page() -> str:
        _story(Session(None, None, Output(False)), bureau.centre, bureau.case("A-1"))
        return capsys.readouterr().out

    waits(bureau)
    assert "Asked to decide: Anna Kok, since 2026-11-17 10:00 (Europe/Amsterdam)" in page()
    assert "If nobody decides by 2026-11-18 10:00 (Europe/Amsterdam): Carla" not in page()
    assert (
        "If nobody decides by 2026-11-18 10:00 (Europe/Amsterdam): Paul Jansen is asked" in page()
    )
    for handle in ("anna", "paul", "carla"):
        gone(bureau, handle, 17, 20)
    look(bureau)
    assert "by 2026-11-21 00:00 (Europe/Amsterdam): " in page()
    assert "Nobody who may decide about this is there until 2026-11-21 00:00" in page()
    bureau.approve("A-1")
    assert "Asked to decide" not in page()
    assert "Exception (decider-found by Paraplu)" in page()
