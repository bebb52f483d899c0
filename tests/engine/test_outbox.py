"""Notices go out as few mails, to a real mail server, and what does not get through is not lost unseen."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from bureau import BOOKING, CLIENT, Bureau
from post import address, give_addresses, outbox, rows

from mailserver import MailServer, mail_server
from paraplu.domain.mail import Letter, MailSettings
from paraplu.domain.notice import Grouping, NoticeKind
from paraplu.engine.outbox import Outbox
from paraplu.errors import MailFailed, Refused
from paraplu.settings import load_home

ORDINARY, URGENT = NoticeKind.SET_ASIDE, NoticeKind.CIRCUIT_OPEN
OLGA, INES = address("olga"), address("ines")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def bureau(bureau: Bureau) -> Bureau:
    """With mail addresses for everybody."""
    give_addresses(bureau)
    return bureau


def tell(bureau: Bureau, about: str, kind: NoticeKind = ORDINARY, to: str = "olga") -> int:
    parts = bureau.centre.parts
    with parts.database.write() as connection:
        return parts.notices.tell(
            connection, kind, about, CLIENT, {"service": BOOKING}, [bureau.who(to)]
        )


def sent_entries(bureau: Bureau, kind: str = "notice-sent") -> list[dict[str, object]]:
    return [one.document["rpa"]["detail"] for one in bureau.entries() if one.kind == kind]


def test_what_comes_within_ten_minutes_is_one_mail(bureau: Bureau, server: MailServer) -> None:
    box = outbox(bureau, server)
    for number in range(9):
        tell(bureau, f"run-{number}")
        assert box.send().mails == 0
        bureau.time.go_on(minutes=1)
    bureau.time.go_on(minutes=1)
    assert (box.send().mails, box.send().mails) == (1, 0)
    (one,) = server.of(OLGA)
    assert one.mail["Subject"] == "Paraplu: Cases need a person, and 8 more notices"
    assert sent_entries(bureau) == [
        {
            "person": bureau.who("olga").uid,
            "mail": one.mail["Message-ID"][1:37],
            "kinds": ["set-aside"],
            "count": 9,
        }
    ]
    bureau.assert_intact()


def test_an_urgent_notice_goes_at_once_and_takes_the_others_along(
    bureau: Bureau, server: MailServer
) -> None:
    box = outbox(bureau, server)
    tell(bureau, "run-1")
    tell(bureau, "run-1", to="ines")
    tell(bureau, "run-2", URGENT)
    assert (box.send().mails, box.send().mails) == (1, 0)
    assert len(server.of(OLGA)) == 1 and server.of(INES) == []
    assert server.took[0].mail["Subject"].startswith("Paraplu: A run has paused itself")


@pytest.mark.slow
def test_nobody_gets_more_mails_an_hour_than_agreed_and_nothing_is_lost(
    bureau: Bureau, server: MailServer
) -> None:
    box = outbox(bureau, server, Grouping(most_an_hour=3))
    for number in range(90):
        tell(bureau, f"run-{number}", URGENT)
        box.send()
        bureau.time.go_on(minutes=1)
    assert len(server.of(OLGA)) == 6  # three at once, and three in the second hour
    bureau.time.go_on(hours=1)
    box.send()
    assert all(row.sent_at is not None for row in rows(bureau))


def test_somebody_is_not_told_the_same_twice(bureau: Bureau, server: MailServer) -> None:
    assert [tell(bureau, "run-1"), tell(bureau, "run-1"), tell(bureau, "run-1", URGENT)] == [
        1,
        0,
        1,
    ]
    outbox(bureau, server).send(at_once=True)
    assert tell(bureau, "run-1") == 0
    assert len(server.took) == 1


def test_a_server_that_is_down_is_tried_later_and_later_and_then_the_mail_arrives(
    bureau: Bureau, server: MailServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = outbox(bureau, int(free.getsockname()[1]), step=1)
    tell(bureau, "run-1", URGENT)
    first = nobody.send()
    assert (first.mails, first.failed) == (0, 1)
    assert "does not answer" in first.why
    assert nobody.send().failed == 0  # not before a minute is over
    (row,) = rows(bureau)
    assert (row.tries, row.why, row.sent_at) == (1, "down", None)
    bureau.time.go_on(minutes=1, seconds=1)
    assert nobody.send().failed == 1
    bureau.time.go_on(minutes=1, seconds=1)
    assert nobody.send().failed == 0  # two minutes now
    bureau.time.go_on(minutes=1)
    assert outbox(bureau, server).send().mails == 1
    (row,) = rows(bureau)
    assert (row.tries, row.why) == (3, None)


def test_what_could_not_be_sent_for_days_is_given_up_with_an_entry(
    bureau: Bureau, server: MailServer
) -> None:
    tell(bureau, "run-1")
    tell(bureau, "run-2")
    bureau.time.go_on(days=3, minutes=1)
    tell(bureau, "run-3", URGENT)
    done = outbox(bureau, server).send()
    assert (done.given_up, done.notices) == (2, 1)
    assert sent_entries(bureau, "notice-given-up") == [
        {"person": bureau.who("olga").uid, "kinds": ["set-aside"], "count": 2}
    ]


def test_one_person_whose_address_is_refused_stops_nobody_else(
    bureau: Bureau, server: MailServer
) -> None:
    server.to_recipient[OLGA] = "550 5.1.1 Unknown"
    tell(bureau, "run-1")
    tell(bureau, "run-1", to="ines")
    done = outbox(bureau, server).send(at_once=True)
    assert (done.mails, done.given_up) == (1, 1)
    assert len(server.of(INES)) == 1
    assert {row.why for row in rows(bureau)} == {None, "refused"}
    assert len(sent_entries(bureau, "notice-given-up")) == 1
    bureau.time.go_on(hours=9)
    assert outbox(bureau, server).send(at_once=True).failed == 0


def test_greylisting_of_one_person_puts_off_that_one_only(
    bureau: Bureau, server: MailServer
) -> None:
    server.to_recipient[OLGA] = "451 4.7.1 Try again"
    tell(bureau, "run-1")
    tell(bureau, "run-1", to="ines")
    assert outbox(bureau, server).send(at_once=True).mails == 1
    server.to_recipient.clear()
    bureau.time.go_on(minutes=2)
    assert outbox(bureau, server).send(at_once=True).mails == 1
    assert (len(server.of(OLGA)), len(server.of(INES))) == (1, 1)


def test_senders_that_send_at_the_same_time_send_each_notice_once(
    bureau: Bureau, server: MailServer
) -> None:
    for number in range(30):
        tell(bureau, f"run-{number}", URGENT, to="olga" if number % 2 else "ines")
    server.slow = 0.1
    boxes = [outbox(bureau, server) for _sender in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda box: box.send(), boxes))
    assert sum(one.notices for one in done) == 30
    assert len(server.took) == sum(one.mails for one in done) == 2
    assert all(row.tries == 1 and row.sent_at is not None for row in rows(bureau))


def test_a_sender_that_died_with_a_mail_in_hand_is_followed_by_another(
    bureau: Bureau, server: MailServer
) -> None:
    class Died(BaseException):
        pass

    def die(_letter: Letter) -> None:
        raise Died

    tell(bureau, "run-1", URGENT)
    with pytest.raises(Died):
        Outbox(bureau.centre.parts, die).send()
    assert outbox(bureau, server).send().mails == 0  # it may still be at it
    bureau.time.go_on(minutes=6)
    assert outbox(bureau, server).send().mails == 1
    assert rows(bureau)[0].tries == 2


def test_a_sender_that_was_suspended_does_not_take_anothers_success_for_its_own(
    bureau: Bureau, server: MailServer
) -> None:
    """It wakes up after the other one has sent the mail: sent twice, and told so in two entries."""
    other = outbox(bureau, server)

    def sleep(_letter: Letter) -> None:
        bureau.time.go_on(minutes=6)
        assert other.send().mails == 1
        raise MailFailed("broke off", "down")

    tell(bureau, "run-1", URGENT)
    Outbox(bureau.centre.parts, sleep).send()
    (row,) = rows(bureau)
    assert row.sent_at is not None and row.why is None


def test_a_person_who_lost_the_address_meanwhile_is_not_written_to(
    bureau: Bureau, server: MailServer
) -> None:
    tell(bureau, "run-1")
    give_addresses(bureau, "olga")
    assert outbox(bureau, server).send(at_once=True).given_up == 1
    assert server.took == []


def test_without_settings_of_mail_nothing_is_sent_and_nothing_is_lost(
    bureau: Bureau, server: MailServer
) -> None:
    tell(bureau, "run-1")
    assert not bureau.centre.outbox.sends
    assert bureau.centre.outbox.send(at_once=True).mails == 0
    with pytest.raises(Refused, match=r"add \[mail\]"):
        bureau.centre.outbox.test(bureau.who("ines"))
    assert outbox(bureau, server).send(at_once=True).mails == 1


def test_a_test_goes_to_who_asks_for_it_and_an_entry_tells_of_it(
    bureau: Bureau, server: MailServer
) -> None:
    assert outbox(bureau, server).test(bureau.who("ines")) == INES
    (one,) = server.took
    assert one.mail["Subject"] == "Paraplu: This is a test"
    assert sent_entries(bureau)[0]["kinds"] == ["test"]
    give_addresses(bureau, "ines")
    with pytest.raises(Refused, match="no mail address"):
        outbox(bureau, server).test(bureau.who("ines"))


# On the command line -----------------------------------------------------------------------------------


def paraplu(bureau: Bureau, *arguments: str) -> tuple[int, dict[str, object], str]:
    """One call of `paraplu notices ...`: exit code, what it says in JSON, and standard error."""
    bureau.close()
    command = [sys.executable, "-m", "paraplu.cli.main", "notices", *arguments, "--json"]
    ended = subprocess.run(
        [*command, "--home", str(bureau.home)], capture_output=True, text=True, timeout=120
    )
    return ended.returncode, json.loads(ended.stdout or "{}"), ended.stderr


def with_mail(bureau: Bureau, port: int) -> None:
    """Write [mail] into the settings of the home."""
    mail = MailSettings("127.0.0.1", "paraplu@ssc.example", port=port, security="none")
    replace(load_home(bureau.home), mail=mail).save()


@pytest.mark.slow
def test_on_the_command_line_mail_is_tested_notices_are_sent_and_listed(
    bureau: Bureau, server: MailServer
) -> None:
    with_mail(bureau, server.port)
    assert paraplu(bureau, "test")[:2] == (0, {"sent": True, "to": INES})
    tell(bureau, "run-1")
    bureau.time.go_on(minutes=1)
    code, listed, _err = paraplu(bureau, "list", "--unsent")
    assert (code, listed["sends"]) == (0, True)
    (one,) = listed["notices"]  # type: ignore[misc]
    assert (one["kind"], one["became"], one["to"]) == ("set-aside", "waits", "Olga Smit")


@pytest.mark.slow
def test_on_the_command_line_a_server_that_is_down_is_one_sentence(bureau: Bureau) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with_mail(bureau, port)
    code, said, err = paraplu(bureau, "test")
    assert code == 1 and "does not answer" in str(said["error"])
    assert "Traceback" not in err
