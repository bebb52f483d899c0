"""What is over is listed by client, class and year, and goes as a whole by two people's word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bureau import CLIENT, Bureau, booking
from test_erasing import AFTERWARDS, GROUND, led, who

from paraplu.assurance.erasure.erased import Erasure
from paraplu.assurance.erasure.retention import declaration
from paraplu.domain.retention import STAFF
from paraplu.errors import NotAllowed, NotFound, Refused
from paraplu.store import evidence, tables
from paraplu.store.keys import Erased

__all__ = ["led"]


def end_watches(bureau: Bureau) -> None:
    """What was watched has come true, as it has after seven years."""
    with bureau.centre.parts.database.write() as connection:
        connection.execute(tables.watches.update().values(closed_at=1, resolution="fulfilled"))


def destroy(bureau: Bureau, year: int = 2026, ground: str = "") -> Erasure:
    end_watches(bureau)
    erasing = bureau.centre.erasures
    asked = erasing.ask_class(CLIENT, "nl.7y", year, bureau.who("ines"), ground=ground)
    return erasing.accept(asked.proposal, who(bureau, "lea.groot"))


def test_nothing_is_due_before_the_31st_of_december_has_passed_where_the_client_is(
    led: Bureau,
) -> None:
    retentions, ines = led.centre.retentions, led.who("ines")
    assert retentions.due(ines) == []
    led.time.now = datetime(2033, 12, 31, 22, 59, tzinfo=UTC)  # 23:59 in Amsterdam
    assert retentions.due(ines) == []
    led.time.now = datetime(2033, 12, 31, 23, 1, tzinfo=UTC)  # the first of January there
    (due,) = retentions.due(ines)
    assert (due.client, due.retention, due.year) == (CLIENT, "nl.7y", 2026)
    assert (due.last_day, due.over, due.held) == (date(2033, 12, 31), True, False)
    assert (due.cases, due.open, due.persons) == (8, 1, 5)  # an order is watched
    assert due.entries > 80
    assert due.files > 5


def test_what_will_be_over_is_listed_when_it_is_asked_for(led: Bureau) -> None:
    retentions, ines = led.centre.retentions, led.who("ines")
    led.time.now = datetime(2033, 11, 1, 9, 0, tzinfo=UTC)
    assert retentions.due(ines, timedelta(days=30)) == []
    (due,) = retentions.due(ines, timedelta(days=90))
    assert not due.over
    both = retentions.due(ines, None)
    assert [(one.client, one.retention) for one in both] == [(CLIENT, "nl.7y"), (None, STAFF)]
    assert both[1].last_day == date(2036, 12, 31)
    assert both[1].persons == len(led.file.person)


def test_each_sees_the_clients_they_work_for_and_only_with_a_role_for_it(led: Bureau) -> None:
    led.time.now = AFTERWARDS
    assert led.centre.retentions.due(who(led, "femke.ver"), None) == []
    with pytest.raises(NotAllowed):
        led.centre.retentions.due(led.who("olga"))


def test_a_class_and_year_goes_as_a_whole_with_its_files_and_the_log_stays_whole(
    led: Bureau,
) -> None:
    with pytest.raises(Refused, match="the first ends on 2033-12-31"):
        destroy(led)
    led.time.now = AFTERWARDS
    with led.centre.parts.database.write() as connection:
        connection.execute(tables.watches.update().values(closed_at=None))
    with pytest.raises(Refused, match="1 case is open or watched"):
        led.centre.erasures.ask_class(CLIENT, "nl.7y", 2026, led.who("ines"))
    led.time.now = datetime(2027, 5, 1, 9, 0, tzinfo=UTC)
    led.story(booking("K-2027", "10004", line="2100", now="9753.19", wanted="11"))
    led.centre.answers.answer_all(CLIENT)
    kept = led.case("K-2027")
    led.time.now = AFTERWARDS
    totals = led.totals()
    answers = led.home / "answers" / CLIENT
    assert len(list(answers.iterdir())) == 3
    done = destroy(led)
    assert (done.what, done.basis, done.pairs) == ("class", "period-over", (("nl.7y", 2026),))
    assert (done.counts["cases"], done.counts["persons"]) == (8, 5)
    assert len(list(answers.iterdir())) == 1
    with led.centre.parts.database.read() as connection:
        left = evidence.listed(connection)
    assert {row.case_uid for row in left} <= {kept.uid, None}
    on_disk = {path.name for path in (led.home / "evidence").rglob("*") if path.is_file()}
    assert on_disk == {row.hash for row in left}
    assert led.centre.parts.case_files.request_values(kept)["account"] == "10004"
    for row in led.every_case():
        if row.uid != kept.uid:
            with pytest.raises(Erased):
                led.centre.parts.case_files.request_values(row)
    assert led.totals() == totals
    led.assert_intact()
    assert led.centre.retentions.due(led.who("ines")) == []
    last = led.entries_of("retention-destroyed")[-1].rpa["detail"]
    assert (last["left_workbooks"], last["answers_removed"]) == (0, 2)
    led.centre.answers.answer_all(CLIENT)  # those that are gone are passed over
    with pytest.raises(NotFound, match=r"Nothing of nl\.7y 2026 is kept"):
        destroy(led)


def test_a_hold_on_one_person_keeps_the_whole_class_until_it_is_released(led: Bureau) -> None:
    led.time.now = AFTERWARDS
    hold = led.centre.erasures.holds.hold_person(CLIENT, "10005", "beroep 34/7", led.who("ines"))
    (due,) = led.centre.retentions.due(led.who("ines"))
    assert due.held
    with pytest.raises(Refused, match="legal hold"):
        destroy(led)
    led.centre.erasures.holds.release(hold, who(led, "lea.groot"))
    assert destroy(led).done_at is not None


def test_our_own_people_who_are_still_here_are_kept_when_an_old_year_goes(led: Bureau) -> None:
    led.time.now = datetime(2037, 1, 2, 9, 0, tzinfo=UTC)
    erasing = led.centre.erasures
    asked = erasing.ask_class(None, STAFF, 2026, led.who("ines"))
    done = erasing.accept(asked.proposal, who(led, "lea.groot"))
    assert done.done_at is not None
    assert led.who("ines").person.name == "Ines Bakker"
    with led.centre.parts.database.read() as connection:
        names = led.centre.stories.names(connection)
    assert names.at(led.who("olga").uid, 2**45) == "Olga Smit"
    led.assert_intact()


def test_the_declaration_says_what_when_how_on_what_ground_and_by_whom(led: Bureau) -> None:
    led.time.now = AFTERWARDS
    done = destroy(led)
    with led.centre.parts.database.read() as connection:
        names = led.centre.parts.people.names(connection)
        left = led.centre.erasures.left_by(connection, done)
    text = declaration(done, names, "Gemeente Noordwijk aan Meer", left)
    for part in (
        "VERKLARING VAN VERNIETIGING",
        "Gemeente Noordwijk aan Meer",
        "nl.7y, ontvangen in 2026, te bewaren tot en met 31-12-2033",
        "art. 52",
        "de bewaartermijn is verstreken",
        "5 personen, 8 zaken",
        "Ines Bakker",
        "Lea Groot op 02-01-2034",
        f"regel {done.done_place}",
        "Handtekening",
    ):
        assert part in text
    assert "10002" not in text


def test_before_its_time_a_class_goes_on_a_stated_ground_only(led: Bureau) -> None:
    assert destroy(led, ground=GROUND).ground == GROUND
