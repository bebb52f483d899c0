"""Workers and the runs that they hold."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, text

from paraplu.store.tables.columns import CODE, UID, metadata

workers = Table(
    "workers",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("machine", CODE, nullable=False),
    Column("process", Integer, nullable=False),
    Column("version", CODE, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
)

runs = Table(
    "runs",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, nullable=False),
    Column("service", CODE, nullable=False),
    Column("credential", CODE, nullable=False),
    Column("purpose", CODE, nullable=False),
    Column("started_by", UID, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("planned_run", UID, ForeignKey("planned_runs.uid")),
    Column("worker", UID),  # who holds it, until `lease_until`
    Column("token", Integer, nullable=False, server_default=text("0")),
    Column("slot", Integer),
    Column("lease_until", BigInteger),
    Column("stop", CODE),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ending", CODE),
    # A credential is used by as many runs at once as it has slots: the database refuses one more.
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
