"""`proposals`: changes of settings of record that wait for a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.engine.proposals import Proposal

UID = click.argument("uid")


@click.group()
def proposals() -> None:
    """Changes of settings of record that wait for a second person."""


@proposals.command("list")
@shared
def list_(session: Session) -> None:
    """List the changes that wait.

    \b
    Example:
      paraplu proposals list
    """
    with session.centre() as centre:
        found = centre.parts.proposals.waiting(session.acting(centre))
    session.out.table(
        ("proposal", "client", "what", "by", "made", "changes"),
        [(one.uid, one.client, one.kind, one.made_by, _at(one), len(one.lines)) for one in found],
    )
    session.out.result({"proposals": [_plain(one) for one in found]})


@proposals.command()
@UID
@shared
def show(session: Session, uid: str) -> None:
    """Show what the proposal UID would change.

    \b
    Example:
      paraplu proposals show 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d
    """
    with session.centre() as centre:
        found = centre.parts.proposals.show(uid, session.acting(centre))
    _show(session, found, f"{found.client}, proposed by {found.made_by} on {_at(found)}:")


@proposals.command()
@UID
@shared
def accept(session: Session, uid: str) -> None:
    """Put the proposal UID of somebody else into force.

    \b
    Example:
      paraplu proposals accept 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d
    """
    with session.centre() as centre:
        found = centre.parts.proposals.accept(uid, session.acting(centre))
    _show(session, found, f"In force for {found.client}:")


@proposals.command()
@UID
@shared
def decline(session: Session, uid: str) -> None:
    """Decline the proposal UID, or take back your own.

    \b
    Example:
      paraplu proposals decline 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d
    """
    with session.centre() as centre:
        found = centre.parts.proposals.decline(uid, session.acting(centre))
    _show(session, found, f"Declined for {found.client}:")


def _show(session: Session, proposal: Proposal, heading: str) -> None:
    session.out.heading(heading)
    for line in proposal.lines:
        session.out.line(f"  {line}")
    session.out.result(_plain(proposal))


def _at(proposal: Proposal) -> str:
    return f"{proposal.made_at:%Y-%m-%d %H:%M} UTC"


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": proposal.uid,
        "client": proposal.client,
        "kind": proposal.kind,
        "made_by": proposal.made_by,
        "made_at": proposal.made_at.isoformat(),
        "lines": list(proposal.lines),
    }
