"""`audit key` and `audit new-log`: the key that signs the log, and where one log ends and the next begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from paraplu.cli.session import Session, shared


@click.command("new-log")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared
def new_log(session: Session, yes: bool) -> None:
    """Close the log that is open and open the next one, now. In a new year this is done by itself.

    The old one ends with an entry; the first entry of the new one names its size and root hash.

    \b
    Example:
      paraplu audit new-log
    """
    with session.centre() as centre:
        by = _administrator(session, centre)
        journal = centre.parts.journal
        journal.complete()
        old = journal.log
        if not yes:
            click.confirm(f"Close the log {old}? Nothing is added to it after that", abort=True)
        with centre.parts.database.write() as connection:
            new = journal.succeed(connection, by.hand)
        vkey = journal.verifier.vkey
    session.out.line(f"{old} is closed; {new} is open.")
    session.out.line(f"It is verified with {vkey}")
    session.out.result({"closed": old, "opened": new, "vkey": vkey})


@click.group()
def key() -> None:
    """The key that signs heads of the log: list it, change it, destroy the former one."""


@key.command("list")
@shared
def list_keys(session: Session) -> None:
    """List the keys that verify each log, the current one first, and whether one signs here.

    \b
    Example:
      paraplu audit key list
    """
    from paraplu.cli.audit.heads import require_reader
    from paraplu.store import logs

    with session.centre() as centre:
        require_reader(session, centre)
        journal = centre.parts.journal
        with centre.parts.database.read() as connection:
            names = [one.log for one in logs.every(connection)]
        keys = {name: [one.vkey for one in journal.verifiers(name)] for name in names}
        sign = len(journal.signing.keys)
    for name, vkeys in keys.items():
        session.out.line(f"{name} is verified with")
        for vkey in vkeys:
            session.out.line(f"  {vkey}")
    how = {0: "No key signs", 1: "One key signs"}.get(sign, f"{sign} keys sign")
    session.out.line(f"{how} on this machine.")
    session.out.result({"logs": keys, "sign_here": sign})


@key.command()
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of the new key (PEM), when it lies elsewhere (sign_command).",
)
@shared
def rotate(session: Session, public_key: Path | None) -> None:
    """Change the key: a new one signs from now on, the former one beside it until `key retire`.

    \b
    Examples:
      paraplu audit key rotate
      paraplu audit key rotate --public-key vault.pem
    """
    from paraplu.bootstrap.rotation import rotate_key

    with session.centre() as centre:
        by = _administrator(session, centre)
        public = b"" if public_key is None else public_key.read_bytes()
        new = rotate_key(centre.home, centre.parts.journal, by, public)
    session.out.line("Another key signs the log from the next head on. Restart what is up.")
    session.out.line("Give this to whoever verifies the log, and to witnesses:")
    session.out.line(new.vkey)
    session.out.result({"vkey": new.vkey})


@key.command()
@shared
def retire(session: Session) -> None:
    """Destroy the former key: only the new one signs from now on. Witnesses must know the new one by then.

    \b
    Example:
      paraplu audit key retire
    """
    from paraplu.bootstrap.rotation import retire_key

    with session.centre() as centre:
        by = _administrator(session, centre)
        former = retire_key(centre.home, centre.parts.journal, by)
    session.out.line(f"The key {former.key_id.hex()} is destroyed here. Restart what is up.")
    session.out.result({"retired": former.key_id.hex()})


def _administrator(session: Session, centre: Any) -> Any:
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    by = session.acting(centre)
    require(by, None, Role.ADMINISTRATOR)
    return by
