"""`audit tiles` and `siem`: the whole log for others, as files that foreign tools read."""

from __future__ import annotations

import time
from dataclasses import asdict
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

    Each year's log has a folder of its own in it. There are digests instead of personal values. With heads
    that you kept elsewhere it is checked by `python verify.py HEADS.txt FOLDER`; verify.py lies in it.

    \b
    Example:
      paraplu audit tiles --out /srv/auditor/log
    """
    with session.centre() as centre:
        made = centre.tile_log.export(out, _reader(session, centre))
        vkeys = [centre.parts.journal.verifiers(one.log)[0].vkey for one in made]
    for one, vkey in zip(made, vkeys, strict=True):
        session.out.line(
            f"{one.folder} holds {one.size:,} entries of {one.log}: {one.added:,} new, {one.files:,} files "
            "written."
        )
        session.out.line(f"  verified with {vkey}")
    logs = [{**asdict(one), "folder": str(one.folder)} for one in made]
    session.out.result({"folder": str(out), "logs": logs, "vkeys": vkeys})


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
