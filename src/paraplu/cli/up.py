"""`up`: everything of one installation in one command, until it is told to stop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from paraplu.cli.session import Session, shared
from paraplu.cli.worker import facts, heeding_signals, words

if TYPE_CHECKING:
    from pathlib import Path

    from paraplu.engine.report import RunReport


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many runs at once.",
)
@shared
def up(session: Session, workers: int) -> None:
    """Do everything of this installation: plan runs, carry them out, take workbooks in, send notices, sign.

    What schedules have planned while nothing was up is settled first, by the rule of each schedule. Ctrl-C or
    SIGTERM stops it softly: each run finishes its case in hand. A second one stops at once; what was
    being done is looked at by the next run. In a demo home the practice office is served, too.

    \b
    Examples:
      paraplu up
      paraplu up --workers 4
    """
    from paraplu.bootstrap import open_centre
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.settings import home_folder, load_home

    def told(run: str, outcome: RunReport | Exception) -> None:
        session.out.line(words(run, outcome))
        session.out.result(facts(run, outcome))

    path = home_folder(session.home)
    with contextlib.ExitStack() as ending:
        if load_home(path).demo:
            _serve_office(session, path, ending)
        centre = open_centre(path)
        ending.callback(centre.close)
        require(session.acting(centre), None, Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)
        one = centre.worker(workers, told, centre.beside())
        with heeding_signals(one, session):
            how = "1 run" if workers == 1 else f"{workers} runs"
            session.out.line(f"Up, {how} at once. Ctrl-C stops after the case in hand.")
            centre.log.info("up", places=workers)
            one.work()
            centre.log.info("down")
            ending.close()  # under the same care for signals
        session.out.line("Down.")


def _serve_office(session: Session, path: Path, ending: contextlib.ExitStack) -> None:
    """Serve the practice office of a demo, at an address that the home knows from now on."""
    from dataclasses import replace

    from paraplu.cli.office import serving
    from paraplu.settings import load_home

    if not (path / "practice" / "office.db").exists():
        return
    address = ending.enter_context(serving(path))
    home = load_home(path)
    replace(home, targets=dict.fromkeys(home.targets, address)).save()
    session.out.line(f"The practice office is at {address}.")
