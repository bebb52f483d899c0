"""Schema 1, as it was released: the tables stand here as they were, whatever they are today."""

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

revision = "0001"
down_revision = None

metadata = MetaData()

_uid = String(36)
_hash = String(64)
_code = String(80)

meta = Table(
    "meta",
    metadata,
    Column("name", _code, primary_key=True),
    Column("value", Text, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("handle_hash", _hash, nullable=False, unique=True),
    Column("system_user_hash", _hash, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("id", _code, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

agreements = Table(
    "agreements",
    metadata,
    Column("client", _code, ForeignKey("clients.id"), primary_key=True),
    Column("service", _code, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", _uid, nullable=False),
)

mandates = Table(
    "mandates",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, ForeignKey("clients.id"), nullable=False),
    Column("service", _code, nullable=False),
    Column("settings", Text, nullable=False),  # persons by uid, never by name
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", _uid, nullable=False),
    Column("ended_at", BigInteger),
    Index("mandates_by_client", "client", "service"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("submitter", _uid, nullable=False),
    Column("channel", _code, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("file_hash", _hash, nullable=False),  # keyed hash of the bytes: the same file twice
    Column("evidence", _hash, nullable=False),
    Column("state", _code, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("released_by", _uid),
    Column("sealed", LargeBinary, nullable=False),  # file name, sheet, what stopped it
    Index("receipts_by_client", "client", "service", "received_at"),
)

receipt_requests = Table(
    "receipt_requests",
    metadata,
    Column("receipt", _uid, ForeignKey("receipts.uid"), primary_key=True),
    Column("first_row", Integer, primary_key=True),
    Column("rows", Text, nullable=False),  # JSON list of sheet rows
    Column("handled", _code, nullable=False),
    Column("case_uid", _uid),
    Column("sealed", LargeBinary),  # the messages for a row that was refused or a duplicate
    Index("receipt_requests_by_case", "case_uid"),
)

cases = Table(
    "cases",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("reference_hash", _hash, nullable=False),
    Column("turn", Integer, nullable=False),  # 1, and one more for each follow-up of a returned one
    Column("content_hash", _hash, nullable=False),
    Column("subject_hash", _hash),
    Column("receipt", _uid, ForeignKey("receipts.uid"), nullable=False),
    Column("place", Integer, nullable=False),  # its order in the receipt
    Column("follows", _uid),
    Column("submitter", _uid, nullable=False),
    Column("requester", _uid),
    Column("state", _code, nullable=False),
    Column("reason", _code),  # the code of the message that brought it into this state
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("run", _uid),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("not_before", BigInteger),
    Column("digest", _hash),  # of the plan that stands
    Column("deadline", BigInteger, nullable=False),
    Column("latest", BigInteger),
    Column("owner", _uid),
    Column("received_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("model", _hash, nullable=False),
    Column("key", _uid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the request, the mark, the plan's salt
    Column("sealed_story", LargeBinary),  # what the client is told of it now
    UniqueConstraint("client", "service", "reference_hash", "turn"),
    Index("cases_by_state", "state", "deadline"),
    Index("cases_by_client", "client", "service", "state", "deadline"),
    Index("cases_by_content", "client", "service", "content_hash"),
    Index("cases_by_receipt", "receipt", "place"),
)

plans = Table(
    "plans",
    metadata,
    Column("case_uid", _uid, ForeignKey("cases.uid"), primary_key=True),
    Column("digest", _hash, primary_key=True),
    Column("planned_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("digest", _hash, nullable=False),
    Column("person", _uid, nullable=False),
    Column("mandate", _uid, nullable=False),
    Column("decision", _code, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    UniqueConstraint("case_uid", "digest", "person"),
)

intents = Table(
    "intents",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("digest", _hash, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("verdict", _code),
    Column("sealed", LargeBinary),  # emptied of what nobody asked about when the case closes
    # One case, one change: a second open intent cannot exist.
    Index(
        "one_open_intent_per_case",
        "case_uid",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("code", _code, nullable=False),
    Column("finding_hash", _hash, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("closed_by", _uid),
    Column("resolution", _code),
    Column("sealed", LargeBinary, nullable=False),
    Index("exceptions_by_case", "case_uid", "opened_at"),
)

replies = Table(
    "replies",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("person", _uid, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("replies_by_case", "case_uid", "said_at"),
)

watches = Table(
    "watches",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("case_uid", _uid, ForeignKey("cases.uid"), nullable=False),
    Column("code", _code, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("resolution", _code),
    UniqueConstraint("case_uid", "code"),
    Index("watches_open", "closed_at", "due"),
)

runs = Table(
    "runs",
    metadata,
    Column("uid", _uid, primary_key=True),
    Column("client", _code, nullable=False),
    Column("service", _code, nullable=False),
    Column("purpose", _code, nullable=False),
    Column("started_by", _uid, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ending", _code),
)

entries = Table(
    "entries",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("uid", _uid, nullable=False, unique=True),
    Column("kind", _code, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("case_uid", _uid),
    Column("actor", _uid, nullable=False),
    Column("run", _uid),
    Column("bytes", LargeBinary, nullable=False),
    Index("entries_by_case", "case_uid", "place"),
    Index("entries_by_kind", "kind", "place"),
)

disclosures = Table(
    "disclosures",
    metadata,
    Column("digest", String(43), primary_key=True),
    Column("place", Integer, ForeignKey("entries.place"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("disclosures_by_place", "place"),
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
    Column("hash", _hash, primary_key=True),
    Column("media_type", _code, nullable=False),
    Column("size", Integer, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Column("client", _code, nullable=False),
    Column("case_uid", _uid),
    Column("what", _code, nullable=False),
    Index("evidence_by_case", "case_uid"),
)


def upgrade() -> None:
    """Make them in an empty database."""
    metadata.create_all(op.get_bind())
    op.execute(meta.insert().values(name="schema", value="1"))
