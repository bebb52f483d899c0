"""`audit tiles` and `siem`: the whole log for others, as files that foreign tools read."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre
    from paraplu.engine.people import Known

_LOOK = 1.0  # seconds between two looks at the log


@click.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder."
)
@shared
def tiles(session: Session, out: Path) -> None:
    """Write the whole log as files that others check and serve (C2SP tlog-tiles). Called again, it adds.

    In it there are digests instead of personal values. With heads that you kept elsewhere it is checked by
    `python verify.py HEADS.txt FOLDER`; verify.py lies in the folder.

    \b
    Example:
      paraplu audit tiles --out /srv/auditor/log
    """
    with session.centre() as centre:
        done = centre.tile_log.export(out, _reader(session, centre))
        vkey = centre.parts.journal.verifier.vkey
    session.out.line(
        f"{out} holds {done.size:,} entries of {done.log}: {done.added:,} new, {done.files:,} files written."
    )
    session.out.line(f"Verified with {vkey}")
    session.out.result(
        {
            "folder": str(out),
            "log": done.log,
            "size": done.size,
            "added": done.added,
            "files": done.files,
            "vkey": vkey,
        }
    )


@click.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file."
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until interrupted.")
@shared
def siem(session: Session, out: Path, follow: bool) -> None:
    """Append the log to a file as OCSF JSON lines, for a SIEM to collect. No personal value stands in it.

    It goes on where the file ends, also after a crash and after the file was rotated away.

    \b
    Examples:
      paraplu audit siem --out /var/log/paraplu-audit.jsonl
      paraplu audit siem --out /var/log/paraplu-audit.jsonl --follow
    """
    with session.centre() as centre:
        feed = centre.siem.open(out, _reader(session, centre))
        try:
            written = feed.append()
            while follow:
                time.sleep(_LOOK)
                written += feed.append()
        finally:
            feed.close()
    session.out.line(f"{written:,} lines added to {out}; the next one is entry {feed.next:,}.")
    session.out.result({"file": str(out), "lines": written, "next": feed.next})


def _reader(session: Session, centre: Centre) -> Known:
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    by = session.acting(centre)
    require(by, None, Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR)
    return by
