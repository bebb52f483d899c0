"""`notices`: what people were told, or should have been, and whether mail works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre


@click.group()
def notices() -> None:
    """List notices and whether they were sent; send what is due; send yourself a test."""


@notices.command("list")
@click.option("--unsent", is_flag=True, help="Those that were not sent only.")
@click.option("--most", default=50, show_default=True, help="The newest so many.")
@shared
def list_notices(session: Session, unsent: bool, most: int) -> None:
    """List notices, the newest first, with what became of them; yours only unless you run this place.

    \b
    Examples:
      paraplu notices list
      paraplu notices list --unsent --json
    """
    from paraplu.domain.person import Role
    from paraplu.store import notices as table

    with session.centre() as centre:
        by = session.acting(centre)
        everybody = by.person.has(Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR, Role.AUDITOR)
        with centre.parts.database.read() as connection:
            names = centre.parts.people.names(connection)
            rows = table.listed(
                connection, person=None if everybody else by.uid, unsent=unsent, most=most
            )
        listed = [
            _line(row, names)
            for row in rows
            if row.person == by.uid or row.client is None or by.person.sees(row.client)
        ]
        sends = centre.outbox.sends
    session.out.table(
        ("made (UTC)", "to", "kind", "client", "what", "became"),
        [
            (one["made"], one["to"], one["kind"], one["client"], _what(one), one["became"])
            for one in listed
        ],
    )
    if not sends:
        session.out.line("This home sends no mail: there is no [mail] in its settings.toml.")
    session.out.result({"notices": listed, "sends": sends})


def _line(row: Any, names: dict[str, str]) -> dict[str, Any]:
    from paraplu.engine.clock import from_ms
    from paraplu.engine.notices import facts_of

    def at(moment: int) -> str:
        return f"{from_ms(moment):%Y-%m-%d %H:%M}"

    if row.sent_at is not None:
        became = f"sent {at(row.sent_at)}"
    elif row.given_up_at is not None:
        became = f"not sent: {_REASONS.get(row.why, row.why)}"
    elif row.why is not None:
        became = f"tried {row.tries}x: {_REASONS.get(row.why, row.why)}; again {at(row.try_at)}"
    else:
        became = "waits"
    return {
        "notice": row.uid,
        "made": at(row.made_at),
        "to": names.get(row.person, row.person),
        "kind": row.kind,
        "client": row.client,
        "about": row.about,
        "facts": facts_of(row),
        "became": became,
        "why": row.why,
    }


_REASONS = {
    "no-address": "the person has no mail address",
    "too-old": "it could not be sent for days",
    "refused": "the mail server refuses it",
    "address": "the address is none",
    "put-off": "the mail server puts it off",
    "down": "the mail server does not answer",
    "certificate": "the mail server's certificate is not trusted",
    "tls": "the mail server does not speak TLS",
    "sign-in": "the mail server does not let Paraplu in",
    "sender-refused": "the mail server does not take the sender",
    "not-offered": "the mail server offers no STARTTLS or sign-in",
    "settings": "the settings of mail are wrong",
}


def _what(one: dict[str, Any]) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in one["facts"].items())


@notices.command()
@shared
def send(session: Session) -> int:
    """Look what people must be told, and send what is due now without gathering it first.

    \b
    Example:
      paraplu notices send
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None, Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)
        _require_mail(centre)
        passed_on = centre.desks.askings.look()
        new = centre.parts.notices.look()
        done = centre.outbox.send(at_once=True)
    session.out.line(
        f"{new} new notices; {done.mails} mails with {done.notices} notices were sent."
    )
    if done.given_up:
        session.out.line(f"{done.given_up} notices were given up: paraplu notices list --unsent")
    if done.why:
        session.out.line(f"Not sent: {done.why}")
    session.out.result(
        {
            "passed_on": passed_on,
            "new": new,
            "mails": done.mails,
            "notices": done.notices,
            "failed": done.failed,
            "given_up": done.given_up,
            "why": done.why,
        }
    )
    return 1 if done.failed else 0


@notices.command()
@shared
def test(session: Session) -> None:
    """Send a mail to yourself, now: whether mail works is known then.

    \b
    Example:
      paraplu notices test
    """
    with session.centre() as centre:
        by = session.acting(centre)
        address = centre.outbox.test(by)
    session.out.line(f"The mail server has taken a test for {address}: look whether it arrives.")
    session.out.result({"sent": True, "to": address})


def _require_mail(centre: Centre) -> None:
    from paraplu.errors import SettingsWrong

    if not centre.outbox.sends:
        raise SettingsWrong(
            f"This home sends no mail: add [mail] with host and from to {centre.home.path / 'settings.toml'}."
        )
