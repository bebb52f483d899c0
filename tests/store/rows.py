"""Receipts, cases and runs written straight into the tables, for tests of the store alone."""

from __future__ import annotations

from typing import Any

from paraplu.domain.case import State
from paraplu.store import cases, tables
from paraplu.store.database import Database

NOW = 1_000_000
LONG_PAST, FAR_OFF = 1, 10**14  # leases are told by a clock of their own
CLIENT, SERVICE = "noordwijk", "ledger-booking"


def receive(database: Database, *names: str, receipt: str = "receipt", **more: Any) -> None:
    """A receipt with a case of each of these names, received in this order."""
    values = {"cases": len(names), "released_by": None, **more.pop("of_receipt", {})}
    with database.write() as connection:
        connection.execute(
            tables.receipts.insert().values(
                uid=receipt,
                client=CLIENT,
                service=SERVICE,
                submitter="somebody",
                channel="folder",
                received_at=1,
                file_hash=receipt,
                evidence="",
                state="open",
                sealed=b"",
                **values,
            )
        )
        rows = [
            {
                "uid": name,
                "client": CLIENT,
                "service": SERVICE,
                "reference_hash": name,
                "turn": 1,
                "content_hash": name,
                "receipt": receipt,
                "place": place,
                "submitter": "somebody",
                "state": State.READY.value,
                "deadline": NOW + 100,
                "received_at": 1,
                "model": "m",
                "key": "k",
                "sealed": b"",
                **more,
            }
            for place, name in enumerate(names)
        ]
        cases.add(connection, rows)


def begin(database: Database, *runs: str, lease_until: int | None = FAR_OFF) -> None:
    """Runs that are held by a worker until then."""
    with database.write() as connection:
        for number, run in enumerate(runs):
            connection.execute(
                tables.runs.insert().values(
                    uid=run,
                    client=CLIENT,
                    service=SERVICE,
                    credential=f"robot-{run}-{number}",
                    purpose="run",
                    started_by="somebody",
                    due_at=1,
                    worker="w",
                    lease_until=lease_until,
                )
            )


def change(database: Database, uid: str, **values: Any) -> None:
    """Change a case behind everybody's back."""
    with database.write() as connection:
        connection.execute(tables.cases.update().where(tables.cases.c.uid == uid).values(**values))
