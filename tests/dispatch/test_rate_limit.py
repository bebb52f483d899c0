"""coati-payroll as it is shipped answers 50 requests an hour for each page; a run of some cases meets that.

What became of them is counted in the product's own database.
"""

from __future__ import annotations

import getpass
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import psutil
import pytest
from farm import Farm, until
from town import PATIENCE

from crash.backlog import CORRECTIONS, SUBMITTERS, workbook
from crash.scene import opened
from paraplu import practice
from paraplu.bootstrap import Centre, create_home
from paraplu.domain.person import Person, Role
from paraplu.engine.people import Known
from paraplu.engine.reviewed import given, read
from paraplu.settings import to_toml
from paraplu.store import cases, runs, tables
from products.coati import TECHSOL, Coati
from products.environment import CannotInstall

pytestmark = [
    pytest.mark.product,
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(not psutil.POSIX, reason="processes are stopped by signals here"),
]
CLIENT, ROBOT = "waterland", "coati-robot"
PEOPLE = (1, 2, 3, 5)
HOURS = 8
"""At most so many hours are let pass."""


@pytest.fixture
def coati() -> Iterator[Coati]:
    """coati as it is shipped."""
    try:
        running = Coati(rate_limit=True)
    except CannotInstall as problem:
        pytest.skip(str(problem))
    with running:
        yield running


@pytest.fixture
def folder(coati: Coati, tmp_path: Path) -> Path:
    """A folder with a home in which corrections for coati are due."""
    roles = (Role.ADMINISTRATOR, Role.OPERATOR)
    person = Person(handle="you", name="You", roles=roles, system_user=getpass.getuser())
    home, _known = create_home(tmp_path / "home", person, demo=True)
    replace(home, targets={"coati-payroll": coati.address}).save()
    robot = coati.users["robot"]
    credentials = home.secrets / "credentials.toml"
    credentials.touch(mode=0o600)
    words = {"user": robot.login, "password": robot.password}
    credentials.write_text(to_toml({ROBOT: words}), "utf-8")
    centre = opened(tmp_path)
    try:
        agree(centre, tmp_path)
        path = tmp_path / "corrections.xlsx"
        path.write_bytes(workbook(centre.parts.bots[CORRECTIONS], list(rows(coati))))
        by = centre.parts.people.acting(getpass.getuser(), SUBMITTERS[CORRECTIONS], demo=True)
        taken = centre.intake.receive(path, CLIENT, CORRECTIONS, by, channel="demo")
        assert taken.totals.received == len(PEOPLE)
        ask(centre)
    finally:
        centre.close()
    return tmp_path


def agree(centre: Centre, folder: Path) -> None:
    """Put the demo's agreement about corrections into force, with coati as its target."""
    path = folder / "client.toml"
    demo = resources.files(practice).joinpath("clients", f"{CLIENT}.toml")
    path.write_bytes(demo.read_bytes())
    file = read(path).client_file
    (agreement,) = (one for one in file.agreement if one.service == CORRECTIONS)
    changed: dict[str, Any] = {
        "target": "coati-payroll",
        "credential": ROBOT,
        "variants": {"organisation": TECHSOL, "employee_code": "DEMO-EMP{number:03}"},
    }
    mandates = tuple(
        one.model_copy(update={"cost_centres": (), "limit": Decimal(100_000)})
        for one in file.mandate
        if one.service == CORRECTIONS
    )
    only = {
        "agreement": (agreement.model_copy(update=changed),),
        "mandate": mandates,
        "schedule": (),
    }
    centre.parts.records.apply([given(file.model_copy(update=only))], you(centre), force=True)


def rows(coati: Coati) -> Iterator[dict[str, Any]]:
    """A bonus for each, of another amount."""
    employees = coati.records.employees()
    for number in PEOPLE:
        yield {
            "reference": f"B-{number}",
            "employee": f"{number:05}",
            "employment": 1,
            "unit": "geld",
            "component": "BONUSES",
            "kind": "toevoegen",
            "amount_wanted": Decimal(100 + number),
            "corrected_from": f"{coati.month:%Y-%m}",
            "cost_centre": employees[f"DEMO-EMP{number:03}"].cost_centre,
            "requested_by": SUBMITTERS[CORRECTIONS],
            "reason": "R03",
        }


def you(centre: Centre) -> Known:
    """Who works here."""
    return centre.parts.people.acting(getpass.getuser(), None, demo=True)


def ask(centre: Centre) -> None:
    """Have a run begin for what is due, with the time over for what was put off."""
    with centre.parts.database.write() as connection:
        connection.execute(tables.cases.update().values(not_before=None))
        if runs.open_runs(connection, CLIENT, CORRECTIONS):
            now = centre.parts.clock.ms()
            going = tables.runs.update().where(tables.runs.c.ended_at.is_(None))
            connection.execute(going.values(due_at=now))
        else:
            centre.runs.ask(connection, CLIENT, CORRECTIONS, you(centre).uid)


def states(folder: Path) -> Counter[str]:
    """How many cases are in each state."""
    centre = opened(folder)
    try:
        with centre.parts.database.read() as connection:
            return Counter(str(row.state) for row in cases.listed(connection, most=100))
    finally:
        centre.close()


def bonuses(coati: Coati) -> Counter[tuple[str, Decimal]]:
    """What was entered in coati, counted in its database."""
    run = coati.records.run(TECHSOL, coati.month)
    return Counter(
        (item.employee, item.value)
        for item in coati.records.novelties(run)
        if item.concept == "BONUSES"
    )


def pages(answers: list[str]) -> list[str]:
    """What was asked for besides pictures and the like."""
    return [one for one in answers if "/static/" not in one and not one.endswith("/favicon.ico")]


def test_a_limit_on_requests_pauses_the_run_and_every_case_is_done_once_hours_later(
    coati: Coati, folder: Path
) -> None:
    farm = Farm(folder / "home", folder)
    hours, limited = 0, 0
    try:
        while states(folder)["done"] < len(PEOPLE) and hours < HOURS:
            already = len(coati.answers())
            worker = farm.worker("--places", "1")
            (told,) = until(lambda one=worker: one.told, PATIENCE)
            answers = coati.answers()[already:]
            refused = [at for at, line in enumerate(answers) if line.startswith("429")]
            if refused:
                limited += 1
                assert told["ending"] == "paused"
                assert told["again_at"] is not None
                assert "with-person" not in states(folder)
                # One page is refused, it signs out, and then it lets coati alone.
                assert len(pages(answers[refused[0] :])) <= 4, answers[refused[0] :]
                time.sleep(5)
                assert len(coati.answers()) == already + len(answers)
            worker.signal(signal.SIGTERM)
            assert worker.ends(PATIENCE) == 0
            hours += 1
            coati.restart()  # its limits are kept in memory: as an hour does
            centre = opened(folder)
            ask(centre)
            centre.close()
    finally:
        farm.clear()
    assert states(folder) == {"done": len(PEOPLE)}
    assert limited
    wanted = {(f"DEMO-EMP{number:03}", Decimal(100 + number)): 1 for number in PEOPLE}
    assert bonuses(coati) == wanted
