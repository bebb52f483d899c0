"""Schema 2: leases of runs, planned runs, workers, an intake for entries, disclosures by their entry."""

from __future__ import annotations

import time

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

revision = "0002"
down_revision = "0001"

metadata = MetaData()

_uid = String(36)
_code = String(80)
_actor = String(120)

planned_runs = Table(
    "planned_runs",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("schedule", _code, nullable=False),
    Column("planned_for", BigInteger, nullable=False),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("state", _code, nullable=False),
    Column("run", _uid),
    Column("why", _code),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("schedule", "planned_for"),
    Index("planned_runs_by_state", "state", "planned_for"),
)

workers = Table(
    "workers",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("machine", _code, nullable=False),
    Column("process", Integer, nullable=False),
    Column("version", _code, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
)

entry_intake = Table(
    "entry_intake",
    metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("uid", _uid, nullable=False, unique=True),
    Column("kind", _code, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("case_uid", _uid),
    Column("actor", _actor, nullable=False),
    Column("run", _uid),
    Column("bytes", LargeBinary, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("credential", _code, nullable=False),
    Column("purpose", _code, nullable=False),
    Column("started_by", _uid, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("planned_run", _uid, ForeignKey("planned_runs.uid")),
    Column("worker", _uid),
    Column("token", Integer, nullable=False, server_default=text("0")),
    Column("slot", Integer),
    Column("lease_until", BigInteger),
    Column("stop", _code),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", _code),
    Index(
        "one_run_per_slot",
        "credential",
        "slot",
        unique=True,
        sqlite_where=text("ended_at IS NULL AND slot IS NOT NULL"),
        postgresql_where=text("ended_at IS NULL AND slot IS NOT NULL"),
    ),
    Index("runs_open", "ended_at", "due_at"),
)

disclosures = Table(
    "disclosures",
    metadata,
    Column("digest", String(43), primary_key=True),
    Column("entry", _uid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("disclosures_by_entry", "entry"),
)


def upgrade() -> None:
    """From schema 1. Runs that never ended died with their process: nobody works during an upgrade."""
    op.add_column("cases", Column("share_hash", String(64)))
    for table in (planned_runs, workers, entry_intake):
        table.create(op.get_bind())
    op.execute("CREATE TABLE runs_before AS SELECT * FROM runs")
    _make_anew(runs)
    op.execute(
        "INSERT INTO runs (uid, client, service, credential, purpose, started_by, due_at,"
        " started_at, ended_at, ending)"
        " SELECT uid, client, service, 'not-recorded', purpose, started_by, started_at,"
        " started_at, ended_at, ending FROM runs_before"
    )
    op.drop_table("runs_before")
    now = time.time_ns() // 1_000_000
    died = runs.update().where(runs.c.ended_at.is_(None))
    op.execute(died.values(ended_at=now, ending="died"))
    op.execute("CREATE TABLE disclosures_before AS SELECT * FROM disclosures")
    _make_anew(disclosures)
    op.execute(
        "INSERT INTO disclosures (digest, entry, sealed)"
        " SELECT old.digest, entries.uid, old.sealed FROM disclosures_before AS old"
        " JOIN entries ON entries.place = old.place"
    )
    op.drop_table("disclosures_before")
    if op.get_bind().dialect.name != "sqlite":  # SQLite does not know how long a text may be
        op.alter_column("entries", "actor", type_=_actor, existing_nullable=False)
    op.execute("UPDATE meta SET value = '2' WHERE name = 'schema'")


def _make_anew(table: Table) -> None:
    """Drop a table, and make it with its new columns and the names that a new one has."""
    op.drop_table(table.name)
    table.create(op.get_bind())
