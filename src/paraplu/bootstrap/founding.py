"""A home is made, and brought to this program's schema."""

from __future__ import annotations

import os
import re
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paraplu.bootstrap.parts import (
    apply_dispatch,
    parts_of,
    require_database,
)
from paraplu.domain.person import Person
from paraplu.engine.clock import Clock
from paraplu.engine.journal import OURSELVES
from paraplu.engine.people import Known
from paraplu.errors import Refused, SettingsWrong
from paraplu.plugins import Plugins
from paraplu.settings import SETTINGS, Home, check_places, load_home
from paraplu.store import logs
from paraplu.store.entries import count
from paraplu.store.keys import secret_bytes
from paraplu.store.tables import SCHEMA
from paraplu.store.upgrade import Upgraded, upgrade


def create_home(
    path: Path,
    person: Person,
    *,
    demo: bool = False,
    clock: Clock | None = None,
    database: str = "",
    keys: str = "",
    evidence: str = "",
) -> tuple[Home, Known]:
    """Make a home in `path` with its databases, keys and log, and its first person.

    `database`, `keys` and `evidence` are as in `Home`: empty means in the home. Raises `Refused` when there
    is one already, `SettingsWrong` when the folder cannot be written or the database is not one for us.
    """
    if (path / SETTINGS).exists():
        raise Refused(f"There is a home of Paraplu in {path} already.")
    clock = clock or Clock()
    home = Home(
        path,
        _origin(clock.now()),
        demo,
        database=database,
        keys=keys,
        evidence_folder=evidence,
    )
    check_places(home)
    for url in (home.database_url, home.keys_url):
        require_database(url)
    begun = (home.secrets / "master.key").exists()
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        home.path.chmod(0o700)  # answered workbooks lie in it, readable
        for folder in (home.secrets, home.evidence, home.answers, home.locks):
            folder.mkdir(exist_ok=True, parents=folder == home.evidence)
        home.secrets.chmod(0o700)
        for name in ("master.key", "index.key", "log.key"):
            secret_bytes(home.secrets / name, make=True)
    except OSError as error:
        raise SettingsWrong(f"The folder {path} cannot be written: {error.strerror}.") from None
    parts = parts_of(home, Plugins(), clock)
    if not begun and parts.database.schema() is not None:
        raise Refused(
            "There is a Paraplu in this database already. For another machine of it copy the home: "
            f"{SETTINGS}, log.vkey and the folder secrets."
        )
    parts.database.create()
    apply_dispatch(parts.database)
    parts.keys.create()
    home.vkeys.write_text(parts.journal.verifier.vkey + "\n", encoding="utf-8")
    with parts.database.read() as connection:
        fresh = count(connection) == 0
    if fresh:
        parts.journal.open_log(OURSELVES)
    with parts.database.write() as connection:
        known = parts.people.put(connection, person, None)
    parts.journal.sign_head()
    parts.database.close()
    parts.keys.close()
    home.save()  # last: a home without settings file is not finished, and made again
    return home, known


def upgrade_home(
    path: Path, user: str | None, claimed: str | None = None, *, clock: Clock | None = None
) -> Upgraded:
    """Bring the database of the home in `path` to this program's schema; an entry tells who did it.

    `user` is the operating-system user, None when nobody in particular does it; `claimed` as for every
    command. Raises what `paraplu.store.upgrade.upgrade` raises.
    """
    home, clock = load_home(path), clock or Clock()
    parts = parts_of(home, Plugins(), clock)
    try:
        people, journal = parts.people, parts.journal
        hand = people.acting(user, claimed, demo=home.demo).hand if user else OURSELVES

        def tell(connection: Any, before: int) -> None:
            detail = {"schema_before": before, "schema": SCHEMA}
            log = logs.current(connection).log  # others do not see the new tables yet
            entry = journal.entry("database-upgraded", hand, log=log, detail=detail)
            journal.write(connection, entry)

        done = upgrade(parts.database, clock.now(), tell)
        apply_dispatch(parts.database)
        if done.before != done.after:
            journal.sign_head()
        return done
    finally:
        parts.database.close()
        parts.keys.close()


def _origin(now: datetime) -> str:
    """A name for the log that others do not have: this machine's name, and the year it was opened in."""
    host = re.sub(r"[^a-z0-9.-]+", "-", socket.gethostname().lower()).strip("-.") or "paraplu"
    return f"{host[:60]}/audit/{now.astimezone(UTC).year}-{os.urandom(3).hex()}"
