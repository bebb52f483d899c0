"""Who is told of what: each thing once, nobody without reason, and nothing that is personal."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from bureau import BOOKING, CLIENT, PEOPLE, START, Bureau, booking
from post import LINK, address, give_addresses, rows, told

from leaks import leaks
from paraplu.domain.notice import FACTS, NoticeKind, Sort
from paraplu.engine.letters import MORE, ONE, SENTENCES, SUBJECT_MORE, TITLES, Letters
from paraplu.engine.notices import facts_of
from paraplu.errors import SettingsWrong
from paraplu.store import tables

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def facts(bureau: Bureau, kind: str) -> dict[str, object]:
    """What the one notice of a kind says; the same to everybody."""
    (one,) = {row.facts for row in rows(bureau, kind)}
    found: dict[str, object] = json.loads(one)
    return found


def test_the_contact_who_delivered_is_told_what_was_taken_in_and_when_it_is_done(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"), booking("A-2"), booking("A-1"), {"reference": "A-3"})
    assert told(bureau, "receipt-taken-in") == {"Carla"}
    assert facts(bureau, "receipt-taken-in") == {
        "service": BOOKING,
        "rows": 4,
        "received": 2,
        "refused": 1,
        "duplicates": 1,
        "expected": "2026-11-20",  # Tuesday and three working days
    }


def test_a_delivery_by_the_service_centre_is_confirmed_to_nobody(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), by="olga")
    assert rows(bureau) == []


def test_a_delivery_that_is_stopped_is_told_to_its_contact_and_the_operators(
    bureau: Bureau,
) -> None:
    bureau.deliver(b"no workbook")
    assert told(bureau, "receipt-stopped") == {"Carla", "Olga", "Ines"}


def test_cases_that_were_set_aside_are_told_to_operators_once_a_run(bureau: Bureau) -> None:
    also = booking("A-2", "10002", now="3100.00", wanted="3200.00", remark="me too")
    bureau.story(booking("A-1", remark="call me"), also)
    assert told(bureau, "set-aside") == {"Olga", "Ines"}
    assert facts(bureau, "set-aside") == {"service": BOOKING, "handled": 2, "set_aside": 2}
    bureau.run()
    assert len(rows(bureau, "set-aside")) == 2


def test_something_that_nobody_asked_for_is_an_urgent_notice(bureau: Bureau) -> None:
    bureau.books.fault("drops-a-line", "2100")
    bureau.story(booking("A-1"))
    assert bureau.asks("A-1") == ["collateral"]
    (one, _other) = rows(bureau, "collateral")
    assert one.about == bureau.case("A-1").uid


def test_a_run_that_paused_itself_is_told_at_once(bureau: Bureau) -> None:
    bureau.books.fault("down")
    bureau.story(booking("A-1"))
    assert told(bureau, "circuit-open") == {"Olga", "Ines"}
    said = facts(bureau, "circuit-open")
    assert (said["service"], said["target"]) == (BOOKING, "ledger")
    assert datetime.fromisoformat(str(said["again_at"])) > bureau.time.now


def test_a_large_delivery_that_waits_for_a_word_is_told(bureau: Bureau) -> None:
    bureau.settings(limits={"many": 2, "first": 1})
    bureau.story(*(booking(f"A-{number}", f"1000{number}") for number in (1, 2, 3)))
    assert facts(bureau, "receipt-held")["why"] == "first-cases-shown"


def test_a_run_that_broke_off_is_told_and_one_that_others_go_on_with_is_not(
    bureau: Bureau,
) -> None:
    from paraplu.errors import FenceLost, Refused

    with bureau.centre.parts.database.write() as connection:
        uid = bureau.centre.runs.ask(connection, CLIENT, BOOKING, bureau.who("olga").uid)
    bureau.centre.runs.tell_of_failure(uid, FenceLost("x"))
    assert rows(bureau) == []
    bureau.centre.runs.tell_of_failure(uid, Refused("x"))
    assert told(bureau, "failing") == {"Olga", "Ines"}


def test_a_log_that_was_altered_is_told_to_administrators_once_a_day(bureau: Bureau) -> None:
    bureau.centre.proof.check()
    assert rows(bureau) == []
    with bureau.centre.parts.database.write() as connection:
        altered = tables.entries.update().where(tables.entries.c.place == 2)
        connection.execute(altered.values(leaf=bytes(32)))
    for _often in range(3):
        assert not bureau.centre.proof.check().intact
    assert told(bureau, "audit-broken") == {"Ines"}
    assert len(rows(bureau, "audit-broken")) == 1
    bureau.time.go_on(days=1)
    bureau.centre.proof.check()
    assert len(rows(bureau, "audit-broken")) == 2


def test_somebody_without_an_address_is_not_told_and_that_can_be_seen(bureau: Bureau) -> None:
    give_addresses(bureau, "olga")
    bureau.story(booking("A-1", remark="call me"))
    by_person = {row.person: row for row in rows(bureau, "set-aside")}
    assert by_person[bureau.who("olga").uid].why == "no-address"
    assert by_person[bureau.who("olga").uid].given_up_at is not None
    assert by_person[bureau.who("ines").uid].given_up_at is None


def test_only_operators_of_the_client_are_told(bureau: Bureau) -> None:
    people = [
        one.model_copy(update={"clients": ("elsewhere",)}) if one.handle == "olga.smit" else one
        for one in PEOPLE
    ]
    bureau.file = bureau.file.model_copy(update={"person": tuple(people)})
    bureau.settings()
    bureau.send(booking("A-1", remark="call me"))
    bureau.centre.runs.run(CLIENT, BOOKING, bureau.who("ines"))
    assert told(bureau, "set-aside") == {"Ines"}


# What time brings up ---------------------------------------------------------------------------------


def at(bureau: Bureau, day: date, hour: int, minute: int = 0) -> None:
    """Set the clock to an hour in Amsterdam."""
    bureau.time.now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=AMSTERDAM)


def test_overdue_cases_are_told_when_their_day_is_over_and_then_each_working_morning(
    bureau: Bureau,
) -> None:
    look = bureau.centre.parts.notices.look
    bureau.send(booking("A-1"), booking("A-2"), by="olga")
    friday = date(2026, 11, 20)
    at(bureau, friday, 16, 59)
    assert look() == 0
    at(bureau, friday, 17, 1)
    assert look() == 2 and look() == 0  # Olga and Ines
    assert facts(bureau, "overdue") == {"service": BOOKING, "cases": 2, "day": "2026-11-20"}
    for hours in range(1, 64):  # the weekend, hour by hour, to Monday 8:59
        bureau.time.now = datetime(2026, 11, 20, 17, 59, tzinfo=AMSTERDAM) + timedelta(
            hours=hours - 1
        )
        assert look() == 0
    at(bureau, date(2026, 11, 23), 9, 0)
    assert look() == 2 and look() == 0
    assert facts(bureau, "still-overdue") == {"service": BOOKING, "cases": 2, "since": "2026-11-20"}
    at(bureau, date(2026, 11, 24), 9, 30)
    assert look() == 2


def test_an_exception_that_should_have_been_seen_to_earlier_is_overdue_from_then_on(
    bureau: Bureau,
) -> None:
    bureau.story(booking("A-1", remark="call me"))
    soon = int((bureau.time.now + timedelta(hours=2)).timestamp() * 1000)
    with bureau.centre.parts.database.write() as connection:
        connection.execute(tables.exceptions.update().values(due=soon))
    assert bureau.centre.parts.notices.look() == 0
    bureau.time.go_on(hours=3)
    assert bureau.centre.parts.notices.look() == 2
    bureau.hand_back("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"
    at(bureau, date(2026, 12, 1), 9, 30)
    assert bureau.centre.parts.notices.look() == 0


def test_what_is_overdue_for_days_when_the_clock_starts_is_told_in_one_sentence(
    bureau: Bureau,
) -> None:
    for number in range(5):
        bureau.send(booking(f"A-{number}"), by="olga")
        bureau.time.go_on(days=1)
    at(bureau, date(2026, 12, 9), 10)
    assert bureau.centre.parts.notices.look() == 2
    assert facts(bureau, "still-overdue")["cases"] == 5


def credentials(bureau: Bureau, expires: str) -> None:
    path = bureau.home / "secrets" / "credentials.toml"
    text = path.read_text("utf-8").replace(
        "[ledger-robot]\n", f"[ledger-robot]\nexpires = {expires}\n"
    )
    path.write_text(text, "utf-8")


def test_administrators_are_told_fourteen_days_before_a_password_expires(bureau: Bureau) -> None:
    credentials(bureau, "2026-12-11")
    look = bureau.centre.parts.notices.look
    days = {}
    at(bureau, date(2026, 11, 20), 12)
    for _day in range(30):
        if look():
            days[bureau.time.now.date()] = [facts_of(row)["days"] for row in rows(bureau)][-1]
        bureau.time.go_on(days=1)
    assert days == {
        date(2026, 11, 27): 14,
        date(2026, 12, 4): 7,
        date(2026, 12, 9): 2,
        date(2026, 12, 11): 0,
    }
    assert told(bureau, "password-expires") == {"Ines"}


def test_a_day_that_cannot_be_read_hides_nothing_else(bureau: Bureau) -> None:
    credentials(bureau, '"next month"')
    bureau.send(booking("A-1"), by="olga")
    bureau.time.go_on(days=4)
    with pytest.raises(SettingsWrong, match="expires = 2027-01-31"):
        bureau.centre.parts.notices.look()
    assert told(bureau, "overdue") | told(bureau, "still-overdue") == {"Olga", "Ines"}


def test_what_was_settled_long_ago_is_forgotten(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="call me"))
    assert len(rows(bureau)) == 3
    bureau.hand_back("A-1")
    bureau.run()
    bureau.time.go_on(days=91)
    bureau.centre.parts.notices.look()
    assert [row.why for row in rows(bureau)] == [None]  # Carla's has an address and waits


# Words ------------------------------------------------------------------------------------------------


def letters(bureau: Bureau, link: str = LINK) -> Letters:
    parts = bureau.centre.parts
    with parts.database.read() as connection:
        return Letters(parts.wording, parts.clients.every(connection), link)


def test_a_mail_has_nothing_personal_in_it_whatever_it_tells_of(
    bureau: Bureau, tmp_path: Path
) -> None:
    give_addresses(bureau)
    bureau.send(
        booking("SECRET-REF-1", "10002", remark="ask Zbigniew", wanted="4321.09"),
        booking("SECRET-REF-2", "10003", wanted="9876.54"),
        {"reference": "SECRET-REF-3", "account": "77777"},
    )
    bureau.run()
    bureau.deliver(b"Zbigniew 4321.09")
    at(bureau, date(2026, 11, 23), 9, 30)
    bureau.centre.parts.notices.look()
    found = rows(bureau)
    assert {row.kind for row in found} >= {
        "receipt-taken-in",
        "receipt-stopped",
        "set-aside",
        "still-overdue",
    }
    mails = [
        letters(bureau).write("x", "y@z", language, found, START) for language in ("en", "nl", "da")
    ]
    private = ["SECRET-REF", "Zbigniew", "4321", "9876", "10002", "77777", "delivery 1", ".xlsx"]
    private += [part for person in PEOPLE for part in (person.name, person.handle)]
    private += [address(person.handle) for person in PEOPLE]
    kept = [json.dumps(dict(row._mapping)) for row in found]
    said = [f"{one.subject}\n{one.text}" for one in mails]
    assert leaks(private, [*said, *kept]) == []
    assert all("Gemeente Noordwijk aan Meer" in text for text in said)
    assert leaks(["Noordwijk aan Meer"], said) != []  # so that this test would see something


def test_everything_that_is_said_in_mails_is_translated(bureau: Bureau) -> None:
    from paraplu.engine import letters as words

    texts = [*TITLES.values(), *(text for said in SENTENCES.values() for _why, text in said)]
    texts += [one for _what, one in words.ONE.values()]
    texts += [words.MORE, words.SUBJECT_MORE, words.IN_ZONE, words.OURSELVES, words.FOOT]
    texts += [words.TEST_SUBJECT, words.TEST_TEXT]
    for language in ("nl", "da"):
        wording = bureau.centre.parts.wording(language)
        assert [text for text in texts if wording.text(text) == text] == []


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_title_and_says_something_that_uses_its_facts(kind: NoticeKind) -> None:
    assert TITLES[kind]
    used = " ".join(text for _why, text in SENTENCES[kind])
    silent = {"why", "then", "run"}  # these choose the sentence, or are for the link
    assert {name for name in FACTS[kind] if f"{{{name}}}" not in used} <= silent


def test_every_sentence_that_counts_has_a_form_for_one() -> None:
    counted = {*ONE, MORE}  # "and 1 more like this" is as it should be, in each language
    for kind, sentences in SENTENCES.items():
        figures = {f"{{{name}}}" for name, sort in FACTS[kind].items() if sort is Sort.FIGURE}
        for why, text in sentences:
            many = why in ("first-cases-shown", "too-many-exceptions")  # one case is not large
            listed = text.startswith("Received: ")
            if any(figure in text for figure in figures) and not many and not listed:
                assert text in counted
    said = {text for sentences in SENTENCES.values() for _why, text in sentences}
    assert set(ONE) <= said | {SUBJECT_MORE}


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (
            "en",
            "Paraplu: Cases are still overdue, and one more notice",
            ": one case is overdue, since",
        ),
        (
            "nl",
            "Paraplu: Zaken zijn nog steeds over tijd, en nog één bericht",
            ": één zaak is over",
        ),
        (
            "da",
            "Paraplu: Sager er stadig over fristen, og én besked mere",
            ": én sag er over fristen",
        ),
    ],
)
def test_one_is_said_as_one(bureau: Bureau, language: str, subject: str, text: str) -> None:
    parts = bureau.centre.parts
    with parts.database.write() as connection:
        for number in (1, 2):
            said = {"service": BOOKING, "cases": number, "since": date(2026, 11, number)}
            parts.notices.tell(
                connection,
                NoticeKind.STILL_OVERDUE,
                f"about-{number}",
                CLIENT,
                said,
                [bureau.who("olga")],
            )
    letter = letters(bureau).write("x", "y@z", language, rows(bureau), START)
    assert letter.subject == subject
    assert text in letter.text


def test_what_is_much_of_one_kind_is_a_number(bureau: Bureau) -> None:
    parts = bureau.centre.parts
    with parts.database.write() as connection:
        for number in range(20):
            about = f"0193a5b0-7c1e-7d3a-9d55-{number:012}"
            said = {"service": BOOKING, "handled": 9, "set_aside": number}
            parts.notices.tell(
                connection, NoticeKind.SET_ASIDE, about, CLIENT, said, [bureau.who("olga")]
            )
    letter = letters(bureau).write("x", "y@z", "nl", rows(bureau), START)
    assert letter.subject == "Paraplu: Zaken hebben een medewerker nodig, en nog 19 berichten"
    assert letter.text.count("* ") == 6
    assert "en nog 15 van deze soort" in letter.text
    assert f"{LINK}/runs/0193a5b0-7c1e-7d3a-9d55-000000000000" in letter.text


def test_without_a_link_a_mail_names_the_command(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="call me"))
    letter = letters(bureau, "").write("x", "y@z", "en", rows(bureau, "set-aside")[:1], START)
    assert "paraplu cases list --client noordwijk --state with-person" in letter.text
    assert "http" not in letter.text


def test_times_are_those_of_the_client(bureau: Bureau) -> None:
    parts = bureau.centre.parts
    with parts.database.write() as connection:
        said = {"service": BOOKING, "schedule": f"{CLIENT}/morning", "planned_for": START}
        parts.notices.tell(connection, NoticeKind.MISSED, "x", CLIENT, said, [bureau.who("olga")])
    letter = letters(bureau).write("x", "y@z", "en", rows(bureau), START)
    assert "planned for 2026-11-17 10:00 was missed" in letter.text  # 9:00 UTC
    assert "Gemeente Noordwijk aan Meer (times of Europe/Amsterdam)" in letter.text


def test_somebody_is_written_to_in_the_language_that_their_clients_share(bureau: Bureau) -> None:
    from paraplu import Client

    dutch = Client(id="a-a", name="A", language="nl")
    danish = Client(id="b-b", name="B", language="da")
    chosen = Letters(bureau.centre.parts.wording, [dutch, danish], "")
    assert [chosen.language(one) for one in (["a-a"], ["b-b"], ["a-a", "b-b"], [])] == [
        "nl",
        "da",
        "en",
        "en",
    ]
