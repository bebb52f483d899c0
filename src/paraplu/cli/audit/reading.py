"""`audit verify` and `evidence`: prove that the log is whole, open a file of evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraplu.cli.audit.wording import counted
from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.verifying.proof import Checked

_DAY = click.DateTime(["%Y-%m-%d"])


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
@click.option("--from", "since", type=_DAY, help="Tell of this day on (2026-03-01, UTC).")
@click.option("--to", "until", type=_DAY, help="Tell up to and with this day (2026-03-31, UTC).")
@click.option("--values", is_flag=True, help="Look for the personal values of all entries.")
@click.option("--open", "opened", is_flag=True, help="And open each of them.")
@shared
def verify(
    session: Session,
    files: tuple[Path, ...],
    offline: bool,
    new_only: bool,
    since: datetime | None,
    until: datetime | None,
    values: bool,
    opened: bool,
) -> int:
    """Check every entry, every signed head and every evidence file. Exit code 4 when one is not right.

    Heads that are kept elsewhere show that a tail was cut off or an old backup put back. Copies in files that
    the settings name are read back, witnesses are asked. With --from and --to the whole log is checked as
    well: a period is whole when nothing before it was changed. It says which entries are of the period, and
    whether those who vouch for the log vouch for all of them.

    That no personal value is missing without an erasure is looked for in the newest 20,000 entries, with
    --values in all.

    \b
    Examples:
      paraplu audit verify
      paraplu audit verify --from 2026-03-01 --to 2026-03-31
      paraplu audit verify --new
      paraplu audit verify --values --open
      paraplu audit verify --heads from-the-mail.txt --heads /media/usb/heads
    """
    from paraplu.assurance.verifying.proof import RECENT
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
            period=None if new_only and not (since or until) else _period(since, until),
        )
        log, vkey = centre.parts.journal.log, centre.parts.journal.verifier.vkey
    verdict, vouched, looked = checked.verdict, checked.vouched, checked.values
    session.out.line(checked.summary)
    for finding in verdict.findings:
        session.out.line(f"  {finding.message}")
    for text in (*checked.wrong_files, *vouched.troubles, *looked.findings):
        session.out.line(f"  {text}")
    for remark in (*verdict.remarks, *vouched.remarks):
        session.out.line(f"  Remark: {getattr(remark, 'message', remark)}")
    for text in looked.remarks:
        session.out.line(f"  Remark: {text}")
    _tell_period(session, checked, since, until)
    session.out.line(
        f"Of {looked.entries:,} entries {looked.values:,} personal values were looked for: "
        f"{looked.troubles:,} wrong, {looked.erased:,} erased lawfully."
    )
    if not checked.wrong_files:
        session.out.line(f"{checked.files} evidence files are what they were.")
    told(session, vouched, checked.stretches)
    if checked.before is not None:
        session.out.line(f"Checked here before: {checked.before:%Y-%m-%d %H:%M} UTC.")
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
            "stretches": [as_data(one) for one in checked.stretches],
            "checked_before": checked.before,
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


def _period(since: datetime | None, until: datetime | None) -> tuple[int | None, int | None]:
    """The days that were given, as instants (ms since 1970) of UTC; the last day is included."""
    from paraplu.engine.clock import to_ms

    return (
        None if since is None else to_ms(since.replace(tzinfo=UTC)),
        None if until is None else to_ms(until.replace(tzinfo=UTC) + timedelta(days=1)),
    )


def _tell_period(
    session: Session, checked: Checked, since: datetime | None, until: datetime | None
) -> None:
    for one in checked.stretches:
        number = counted(one.entries, "entry is", "entries are")
        of = f"{number} of {one.begins:%Y-%m-%d %H:%M:%S} to {one.ends:%Y-%m-%d %H:%M:%S} UTC"
        session.out.line(f"{of}, the places {one.first} to {one.last}.")
    if not checked.stretches and (since, until) != (None, None):
        session.out.line("No entry is of these days.")


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
