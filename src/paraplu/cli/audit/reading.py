"""`audit verify`, `show` and `evidence`: read the log, prove that it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from paraplu.cli.session import Session, shared


@click.command()
@shared
def verify(session: Session) -> int:
    """Check every entry, every signed head and every evidence file. Exit code 4 when one is not right.

    \b
    Example:
      paraplu audit verify
    """
    with session.centre() as centre:
        checked = centre.proof.check()
        log, vkey = centre.home.log, centre.parts.journal.verifier.vkey
    verdict = checked.verdict
    session.out.line(verdict.summary)
    for finding in verdict.findings:
        session.out.line(f"  {finding.message}")
    for text in checked.wrong_files:
        session.out.line(f"  {text}")
    for remark in verdict.remarks:
        session.out.line(f"  Remark: {getattr(remark, 'message', remark)}")
    if checked.intact:
        session.out.line(f"{checked.files} evidence files are what they were.")
    session.out.line(f"Log {log}, verified with {vkey}")
    session.out.result(
        {
            "intact": checked.intact,
            "entries": verdict.entries,
            "heads": verdict.heads,
            "evidence": checked.files,
            "findings": [finding.message for finding in verdict.findings]
            + list(checked.wrong_files),
            "log": log,
            "vkey": vkey,
        }
    )
    return 0 if checked.intact else 4


@click.command()
@click.option("--case", "named", help="Of this case only (its reference).")
@click.option("--client", help="Of this client.")
@click.option("--service", help="Of this service.")
@click.option("--kind", help="Entries of this kind only, for instance intent.")
@click.option("--most", default=200, show_default=True, help="The newest so many.")
@shared
def show(
    session: Session,
    named: str | None,
    client: str | None,
    service: str | None,
    kind: str | None,
    most: int,
) -> None:
    """Show entries, oldest first, with the personal values you may read. Reading is an entry, too.

    \b
    Examples:
      paraplu audit show --case PC-1001
      paraplu audit show --kind approved --json
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, client, Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR, Role.OPERATOR)
        case = None
        if named is not None:
            with centre.parts.database.read() as connection:
                row = centre.desks.find(connection, named, client, service)
            require(by, row.client)
            case = row.uid
        shown = centre.proof.show(by, case=case, kind=kind, most=most)
        with centre.parts.database.read() as connection:
            names = centre.parts.people.names(connection)
    for one in shown:
        who = names.get(one.actor, one.actor)
        verb = one.rpa.get("detail", {}).get("verb", "")
        what = f"{one.kind} {verb}".strip()
        session.out.line(f"{one.place:>6}  {one.time:%Y-%m-%d %H:%M:%S}  {what:<20}  {who}")
        for name, value in one.values.items():
            session.out.line(f"        {name}: {_short(value)}")
    session.out.result(
        {
            "entries": [
                {
                    "place": one.place,
                    "time": one.time.isoformat(),
                    "kind": one.kind,
                    "case": one.case,
                    "actor": one.actor,
                    "rpa": one.rpa,
                    "values": one.values,
                }
                for one in shown
            ]
        }
    )


@click.command()
@click.argument("name", metavar="HASH")
@click.option("--out", "path", required=True, type=click.Path(path_type=Path, dir_okay=False))
@shared
def evidence(session: Session, name: str, path: Path) -> None:
    """Write the evidence file HASH, decrypted, to a file. That you read it is an entry.

    \b
    Example:
      paraplu audit evidence 9f3a... --out before.png
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None, Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR, Role.OPERATOR)
        data, media_type = centre.proof.picture(name, by)
    path.write_bytes(data)
    session.out.line(f"Wrote {path} ({media_type}).")
    session.out.result({"file": str(path), "media_type": media_type})


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."
