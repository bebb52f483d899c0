"""Personal data is erased by two people, on a ground; it is an entry, and the rest stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bureau import CLIENT, ORDER, Bureau, booking, order

from paraplu.assurance.erasure.erased import Erasure
from paraplu.assurance.erasure.erasing import Asked
from paraplu.domain.person import Person, Role
from paraplu.engine.people import Known
from paraplu.errors import NotAllowed, NotFound, Refused, SettingsWrong
from paraplu.settings import load_home
from paraplu.store import cases, erasures, evidence
from paraplu.store.keys import Erased

LEA = Person(handle="lea.groot", name="Lea Groot", roles=(Role.LEAD,))
FAR = Person(handle="femke.ver", name="Femke Ver", roles=(Role.LEAD,), clients=("zuidwijk",))
GROUND = "art. 17(1)(d) GDPR: processed unlawfully, letter 2026-114"
AFTERWARDS = datetime(2034, 1, 2, 9, 0, tzinfo=UTC)  # nl.7y of 2026 is over


@pytest.fixture
def led(after: Bureau) -> Bureau:
    """What happened, with a second person who may erase."""
    after.settings(people=(LEA, FAR))
    return after


def who(bureau: Bureau, handle: str) -> Known:
    with bureau.centre.parts.database.read() as connection:
        known = bureau.centre.parts.people.by_handle(connection, handle)
    assert known is not None
    return known


def ask(bureau: Bureau, person: str = "10002", ground: str = GROUND) -> Asked:
    return bureau.centre.erasures.ask_person(CLIENT, person, bureau.who("ines"), ground=ground)


def erase(bureau: Bureau, person: str = "10002", ground: str = GROUND) -> Erasure:
    asked = ask(bureau, person, ground)
    return bureau.centre.erasures.accept(asked.proposal, who(bureau, "lea.groot"))


def hashes(bureau: Bureau, reference: str) -> list[str]:
    uid = bureau.case(reference).uid
    with bureau.centre.parts.database.read() as connection:
        return [row.hash for row in evidence.of_case(connection, uid)]


def test_what_two_people_erased_opens_nowhere_and_the_log_is_whole(led: Bureau) -> None:
    case, other = led.case("KENMERK-772"), led.case("KENMERK-773")
    totals, files = led.totals(), hashes(led, "KENMERK-772")
    done = erase(led)
    assert done.done_at is not None
    assert (done.what, done.client, done.ground, done.basis) == ("person", CLIENT, GROUND, "stated")
    assert done.keys == {case.key}
    assert done.counts["cases"] == 2  # 772, and 778 that was returned
    assert done.counts["values"] > 20
    keys = led.centre.parts.keys
    for sealed, about in (
        (case.sealed, f"case:{case.uid}"),
        (case.sealed_story, f"story:{case.uid}"),
    ):
        with pytest.raises(Erased):
            keys.open(sealed, about)
    assert all(one.values == {} for one in led.shown(case=case.uid))
    assert any(one.values for one in led.shown(case=other.uid))
    assert led.totals() == totals
    assert len(files) == done.counts["evidence"] == len(done.files)
    assert not any(led.centre.parts.files.key_of(name) for name in files)
    led.assert_intact()


def test_the_entries_say_who_on_what_ground_which_classes_and_how_much(led: Bureau) -> None:
    done = erase(led)
    asked, accepted, last = (
        led.entries_of(kind)[-1] for kind in ("erasure-asked", "erasure-accepted", "erasure-done")
    )
    ines, lea = led.who("ines"), who(led, "lea.groot")
    assert (asked.actor, accepted.actor) == (ines.uid, lea.uid)
    detail = last.rpa["detail"]
    assert (detail["asked_by"], detail["accepted_by"]) == (ines.uid, lea.uid)
    assert (detail["classes"], detail["years"], detail["basis"]) == (["nl.7y"], [2026], "stated")
    assert (detail["cases"], detail["persons"], detail["keys"]) == (2, 1, 1)
    assert detail["values"] == done.counts["values"]
    assert accepted.rpa["detail"]["keys"] == list(done.keys)
    text = b"".join(one.data for one in (asked, accepted, last))
    assert b"10002" not in text
    assert b"letter" not in text


def test_nothing_that_connects_the_person_is_left_but_the_reference_is_known(led: Bureau) -> None:
    before = led.case("KENMERK-772")
    assert before.subject_hash is not None
    erase(led)
    row = led.case("KENMERK-772")  # found by its reference still: it is never done twice
    assert (row.subject_hash, row.share_hash, row.content_hash) == (None, None, "erased")
    with led.centre.parts.database.read() as connection:
        hashed = led.centre.parts.keys.hash("subject", CLIENT, "10002")
        assert cases.about(connection, [hashed]) == ()
    taken = led.send(booking("KENMERK-772", "10002"))
    assert taken.totals.duplicates == 1


def test_one_person_cannot_erase_alone_and_not_without_the_role_or_for_another_client(
    led: Bureau,
) -> None:
    asked = ask(led)
    for handle, why in (
        ("ines.bakker", "a second person must accept it"),
        ("olga.smit", "takes the role administrator or lead"),
        ("femke.ver", "do not work for this client"),
    ):
        with pytest.raises(NotAllowed, match=why):
            led.centre.erasures.accept(asked.proposal, who(led, handle))
    with pytest.raises(NotAllowed, match="takes the role"):
        led.centre.erasures.ask_person(CLIENT, "10002", led.who("olga"), ground=GROUND)
    assert led.centre.parts.case_files.request_values(led.case("KENMERK-772"))
    assert led.entries_of("erasure-accepted", "erasure-done") == []


def test_nobody_erases_what_is_about_themselves(led: Bureau) -> None:
    own = LEA.model_copy(update={"subjects": (f"{CLIENT}/10002",)})
    people = tuple(one for one in led.file.person if one.handle != LEA.handle)
    led.file = led.file.model_copy(update={"person": people})
    led.settings(people=(own,))
    with pytest.raises(NotAllowed, match="about yourself"):
        led.centre.erasures.ask_person(CLIENT, "10002", who(led, "lea.groot"), ground=GROUND)
    asked = ask(led)
    with pytest.raises(NotAllowed, match="about yourself"):
        led.centre.erasures.accept(asked.proposal, who(led, "lea.groot"))


def test_before_the_time_is_over_a_ground_must_be_stated(led: Bureau) -> None:
    with pytest.raises(Refused, match=r"first ends on 2033-12-31.*--ground"):
        ask(led, ground=" ")
    led.time.now = AFTERWARDS
    done = erase(led, ground="")
    assert (done.basis, done.ground) == ("period-over", None)


def test_without_a_ground_only_what_is_over_goes(led: Bureau) -> None:
    led.time.now = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    led.story(booking("K-2027", "10002", now="7654.32", wanted="7654.33"))
    later = led.case("K-2027").key
    assert later != led.case("KENMERK-772").key
    led.time.now = AFTERWARDS
    done = erase(led, ground="")
    assert done.pairs == (("nl.7y", 2026),)
    assert led.centre.parts.keys.there([later]) == {later}
    assert led.centre.parts.case_files.request_values(led.case("K-2027"))["account"] == "10002"


def test_an_open_case_of_the_person_is_in_the_way(led: Bureau) -> None:
    led.send(booking("OPEN-1", "10002", line="2100", now="99.99", wanted="98"))
    with pytest.raises(Refused, match=r"1 case is open or watched.*finish or withdraw"):
        ask(led)
    led.centre.desks.withdraw(led.case("OPEN-1").uid, led.who("carla"), "niet meer nodig")
    asked = ask(led)
    led.send(booking("OPEN-2", "10002", line="2100", now="99.99", wanted="97"))
    with pytest.raises(Refused, match="1 case is open"):
        led.centre.erasures.accept(asked.proposal, who(led, "lea.groot"))
    assert led.centre.parts.case_files.request_values(led.case("KENMERK-772"))


def test_a_legal_hold_is_in_the_way_until_it_is_released(led: Bureau) -> None:
    holds, lea = led.centre.erasures.holds, who(led, "lea.groot")
    asked = ask(led)
    hold = holds.hold_person(CLIENT, "10002", "rechtbank 26/1881", lea)
    for step in (
        lambda: ask(led, ground="another"),
        lambda: led.centre.erasures.accept(asked.proposal, lea),
    ):
        with pytest.raises(Refused, match=f"legal hold.*erase release {hold}"):
            step()
    with led.centre.parts.database.read() as connection:
        (active,) = holds.active(connection)
    assert (active.person, active.reason, active.by) == ("10002", "rechtbank 26/1881", lea.uid)
    assert b"10002" not in led.entries_of("legal-hold-set")[-1].data
    erase(led, "10003")  # somebody else is not held
    holds.release(hold, led.who("ines"))
    with pytest.raises(NotFound, match="no legal hold"):
        holds.release(hold, led.who("ines"))
    led.centre.erasures.accept(asked.proposal, lea)
    assert led.entries_of("erasure-done")


def test_a_hold_on_a_class_and_year_holds_everybody_in_it(led: Bureau) -> None:
    holds = led.centre.erasures.holds
    holds.hold_class(CLIENT, "nl.7y", 2026, "onderzoek rekenkamer", led.who("ines"))
    with pytest.raises(Refused, match="legal hold"):
        ask(led)
    with pytest.raises(NotFound, match="Nothing is kept about a person 99999"):
        holds.hold_person(CLIENT, "99999", "x", led.who("ines"))


def test_somebody_about_whom_nothing_is_kept_is_not_known(led: Bureau) -> None:
    with pytest.raises(NotFound, match="Nothing is kept about a person 99999"):
        ask(led, "99999")
    with pytest.raises(NotFound, match="of these classes"):
        led.centre.erasures.ask_person(
            CLIENT, "10002", led.who("ines"), ground=GROUND, pairs={("nl.7y", 2025)}
        )


def test_what_broke_off_after_both_agreed_is_finished_and_nothing_is_suspicious_meanwhile(
    led: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, key = ask(led), led.case("KENMERK-772").key

    def dead(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(led.centre.parts.journal, "write_alone", dead)
        with pytest.raises(KeyboardInterrupt):
            led.centre.erasures.accept(asked.proposal, who(led, "lea.groot"))
    assert led.centre.parts.keys.there([key]) == set()
    (unfinished,) = led.centre.erasures.unfinished()
    assert unfinished.proposal == asked.proposal
    led.assert_intact()
    (done,) = led.centre.erasures.finish()
    assert done.done_at is not None
    assert led.centre.erasures.finish() == []
    assert len(led.entries_of("erasure-done")) == 1
    led.assert_intact()


def test_a_key_that_a_copy_brought_back_is_destroyed_again(led: Bureau, tmp_path: Path) -> None:
    led.close()
    copy = {path.name: path.read_bytes() for path in led.home.glob("keys.db*")}
    key = led.case("KENMERK-772").key
    erase(led)
    led.close()
    for path in led.home.glob("keys.db*"):
        path.unlink()
    for name, data in copy.items():
        (led.home / name).write_bytes(data)
    assert led.centre.parts.keys.there([key]) == {key}
    assert [one.keys for one in led.centre.erasures.finish()] == [{key}]
    assert led.centre.parts.keys.there([key]) == set()


def test_a_new_request_about_the_same_person_gets_a_new_key_and_works(led: Bureau) -> None:
    old = led.case("KENMERK-772").key
    erase(led)
    led.story(booking("NIEUW-1", "10002", line="2100", now="99.99", wanted="101"))
    row = led.case("NIEUW-1")
    assert row.state == "done"
    assert row.key != old
    assert led.centre.parts.case_files.request_values(row)["account"] == "10002"


def test_a_follow_up_of_something_erased_is_handled(led: Bureau) -> None:
    erase(led)
    led.story(
        booking("NIEUW-2", "10002", line="2100", now="99.99", wanted="102", follows="KENMERK-772")
    )
    assert led.state("NIEUW-2") == "done"


def test_workbooks_are_answered_on_and_say_nothing_of_what_was_erased(led: Bureau) -> None:
    led.send(
        booking("OUD-1", "10003", now="1800", wanted="1802"),
        booking("OUD-2", remark="even wachten"),
    )
    led.run()
    assert (led.state("OUD-1"), led.state("OUD-2")) == ("done", "with-person")
    erase(led, "10003")
    written = len(led.entries_of("answer-written"))
    assert {one.final for one in led.centre.answers.answer_all(CLIENT)} == {True, False}
    # The delivery with an open case is answered anew; those that are closed are left as they were sent.
    assert len(led.entries_of("answer-written")) == written + 1


def test_nothing_can_be_done_with_a_case_that_was_erased(led: Bureau) -> None:
    erase(led)
    with pytest.raises(Refused, match="was erased: nothing of it can be changed"):
        led.centre.desks.reply(led.case("KENMERK-772").uid, led.who("olga"), "toch nog iets")


def test_what_cannot_be_reached_is_listed(led: Bureau) -> None:
    asked = ask(led)
    text = "\n".join(asked.beyond.lines)
    assert "deliveries of several persons" in text
    assert "nl.7y 2026, until 2033-12-31" in text
    assert "not stated ([backups] database_days" in text
    assert "target systems" in text
    assert asked.beyond.counts["left_workbooks"] == 1
    assert asked.beyond.counts["left_backup_days"] is None
    shown = led.centre.parts.proposals.show(asked.proposal, who(led, "lea.groot"))
    assert any(line.startswith("not reached: ") for line in shown.lines)
    assert any("NOT over" in line for line in shown.lines)


def test_the_window_of_backups_is_what_the_settings_state(led: Bureau) -> None:
    led.close()
    with (led.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write("\n[backups]\ndatabase_days = 30\nkeys_days = 14\n")
    asked = ask(led)
    text = "\n".join(asked.beyond.lines)
    assert "for 30 more days: unreadable without the keys" in text
    assert "for 14 more days" in text
    led.centre.erasures.accept(asked.proposal, who(led, "lea.groot"))
    assert led.entries_of("erasure-done")[-1].rpa["detail"]["left_key_backup_days"] == 14


@pytest.mark.parametrize("wrong", ["days = 3", 'keys_days = "30"', "database_days = -1"])
def test_a_window_of_backups_that_cannot_be_read_is_refused_with_what_to_write(
    led: Bureau, wrong: str
) -> None:
    led.close()
    with (led.home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[backups]\n{wrong}\n")
    with pytest.raises(SettingsWrong, match="write database_days = 30 and keys_days = 30"):
        load_home(led.home)


def test_a_proposal_keeps_nothing_of_whom_it_was_about(led: Bureau) -> None:
    asked, declined = ask(led), ask(led, "10003")
    proposals = led.centre.parts.proposals
    proposals.decline(declined.proposal, who(led, "lea.groot"))
    led.centre.erasures.accept(asked.proposal, who(led, "lea.groot"))
    assert proposals.waiting(led.who("ines")) == []
    with led.centre.parts.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT sealed FROM proposals").scalars().all()
    assert rows == [b"", b""]


def test_somebody_of_ours_who_left_is_erased_when_nothing_depends_on_them(led: Bureau) -> None:
    led.settings(
        people=(Person(handle="oud.collega", name="Oscar Uitdienst", roles=(Role.OPERATOR,)),)
    )
    gone = who(led, "oud.collega")
    centre = led.centre
    centre.search.find(gone, _nothing())
    with pytest.raises(Refused, match="A mandate of 'noordwijk' in force names this person"):
        centre.erasures.ask_one_of_ours("anna.kok", led.who("ines"), ground=GROUND)
    asked = centre.erasures.ask_one_of_ours("oud.collega", led.who("ines"), ground=GROUND)
    done = centre.erasures.accept(asked.proposal, who(led, "lea.groot"))
    assert (done.what, done.staff, done.client) == ("staff", gone.uid, None)
    with centre.parts.database.read() as connection:
        assert centre.parts.people.by_handle(connection, "oud.collega") is None
        assert gone.uid not in centre.parts.people.names(connection)
        assert centre.stories.names(connection).at(gone.uid, 2**50) == gone.uid
    led.assert_intact()
    with pytest.raises(NotAllowed, match="yourself"):
        centre.erasures.ask_one_of_ours("ines.bakker", led.who("ines"), ground=GROUND)


def _nothing() -> object:
    from paraplu.assurance.questions.question import Question

    return Question(kinds=frozenset({"log-opened"}))


def test_an_order_about_nobody_is_not_touched(led: Bureau) -> None:
    led.story(*order("BESTEL-99"), service=ORDER)
    row = led.case("BESTEL-99", ORDER)
    erase(led)
    assert led.centre.parts.case_files.request_values(row)["reference"] == "BESTEL-99"
    with led.centre.parts.database.read() as connection:
        lying = erasures.lying(connection, CLIENT)
    assert sum(one.cases for one in lying) == len(led.every_case())
