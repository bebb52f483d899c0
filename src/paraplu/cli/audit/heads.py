"""`audit heads`: where signed heads are kept elsewhere, and who else vouches for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from paraplu.assurance.keeping.custody import State
    from paraplu.assurance.keeping.vouching import Vouch, Vouched
    from paraplu.assurance.verifying.period import Stretch

NOBODY = (
    "Nobody else vouches for the log: its heads are kept in this database only. How to keep them elsewhere: "
    "docs/how-to/keep-heads-elsewhere.md"
)


@click.group()
def heads() -> None:
    """Keep signed heads of the log where the administrators of this machine cannot change them."""


@heads.command("list")
@shared
def list_places(session: Session) -> int:
    """List where heads are kept, up to which entry, and when that was checked. Exit code 1 when one fails.

    \b
    Example:
      paraplu audit heads list
    """
    with session.centre() as centre:
        require_reader(session, centre)
        states = centre.custody.states()
    failing = [one for one in states if one.failing_since is not None and one.known]
    session.out.table(
        ("place", "kind", "log", "up to entry", "kept (UTC)", "checked (UTC)", "state"),
        [
            (
                one.name,
                one.kind,
                one.log,
                one.size,
                _at(one.kept_at),
                _at(one.checked_at),
                _how(one),
            )
            for one in states
        ],
    )
    if not states:
        session.out.line(NOBODY)
    session.out.result({"places": [as_data(one) for one in states]})
    return 1 if failing else 0


@heads.command()
@click.argument("names", nargs=-1, metavar="[PLACE]...")
@shared
def send(session: Session, names: tuple[str, ...]) -> int:
    """Sign the log as it stands and send the head everywhere now, or to these places only.

    Exit code 1 when a place does not take it, 4 when one contradicts the log.

    \b
    Examples:
      paraplu audit heads send
      paraplu audit heads send dk-ssc
    """
    from paraplu.errors import NotFound

    with session.centre() as centre:
        require_reader(session, centre)
        known = {place.name for place in centre.custody.places}
        if strange := sorted(set(names) - known):
            raise NotFound(f"The settings name no copy or witness '{strange[0]}'.")
        centre.parts.journal.sign_head()
        given = centre.custody.send(at_once=True, names=names)
    for one in given:
        if one.why:
            session.out.line(f"{one.name}: NOT kept. {one.why}")
        else:
            session.out.line(f"{one.name}: {one.log} is kept up to entry {one.size}.")
    if not known:
        session.out.line(NOBODY)
    elif not given:
        session.out.line("Every place has the newest head already.")
    session.out.result({"sent": [as_data(one) for one in given]})
    if any(one.code == "contradicts" for one in given):
        return 4
    return 1 if any(one.why for one in given) else 0


@heads.command()
@click.option("--offline", is_flag=True, help="Do not ask witnesses what they have seen last.")
@shared
def check(session: Session, offline: bool) -> int:
    """Read copies back and ask witnesses: does what they hold fit the log? Exit code 4 when not.

    Quick: entries are not read one by one. `paraplu audit verify` checks everything.

    \b
    Example:
      paraplu audit heads check
    """
    from paraplu.assurance.keeping.vouching import Vouching

    with session.centre() as centre:
        require_reader(session, centre)
        centre.parts.journal.complete()
        vouched = Vouching(centre.custody).gather({}, ask=not offline)
    for text in vouched.troubles:
        session.out.line(text)
    for text in vouched.remarks:
        session.out.line(f"Remark: {text}")
    told(session, vouched)
    session.out.result(
        {
            "fits": not vouched.troubles,
            "findings": vouched.troubles,
            "remarks": vouched.remarks,
            "vouches": [as_data(one) for one in vouched.vouches],
        }
    )
    return 4 if vouched.troubles else 0


def require_reader(session: Session, centre: Any) -> Any:
    """The person who acts. Raises `NotAllowed` for somebody who has nothing to do with the log."""
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    by = session.acting(centre)
    require(by, None, Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR, Role.OPERATOR)
    return by


def told(session: Session, vouched: Vouched, stretches: Sequence[Stretch] = ()) -> None:
    """Say who else vouches for the log, up to which entry, and when that was last checked.

    And whether that is all of the `stretches` of their logs, when some are given.
    """
    if not vouched.vouches:
        session.out.line(NOBODY)
        return
    session.out.line("Who else vouches for the log:")
    for one in vouched.vouches:
        said = "" if one.at is None else f", {_SAID.get(one.kind, 'sent')} {_at(one.at)} UTC"
        checked = "never checked" if one.checked is None else f"checked {_at(one.checked)} UTC"
        session.out.line(
            f"  {one.name} ({one.kind}): {one.log} up to entry {one.size:,}{_reach(one, stretches)}{said}; "
            f"{checked}"
        )


def _reach(vouch: Vouch, stretches: Sequence[Stretch]) -> str:
    of = [one for one in stretches if one.log == vouch.log]
    if not of:
        return ""
    if all(one.covered(vouch) for one in of):
        return " (all of these)"
    missing = sum(min(one.entries, one.size - vouch.size) for one in of)
    return f" (all but the last {missing:,} of these)"


_SAID = {"witness": "countersigned", "file": "written"}
_REASONS = {
    "gone": "the file is gone, or its disk is not there",
    "unreadable": "the file cannot be read",
    "unwritable": "the file cannot be written",
    "down": "the server does not answer",
    "certificate": "the server's certificate is not trusted",
    "refused": "the server does not take it",
    "settings": "the settings are wrong",
    "contradicts": "it CONTRADICTS the log",
    "unknown-log": "the witness does not know this log",
    "unknown-key": "the witness does not know our key",
    "other-key": "the witness signs with another key than the settings say",
    "busy": "the witness is busy",
    "answer": "the answer is none",
    "put-off": "the mail server puts it off",
}


def _how(one: State) -> str:
    if not one.known:
        return "no longer in the settings"
    if one.failing_since is None:
        return "kept" if one.size else "nothing sent yet"
    why = _REASONS.get(one.why or "", one.why or "")
    return f"FAILS since {_at(one.failing_since)}: {why}"


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def as_data(one: Any) -> dict[str, Any]:
    """A record as plain data, instants as text."""
    from dataclasses import asdict

    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in asdict(one).items()
    }
