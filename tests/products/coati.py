"""coati-payroll 1.10.1, a third-party payroll product, for tests: installed, seeded, started, reset.

The first use installs it into the cache and seeds a template database for the current month; every
other use copies the template and starts the server.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Final

from products.cache import Cache
from products.coati_records import CoatiRecords
from products.database import Database
from products.environment import INSIDE, Environment, digest, installed, surroundings
from products.running import Running
from products.user import User

TECHSOL: Final = "Planilla Demo - TechSol"
BMO_SERVICES: Final = "Planilla Demo - BMO Services"

_ADMINISTRATOR: Final = User("coati-admin", "coati-admin", "admin")
_USERS: Final = MappingProxyType(
    {
        "robot": User("hr.robot", "hr-robot-2026", "hr"),
        "approver": User("hr.lead", "hr-lead-2026", "hr"),
        "auditor": User("auditor", "auditor-2026", "audit"),
        "administrator": _ADMINISTRATOR,
    }
)
_VARIABLES: Final = MappingProxyType(
    {
        "DATABASE_URL": "sqlite:///{folder}/coati.db",
        "SECRET_KEY": "loopback-only",
        "ADMIN_USER": _ADMINISTRATOR.login,
        "ADMIN_PASSWORD": _ADMINISTRATOR.password,
    }
)


class Coati(Running):
    """A running copy of the product.

    `rate_limit` keeps the product's limit of 50 requests an hour for each endpoint, as shipped;
    without it the limit is off. Raises CannotInstall and DidNotStart.
    """

    users: Final[Mapping[str, User]] = _USERS
    """Who can sign in, by what they are for. The product knows three roles: admin, hr, audit."""

    def __init__(self, *, rate_limit: bool = False, cache: Cache | None = None) -> None:
        cache = cache or Cache.of_the_repository()
        self.month: Final = dt.date.today().replace(day=1)  # noqa: DTZ011 the product's own clock
        """The first day of the period of the run that is open for corrections."""
        environment = installed("coati", cache)
        arguments = ["--database", "{folder}/coati.db"]
        arguments += ["--libraries", str(environment.web / "node_modules")]
        arguments += ["--answers", "{folder}/answers.log"]
        arguments += ["--rate-limit"] if rate_limit else []
        super().__init__(
            environment,
            _seeded(environment, self.month, cache),
            "coati_serve.py",
            arguments,
            surroundings(**_VARIABLES),
        )
        self.records: Final = CoatiRecords(Database(self.folder / "coati.db"))
        """What the product has stored, read straight from its database."""

    def answers(self) -> list[str]:
        """What it was asked for and what it answered, for instance ``429 GET /employee/``."""
        file = self.folder / "answers.log"
        return file.read_text("utf-8").splitlines() if file.exists() else []


def _seeded(environment: Environment, month: dt.date, cache: Cache) -> Path:
    """A folder with the seeded database of that month."""
    users = json.dumps([asdict(user) for user in _USERS.values() if user != _ADMINISTRATOR])
    scripts = [INSIDE / "coati_seed.py", INSIDE / "coati_app.py"]
    key = digest(*(script.read_bytes() for script in scripts), users, str(_VARIABLES))

    def seed(folder: Path) -> None:
        place = folder.as_posix()
        arguments = ["--database", f"{place}/coati.db", "--month", month.isoformat()]
        variables = {name: value.replace("{folder}", place) for name, value in _VARIABLES.items()}
        environment.seed(
            "coati_seed.py", [*arguments, "--users", users], surroundings(**variables), folder
        )

    return cache.folder(f"{environment.folder.name}-seeded-{month:%Y-%m}-{key}", seed)
