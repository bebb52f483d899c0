"""What an auditor asks the log is answered, for those who may ask, and the reading is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from bureau import BOOKING, CLIENT, START, Bureau, booking

from paraplu.assurance.questions.question import Hours, Question
from paraplu.engine.clock import to_ms
from paraplu.engine.people import Known
from paraplu.errors import NotAllowed

DAY = 86_400_000


def about(bureau: Bureau, person: str) -> tuple[str, ...]:
    with bureau.centre.parts.database.read() as connection:
        return bureau.centre.search.cases_of(connection, bureau.who("ines"), person, CLIENT)


def test_everything_a_bot_did_to_one_person_is_found_by_their_number(after: Bureau) -> None:
    cases = about(after, "10002")
    assert set(cases) == {after.case("KENMERK-772").uid, after.case("KENMERK-778").uid}
    question = Question(
        cases=cases, bot=BOOKING, client=CLIENT, kinds=frozenset({"outcome-confirmed"})
    )
    (one,) = after.centre.search.find(after.who("ines"), question)
    assert one.case == after.case("KENMERK-772").uid
    assert ("lines.1000.amount", "3100", "7654.32") in [
        (field, str(before), str(now)) for field, before, now in one.differences()
    ]
    assert [said["decision"] for said in one.rpa["approved_by"]] == ["approved"]


def test_nobody_is_found_under_a_number_that_the_client_does_not_know(after: Bureau) -> None:
    assert about(after, "99999") == ()
    assert after.centre.search.find(after.who("ines"), Question(cases=())) == []


def test_the_newest_entries_come_when_there_are_more_than_asked_for(after: Bureau) -> None:
    everything = after.entries()
    shown = after.centre.search.find(after.who("ines"), Question(), most=5)
    assert [one.entry.uid for one in shown] == [one.uid for one in everything[-5:]]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"since": to_ms(START) + DAY}, False),
        ({"until": to_ms(START) - DAY}, False),
        ({"since": to_ms(START) - DAY, "until": to_ms(START) + DAY}, True),
        ({"phases": frozenset({"outcome"})}, True),
        ({"phases": frozenset({"outcome"}), "kinds": frozenset({"approved"})}, False),
        ({"bot": "no-such-bot"}, False),
        ({"version": f"{BOOKING}@99"}, False),
        ({"version": f"{BOOKING}@1"}, True),
        ({"service": "ledger-order"}, False),
        ({"target": "ledger"}, True),
        ({"actor": "robot.ledger-robot"}, True),
        ({"actor": "robot.order-robot"}, False),
        ({"outside": Hours(ZoneInfo("Europe/Amsterdam"))}, False),
        ({"outside": Hours(ZoneInfo("Pacific/Auckland"))}, True),
    ],
)
def test_each_filter_narrows(after: Bureau, more: dict[str, object], found: bool) -> None:
    question = Question(
        cases=(after.case("KENMERK-772").uid,), kinds=frozenset({"outcome-confirmed"})
    )
    if "phases" in more and "kinds" not in more:
        question = replace(question, kinds=frozenset())
    shown = after.centre.search.find(after.who("ines"), replace(question, **more))  # type: ignore[arg-type]
    assert bool(shown) is found


def test_the_code_that_ran_is_found_by_the_beginning_of_its_hash(after: Bureau) -> None:
    (one,) = after.shown(kind="run-started")[:1]
    code = one.rpa["code"]
    found = after.centre.search.find(after.who("ines"), Question(version=code[:8]))
    assert {shown.rpa["code"] for shown in found} == {code}
    assert after.centre.search.find(after.who("ines"), Question(version=code[:7])) == []


def test_changes_above_an_amount_count_up_and_down(bureau: Bureau) -> None:
    bureau.story(
        booking("A-1", wanted="2400"), booking("A-2", "10003", now="1800", wanted="1850.50")
    )
    uids = [bureau.case(name).uid for name in ("A-1", "A-2")]
    with bureau.centre.parts.database.read() as connection:
        search = bureau.centre.search
        assert search.above(connection, uids, Decimal("50.49")) == uids
        assert search.above(connection, uids, Decimal("50.50")) == uids[:1]
        assert search.above(connection, uids, Decimal(100)) == []


def test_a_reading_names_the_cases_that_were_read(after: Bureau) -> None:
    cases = about(after, "10002")
    shown = after.centre.search.find(after.who("olga"), Question(cases=cases))
    assert shown
    last = after.entries()[-1]
    assert (last.kind, last.actor) == ("personal-data-read", after.who("olga").uid)
    assert set(last.rpa["detail"]["cases"]) == set(cases)


def test_who_read_about_a_person_is_told(after: Bureau) -> None:
    after.centre.search.find(after.who("olga"), Question(cases=about(after, "10002")))
    asked = Question(cases=about(after, "10002"), client=CLIENT)
    readings = after.centre.search.readers(after.who("ines"), asked)
    assert readings[-1].actor == after.who("olga").uid
    assert all(one.kind == "personal-data-read" for one in readings)
    others = after.centre.search.readers(after.who("ines"), Question(cases=about(after, "10001")))
    assert after.who("olga").uid not in {one.actor for one in others}


def limited(known: Known, clients: tuple[str, ...]) -> Known:
    return replace(known, person=known.person.model_copy(update={"clients": clients}))


def test_who_works_for_another_client_sees_nothing_of_this_one(after: Bureau) -> None:
    stranger = limited(after.who("olga"), ("elders",))
    with pytest.raises(NotAllowed, match="do not work for this client"):
        after.centre.search.find(stranger, Question(client=CLIENT))
    assert after.centre.search.find(stranger, Question()) == []
    assert after.centre.search.find(stranger, Question(cases=about(after, "10002"))) == []
    with after.centre.parts.database.read() as connection:
        assert after.centre.search.cases_of(connection, stranger, "10002", None) == ()


def test_who_works_for_some_clients_sees_nothing_that_concerns_all(after: Bureau) -> None:
    own = limited(after.who("olga"), (CLIENT,))
    shown = after.centre.search.find(own, Question())
    assert shown
    assert {one.rpa.get("client") for one in shown} == {CLIENT}


def test_a_client_contact_may_not_question_the_log(after: Bureau) -> None:
    with pytest.raises(NotAllowed, match="auditor"):
        after.centre.search.find(after.who("dirk"), Question())


def test_a_story_tells_who_asked_who_decided_what_was_before_and_after(after: Bureau) -> None:
    case = after.case("KENMERK-772").uid
    (story,) = after.centre.stories.tell(after.who("ines"), [case, case])
    assert (story.reference, story.client, story.outcome) == (
        "KENMERK-772",
        CLIENT,
        "outcome-confirmed",
    )
    assert story.submitted_by == "Carla Visser"
    outcome = next(one for one in story.steps if one.kind == "outcome-confirmed")
    assert [(one.name, one.decision) for one in outcome.decisions] == [("Anna Kok", "approved")]
    assert outcome.actions > 0
    assert outcome.code is not None
    assert outcome.evidence
    approved = next(one for one in story.steps if one.kind == "approved")
    assert (approved.who, approved.mandate) == ("Anna Kok", approved.decisions[0].mandate)
    assert "action" not in {one.kind for one in story.steps}
    (whole,) = after.centre.stories.tell(after.who("ines"), [case], actions=True)
    assert "action" in {one.kind for one in whole.steps}


def test_a_story_keeps_the_name_under_which_somebody_decided(after: Bureau) -> None:
    after.time.now = START + timedelta(days=30)
    anna = after.who("anna").person.model_copy(update={"name": "Anna Kok-de Wit"})
    people = tuple(one for one in after.file.person if one.handle != anna.handle)
    after.file = after.file.model_copy(update={"person": (*people, anna)})
    after.apply(after.file)
    (story,) = after.centre.stories.tell(after.who("ines"), [after.case("KENMERK-772").uid])
    approved = next(one for one in story.steps if one.kind == "approved")
    assert approved.who == "Anna Kok"
    with after.centre.parts.database.read() as connection:
        names = after.centre.stories.names(connection)
    assert names.at(after.who("anna").uid, to_ms(after.time.now)) == "Anna Kok-de Wit"


def test_no_question_at_all_is_answered_without_a_role_that_reads_the_log(after: Bureau) -> None:
    dirk = after.who("dirk")
    with pytest.raises(NotAllowed, match="auditor"):
        after.centre.intents.trace(dirk, Question())
    with after.centre.parts.database.read() as connection:
        with pytest.raises(NotAllowed, match="auditor"):
            after.centre.search.stream(connection, dirk, Question())
        with pytest.raises(NotAllowed, match="auditor"):
            after.centre.search.cases_in(connection, dirk, Question())


def test_who_read_is_told_to_those_only_who_work_for_that_client(after: Bureau) -> None:
    case = after.case("KENMERK-772").uid
    after.centre.search.find(after.who("olga"), Question(cases=(case,)))
    stranger = limited(after.who("olga"), ("elders",))
    assert after.centre.search.readers(stranger, Question(cases=(case,))) == []
    assert after.centre.search.readers(stranger, Question()) == []
    own = limited(after.who("olga"), (CLIENT,))
    assert after.centre.search.readers(own, Question(cases=(case,)))
    assert after.centre.search.readers(own, Question(client=CLIENT))
    assert after.centre.search.readers(after.who("ines"), Question(client=CLIENT))


def test_evidence_of_another_client_is_not_opened_by_knowing_its_hash(after: Bureau) -> None:
    name = after.shown(kind="intent")[0].rpa["evidence"][0]["hash"]
    with pytest.raises(NotAllowed, match="do not work for this client"):
        after.centre.proof.picture(name, limited(after.who("olga"), ("elders",)))
    data, _type = after.centre.proof.picture(name, limited(after.who("olga"), (CLIENT,)))
    assert data
