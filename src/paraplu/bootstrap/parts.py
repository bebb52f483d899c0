"""Builds the parts that everything works with, each once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

import paraplu
from paraplu.assurance.keeping.cover import Cover
from paraplu.assurance.keeping.custody import Custody
from paraplu.dispatch.dispatch import Dispatch
from paraplu.dispatch.embedded import EmbeddedDispatch
from paraplu.domain.connector import Recorder
from paraplu.domain.mail import Letter
from paraplu.engine.ahead import Ahead
from paraplu.engine.calendars import Calendars
from paraplu.engine.casefile import CaseFiles
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.hands import Hands, HandsTerms, OwnHands, Tools
from paraplu.engine.journal import Journal
from paraplu.engine.notices import Notices
from paraplu.engine.parts import Parts
from paraplu.engine.people import People
from paraplu.engine.proposals import Proposals
from paraplu.engine.records import Records
from paraplu.engine.wording import Wording
from paraplu.errors import SettingsWrong
from paraplu.plugins import Plugins
from paraplu.settings import Home
from paraplu.store.database import Database
from paraplu.store.files import Files
from paraplu.store.keys import KeyStore, secret_bytes


def parts_of(
    home: Home,
    plugins: Plugins,
    clock: Clock,
    hands: Callable[[HandsTerms, Recorder], Hands] | None = None,
) -> Parts:
    for url in (home.database_url, home.keys_url):
        require_database(url)
    database = Database(home.database_url)
    keys = KeyStore(
        home.keys_url,
        secret_bytes(home.secrets / "master.key"),
        secret_bytes(home.secrets / "index.key"),
    )
    journal = Journal(
        database=database,
        keys=keys,
        clock=clock,
        first=home.log,
        version=paraplu.__version__,
        signing=home.signing(),
        zone=home.audit.zone,
    )
    people = People(database, keys, clock, journal)
    known = Clients(clock, people)
    calendars = Calendars(clock, journal, known)
    ahead = Ahead(clock, journal, calendars.of)
    proposals = Proposals(database, keys, clock, journal, people, known)
    notices = Notices(database, clock, people, known, calendars, home.expiries)
    custody = _custody(home, database, clock, journal, notices)
    wordings = lru_cache(maxsize=None)(lambda language: Wording(language, plugins.catalogues))
    return Parts(
        database=database,
        keys=keys,
        files=Files(home.evidence, keys),
        clock=clock,
        journal=journal,
        people=people,
        clients=known,
        calendars=calendars,
        proposals=proposals,
        records=Records(
            *(database, keys, clock, journal, people, known, plugins.bots),
            *(calendars, ahead, proposals),
        ),
        ahead=ahead,
        notices=notices,
        case_files=CaseFiles(keys),
        bots=plugins.bots,
        workbooks=lambda: plugins.connector("spreadsheet"),
        hands=hands or partial(OwnHands, tools_of(home, plugins)),
        code_hash=lru_cache(maxsize=None)(plugins.code_hash),
        covered=Cover(custody).wait,
        wording=wordings,
    )


def custody_of(home: Home, parts: Parts) -> Custody:
    """The places where heads of the log are kept elsewhere, as this home's settings name them."""
    return _custody(home, parts.database, parts.clock, parts.journal, parts.notices)


def _custody(
    home: Home, database: Database, clock: Clock, journal: Journal, notices: Notices
) -> Custody:
    return Custody(
        database=database,
        clock=clock,
        journal=journal,
        notices=notices,
        settings=home.audit,
        post=_post_of(home),
        credential=home.credential,
    )


def _post_of(home: Home) -> Callable[[Letter], None] | None:
    if home.mail is None:
        return None
    from paraplu.dispatch.mail import Mail  # the standard library's mail is slow to import

    return Mail(home.mail, home.credential).post


def tools_of(home: Home, plugins: Plugins) -> Tools:
    """What hands are made of in this home."""
    return Tools(
        bots=plugins.bots,
        targets=plugins.target,
        connectors=plugins.connector,
        address=home.address,
        credential=home.credential,
    )


def dispatch_of(home: Home) -> Dispatch:
    url = make_url(home.database_url)
    if url.get_backend_name() == "sqlite":
        return EmbeddedDispatch(Path(url.database or ""))
    from paraplu.dispatch.cluster import ClusterDispatch

    return ClusterDispatch(home.database_url)


def apply_dispatch(database: Database) -> None:
    """Make what dispatch needs in the database, or bring it to the installed version."""
    if database.is_sqlite:
        return
    from paraplu.dispatch.cluster import apply_schema

    apply_schema(database)


def require_database(url: str) -> None:
    """Raise `SettingsWrong` unless this is the URL of a database of a kind that we know how to use."""
    kind = url.partition(":")[0]
    if kind not in ("sqlite", "postgresql+psycopg"):
        raise SettingsWrong(
            "A database is named by a URL like postgresql+psycopg://user@host/name "
            f"(or sqlite:////folder/file.db), not by one that begins with '{kind[:30]}'."
        )
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsWrong(
            "The URL of the database cannot be read: write it like "
            "postgresql+psycopg://user@host:5432/name, special characters in it as %XX."
        ) from None
    if kind != "sqlite":
        import_module("paraplu.dispatch.cluster")  # says so when the extra is not installed
