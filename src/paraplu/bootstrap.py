"""Joins the parts: the only place that builds them."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import paraplu
from paraplu.audit.note import Signer, Verifier
from paraplu.domain.connector import Recorder
from paraplu.domain.person import Person
from paraplu.engine.answers import Answers
from paraplu.engine.casefile import CaseFiles
from paraplu.engine.cases import Desks
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.hands import Hands, HandsTerms, OwnHands, Tools
from paraplu.engine.intake import Intake
from paraplu.engine.journal import OURSELVES, Journal
from paraplu.engine.leases import Leases
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, People
from paraplu.engine.proof import Proof
from paraplu.engine.runs import Runs
from paraplu.engine.wording import Wording
from paraplu.errors import Refused, SettingsWrong
from paraplu.logging import log_to
from paraplu.plugins import Plugins
from paraplu.settings import SETTINGS, Home, load_home
from paraplu.store.database import Database
from paraplu.store.entries import count
from paraplu.store.files import Files
from paraplu.store.keys import KeyStore, require_private, secret_bytes


@dataclass(frozen=True, slots=True)
class Centre:
    """One installation, joined and ready: what the command line and the console work with."""

    home: Home
    plugins: Plugins
    parts: Parts
    intake: Intake
    runs: Runs
    desks: Desks
    answers: Answers
    proof: Proof
    log: Any

    def close(self) -> None:
        """Sign the log's head and let go of everything."""
        try:
            self.parts.journal.sign_head()
        finally:
            self.parts.database.close()
            self.parts.keys.close()


def create_home(
    path: Path, person: Person, *, demo: bool = False, clock: Clock | None = None
) -> tuple[Home, Known]:
    """Make a home in `path` with its databases, keys and log, and its first person.

    Raises `Refused` when there is one already, `SettingsWrong` when the folder cannot be written.
    """
    if (path / SETTINGS).exists():
        raise Refused(f"There is a home of Paraplu in {path} already.")
    clock = clock or Clock()
    home = Home(path, _origin(clock.now()), demo)
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        home.path.chmod(0o700)  # answered workbooks lie in it, readable
        for folder in (home.secrets, home.evidence, home.answers, home.locks):
            folder.mkdir(exist_ok=True)
        home.secrets.chmod(0o700)
        for name in ("master.key", "index.key", "log.key"):
            secret_bytes(home.secrets / name, make=True)
    except OSError as error:
        raise SettingsWrong(f"The folder {path} cannot be written: {error.strerror}.") from None
    parts = _parts(home, Plugins(), clock)
    parts.database.create()
    parts.keys.create()
    (home.path / "log.vkey").write_text(parts.journal.verifier.vkey + "\n", encoding="utf-8")
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


def open_centre(
    path: Path, *, clock: Clock | None = None, plugins: Plugins | None = None
) -> Centre:
    """Open the home in `path`. Raises `SettingsWrong` or `SchemaMismatch` with what to do."""
    home = load_home(path)
    plugins = plugins or Plugins()
    parts = _parts(home, plugins, clock or Clock())
    parts.database.check()
    desks = Desks(parts)
    return Centre(
        home=home,
        plugins=plugins,
        parts=parts,
        intake=Intake(parts),
        runs=Runs(parts, Leases(parts.database, parts.clock, paraplu.__version__, home.locks)),
        desks=desks,
        answers=Answers(parts, desks, home.answers),
        proof=Proof(parts),
        log=log_to(home.log_file),
    )


def _parts(home: Home, plugins: Plugins, clock: Clock) -> Parts:
    database = Database(home.database_url)
    keys = KeyStore(
        home.keys_url,
        secret_bytes(home.secrets / "master.key"),
        secret_bytes(home.secrets / "index.key"),
    )
    signer, verifier = _signing(home)
    journal = Journal(
        database=database,
        keys=keys,
        clock=clock,
        log=home.log,
        version=paraplu.__version__,
        signer=signer,
        verifier=verifier,
    )
    people = People(database, keys, clock, journal)
    wordings = lru_cache(maxsize=None)(lambda language: Wording(language, plugins.catalogues))
    return Parts(
        database=database,
        keys=keys,
        files=Files(home.evidence, keys),
        clock=clock,
        journal=journal,
        people=people,
        clients=Clients(database, keys, clock, journal, people, plugins.bots),
        case_files=CaseFiles(keys),
        bots=plugins.bots,
        workbooks=lambda: plugins.connector("spreadsheet"),
        hands=partial(_own_hands, tools_of(home, plugins)),
        code_hash=lru_cache(maxsize=None)(plugins.code_hash),
        wording=wordings,
    )


def tools_of(home: Home, plugins: Plugins) -> Tools:
    """What hands are made of in this home."""
    return Tools(
        bots=plugins.bots,
        targets=plugins.target,
        connectors=plugins.connector,
        address=home.address,
        credential=home.credential,
    )


def _own_hands(tools: Tools, terms: HandsTerms, record: Recorder) -> Hands:
    return OwnHands(terms, tools, record)


def _signing(home: Home) -> tuple[Signer | None, Verifier]:
    """The signing key when it lies here, and the key that verifies it."""
    path = home.secrets / "log.key"
    if path.exists():
        require_private(path)
        signer = Signer(home.log, secret_bytes(path))
        return signer, signer.verifier
    public = home.path / "log.vkey"
    if not public.is_file():
        raise SettingsWrong(f"Neither {path} nor {public} is there: the log cannot be verified.")
    return None, Verifier.from_vkey(public.read_text(encoding="utf-8").strip())


def _origin(now: datetime) -> str:
    """A name for the log that others do not have: this machine's name, and the year it was opened in."""
    host = re.sub(r"[^a-z0-9.-]+", "-", socket.gethostname().lower()).strip("-.") or "paraplu"
    return f"{host[:60]}/audit/{now.astimezone(UTC).year}-{os.urandom(3).hex()}"
