"""Deliveries and cases, from receipt to close."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from paraplu.store.tables.columns import CODE, HASH, UID, metadata

receipts = Table(
    "receipts",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, nullable=False),
    Column("service", CODE, nullable=False),
    Column("submitter", UID, nullable=False),
    Column("channel", CODE, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("file_hash", HASH, nullable=False),  # keyed hash of the bytes: the same file twice
    Column("evidence", HASH, nullable=False),
    Column("state", CODE, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("released_by", UID),
    Column("answer_hash", HASH),  # keyed hash of the answered workbook that was written last
    Column("sealed", LargeBinary, nullable=False),  # file name, sheet, what stopped it
    Index("receipts_by_client", "client", "service", "received_at"),
)

receipt_requests = Table(
    "receipt_requests",
    metadata,
    Column("receipt", UID, ForeignKey("receipts.uid"), primary_key=True),
    Column("first_row", Integer, primary_key=True),
    Column("rows", Text, nullable=False),  # JSON list of sheet rows
    Column("handled", CODE, nullable=False),
    Column("case_uid", UID),
    Column("sealed", LargeBinary),  # the messages for a row that was refused or a duplicate
    Index("receipt_requests_by_case", "case_uid"),
)

cases = Table(
    "cases",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, nullable=False),
    Column("service", CODE, nullable=False),
    Column("reference_hash", HASH, nullable=False),
    Column("turn", Integer, nullable=False),  # 1, and one more for each follow-up of a returned one
    Column("content_hash", HASH, nullable=False),
    Column("subject_hash", HASH),
    Column("share_hash", HASH),  # cases that must not be worked on at the same time by two runs
    Column("receipt", UID, ForeignKey("receipts.uid"), nullable=False),
    Column("place", Integer, nullable=False),  # its order in the receipt
    Column("follows", UID),
    Column("submitter", UID, nullable=False),
    Column("requester", UID),
    Column("state", CODE, nullable=False),
    Column("reason", CODE),  # the code of the message that brought it into this state
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("run", UID),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("not_before", BigInteger),
    Column("digest", HASH),  # of the plan that stands
    Column("deadline", BigInteger, nullable=False),
    Column("latest", BigInteger),
    Column("owner", UID),
    Column("received_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("model", HASH, nullable=False),
    Column("key", UID, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the request, the mark, the plan's salt
    Column("sealed_story", LargeBinary),  # what the client is told of it now
    UniqueConstraint("client", "service", "reference_hash", "turn"),
    Index("cases_by_state", "state", "deadline"),
    Index("cases_by_client", "client", "service", "state", "deadline"),
    Index("cases_by_content", "client", "service", "content_hash"),
    Index("cases_by_receipt", "receipt", "place"),
    Index("cases_by_subject", "subject_hash"),
)

plans = Table(
    "plans",
    metadata,
    Column("case_uid", UID, ForeignKey("cases.uid"), primary_key=True),
    Column("digest", HASH, primary_key=True),
    Column("planned_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("digest", HASH, nullable=False),
    Column("person", UID, nullable=False),
    Column("mandate", UID, nullable=False),
    Column("decision", CODE, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    UniqueConstraint("case_uid", "digest", "person"),
)

askings = Table(  # who was asked to decide about a plan, one after the other
    "askings",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("digest", HASH, nullable=False),
    Column("person", UID),  # None: there was nobody to ask
    Column("mandate", UID),
    Column("step", Integer, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),  # when it is passed on, or looked for somebody again
    UniqueConstraint("case_uid", "digest", "step"),  # two clocks make each step once
)

intents = Table(
    "intents",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("digest", HASH, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("verdict", CODE),
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
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("code", CODE, nullable=False),
    Column("finding_hash", HASH, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("closed_by", UID),
    Column("resolution", CODE),
    Column("sealed", LargeBinary, nullable=False),
    Index("exceptions_by_case", "case_uid", "opened_at"),
)

replies = Table(
    "replies",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("person", UID, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("replies_by_case", "case_uid", "said_at"),
)

watches = Table(
    "watches",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("case_uid", UID, ForeignKey("cases.uid"), nullable=False),
    Column("code", CODE, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("resolution", CODE),
    UniqueConstraint("case_uid", "code"),
    Index("watches_open", "closed_at", "due"),
)
