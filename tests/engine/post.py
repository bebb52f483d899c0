"""The mail of a bureau: its people with addresses, and an outbox that sends to the tests' mail server."""

from __future__ import annotations

from typing import Any

from bureau import PEOPLE, Bureau

from mailserver import MailServer
from paraplu.dispatch.mail import Mail
from paraplu.domain.credential import Credential
from paraplu.domain.mail import MailSettings
from paraplu.domain.notice import Grouping
from paraplu.engine.outbox import Outbox
from paraplu.store import notices

LINK = "https://paraplu.example"


def address(handle: str) -> str:
    """The address that somebody gets here."""
    return f"{handle.partition('.')[0]}@mail.example"


def give_addresses(bureau: Bureau, *without: str) -> None:
    """Everybody has a mail address, except those whose handle begins with one of `without`."""
    people = [
        person.model_copy(
            update={
                "email": None
                if person.handle.startswith(without or ("-",))
                else address(person.handle)
            }
        )
        for person in PEOPLE
    ]
    bureau.file = bureau.file.model_copy(update={"person": tuple(people)})
    bureau.settings()


def outbox(
    bureau: Bureau, server: MailServer | int, grouping: Grouping | None = None, **more: Any
) -> Outbox:
    """An outbox of the bureau that sends to this server (or port)."""
    port = server if isinstance(server, int) else server.port
    settings = MailSettings("127.0.0.1", "paraplu@ssc.example", port=port, security="none")
    mail = Mail(settings, _nobody, **more)
    return Outbox(bureau.centre.parts, mail.post, LINK, grouping)


def rows(bureau: Bureau, kind: str | None = None) -> list[Any]:
    """The notices there are, the oldest first."""
    with bureau.centre.parts.database.read() as connection:
        found = notices.listed(connection, most=100_000)
    return [row for row in reversed(found) if kind is None or row.kind == kind]


def told(bureau: Bureau, kind: str) -> set[str]:
    """The first names of those who are told something of this kind."""
    with bureau.centre.parts.database.read() as connection:
        names = bureau.centre.parts.people.names(connection)
    return {names[row.person].partition(" ")[0] for row in rows(bureau, kind)}


def _nobody(name: str) -> Credential:
    raise AssertionError(name)
