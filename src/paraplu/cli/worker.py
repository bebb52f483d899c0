"""`worker`: carries out the runs that are due, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.dispatch.worker import Worker
    from paraplu.engine.report import RunReport

_SIGNALS = ("SIGTERM", "SIGINT", "SIGBREAK")  # the last one on Windows only


@click.command()
@click.option(
    "--places",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many runs at once.",
)
@click.option("--database", metavar="URL", help="Another database than the one the home names.")
@click.option("--until-idle", is_flag=True, help="Stop when nothing is due any more.")
@shared
def worker(session: Session, places: int, database: str | None, until_idle: bool) -> None:
    """Carry out the runs that are due, as they become due; any number of workers share the work.

    SIGTERM or Ctrl-C stops it softly: each run finishes its case in hand, and other workers go on with
    the rest. A second one stops it at once; what was being done is looked at by the next run. With
    --json it prints one line for each run.

    \b
    Examples:
      paraplu worker
      paraplu worker --places 4 --database postgresql+psycopg://paraplu@db.example/paraplu
      paraplu worker --until-idle
    """
    from paraplu.bootstrap import open_centre
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.settings import home_folder

    def told(run: str, outcome: RunReport | Exception) -> None:
        session.out.line(words(run, outcome))
        session.out.result(facts(run, outcome))

    with contextlib.ExitStack() as ending:
        centre = open_centre(home_folder(session.home), database=database)
        ending.callback(centre.close)
        require(session.acting(centre), None, Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)
        one = centre.worker(places, told)
        with heeding_signals(one, session):
            how = "1 run" if places == 1 else f"{places} runs"
            session.out.line(f"Working, {how} at once. Ctrl-C stops after the case in hand.")
            centre.log.info("worker_started", places=places)
            one.work(until_idle=until_idle)
            centre.log.info("worker_stopped")
            ending.close()  # under the same care for signals
        session.out.line("Stopped.")


@contextmanager
def heeding_signals(one: Worker, session: Session) -> Iterator[None]:
    """The first signal stops softly, the second at once."""
    heard = 0

    def hear(_number: int, _frame: Any) -> None:
        nonlocal heard
        heard += 1
        if heard == 1:
            session.out.line("Stopping after the case in hand. Once more stops at once.")
            one.stop()
        elif heard == 2:
            session.out.line("Stopping at once.")
            # Not here: what was interrupted may hold the locks that this takes.
            threading.Thread(target=one.stop_now, daemon=True).start()

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def words(run: str, outcome: RunReport | Exception) -> str:
    """What became of a run, in one line."""
    from paraplu.errors import ParapluError
    from paraplu.logging import unexpected

    if isinstance(outcome, ParapluError):
        return f"Run {run} broke off. {outcome}"
    if isinstance(outcome, Exception):
        return f"Run {run} broke off. {unexpected(outcome)}"
    handled = ", ".join(
        f"{number} {state.value.replace('-', ' ')}" for state, number in outcome.handled.items()
    )
    if outcome.put_off:
        handled = ", ".join(filter(None, (handled, f"{outcome.put_off} put off")))
    how = {
        "finished": "finished",
        "nothing-due": "nothing was due",
        "paused": f"paused: {outcome.why}",
        "stopped": "stopped as asked",
        "time-limit": "its time was up",
        "given-back": "given back to other workers",
        "died": "was a rehearsal whose worker died",
    }.get(outcome.ending, outcome.ending)
    who = f"Run {run}, {outcome.service} for {outcome.client}"
    return f"{who}: {handled}; {how}" if handled else f"{who}: {how}"


def facts(run: str, outcome: RunReport | Exception) -> dict[str, Any]:
    from paraplu.errors import ParapluError

    if isinstance(outcome, Exception):
        text = str(outcome) if isinstance(outcome, ParapluError) else ""
        return {"run": run, "error": type(outcome).__name__, "text": text}
    return {
        "run": run,
        "client": outcome.client,
        "service": outcome.service,
        "ending": outcome.ending,
        "handled": {state.value: number for state, number in outcome.handled.items()},
        "put_off": outcome.put_off,
        "held": outcome.held,
        "again_at": None if outcome.again_at is None else outcome.again_at.isoformat(),
        "why": outcome.why,
    }
