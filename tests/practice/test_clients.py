"""The client files, of the demo and in `schedules/`: they apply to a new home, and come back the same."""

from __future__ import annotations

import getpass
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from pydantic import BaseModel

from paraplu.bootstrap import Centre, create_home, open_centre
from paraplu.cli.clients import paths_of
from paraplu.domain.agreement import Agreement, Client, Limits, WorkingCalendar
from paraplu.domain.mandate import Mandate, mandate_for
from paraplu.domain.person import Person, Role
from paraplu.domain.schedule import Schedule
from paraplu.engine.clientfile import ClientFile
from paraplu.engine.people import Known
from paraplu.engine.reviewed import given, read
from paraplu.practice.workbooks import CLIENTS, ROBOTS, TARGETS
from paraplu_payroll.variants import PayrollVariants
from paraplu_procurement.variants import OrderVariants

ROOT = Path(__file__).parents[2]
DEMO = [Path(str(resources.files("paraplu.practice") / "clients" / f"{n}.toml")) for n in CLIENTS]
SCHEDULES = paths_of([ROOT / "schedules"])
EXAMPLE = ROOT / "schedules" / "example-gemeente.toml"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Centre]:
    person = Person(
        handle="admin",
        name="Administrator",
        roles=(Role.ADMINISTRATOR,),
        system_user=getpass.getuser(),
    )
    create_home(tmp_path / "home", person, demo=True)
    centre = open_centre(tmp_path / "home")
    yield centre
    centre.close()


def administrator(centre: Centre) -> Known:
    return centre.parts.people.acting(getpass.getuser(), None, demo=True)


def content(file: ClientFile) -> tuple[object, ...]:
    """What a file says, in whatever order it says it."""
    return (
        file.client,
        sorted(file.person, key=lambda one: one.handle),
        sorted(file.agreement, key=lambda one: one.service),
        sorted(file.mandate, key=lambda one: (one.service, one.may, one.person)),
        sorted(file.schedule, key=lambda one: one.name),
    )


@pytest.mark.parametrize("files", [DEMO, SCHEDULES], ids=["demo", "schedules"])
def test_they_apply_to_a_new_home_and_export_gives_them_back(
    home: Centre, files: list[Path]
) -> None:
    by = administrator(home)
    assert files
    records = home.parts.records
    reviewed = [read(path) for path in files]
    assert all(applied.lines for applied in records.apply(reviewed, by))
    again = records.apply(reviewed, by)
    assert not any(one.lines for one in again), "applied twice, nothing is left to change"
    for file in (one.client_file for one in reviewed):
        if file.client is not None:
            exported = records.export(file.client.id, by)
            assert content(exported) == content(file)
            assert records.difference([given(exported)]) == [[]]


def test_the_demo_s_people_can_be_claimed_and_have_their_roles(home: Centre) -> None:
    by = administrator(home)
    home.parts.records.apply([read(path) for path in DEMO], by)
    held = {
        handle: home.parts.people.acting("nobody", handle, demo=True).person
        for handle in ("tessa.molenaar", "margriet.stolk", "arend.kuipers", "anneke.vos")
    }
    assert held["tessa.molenaar"].has(Role.OPERATOR)
    assert held["margriet.stolk"].has(Role.LEAD)
    assert held["arend.kuipers"].has(Role.AUDITOR)
    assert held["tessa.molenaar"].sees("nordvig")
    assert not held["anneke.vos"].sees("nordvig")


def test_agreements_of_the_demo_hold_today_and_in_years_to_come(home: Centre) -> None:
    by = administrator(home)
    home.parts.records.apply([read(path) for path in DEMO], by)
    today = datetime.now(UTC).date()
    with home.parts.database.read() as connection:
        for client in ("waterland", "nordvig"):
            for service in ("payroll-correction", "procurement-order"):
                for day in (today, today.replace(year=today.year + 20, day=1)):
                    terms = home.parts.clients.terms(connection, client, service, day)
                    assert terms.agreement.target in TARGETS
                    assert terms.agreement.credential in ROBOTS
                    may = {one.may for one in terms.mandates.values() if one.valid_on(day)}
                    assert may == {"ask", "approve"}


def test_whoever_approves_in_the_demo_neither_asks_nor_grants() -> None:
    for path in DEMO[1:]:
        mandates = read(path).client_file.mandate
        payroll = [one for one in mandates if one.service == "payroll-correction"]
        for service in (payroll, [one for one in mandates if one not in payroll]):
            askers = {one.person for one in service if one.may == "ask"}
            approvers = {one.person for one in service if one.may == "approve"}
            assert askers
            assert approvers
            assert not approvers & (askers | {one.granted_by for one in service})


def test_the_narrow_mandate_of_waterland_covers_less_than_the_wide_one() -> None:
    mandates = [
        one for one in read(DEMO[1]).client_file.mandate if one.service == "payroll-correction"
    ]
    day = datetime.now(UTC).date()

    def asks(person: str, centre: str) -> Mandate | None:
        return mandate_for(mandates, person=person, may="ask", day=day, cost_centres=(centre,))

    wide, narrow = asks("anneke.vos", "4420"), asks("bas.terpstra", "4420")
    assert wide is not None
    assert narrow is not None
    assert wide.limit is not None
    assert narrow.limit is not None
    assert wide.limit > narrow.limit
    assert asks("anneke.vos", "4510") is not None
    assert asks("bas.terpstra", "4510") is None


def test_no_file_holds_a_revision_or_a_secret() -> None:
    for path in (*DEMO, *SCHEDULES):
        assert read(path).data.get("revision") is None
        assert "password" not in tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "model",
    [
        *(ClientFile, Client, Person, Agreement, Limits, WorkingCalendar, Mandate, Schedule),
        *(PayrollVariants, OrderVariants),
    ],
)
def test_the_example_shows_every_key_there_is(model: type[BaseModel]) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    shown = {line.removeprefix("# ").partition(" = ")[0] for line in lines if " = " in line}
    shown |= {line.strip("[]").rpartition(".")[2] for line in lines if line.startswith("[")}
    # The client of an agreement or a mandate is the file's own: it is not written again.
    filled_in = {"client"} if "client" in model.model_fields and model is not ClientFile else set()
    assert set(model.model_fields) - filled_in - shown == set()


def test_what_the_example_says_of_its_services_is_what_the_bots_understand() -> None:
    agreements = {one.service: one for one in read(EXAMPLE).client_file.agreement}
    payroll = PayrollVariants.model_validate(agreements["payroll-correction"].variants)
    orders = OrderVariants.model_validate(agreements["procurement-order"].variants)
    assert payroll.late == "next-period"
    assert (orders.order_until.hour, str(orders.price_tolerance)) == (15, "2.5")
