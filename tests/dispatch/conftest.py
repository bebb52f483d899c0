"""Bureaus on both databases, and workers of theirs as real processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / "engine"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from bureau import Bureau, found_home, moved_in  # noqa: E402
from farm import Farm, install_ledger  # noqa: E402
from town import Town  # noqa: E402

import postgres  # noqa: E402
from crash.backlog import Backlog  # noqa: E402
from crash.count import office_rows  # noqa: E402

BACKLOG = Backlog(2, 1)
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def founded_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """A home with its settings in force on each database, made once: the folder and the template."""
    made: dict[str, tuple[Path, str]] = {}

    def found(kind: str) -> tuple[Path, str]:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"founded-{kind}")
            name = postgres.server().database() if kind == "postgresql" else ""
            found_home(folder, database=postgres.server().url(name) if name else "")
            made[kind] = folder, name
        return made[kind]

    return found


@pytest.fixture(scope="session")
def ledger_installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that, on the search path, registers the ledger's plugins as an installation does."""
    return install_ledger(tmp_path_factory.mktemp("installed"))


@pytest.fixture(params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture
def bureau(
    kind: str, founded_on: Callable[[str], tuple[Path, str]], tmp_path: Path
) -> Iterator[Bureau]:
    """A bureau of the test's own, at the present time, whose runs have their hands in children."""
    template, name = founded_on(kind)
    database = postgres.server().database(name) if name else ""
    url = postgres.server().url(database) if database else ""
    opened = moved_in(template, tmp_path / "bureau", database=url)
    opened.time.now = datetime.now(UTC)
    opened.in_children = True
    yield opened
    opened.close()
    if database:
        postgres.server().ask(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def farm(bureau: Bureau, ledger_installed: Path) -> Iterator[Farm]:
    """Workers of the bureau as processes; none outlives the test."""
    made = Farm(bureau.home, ledger_installed)
    yield made
    made.clear()


@pytest.fixture(scope="session")
def founded_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Town]]:
    """The folder of a town in which nothing was done yet, and a copy after an undisturbed worker."""
    folder = tmp_path_factory.mktemp("towns")
    with Town.founded(folder / "template", BACKLOG):
        pass
    with Town.copied(folder / "template", folder / "undisturbed", BACKLOG) as town:
        town.work()
        town.wanted = office_rows(town.folder)
        town.assert_right()
        yield folder / "template", town


@pytest.fixture
def town(founded_town: tuple[Path, Town], tmp_path: Path) -> Iterator[Town]:
    """A town of the test's own."""
    template, undisturbed = founded_town
    with Town.copied(template, tmp_path / "town", BACKLOG) as one:
        one.wanted = undisturbed.wanted
        yield one
