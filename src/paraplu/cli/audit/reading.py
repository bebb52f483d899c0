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
@click.option("--values", is_flag=True, help="Look for the personal values of all entries.")
@click.option("--open", "opened", is_flag=True, help="And open each of them.")
@shared
def verify(
    session: Session,
    files: tuple[Path, ...],
    offline: bool,
    new_only: bool,
    values: bool,
    opened: bool,
) -> int:
    """Check every entry, every signed head and every evidence file. Exit code 4 when one is not right.

    Heads that are kept elsewhere show that a tail was cut off or an old backup put back. Copies in files that
    the settings name are read back, witnesses are asked.

    That no personal value is missing without an erasure is looked for in the newest 20,000 entries, with
    --values in all.

    \b
    Examples:
      paraplu audit verify
      paraplu audit verify --new
      paraplu audit verify --values --open
      paraplu audit verify --heads from-the-mail.txt --heads /media/usb/heads
    """
    from paraplu.assurance.proof import RECENT
    from paraplu.cli.audit.heads import as_data, told

    given = {str(path): path.read_bytes() for path in files}
    with session.centre() as centre:
        checked = centre.proof.check(
            given,
            ask=not offline,
            kept=centre.home.path / "verified",
            new_only=new_only,
            newest=None if values or opened else RECENT,
            opened=opened,
        )
        log, vkey = centre.parts.journal.log, centre.parts.journal.verifier.vkey
    verdict, vouched, looked = checked.verdict, checked.vouched, checked.values
    session.out.line(verdict.summary)
    for finding in verdict.findings:
        session.out.line(f"  {finding.message}")
    for text in (*checked.wrong_files, *vouched.troubles, *looked.findings):
        session.out.line(f"  {text}")
    for remark in (*verdict.remarks, *vouched.remarks):
        session.out.line(f"  Remark: {getattr(remark, 'message', remark)}")
    for text in looked.remarks:
        session.out.line(f"  Remark: {text}")
    session.out.line(
        f"Of {looked.entries:,} entries {looked.values:,} personal values were looked for: "
        f"{looked.troubles:,} wrong, {looked.erased:,} erased lawfully."
    )
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
                *looked.findings,
            ],
            "vouches": [as_data(one) for one in vouched.vouches],
            "remarks": [*(str(one) for one in verdict.remarks), *vouched.remarks],
            "values": {
                "entries": looked.entries,
                "looked_for": looked.values,
                "missing": looked.troubles,
                "erased": looked.erased,
            },
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
