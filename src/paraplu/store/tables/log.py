"""The audit log, what opens its digests, and evidence."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

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
    Column("digest", String(43), primary_key=True),
    Column("entry", UID, nullable=False),  # no foreign key: it may still stand in the intake
    Column("sealed", LargeBinary, nullable=False),
    Index("disclosures_by_entry", "entry"),
)

tree = Table(
    "tree",
    metadata,
    Column("log", Text, primary_key=True),
    Column("frontier", LargeBinary, nullable=False),
)

heads = Table(
    "heads",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
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
