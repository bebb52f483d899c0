"""Settings of record: persons, clients, agreements, mandates, and who must agree to a change."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from paraplu.store.tables.columns import CODE, HASH, UID, metadata

meta = Table(
    "meta",
    metadata,
    Column("name", CODE, primary_key=True),
    Column("value", Text, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("handle_hash", HASH, nullable=False, unique=True),
    Column("system_user_hash", HASH, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

agreements = Table(
    "agreements",
    metadata,
    Column("client", CODE, ForeignKey("clients.id"), primary_key=True),
    Column("service", CODE, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", UID, nullable=False),
)

mandates = Table(
    "mandates",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, ForeignKey("clients.id"), nullable=False),
    Column("service", CODE, nullable=False),
    Column("settings", Text, nullable=False),  # persons by uid, never by name
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", UID, nullable=False),
    Column("ended_at", BigInteger),
    Index("mandates_by_client", "client", "service"),
)

absences = Table(
    "absences",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("person", UID, nullable=False),
    Column("begins_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("noted_by", UID, nullable=False),
    Column("ended_at", BigInteger),  # ended earlier than was said
    Index("absences_by_person", "person", "ends_at"),
)

proposals = Table(  # changes of settings of record that wait for a second person
    "proposals",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("digest", HASH, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", UID, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", UID),
    Column("decision", CODE),
    Column("sealed", LargeBinary, nullable=False),
    Index("proposals_open", "decided_at"),
)
