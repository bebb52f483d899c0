"""`init` and `doctor`: a home is made, and a home is looked over."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared, system_user

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre

_MOST_MOVED = 10  # planned runs that `doctor` names
_NEARLY_FULL = 500_000_000  # bytes
_CLOCK_OFF = 5.0  # seconds


@click.command()
@click.option("--name", help="Your own name, as others know you.")
@click.option("--handle", help="Your user name here: lower-case letters, digits, dots, hyphens.")
@click.option(
    "--database",
    metavar="URL",
    default="",
    help="A PostgreSQL database for several machines (else an SQLite file in the home).",
)
@click.option(
    "--keys", metavar="URL", default="", help="Another database, for the keys (else a file)."
)
@click.option(
    "--evidence", metavar="FOLDER", default="", help="A folder that all machines share (else here)."
)
@shared
def init(
    session: Session,
    name: str | None,
    handle: str | None,
    database: str,
    keys: str,
    evidence: str,
) -> None:
    """Make a home: databases, keys, audit log and its first person, you, as administrator.

    \b
    Examples:
      paraplu init --name "Ines Bakker"
      paraplu init --home /srv/paraplu --name "Ines Bakker" --handle ines
      paraplu init --name "Ines Bakker" --database postgresql+psycopg://paraplu@db.example/paraplu \\
        --keys postgresql+psycopg://paraplu@db.example/keys --evidence /mnt/evidence
    """
    from pydantic import ValidationError

    from paraplu.bootstrap import create_home
    from paraplu.domain.person import Person, Role
    from paraplu.errors import Refused
    from paraplu.settings import home_folder

    user = system_user()
    chosen = handle or "".join(c for c in user.lower() if c.isalnum() or c in "._-") or "admin"
    try:
        person = Person(
            handle=chosen,
            name=name or user,
            roles=(Role.ADMINISTRATOR, Role.OPERATOR),
            system_user=user,
        )
    except ValidationError:
        raise Refused(
            f"'{chosen}' cannot be a user name: use 2 to 40 lower-case letters, digits, dots or hyphens, "
            "beginning with a letter (--handle)."
        ) from None
    home, known = create_home(
        home_folder(session.home), person, database=database, keys=keys, evidence=evidence
    )
    session.out.line(f"Made a home in {home.path}.")
    session.out.line(
        f"You are '{person.handle}', administrator, bound to the system user '{user}'."
    )
    session.out.line(
        f"The audit log is called {home.log}. Keep a copy of {home.path / 'log.vkey'} elsewhere."
    )
    session.out.line("Next: paraplu apply schedules/<client>.toml")
    session.out.result({"home": str(home.path), "log": home.log, "person": known.uid})


@click.command()
@shared
def doctor(session: Session) -> int:
    """Say in words what is wrong with this installation, and what to do about it.

    \b
    Example:
      paraplu doctor
    """
    findings = _findings(session)
    bad = [finding for finding in findings if not finding[0]]
    for good, what in findings:
        session.out.line(f"{'ok   ' if good else 'WRONG'}  {what}")
    session.out.line()
    session.out.line(
        "Nothing is wrong." if not bad else f"{len(bad)} of {len(findings)} things are wrong."
    )
    session.out.result(
        {"healthy": not bad, "findings": [{"ok": good, "what": what} for good, what in findings]}
    )
    return 1 if bad else 0


def _findings(session: Session) -> list[tuple[bool, str]]:
    from paraplu.errors import ParapluError
    from paraplu.plugins import Plugins

    found: list[tuple[bool, str]] = []
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    found.append((sys.version_info >= (3, 11), f"Python {version} (3.11 or newer is needed)"))
    plugins = Plugins()
    for group in (plugins.bot_group, plugins.target_group, plugins.connector_group):
        for name in group:
            try:
                group[name]
                found.append((True, f"plugin {name} ({group.distribution(name)})"))
            except ParapluError as error:
                found.append((False, str(error)))
    found.append(_browser(plugins))
    try:
        with session.centre() as centre:
            found.append((True, f"home {centre.home.path}, database of the right version"))
            found += _home_findings(centre)
    except ParapluError as error:
        found.append((False, str(error)))
    return found


def _browser(plugins: object) -> tuple[bool, str]:
    from paraplu.errors import ParapluError
    from paraplu.plugins import Plugins

    if not isinstance(plugins, Plugins):
        return False, "plugins cannot be read"
    try:
        where = plugins.connector("browser").where()
        return True, f"browser: {where}"
    except ParapluError as error:
        return False, str(error)


def _home_findings(centre: object) -> list[tuple[bool, str]]:
    from paraplu.bootstrap import Centre
    from paraplu.errors import ParapluError

    if not isinstance(centre, Centre):
        return []
    found: list[tuple[bool, str]] = []
    free = shutil.disk_usage(centre.home.path).free
    much = free > _NEARLY_FULL
    advice = "" if much else ": make room before it is full, nothing is carried out on a full disk"
    found.append((much, f"{free / 1e9:.1f} GB free on the disk of the home{advice}"))
    checked = centre.proof.check()
    found.append((checked.intact, f"audit log: {checked.summary}"))
    with centre.parts.database.read() as connection:
        agreements = [
            agreement
            for client in centre.parts.clients.every(connection)
            for agreement in centre.parts.clients.agreements(connection, client.id)
        ]
        found += _calendar_findings(centre, connection)
        found.append(_clock(centre, connection))
    newest = {(one.client, one.service): one for one in agreements}
    for agreement in newest.values():
        if agreement.intent == "witnessed" and not centre.home.audit.witnesses:
            found.append(
                (
                    False,
                    f"{agreement.id} asks for a witness before anything is changed, and none is named: add "
                    "[[audit.witnesses]] to settings.toml, or nothing will be done",
                )
            )
        for what, work in (
            ("credential", lambda one=agreement: centre.home.credential(one.credential)),
            ("target", lambda one=agreement: _reach(centre.home.address(one.target))),
        ):
            try:
                work()
                found.append((True, f"{what} of {agreement.id}"))
            except ParapluError as error:
                found.append((False, f"{agreement.id}: {error}"))
    return found


def _calendar_findings(centre: Centre, connection: Any) -> list[tuple[bool, str]]:
    """Calendars that end, and accepted holidays that the installed package says otherwise about."""
    found = [(False, text) for text in centre.parts.calendars.ending(connection)]
    differs = centre.holidays.differences(connection)
    moved = centre.holidays.moved(connection, differs)
    for one in differs:
        found.append(
            (False, f"holidays differ from what was accepted: {one}; see paraplu calendars")
        )
    for run in moved[:_MOST_MOVED]:
        found.append((False, f"accepting them would move {run}"))
    if len(moved) > _MOST_MOVED:
        more = len(moved) - _MOST_MOVED
        found.append((False, f"accepting them would move {more} more: see paraplu calendars list"))
    return found or [(True, "calendars and holidays")]


def _clock(centre: Centre, connection: Any) -> tuple[bool, str]:
    """Whether this machine's clock agrees with the log, and on PostgreSQL with the server's."""
    from paraplu.store.entries import newest_time
    from paraplu.store.lease_clock import lease_clock

    now = centre.parts.clock.ms()
    behind = (newest_time(connection) - now) / 1000
    if behind > _CLOCK_OFF:
        return False, (
            f"the clock stands {behind:.0f} s before the newest entry of the log: have it set by a "
            "time server"
        )
    apart = abs(lease_clock(connection) - now) / 1000
    if apart > _CLOCK_OFF:
        return False, (
            f"the clocks of this machine and of the database's are {apart:.0f} s apart: have both set by a "
            "time server"
        )
    return True, "the clock does not stand before the newest entry of the log"


def _reach(address: str) -> None:
    """Open a connection to the address and close it again. Raises `SettingsWrong`."""
    import socket
    from urllib.parse import urlsplit

    from paraplu.errors import SettingsWrong

    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=5).close()
    except OSError:
        raise SettingsWrong(
            f"{address} does not answer: is the system running, the address right?"
        ) from None
