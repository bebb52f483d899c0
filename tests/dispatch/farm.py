"""Workers as an operator starts them: real processes, which tests stop, suspend and kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
from bureau import BOOKING, CLIENT, ORDER, Bureau, order

HERE = Path(__file__).resolve().parent
PATIENCE = 120.0
"""Seconds until a test gives up; that it takes so long is never what is tested."""

_ENTRY_POINTS = """\
[paraplu.bots]
ledger-booking = paraplu_ledger:BookingBot
ledger-order = paraplu_ledger:OrderBot
[paraplu.targets]
ledger = paraplu_ledger:LedgerTarget
[paraplu.connectors]
ledger = paraplu_ledger:connector
"""


def install_ledger(folder: Path) -> Path:
    """Register the ledger's plugins in `folder`, as the installation of a stranger's plugin does."""
    info = folder / "paraplu_ledger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paraplu-ledger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder


def until(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until something is so, and give it. Fails when it does not come to that."""
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.02)
    return found


def took(work: Callable[[], object]) -> float:
    """How many seconds something took."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def ask(bureau: Bureau, service: str = BOOKING) -> str:
    """Make a run due. Gives its uid."""
    with bureau.centre.parts.database.write() as connection:
        return bureau.centre.runs.ask(connection, CLIENT, service, bureau.who("olga").uid)


def allow(bureau: Bureau, slots: int) -> None:
    """Agree that so many runs may place orders at once."""
    booking, ordering = bureau.file.agreement
    limits = {"version": 2, "limits": ordering.limits.model_copy(update={"slots": slots})}
    changed = {"agreement": (booking, ordering.model_copy(update=limits))}
    bureau.apply(bureau.file.model_copy(update=changed))


def backlog(bureau: Bureau, number: int) -> list[str]:
    """Orders that are due and know nothing of each other. Gives what each leaves in the ledger."""
    rows = [
        row
        for one in range(number)
        for row in order(f"O-{one:03}", price=Decimal(f"1{one:03}") / 100)
    ]
    bureau.send(*rows, service=ORDER)
    return sorted(bureau.mark(f"O-{one:03}", ORDER) for one in range(number))


def states(bureau: Bureau) -> dict[str, int]:
    """How many cases are in each state."""
    return dict(Counter(str(row.state) for row in bureau.every_case()))


def kinds(bureau: Bureau) -> list[str]:
    """The kinds of all entries that were written until now, in order."""
    bureau.centre.parts.journal.complete()
    return bureau.kinds()


@dataclass
class WorkerProcess:
    """One `paraplu worker`; what it says goes to `out`, complaints to `errors`."""

    process: psutil.Popen
    out: Path
    errors: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return int(self.process.pid)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it told of its runs."""
        return [json.loads(line) for line in self.out.read_text("utf-8").splitlines()]

    def below(self) -> list[psutil.Process]:
        """Everything that it has started."""
        return list(self.process.children(recursive=True))

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, how)

    def suspend(self) -> None:
        """Stop it where it is, as a machine that is put to sleep does."""
        self.signal(signal.SIGSTOP)
        until(lambda: self.process.status() == psutil.STATUS_STOPPED)

    def wake(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def ends(self, patience: float = PATIENCE) -> int:
        """Wait until it has ended. Gives its exit code."""
        return int(self.process.wait(patience))

    def kill(self) -> None:
        """Kill it, and nothing else, as `kill -9` does."""
        self.signal(signal.SIGKILL)
        self.process.wait(PATIENCE)


class Farm:
    """Workers of one home."""

    def __init__(self, home: Path, installed: Path) -> None:
        self._home = home
        self._workers: list[WorkerProcess] = []
        ours = [str(installed), str(HERE.parent / "engine")]
        path = os.pathsep.join([*ours, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._environment = {**os.environ, "PYTHONPATH": path}

    def worker(self, *options: str, says: str = "--json", command: str = "worker") -> WorkerProcess:
        """Start a worker, or another command that works as one."""
        number = len(self._workers)
        out, errors = (self._home.parent / f"worker-{number}.{end}" for end in ("out", "err"))
        words = [sys.executable, "-m", "paraplu.cli.main", command, "--home", str(self._home)]
        with out.open("wb") as said, errors.open("wb") as complained:
            process = psutil.Popen(
                [*words, *filter(None, [says]), *options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complained,
            )
        one = WorkerProcess(process, out, errors)
        self._workers.append(one)
        return one

    def clear(self) -> None:
        """End all of them with everything below."""
        for one in self._workers:
            if one.process.is_running():
                for process in [*one.below(), one.process]:
                    process.kill()
                one.process.wait(PATIENCE)
