"""The crash suite: the sweep, random kills on both databases, one line at the end."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from crash.batch import Outcome
from crash.processes import CAN_FORK
from crash.report import Report
from crash.siege import Sieges
from crash.sweep import AT_ONCE, QUICK, STORIES, Sweep
from postgres import Server, binaries

WHOLE = {"sqlite": 1000, "postgresql": 300}
"""Random kills when nothing else is asked for."""

_QUICK_POINTS, _QUICK_KILLS = 4, 2
_MINUTES = 720
_BROWSER = "PARAPLU_BROWSER"
_WITHOUT_SCREEN = "chromium-headless-shell"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry the suite out. 0 when nothing was lost, doubled or otherwise wrong, else 1; 2 is misuse."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.resume and options.report is None:
        parser.error("--resume goes on from a file: say which with --report FILE")
    if not CAN_FORK:
        print("The crash suite needs Linux: it finds what killed workers leave behind.")
        return 1
    print(_browser(options.browser), flush=True)
    folder = Path(tempfile.mkdtemp(prefix="paraplu-crash-"))
    suite = Suite(folder, options)
    try:
        right = suite.carry_out()
    except BaseException:
        print(f"Broken off. What there is lies in {folder}.")
        raise
    if right:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"What went wrong lies in {folder}.")
    print(suite.last_line, flush=True)
    return 0 if right else 1


class Suite:
    """One turn of the suite in `folder`."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self._began = time.monotonic()
        self._until = self._began + 60 * options.minutes
        self._seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
        self._report = Report(options.report, options.resume)
        self._points: list[Outcome] = []
        self._kills: list[Outcome] = []

    def carry_out(self) -> bool:
        """Do everything that was asked for. Gives whether all of it was right."""
        options = self._options
        self._tell(f"Seed {self._seed}, at most {options.minutes} minutes.")
        for one in self._report.wrong():
            self._tell(f"{one.name} went wrong before, and is not counted here: see {one.folder}.")
        sweep = Sweep(
            self._made("sweep"),
            self._seed,
            self._tell,
            self._report,
            options.at_once,
            QUICK if options.quick else STORIES,
        )
        most = _QUICK_POINTS if options.quick and options.points is None else options.points
        if most != 0:
            self._points = sweep.carry_out(most, self._until)
        asked = options.database or ("sqlite" if options.quick else "both")
        for database in WHOLE if asked == "both" else (asked,):
            self._kill(database, sweep)
        outcomes = self._points + self._kills
        slowest = max((one.gone for one in outcomes), default=0.0)
        self._tell(f"What a worker had started was gone {slowest:.1f} s after it at the latest.")
        for line in [line for one in outcomes for line in one.late]:
            self._tell(f"  {line}")
        return bool(outcomes) and all(one.right for one in outcomes)

    @property
    def last_line(self) -> str:
        """What the suite comes to."""
        outcomes = self._points + self._kills
        return (
            f"{sum(one.kills for one in self._points)} points, "
            f"{sum(one.kills for one in self._kills)} kills, "
            f"{sum(len(one.lost) for one in outcomes)} lost, "
            f"{sum(len(one.doubled) for one in outcomes)} doubled"
        )

    def _kill(self, database: str, sweep: Sweep) -> None:
        options, server = self._options, None
        kills = options.kills
        if kills is None:
            kills = _QUICK_KILLS if options.quick else WHOLE[database]
        if kills == 0:
            return
        if database == "postgresql":
            found = binaries()
            if found is None:
                self._tell("No kills on PostgreSQL: it is not installed here (no initdb).")
                return
            server = Server.make(found)
        try:
            self._tell(f"{kills} random kills on {database}.")
            sieges = Sieges(
                self._made(database), self._seed, self._tell, self._report, server, options.at_once
            )
            if options.quick and server is None:
                sieges.scenes = list(sweep.scenes.values())
            self._kills += sieges.carry_out(kills, self._until)
        finally:
            if server is not None:
                server.remove()

    def _made(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def _tell(self, sentence: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        print(f"{minutes:3d}:{seconds:02d}  {sentence}", flush=True)


def _browser(asked: Path | None) -> str:
    """Settle which browser is used for this process and all below it, and say so."""
    if asked is not None:
        os.environ[_BROWSER] = str(asked)
    elif not os.environ.get(_BROWSER, "").strip():
        found = shutil.which(_WITHOUT_SCREEN)
        if found is None:
            return "The browser is the one that Paraplu finds."
        os.environ[_BROWSER] = found
        return f"The browser is {found}: a real Chromium, built without what shows it on a screen."
    return f"The browser is {os.environ[_BROWSER]}."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev crash", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample, in about two minutes")
    parser.add_argument(
        "--points", type=_number, help="about so many points of the sweep (default: all)"
    )
    parser.add_argument(
        "--kills", type=_number, help="so many random kills on each database (1000 and 300)"
    )
    parser.add_argument("--database", choices=(*WHOLE, "both"), help="for the random kills")
    parser.add_argument("--seed", type=_number, help="for chance (default: another each time)")
    parser.add_argument(
        "--minutes", type=_number, default=_MINUTES, help=f"begin nothing after ({_MINUTES})"
    )
    parser.add_argument(
        "--at-once", type=_number, default=AT_ONCE, help=f"trials at a time ({AT_ONCE})"
    )
    parser.add_argument("--browser", type=Path, metavar="PATH", help="the program of a Chromium")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="add a line of JSON for each trial to this file"
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out what the report says was right before"
    )
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number
