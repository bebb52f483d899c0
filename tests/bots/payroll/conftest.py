"""Makes the modules beside the tests, and the products' harness, importable; opens a practice office."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from paraplu import Action, SessionTerms
from paraplu.practice.office import Office
from paraplu_browser import connector
from paraplu_payroll.targets.practice import PracticePayroll

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from in_the_payroll_office import PASSWORD, ROBOT  # noqa: E402


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("office")
    passwords = {"payroll-robot": PASSWORD}
    with Office.start(folder, today=date(2026, 11, 21), passwords=passwords) as running:
        yield running


@pytest.fixture(scope="module")
def actions() -> list[Action]:
    return []


@pytest.fixture(scope="module")
def signed_in(office: Office, actions: list[Action]) -> Iterator[PracticePayroll]:
    terms = SessionTerms(office.address, secrets=(ROBOT.password,), action_limit=3.0)
    with connector.open(terms, actions.append) as session:
        target = PracticePayroll(session)
        target.sign_in(ROBOT)
        yield target
        office.clear_moods()
        target.sign_out()


@pytest.fixture
def target(office: Office, signed_in: PracticePayroll) -> Iterator[PracticePayroll]:
    yield signed_in
    office.clear_moods()
