"""The outbox: sends what notices there are, one mail a person, and writes down what became of it.

A mail that does not get through is tried again, later and later, and given up after some days; one that the
server refuses for good is given up at once. Nothing is lost without an entry. How sure it is that nothing
is sent twice stands in `paraplu.store.notices`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.mail import Letter
from paraplu.domain.notice import GIVEN_UP_AFTER, Grouping, NoticeKind, wait_after
from paraplu.engine.askings import Askings
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.journal import OURSELVES, words
from paraplu.engine.letters import Letters
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.errors import MailFailed, Refused
from paraplu.store import notices

Post = Callable[[Letter], None]
"""Hands one letter to the mail server. Raises `MailFailed`; returns when the server has taken it."""

_HOUR = timedelta(hours=1)
_HELD = timedelta(minutes=5)  # longer than a mail server may take


@dataclass
class Sending:
    """What one call sent: mails, the notices in them, mails that failed (why, in words), notices given up."""

    mails: int = 0
    notices: int = 0
    failed: int = 0
    given_up: int = 0
    why: str = ""


class Outbox:
    """Sends notices by `post`; without one nothing is sent, and what waits is listed."""

    def __init__(
        self, parts: Parts, post: Post | None, link: str = "", grouping: Grouping | None = None
    ) -> None:
        self._parts = parts
        self._askings = Askings(parts)
        self._database = parts.database
        self._clock = parts.clock
        self._post = post
        self._link = link
        self._grouping = grouping or Grouping()

    def look_and_send(self) -> Sending:
        """Pass approvals on, find what people must be told, and send it: the whole turn of the clock."""
        self._askings.look()
        self._parts.notices.look()
        return self.send()

    @property
    def sends(self) -> bool:
        """Whether there is a mail server to send by."""
        return self._post is not None

    def send(self, *, at_once: bool = False) -> Sending:
        """Send what is due, person by person. For the clock, every minute or so.

        With `at_once` nothing is gathered first. After a mail that failed because of the server nobody else's
        is tried in the same call.
        """
        done = Sending()
        if self._post is None:
            return done
        now = self._clock.ms()
        with self._database.read() as connection:
            waiting = notices.waiting(connection, now)
        if not waiting:
            return done
        too_old = to_ms(from_ms(now) - GIVEN_UP_AFTER)
        old = [row for rows in waiting.values() for row in rows if row.made_at < too_old]
        done.given_up += self._give_up(old, "too-old")
        for person, rows in waiting.items():
            fresh = [row for row in rows if row.made_at >= too_old]
            if (
                fresh
                and (at_once or self._goes(person, fresh))
                and not self._one(self._post, person, done)
            ):
                break
        return done

    def test(self, to: Known) -> str:
        """Send a test to a person, now. Gives the address. Raises `MailFailed`, `Refused` without address."""
        if self._post is None:
            raise Refused(
                "This home sends no mail: add [mail] with host and from to its settings.toml."
            )
        address = to.person.email
        if not address:
            raise Refused(
                "You have no mail address here: add email to your [[person]] and apply the file."
            )
        with self._database.read() as connection:
            letters = self._letters(connection)
        uid, language = self._clock.uid(), letters.language(to.person.clients)
        self._post(letters.write_test(uid, address, language, self._clock.now()))
        self._parts.journal.write_alone(
            "notice-sent",
            to.hand,
            detail={"person": to.uid, "mail": uid, "kinds": ["test"], "count": 1},
        )
        return address

    def _letters(self, connection: Connection) -> Letters:
        parts = self._parts
        return Letters(parts.wording, parts.clients.every(connection), self._link)

    def _goes(self, person: str, rows: Sequence[Any]) -> bool:
        now = self._clock.now()
        with self._database.read() as connection:
            mails = notices.mails_since(connection, person, to_ms(now - _HOUR), to_ms(now))
        return self._grouping.goes(_waiting(rows), mails, now)

    def _one(self, post: Post, person: str, done: Sending) -> bool:
        """One mail to one person. False when the server does not take mails now."""
        mail, now = self._clock.uid(), self._clock.now()
        with self._database.write() as connection:
            notices.hold_person(connection, person)
            # Somebody else may have sent one between the look and now.
            sent = notices.mails_since(connection, person, to_ms(now - _HOUR), to_ms(now))
            if sent >= self._grouping.most_an_hour:
                return True
            rows = notices.claim(connection, person, mail, to_ms(now), to_ms(now + _HELD))
            known = self._parts.people.by_uid(connection, person)
            letters = self._letters(connection)
        if not rows:
            return True
        if known is None or not known.person.email:
            done.given_up += self._give_up(rows, "no-address")
            return True
        language = letters.language(known.person.clients)
        letter = letters.write(mail, known.person.email, language, rows, now)
        try:
            post(letter)
        except MailFailed as error:
            done.failed, done.why = done.failed + 1, str(error)
            if error.for_ever:
                done.given_up += self._give_up(rows, error.code)
                return True
            later = self._clock.now() + wait_after(max(row.tries for row in rows))
            with self._database.write() as connection:
                notices.not_sent(connection, mail, error.code, to_ms(later))
            return error.code == "put-off"
        self._tell_sent(person, mail, rows)
        done.mails, done.notices = done.mails + 1, done.notices + len(rows)
        return True

    def _tell_sent(self, person: str, mail: str, rows: Sequence[Any]) -> None:
        with self._database.write() as connection:
            notices.sent(connection, mail, self._clock.ms())
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "notice-sent",
                    OURSELVES,
                    detail={
                        "person": person,
                        "mail": mail,
                        "kinds": words(row.kind for row in rows),
                        "count": len(rows),
                    },
                ),
            )

    def _give_up(self, rows: Sequence[Any], why: str) -> int:
        """Try these no more; an entry for each person tells of it."""
        persons = Counter(row.person for row in rows)
        given_up = 0
        for person in persons:
            mine = [row for row in rows if row.person == person]
            with self._database.write() as connection:
                number = notices.give_up(
                    connection, [row.uid for row in mine], why, self._clock.ms()
                )
                if number == 0:
                    continue
                given_up += number
                self._parts.journal.write(
                    connection,
                    self._parts.journal.entry(
                        "notice-given-up",
                        OURSELVES,
                        status_code=why,
                        detail={
                            "person": person,
                            "kinds": words(row.kind for row in mine),
                            "count": number,
                        },
                    ),
                )
        return given_up


def _waiting(rows: Sequence[Any]) -> list[tuple[NoticeKind, Any]]:
    return [(NoticeKind(row.kind), from_ms(row.made_at)) for row in rows]
