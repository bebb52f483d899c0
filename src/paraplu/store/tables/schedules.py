"""When runs are due: schedules, calendars, pauses, the ledger of planned runs, and what is told of it."""

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

from paraplu.store.tables.columns import ABOUT, CODE, HASH, UID, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("client", CODE, ForeignKey("clients.id"), primary_key=True),
    Column("name", CODE, primary_key=True),
    Column("service", CODE, nullable=False),
    Column("settings", Text, nullable=False),
    Column("version", Integer, nullable=False),  # one more with every change
    Column("planned_until", BigInteger, nullable=False),  # every planned run up to here is written
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", UID, nullable=False),
    Column("ended_at", BigInteger),
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", UID, nullable=False),
)

accepted_holidays = Table(  # what planned runs are computed from, whatever the library says by now
    "accepted_holidays",
    metadata,
    Column("country", CODE, primary_key=True),
    Column("categories", CODE, primary_key=True),  # in alphabetical order, with commas
    Column("year", Integer, primary_key=True),
    Column("days", Text, nullable=False),  # JSON list of days
    Column("source", CODE, nullable=False),  # the library and its version
    Column("accepted_at", BigInteger, nullable=False),
    Column("accepted_by", UID),  # None: the first time that they were needed
)

pauses = Table(
    "pauses",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("scope", CODE, nullable=False),
    Column("name", CODE, nullable=False),  # of the schedule, client, service or target; empty: all
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", UID, nullable=False),
    Column("ends_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", UID),
    Column("sealed", LargeBinary, nullable=False),  # the reason
    Index("pauses_open", "ended_at"),
)

planned_runs = Table(
    "planned_runs",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("schedule", CODE, nullable=False),
    Column("planned_for", BigInteger, nullable=False),
    Column("client", CODE, nullable=False),
    Column("service", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("run", UID),
    Column("why", CODE),
    Column("changed_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # later than planned_for: maintenance of the target lies over it
    Column("by", UID),  # who skipped it or had it run, None: Paraplu itself
    UniqueConstraint("schedule", "planned_for"),  # two schedulers cannot plan a run twice
    Index("planned_runs_by_state", "state", "planned_for"),
)

notices = Table(  # what is to be told by mail: codes, figures and days, never a name or an amount
    "notices",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("kind", CODE, nullable=False),
    Column("about", ABOUT, nullable=False),  # what it is about; a person is told of it once a kind
    Column("person", UID, nullable=False),
    Column("client", CODE),
    Column("facts", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("try_at", BigInteger, nullable=False),  # nobody tries to send it before
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("mail", UID),  # into which whoever claimed it puts it
    Column("sent_at", BigInteger),
    Column("given_up_at", BigInteger),
    Column("why", CODE),  # of the last try that failed, or why it is not sent at all
    UniqueConstraint("kind", "about", "person"),
    Index("notices_unsent", "sent_at", "given_up_at", "try_at"),
    Index("notices_by_person", "person", "sent_at"),
)

drops = Table(  # files that were found in watched folders, and what became of each
    "drops",
    metadata,
    Column("uid", UID, primary_key=True),
    Column("client", CODE, nullable=False),
    Column("service", CODE, nullable=False),
    Column("folder_hash", HASH, nullable=False),  # of the path of the folder it lay in
    Column("name_hash", HASH, nullable=False),
    Column("file_hash", HASH, nullable=False),  # of the bytes that were read, as in receipts
    Column("seen_at", BigInteger, nullable=False),
    Column("outcome", CODE, nullable=False),  # taken-in, stopped, known, refused
    Column("receipt", UID),
    Column("moved_at", BigInteger),  # None: it may still lie where the client put it
    Column("answer", HASH),  # the newest answered workbook, as evidence
    Column("answer_hash", HASH),  # of what is to lie in the out-folder, None: nothing yet
    Column("final", Integer, nullable=False, server_default=text("0")),
    Column("delivered_at", BigInteger),  # None: it does not lie there yet
    Column("sealed", LargeBinary, nullable=False),  # the file's name, what is wrong with it
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
    # Two lookers at one folder cannot take one file in twice.
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
