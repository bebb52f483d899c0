"""The tables. All times are milliseconds since 1970, UTC. Columns named `sealed` are encrypted.

Nothing personal stands in clear anywhere: requests, plans, messages and names are sealed under the keys
of `paraplu.store.keys`, and what must be found again (a reference, a person) stands as a keyed hash.
"""

from __future__ import annotations

from paraplu.store.tables.columns import metadata
from paraplu.store.tables.log import (
    cosignatures,
    custody,
    disclosures,
    entries,
    entry_intake,
    evidence,
    heads,
    tree,
)
from paraplu.store.tables.records import (
    absences,
    agreements,
    clients,
    mandates,
    meta,
    persons,
    proposals,
)
from paraplu.store.tables.running import runs, workers
from paraplu.store.tables.schedules import (
    accepted_holidays,
    calendars,
    drops,
    notices,
    pauses,
    planned_runs,
    schedules,
)
from paraplu.store.tables.work import (
    approvals,
    askings,
    cases,
    exceptions,
    intents,
    plans,
    receipt_requests,
    receipts,
    replies,
    watches,
)

SCHEMA = 5
"""The version of this schema; a database of another version is not touched."""

__all__ = [
    "SCHEMA",
    "absences",
    "accepted_holidays",
    "agreements",
    "approvals",
    "askings",
    "calendars",
    "cases",
    "clients",
    "cosignatures",
    "custody",
    "disclosures",
    "drops",
    "entries",
    "entry_intake",
    "evidence",
    "exceptions",
    "heads",
    "intents",
    "mandates",
    "meta",
    "metadata",
    "notices",
    "pauses",
    "persons",
    "planned_runs",
    "plans",
    "proposals",
    "receipt_requests",
    "receipts",
    "replies",
    "runs",
    "schedules",
    "tree",
    "watches",
    "workers",
]
