"""The parts that the engine works with, joined once by `paraplu.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paraplu.domain.bot import Bot
from paraplu.domain.connector import Recorder
from paraplu.domain.workbook import WorkbookConnector
from paraplu.engine.ahead import Ahead
from paraplu.engine.calendars import Calendars
from paraplu.engine.casefile import CaseFiles
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.hands import Hands, HandsTerms
from paraplu.engine.journal import Journal
from paraplu.engine.notices import Notices
from paraplu.engine.people import People
from paraplu.engine.proposals import Proposals
from paraplu.engine.records import Records
from paraplu.engine.wording import Wording
from paraplu.store.database import Database
from paraplu.store.files import Files
from paraplu.store.keys import KeyStore


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything, each once. Plugins are fetched by name when they are needed.

    `hands` opens the hands of a run, `code_hash` gives the digest of the code that a bot's run uses with a
    target; both raise `SettingsWrong` for a name that nobody knows. `covered` returns when the audit log
    covers an intent as its agreement asks (see `Agreement.intent`); it raises `NotCovered` when that
    cannot be had now.
    """

    database: Database
    keys: KeyStore
    files: Files
    clock: Clock
    journal: Journal
    people: People
    clients: Clients
    calendars: Calendars
    proposals: Proposals
    records: Records
    ahead: Ahead
    notices: Notices
    case_files: CaseFiles
    bots: Mapping[str, Bot[Any]]
    workbooks: Callable[[], WorkbookConnector]
    hands: Callable[[HandsTerms, Recorder], Hands]
    code_hash: Callable[[str, str], str]
    covered: Callable[[str, str], None]
    wording: Callable[[str], Wording]
