"""Schema 3: schedules, calendars, pauses, absences, notices, watched folders, second persons."""

from __future__ import annotations

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
    Text,
    UniqueConstraint,
    text,
)

revision = "0003"
down_revision = "0002"

metadata = MetaData()

_uid = String(36)
_hash = String(64)
_code = String(80)

clients = Table("clients", metadata, Column("id", _code, primary_key=True))  # named by a key only
cases = Table("cases", metadata, Column("uid", _uid, primary_key=True))

schedules = Table(
    "schedules",
    metadata,
    Column("client", _code, ForeignKey("clients.id"), primary_key=True),
    Column("name", _code, primary_key=True),
    Column("service", _code, nullable=False),
    Column("settings", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("planned_until", BigInteger, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", _uid, nullable=False),
    Column("ended_at", BigInteger),
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", _code, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", _uid, nullable=False),
)

accepted_holidays = Table(
    "accepted_holidays",
    metadata,
    Column("country", _code, primary_key=True),
    Column("categories", _code, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("days", Text, nullable=False),
    Column("source", _code, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("accepted_by", _uid),
)

pauses = Table(
    "pauses",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("scope", _code, nullable=False),
    Column("name", _code, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", _uid, nullable=False),
    Column("ends_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", _uid),
    Column("sealed", LargeBinary, nullable=False),
    Index("pauses_open", "ended_at"),
)

absences = Table(
    "absences",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("person", _uid, nullable=False),
    Column("begins_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("noted_by", _uid, nullable=False),
    Column("ended_at", BigInteger),
    Index("absences_by_person", "person", "ends_at"),
)

askings = Table(
    "askings",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("digest", _hash, nullable=False),
    Column("person", _uid),
    Column("mandate", _uid),
    Column("step", Integer, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    UniqueConstraint("case_uid", "digest", "step"),
)

notices = Table(
    "notices",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("kind", _code, nullable=False),
    Column("about", String(200), nullable=False),
    Column("person", _uid, nullable=False),
    Column("client", _code),
    Column("facts", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("try_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("mail", _uid),
    Column("sent_at", BigInteger),
    Column("given_up_at", BigInteger),
    Column("why", _code),
    UniqueConstraint("kind", "about", "person"),
    Index("notices_unsent", "sent_at", "given_up_at", "try_at"),
    Index("notices_by_person", "person", "sent_at"),
)

drops = Table(
    "drops",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("folder_hash", _hash, nullable=False),
    Column("name_hash", _hash, nullable=False),
    Column("file_hash", _hash, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("outcome", _code, nullable=False),
    Column("receipt", _uid),
    Column("moved_at", BigInteger),
    Column("answer", _hash),
    Column("answer_hash", _hash),
    Column("final", Integer, nullable=False, server_default=text("0")),
    Column("delivered_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
    Index("drops_by_folder", "folder_hash", "moved_at"),
    Index("drops_by_receipt", "receipt"),
    Index(
        "drops_undelivered",
        "client",
        "service",
        sqlite_where=text("delivered_at IS NULL"),
        postgresql_where=text("delivered_at IS NULL"),
    ),
    Index(
        "drops_not_final",
        "client",
        "service",
        sqlite_where=text("final = 0"),
        postgresql_where=text("final = 0"),
    ),
    Index(
        "one_drop_per_file_lying",
        "folder_hash",
        "name_hash",
        "file_hash",
        unique=True,
        sqlite_where=text("moved_at IS NULL"),
        postgresql_where=text("moved_at IS NULL"),
    ),
    Index(
        "one_receipt_per_file_dropped",
        "client",
        "service",
        "file_hash",
        unique=True,
        sqlite_where=text("outcome = 'taken-in'"),
        postgresql_where=text("outcome = 'taken-in'"),
    ),
)

proposals = Table(
    "proposals",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("kind", _code, nullable=False),
    Column("digest", _hash, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", _uid, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", _uid),
    Column("decision", _code),
    Column("sealed", LargeBinary, nullable=False),
    Index("proposals_open", "decided_at"),
)

_NEW = (
    schedules,
    calendars,
    accepted_holidays,
    pauses,
    absences,
    askings,
    notices,
    drops,
    proposals,
)


def upgrade() -> None:
    """From schema 2."""
    for table in _NEW:
        table.create(op.get_bind())
    op.add_column("receipts", Column("answer_hash", _hash))
    op.add_column("planned_runs", Column("due_at", BigInteger))
    op.add_column("planned_runs", Column("by", _uid))
    op.execute("UPDATE meta SET value = '3' WHERE name = 'schema'")
