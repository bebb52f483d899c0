"""coati-payroll 1.10.1, a third-party payroll product, for tests: installed, seeded, started, reset.

The first use installs it into the cache and seeds a template database for the current month; every
other use copies the template and starts the server.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final

from products.cache import Cache
from products.coati_records import CoatiRecords
from products.database import Database
from products.environment import INSIDE, digest, installed, surroundings
from products.server import Server
from products.user import User

TECHSOL: Final = "Planilla Demo - TechSol"
BMO_SERVICES: Final = "Planilla Demo - BMO Services"

_ADMINISTRATOR: Final = User("coati-admin", "coati-admin", "admin")


class Coati:
    """One running copy of the product with a database of its own. Usable as a context manager.

    `rate_limit` keeps the product's limit of 50 requests an hour for each endpoint, as shipped;
    without it the limit is off. Raises CannotInstall and DidNotStart.
    """

    def __init__(self, *, rate_limit: bool = False, cache: Cache | None = None) -> None:
        cache = cache or Cache.of_the_repository()
        self.month: Final = dt.date.today().replace(day=1)  # noqa: DTZ011 the product's own clock
        """The first day of the period of the run that is open for corrections."""
        self.users: Final = {
            "robot": User("hr.robot", "hr-robot-2026", "hr"),
            "approver": User("hr.lead", "hr-lead-2026", "hr"),
            "auditor": User("auditor", "auditor-2026", "audit"),
            "administrator": _ADMINISTRATOR,
        }
        """Who can sign in, by what they are for. The product knows three roles: admin, hr, audit."""
        self._rate_limit = rate_limit
        self._environment = installed("coati", cache)
        self._template = self._seeded(cache) / "coati.db"
        self._folder = tempfile.TemporaryDirectory(prefix="paraplu-coati-")
        self._database = Path(self._folder.name) / "coati.db"
        self.records: Final = CoatiRecords(Database(self._database))
        """What the product has stored, read straight from its database."""
        self._server: Server | None = None
        try:
            self._start(port=0)
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """Where the product answers, without a slash at the end. The same after a reset."""
        if self._server is None:
            raise RuntimeError("The product has been stopped; make a new Coati.")
        return f"http://127.0.0.1:{self._server.port}"

    def reset(self) -> None:
        """Put the seeded state back. Sessions end; the address stays."""
        port = self._server.port if self._server else 0
        self._end()
        self._start(port)

    def stop(self) -> None:
        """End the server and remove its database. Stopping twice does nothing."""
        self._end()
        self._folder.cleanup()

    def __enter__(self) -> Coati:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, port: int) -> None:
        shutil.copyfile(self._template, self._database)
        arguments = ["--database", str(self._database), "--port", str(port)]
        arguments += ["--libraries", str(self._environment.web / "node_modules")]
        arguments += ["--rate-limit"] if self._rate_limit else []
        self._server = Server.start(
            self._environment,
            "coati_serve.py",
            arguments,
            self._surroundings(self._database),
            Path(self._folder.name) / "server.log",
        )

    def _end(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
        for remains in Path(self._folder.name).glob("coati.db*"):
            remains.unlink()

    def _surroundings(self, database: Path) -> dict[str, str]:
        return surroundings(
            DATABASE_URL=f"sqlite:///{database.as_posix()}",
            SECRET_KEY="loopback-only",
            ADMIN_USER=_ADMINISTRATOR.login,
            ADMIN_PASSWORD=_ADMINISTRATOR.password,
        )

    def _seeded(self, cache: Cache) -> Path:
        users = [asdict(user) for user in self.users.values() if user != _ADMINISTRATOR]
        scripts = [INSIDE / "coati_seed.py", INSIDE / "coati_app.py"]
        key = digest(*(script.read_bytes() for script in scripts), json.dumps(users))

        def seed(folder: Path) -> None:
            database = folder / "coati.db"
            arguments = ["--database", str(database), "--month", self.month.isoformat()]
            arguments += ["--users", json.dumps(users)]
            variables = self._surroundings(database)
            self._environment.seed(scripts[0].name, arguments, variables, folder)

        environment = self._environment.folder.name
        return cache.folder(f"{environment}-seeded-{self.month:%Y-%m}-{key}", seed)
