"""`demo`: the whole main job on the practice office, from two workbooks to the checked audit log.

The practice office is a program of its own that this one starts and talks to over HTTP, like any other
target. It ends by itself when this process does. What was interrupted goes on with the next start; what
was finished starts anew.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.office import passwords, serving
from paraplu.cli.session import Session, shared, system_user

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre
    from paraplu.domain.receipt import Totals
    from paraplu.engine.report import RunReport

_FINISHED = "finished"


@click.command()
@shared
def demo(session: Session) -> int:
    """Take in two workbooks, run two bots on a practice office, answer, check the audit log.

    Everything lies in one folder (./paraplu-demo unless --home says otherwise). Interrupted, the next
    start goes on; finished, the next start begins anew.

    \b
    Examples:
      paraplu demo
      paraplu demo --home /tmp/try --json
    """
    from paraplu.settings import home_folder

    home = home_folder(session.home or _default_home())
    _require_browser()
    _prepare_folder(session, home)
    with serving(home) as address:
        laid_out = _lay_out(home)
        _make_home(session, home, address, laid_out)
        with _opened(session, home) as centre:
            if centre.children is not None:
                centre.children.keep_spares(len(laid_out["deliveries"]))  # while workbooks come in
            _receive(session, centre, laid_out)
            _run(session, centre, laid_out)
            answered = centre.answers.answer_all()
            totals = _totals(centre)
            needs = _open_exceptions(centre)
        with _opened(session, home) as centre:
            checked = centre.proof.check()
    reconciled = all(one.closes and one.working == 0 for one in totals.values())
    _tell(session, home, totals, needs, [str(one.path) for one in answered], checked)
    if reconciled and checked.intact:
        (home / _FINISHED).touch()
    if not checked.intact:
        return 4
    return 0 if reconciled else 1


def _default_home() -> str:
    import os

    return os.environ.get("PARAPLU_HOME") or str(Path.cwd() / "paraplu-demo")


def _require_browser() -> None:
    """Raises `SettingsWrong` when there is none, before anything is made."""
    from paraplu.plugins import Plugins

    Plugins().connector("browser").where()


def _prepare_folder(session: Session, home: Path) -> None:
    """Begin anew after a finished demo; go on after an interrupted one; touch nothing else."""
    from paraplu.errors import Refused, SettingsWrong
    from paraplu.settings import SETTINGS, load_home

    if (home / SETTINGS).exists() and not load_home(home).demo:
        raise Refused(f"{home} is a home that is no demo: name another folder with --home.")
    foreign = home.exists() and not (home / SETTINGS).exists() and any(home.iterdir())
    if foreign and not (home / "practice").is_dir():
        raise Refused(f"{home} is not empty and holds no demo: name another folder with --home.")
    if (home / SETTINGS).exists() and (home / _FINISHED).exists():
        session.out.line("The last demo was finished: this one begins anew.")
        shutil.rmtree(home)
    elif (home / SETTINGS).exists():
        session.out.line("The last demo was interrupted: this one goes on from there.")
    try:
        (home / "practice").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsWrong(f"The folder {home} cannot be written: {error.strerror}.") from None


def _lay_out(home: Path) -> dict[str, Any]:
    """The client files and workbooks of the demo, made by the practice office for its own data."""
    from paraplu.errors import ParapluError

    done = subprocess.run(  # noqa: S603 - our own program
        [
            sys.executable,
            "-m",
            "paraplu.practice",
            "lay-out",
            str(home / "practice"),
            "--database",
            str(home / "practice" / "office.db"),
            "--passwords",
            str(passwords(home)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ParapluError(
            f"The practice office could not lay out its files: {done.stderr.strip()}"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _make_home(session: Session, home: Path, address: str, laid_out: dict[str, Any]) -> None:
    """A home with a person to act as, the robots' credentials, and the office's address of today."""
    from dataclasses import replace

    from paraplu.bootstrap import create_home
    from paraplu.domain.person import Person, Role
    from paraplu.settings import SETTINGS, load_home, to_toml

    if not (home / SETTINGS).exists():
        session.out.line(f"Making a home in {home}")
        user = system_user()
        person = Person(
            handle="you",
            name="You",
            roles=(Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR),
            system_user=user,
        )
        create_home(home, person, demo=True)
    targets = dict.fromkeys(laid_out["targets"], address)
    replace(load_home(home), targets=targets).save()
    path = home / "secrets" / "credentials.toml"
    path.touch(mode=0o600)
    path.write_text(to_toml(laid_out["credentials"]), encoding="utf-8")


@contextmanager
def _opened(session: Session, home: Path) -> Iterator[Centre]:
    with Session(str(home), session.claimed, session.out).centre() as centre:
        yield centre


def _receive(session: Session, centre: Centre, laid_out: dict[str, Any]) -> None:
    """Put the client files into force and take the workbooks in, unless that was done before."""
    from paraplu.engine.reviewed import read
    from paraplu.store import receipts

    by = centre.parts.people.acting(system_user(), None, demo=True)
    with centre.parts.database.read() as connection:
        known = {row.service + row.client for row in receipts.listed(connection, None, None)}
        fresh = not centre.parts.clients.every(connection)
    if fresh or not known:
        files = [read(Path(path)) for path in laid_out["clients"]]
        centre.parts.records.apply(files, by, force=True)
    for delivery in laid_out["deliveries"]:
        client, service = delivery["client"], delivery["service"]
        if service + client in known:
            continue
        file = Path(delivery["file"])
        submitter = centre.parts.people.acting(system_user(), delivery["by"], demo=True)
        taken = centre.intake.receive(file, client, service, submitter, channel="demo")
        totals = taken.totals
        session.out.line(
            f"{file.name}: {totals.rows} requests of {client}: {totals.received} received, "
            f"{totals.refused} refused, {totals.duplicates} known already"
        )


def _run(session: Session, centre: Centre, laid_out: dict[str, Any]) -> None:
    """Both bots at once, carried out by a worker of this process, as on a working day."""
    from paraplu.store import runs

    deliveries = [(one["client"], one["service"]) for one in laid_out["deliveries"]]
    by = centre.parts.people.acting(system_user(), None, demo=True)
    with centre.parts.database.write() as connection:
        for pair in deliveries:
            if not runs.open_runs(connection, *pair):  # that of a killed demo is taken over
                centre.runs.ask(connection, *pair, by.uid)
    outcomes: list[RunReport | Exception] = []
    worker = centre.worker(len(deliveries), lambda _run, outcome: outcomes.append(outcome))
    working = threading.Thread(target=worker.work, kwargs={"until_idle": True})
    working.start()
    try:
        with session.out.bars([f"{client}: {service}" for client, service in deliveries]) as show:
            while working.is_alive():
                working.join(0.3)
                totals = _totals(centre)
                for number, pair in enumerate(deliveries):
                    one = totals[pair]
                    show(number, one.received - one.working, one.received)
    except BaseException:
        worker.stop_now()
        working.join()
        raise
    for outcome in outcomes:
        _tell_run(session, outcome)


def _tell_run(session: Session, outcome: RunReport | Exception) -> None:
    if isinstance(outcome, Exception):
        raise outcome
    handled = ", ".join(
        f"{number} {state.value.replace('-', ' ')}" for state, number in outcome.handled.items()
    )
    ending = outcome.ending.replace("-", " ")
    session.out.line(f"{outcome.client}, {outcome.service}: {handled or ending}")
    if outcome.why:
        session.out.line(f"  {outcome.why}")


def _totals(centre: Centre) -> dict[tuple[str, str], Totals]:
    from paraplu.store import receipts

    with centre.parts.database.read() as connection:
        pairs = {(row.client, row.service) for row in receipts.listed(connection, None, None)}
        return {pair: receipts.totals(connection, *pair) for pair in sorted(pairs)}


def _open_exceptions(centre: Centre) -> list[str]:
    """The references of cases that need a person: set aside, or waiting for a word."""
    from paraplu.domain.case import State
    from paraplu.store import cases

    with centre.parts.database.read() as connection:
        rows = cases.listed(connection, states=[State.WITH_PERSON, State.WAITING], most=1000)
    return [str(centre.parts.case_files.request_values(row)["reference"]) for row in rows]


def _tell(
    session: Session,
    home: Path,
    totals: dict[tuple[str, str], Totals],
    needs: list[str],
    workbooks: list[str],
    checked: Any,
) -> None:
    from paraplu.domain.receipt import Totals as Sum

    out = session.out
    whole = sum(totals.values(), Sum())
    names = [name for name in whole.to_json() if name != "working" or whole.working]
    rows = [
        (client, service, *(getattr(one, name) for name in names))
        for (client, service), one in totals.items()
    ]
    rows.append(("together", "", *(getattr(whole, name) for name in names)))
    out.line()
    out.table(("client", "service", *(name.replace("_", " ") for name in names)), rows)
    out.line()
    if needs:
        out.line(
            f"{len(needs)} cases need a person: {whole.waiting} wait for approval, "
            f"{whole.with_person} were set aside (paraplu cases list --home '{home}')."
        )
    else:
        out.line("Nothing needs a person.")
    out.line(checked.summary)
    out.line()
    for path in workbooks:
        out.line(f"Answered workbook  {path}")
    out.line(f"Audit log          {home / 'paraplu.db'} (paraplu audit verify --home '{home}')")
    out.line(f"Evidence           {home / 'evidence'}")
    figures = whole.to_json()
    figures.pop("working")
    out.result(
        {
            **figures,
            "audit": {"entries": checked.verdict.entries, "intact": checked.intact},
            "home": str(home),
            "database": str(home / "paraplu.db"),
            "workbooks": workbooks,
        }
    )
