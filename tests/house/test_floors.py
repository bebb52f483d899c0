"""The contracts of .importlinter have no exceptions, and each of them can be broken."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SOURCE_ROOTS = ("src", "bots", "connectors")
# The package a module with a wrong import is put into, the import, and the contract that refuses it.
_WRONG = [
    ("src/paraplu/domain", "from paraplu.store import tables", "floors"),
    ("src/paraplu/domain", "def f():\n    import paraplu.audit", "floors"),
    ("src/paraplu/engine", "import paraplu.plugins", "floors"),
    (
        "src/paraplu/engine",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import paraplu_payroll",
        "plugins",
    ),
    ("bots/paraplu_payroll", "import paraplu_procurement", "plugins"),
    ("bots/paraplu_payroll", "import paraplu_browser", "plugins"),
    ("bots/paraplu_payroll", "from paraplu.domain.case import Case", "front-door"),
    ("connectors/paraplu_browser", "import paraplu.errors", "front-door"),
    ("src/paraplu/audit", "import time", "pure"),
    ("src/paraplu/domain", "import sqlalchemy", "pure"),
    ("src/paraplu/engine", "def f():\n    import playwright.sync_api", "browser"),
    ("bots/paraplu_payroll", "import playwright.sync_api", "browser"),
    ("src/paraplu/engine", "import openpyxl", "workbooks"),
    ("src/paraplu/practice", "import sqlalchemy", "database"),
    ("src/paraplu/witness", "from paraplu.store import tables", "witness"),
]


@pytest.fixture
def contracts(root: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser()
    found.read(root / ".importlinter", "utf-8")
    return found


def test_no_contract_has_an_exception(contracts: configparser.ConfigParser) -> None:
    softened = {"ignore_imports", "exhaustive_ignores", "exclude_type_checking_imports"}
    for name in contracts.sections():
        assert softened & set(contracts[name]) == set(), name


def test_every_package_is_under_the_contracts(
    contracts: configparser.ConfigParser, root: Path
) -> None:
    packages = {
        path.parent.name for name in _SOURCE_ROOTS for path in (root / name).glob("*/__init__.py")
    }
    assert set(contracts["importlinter"]["root_packages"].split()) == packages


@pytest.mark.slow
def test_every_contract_refuses_what_it_is_there_for(
    contracts: configparser.ConfigParser, root: Path, tmp_path: Path
) -> None:
    titles = {
        section.rpartition(":")[2]: contracts[section]["name"]
        for section in contracts.sections()
        if "contract" in section
    }
    assert set(titles) == {contract for _, _, contract in _WRONG}
    for name in _SOURCE_ROOTS:
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path)
    for number, (package, wrong, _) in enumerate(_WRONG):
        (tmp_path / package / f"zz{number}.py").write_text(f"{wrong}\n", "utf-8")
    (tmp_path / "src" / "paraplu" / "zz_on_no_floor.py").touch()

    said = linted(tmp_path)

    assert "zz_on_no_floor" in said
    reported = said[said.index("Broken contracts") :]
    for number, (_, wrong, contract) in enumerate(_WRONG):
        # Each broken contract's part begins with its title, underlined.
        part = re.split(r"\n.*\n-{5,}\n", reported.partition(f"\n{titles[contract]}\n---")[2])[0]
        assert f".zz{number} " in part, f"{contract} let pass: {wrong}\n{said}"


def linted(folder: Path) -> str:
    """What import-linter says of the house in `folder`."""
    roots = os.pathsep.join(str(folder / name) for name in _SOURCE_ROOTS)
    script = "import sys; from importlinter.cli import lint_imports_command as main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots, "COLUMNS": "250"},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr
