"""`audit verify` and `evidence`: prove that the log is whole, open a file of evidence."""

from __future__ import annotations

from pathlib import Path

import click

from paraplu.cli.session import Session, shared


@click.command()
@click.option(
    "--heads",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with heads that were kept elsewhere; may be given several times.",
)
@click.option("--offline", is_flag=True, help="Do not ask witnesses what they have seen last.")
@click.option("--new", "new_only", is_flag=True, help="Only what came after the last check.")
@shared
def verify(session: Session, files: tuple[Path, ...], offline: bool, new_only: bool) -> int:
    """Check every entry, every signed head and every evidence file. Exit code 4 when one is not right.

    Heads that are kept elsewhere show that a tail was cut off or an old backup put back. Copies in files that
    the settings name are read back, witnesses are asked.

    \b
    Examples:
      paraplu audit verify
      paraplu audit verify --new
      paraplu audit verify --heads from-the-mail.txt --heads /media/usb/heads
    """
    from paraplu.cli.audit.heads import as_data, told

    given = {str(path): path.read_bytes() for path in files}
    with session.centre() as centre:
        checked = centre.proof.check(
            given, ask=not offline, kept=centre.home.path / "verified", new_only=new_only
        )
        log, vkey = centre.parts.journal.log, centre.parts.journal.verifier.vkey
    verdict, vouched = checked.verdict, checked.vouched
    session.out.line(verdict.summary)
    for finding in verdict.findings:
        session.out.line(f"  {finding.message}")
    for text in (*checked.wrong_files, *vouched.troubles):
        session.out.line(f"  {text}")
    for remark in (*verdict.remarks, *vouched.remarks):
        session.out.line(f"  Remark: {getattr(remark, 'message', remark)}")
    if not checked.wrong_files:
        session.out.line(f"{checked.files} evidence files are what they were.")
    told(session, vouched)
    session.out.line(f"Log {log}, verified with {vkey}")
    session.out.result(
        {
            "intact": checked.intact,
            "entries": verdict.entries,
            "heads": verdict.heads,
            "evidence": checked.files,
            "findings": [
                *(finding.message for finding in verdict.findings),
                *checked.wrong_files,
                *vouched.troubles,
            ],
            "vouches": [as_data(one) for one in vouched.vouches],
            "remarks": [*(str(one) for one in verdict.remarks), *vouched.remarks],
            "log": log,
            "vkey": vkey,
        }
    )
    return 0 if checked.intact else 4


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
