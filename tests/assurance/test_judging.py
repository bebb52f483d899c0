"""What an auditor judges by: intents, decisions, powers, code, clocks, samples."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from bureau import BOOKING, CLIENT, START, Bureau, booking, mandate, moved_in
from deadly import killed_at, points_of

from paraplu.assurance.questions.clocks import deviations
from paraplu.assurance.questions.code import ran
from paraplu.assurance.questions.names import Names
from paraplu.assurance.questions.question import Question
from paraplu.assurance.review.sample import draw, share
from paraplu.audit.entry import Entry
from paraplu.engine.clock import to_ms
from paraplu.errors import NotAllowed


def names(bureau: Bureau) -> Names:
    with bureau.centre.parts.database.read() as connection:
        return bureau.centre.stories.names(connection)


def test_every_intent_is_traced_to_its_outcome(after: Bureau) -> None:
    traced = after.centre.intents.trace(after.who("ines"), Question(client=CLIENT))
    assert len(traced) == after.kinds().count("intent") > 0
    assert all(one.straight for one in traced if one.outcome == "outcome-confirmed")
    assert list(after.centre.intents.open(after.who("ines"), Question())) == []


def test_an_intent_that_broke_off_says_what_was_found_and_how_it_ended(
    bureau: Bureau, tmp_path: Path
) -> None:
    bureau.send(booking("A-1"))
    bureau.close()
    dry = moved_in(bureau.folder, tmp_path / "dry")
    saved = points_of(lambda: dry.run()).index("after-save") + 1
    assert killed_at(saved, lambda: bureau.run())
    (one,) = bureau.centre.intents.open(bureau.who("ines"), Question())
    assert (one.looked_into, one.outcome) == (None, None)
    bureau.run_on()
    (one,) = bureau.centre.intents.trace(bureau.who("ines"), Question())
    assert one.looked_into == "confirmed"
    assert one.outcome == "outcome-confirmed"
    assert not one.straight


def test_an_intent_that_came_to_nothing_says_who_looked_and_what_came_then(
    bureau: Bureau, tmp_path: Path
) -> None:
    bureau.send(booking("A-1"))
    bureau.close()
    dry = moved_in(bureau.folder, tmp_path / "dry")
    begun = points_of(lambda: dry.run()).index("before-save") + 1
    assert killed_at(begun, lambda: bureau.run())
    bureau.run_on()
    first, second = bureau.centre.intents.trace(bureau.who("ines"), Question())
    assert (first.looked_into, first.looked_by) == ("nothing", "robot.ledger-robot")
    assert (first.outcome, first.again) == ("outcome-nothing", "outcome-confirmed")
    assert (second.outcome, second.again) == ("outcome-confirmed", None)


def test_an_intent_of_the_period_is_followed_beyond_its_end(after: Bureau) -> None:
    intent = after.shown(kind="intent")[0]
    asked = Question(until=intent.entry.time_ms + 1)
    (one,) = after.centre.intents.trace(after.who("ines"), asked)
    assert one.outcome is not None
    assert one.ended_at is not None
    assert to_ms(one.ended_at) > intent.entry.time_ms


def test_decisions_say_who_under_which_mandate_about_how_much(after: Bureau) -> None:
    made = after.centre.decisions.made(after.who("ines"), Question(), names(after))
    assert [(one.by, one.decision, str(one.effect), bool(one.own)) for one in made] == [
        ("Anna Kok", "approved", "4554.32", False),
        ("Paul Jansen", "declined", "5892.10", False),
    ]
    assert [one.reference for one in made] == ["KENMERK-772", "KENMERK-775"]


def test_a_decision_about_ones_own_delivery_is_found(after: Bureau) -> None:
    approved = after.shown(kind="approved")[0]
    submitter = after.case("KENMERK-772").submitter
    journal = after.centre.parts.journal
    carla = after.who("carla")
    assert carla.uid == submitter
    journal.write_alone(  # as only a changed program would: the core refuses it
        "approved", carla.hand, case=approved.case, plan=approved.rpa["plan"], client=CLIENT
    )
    made = after.centre.decisions.made(after.who("ines"), Question(), names(after))
    assert [(one.by, one.own) for one in made if one.own] == [
        ("Carla Visser", ("own-request", "own-submission"))
    ]


@pytest.mark.parametrize(
    ("who", "reference", "why"),
    [
        ("anna", "KENMERK-775", ("own-data",)),  # it is about her account
        ("olga", "KENMERK-772", ("own-work",)),  # she had handed it back
        ("ines", "KENMERK-773", ("own-mandate",)),  # the mandate is one that she put into force
        ("paul", "KENMERK-773", ()),
    ],
)
def test_a_decision_about_something_of_ones_own_says_why(
    after: Bureau, who: str, reference: str, why: tuple[str, ...]
) -> None:
    approved = after.shown(kind="approved")[0]
    after.centre.parts.journal.write_alone(  # as only a changed program would: the core refuses it
        "approved",
        after.who(who).hand,
        case=after.case(reference).uid,
        plan=approved.rpa["plan"],
        mandate=approved.rpa["mandate"],
        client=CLIENT,
    )
    made = after.centre.decisions.made(after.who("ines"), Question(), names(after))
    assert made[-1].own == why


def test_powers_are_those_of_the_day_and_name_who_granted_them(bureau: Bureau) -> None:
    before = bureau.time.now.date()
    bureau.time.go_on(days=40)
    bureau.settings(mandates=[mandate("paul.jansen", "approve", "99")])
    later = bureau.time.now.date()

    def on(day: date) -> set[tuple[str, str, str | None]]:
        found = bureau.centre.powers.on(bureau.who("ines"), day, names(bureau), CLIENT)
        return {
            (one.name, one.may, None if one.limit is None else str(one.limit))
            for one in found
            if one.service == BOOKING
        }

    assert ("Anna Kok", "approve", "10000") in on(before)
    assert on(later) == {("Paul Jansen", "approve", "99")}
    found = bureau.centre.powers.on(bureau.who("ines"), later, names(bureau), CLIENT)
    assert {one.granted_by for one in found if one.service == BOOKING} == {"Gerda Prins"}
    assert {one.put_in_by for one in found} == {"Ines Bakker"}
    assert ("Ines Bakker", "act as administrator", None) in {
        (one.name, one.may, one.client) for one in found
    }


def test_powers_of_a_client_are_not_shown_to_those_who_do_not_work_for_it(bureau: Bureau) -> None:
    with pytest.raises(NotAllowed):
        bureau.centre.powers.on(bureau.who("dirk"), START.date(), names(bureau), "elders")


def test_code_that_ran_names_who_put_it_there_or_nobody(after: Bureau) -> None:
    def listed() -> list[tuple[str, str | None]]:
        return [
            (one.service, one.deployed_by)
            for one in ran(after.entries_of("run-started"), after.shown(kind="code-deployed"))
        ]

    assert {by for _service, by in listed()} == {None}
    after.centre.deployments.record(after.who("ines"), "CHG-12")
    assert {by for _service, by in listed()} == {after.who("ines").uid}
    (first, *_rest) = ran(after.entries_of("run-started"), [])
    assert first.runs == sum(
        one.rpa["service"] == first.service for one in after.entries_of("run-started")
    )
    with pytest.raises(NotAllowed):
        after.centre.deployments.record(after.who("olga"), "CHG-13")


def entry(bureau: Bureau) -> Entry:
    return Entry(bureau.centre.parts.journal.entry("log-verified", bureau.who("ines").hand).data)


def test_a_clock_that_was_set_back_shows_as_one_stretch(bureau: Bureau) -> None:
    found = [entry(bureau)]
    bureau.time.go_on(minutes=-10)
    found += [entry(bureau), entry(bureau)]
    bureau.time.go_on(minutes=20)
    found.append(entry(bureau))
    (one,) = deviations(enumerate(found))
    assert (one.first, one.last, one.entries) == (1, 2, 2)
    assert timedelta(minutes=9) < one.behind < timedelta(minutes=10)
    assert deviations(enumerate(found), timedelta(minutes=11)) == []


def test_the_same_seed_draws_the_same_sample_and_another_seed_another() -> None:
    uids = [str(uuid.UUID(int=number)) for number in range(1_000)]
    sample = draw(uids, "2026-Q4", 25)
    assert draw(reversed(uids), "2026-Q4", 25) == sample
    assert draw(uids, "2026-Q4", 40)[:25] == sample
    assert draw(uids, "2027-Q1", 25) != sample
    assert len(set(sample)) == 25
    assert draw(uids[:3], "x", 25) == draw(uids[:3], "x", 3)


def test_a_share_of_a_hundred_percent_is_all_and_of_none_nothing() -> None:
    uids = [str(uuid.UUID(int=number)) for number in range(2_000)]
    assert all(share(uid, 100) for uid in uids)
    assert not any(share(uid, 0) for uid in uids)
    fifth = [uid for uid in uids if share(uid, 20)]
    assert 320 < len(fifth) < 480
    assert set(fifth) <= {uid for uid in uids if share(uid, 30)}
