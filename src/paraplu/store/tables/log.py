"""The audit log, what opens its digests, and evidence."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paraplu.store.tables.columns import ACTOR, CODE, HASH, UID, metadata

entries = Table(
    "entries",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("uid", UID, nullable=False, unique=True),
    Column("kind", CODE, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("case_uid", UID),
    Column("actor", ACTOR, nullable=False),
    Column("run", UID),
    Column("bytes", LargeBinary, nullable=False),
    Index("entries_by_case", "case_uid", "place"),
    Index("entries_by_kind", "kind", "place"),
    Index("entries_by_time", "time"),
)

entry_intake = Table(  # PostgreSQL: entries that have no place yet
    "entry_intake",
    metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("uid", UID, nullable=False, unique=True),
    Column("kind", CODE, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("case_uid", UID),
    Column("actor", ACTOR, nullable=False),
    Column("run", UID),
    Column("bytes", LargeBinary, nullable=False),
)

disclosures = Table(
    "disclosures",
    metadata,
    Column("entry", UID, primary_key=True),  # no foreign key: it may still stand in the intake
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,  # the uid would stand there twice
)

tree = Table(  # one row a log; an entry's index in its log is its place less `first`
    "tree",
    metadata,
    Column("log", Text, primary_key=True),
    Column("frontier", LargeBinary, nullable=False),
    Column("first", Integer, nullable=False, server_default=text("0")),
    Column("opened_at", BigInteger, nullable=False, server_default=text("0")),
    Column("closed_at", BigInteger),
    UniqueConstraint("first"),  # two logs cannot begin at one place
)

heads = Table(
    "heads",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("frontier", LargeBinary),  # the tree's edge at that size: what proofs begin with
)

cosignatures = Table(  # a witness's line for a head
    "cosignatures",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("witness", CODE, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)

custody = Table(  # what is known of each place where heads of a log are kept: a copy or a witness
    "custody",
    metadata,
    Column("name", CODE, primary_key=True),
    Column("log", Text, primary_key=True),
    Column("kind", CODE, nullable=False),
    Column("size", Integer, nullable=False, server_default=text("0")),
    Column("kept_at", BigInteger),
    Column("extent", BigInteger, nullable=False, server_default=text("0")),
    Column("try_at", BigInteger, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", BigInteger),
    Column("why", CODE),
    Column("checked_at", BigInteger),
    Column("checked_size", Integer),
)

evidence = Table(
    "evidence",
    metadata,
    Column("hash", HASH, primary_key=True),
    Column("media_type", CODE, nullable=False),
    Column("size", Integer, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Column("client", CODE, nullable=False),
    Column("case_uid", UID),
    Column("what", CODE, nullable=False),
    Index("evidence_by_case", "case_uid"),
)
