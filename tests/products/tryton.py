"""Tryton 8.0 with its web client sao, a third-party product for purchasing, for tests: installed,
seeded, started, reset.

The first use installs it into the cache and seeds a template database (about a minute); every other
use copies the template and starts the server.
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
from products.database import Database
from products.environment import INSIDE, Environment, digest, installed, surroundings
from products.running import Running
from products.tryton_records import TrytonRecords
from products.user import User

DATABASE: Final = "purchasing"

_ADMINISTRATOR: Final = User("admin", "Adm1n-tryton-2026", "Administration")
_USERS: Final = MappingProxyType(
    {
        "robot": User("purchase.robot", "Purch4se-robot-2026", "Purchase"),
        "buyer": User("paula.buyer", "P4ula-buys-2026", "Purchase + Purchase Administrator"),
        "administrator": _ADMINISTRATOR,
    }
)


# Read by the product before any configuration file; the path of the database must be absolute.
_VARIABLES: Final = MappingProxyType(
    {
        "TRYTOND_DATABASE__URI": "sqlite://",
        "TRYTOND_DATABASE__PATH": "{folder}",
        "TRYTOND_SESSION__TIMEOUT": "3600",
        "TRYTOND_DATABASE_NAMES": DATABASE,
    }
)


class Tryton(Running):
    """A running copy of the product. Raises CannotInstall and DidNotStart."""

    users: Final[Mapping[str, User]] = _USERS
    """Who can sign in, by what they are for. A role is the names of the product's groups."""

    def __init__(self, *, cache: Cache | None = None) -> None:
        cache = cache or Cache.of_the_repository()
        environment = installed("tryton", cache)
        libraries = environment.web / "node_modules"
        super().__init__(
            environment,
            _seeded(environment, cache),
            "tryton_serve.py",
            ["--libraries", str(libraries)],
            surroundings(**_VARIABLES, TRYTOND_WEB__ROOT=str(libraries / "tryton-sao")),
        )
        self.records: Final = TrytonRecords(Database(self.folder / f"{DATABASE}.sqlite"))
        """What the product has stored, read straight from its database."""

    @property
    def client(self) -> str:
        """The address of the web client on this database; records are at `/model/...` below it."""
        return f"{self.address}/#{DATABASE}"


def _seeded(environment: Environment, cache: Cache) -> Path:
    """A folder with the seeded database. It has one fiscal year, so it is good for a month at most."""
    today = dt.date.today()  # noqa: DTZ011 the product's own clock
    users = json.dumps([asdict(user) for user in _USERS.values() if user != _ADMINISTRATOR])
    script = INSIDE / "tryton_seed.py"
    key = digest(script.read_bytes(), users, str(_VARIABLES), str(_ADMINISTRATOR))

    def seed(folder: Path) -> None:
        place = folder.as_posix()
        arguments = ["--database", DATABASE, "--folder", place, "--today", today.isoformat()]
        arguments += ["--password", _ADMINISTRATOR.password, "--users", users]
        variables = {name: value.replace("{folder}", place) for name, value in _VARIABLES.items()}
        environment.seed("tryton_seed.py", arguments, surroundings(**variables), folder)

    return cache.folder(f"{environment.folder.name}-seeded-{today:%Y-%m}-{key}", seed)
