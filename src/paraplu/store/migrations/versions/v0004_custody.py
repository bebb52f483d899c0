"""Schema 4: several logs one after the other, heads that are kept elsewhere, witnesses."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

revision = "0004"
down_revision = "0003"

metadata = MetaData()

_code = String(80)

tree = Table(
    "tree",
    metadata,
    Column("log", Text, primary_key=True),
    Column("frontier", LargeBinary, nullable=False),
    Column("first", Integer, nullable=False, server_default=text("0")),
    Column("opened_at", BigInteger, nullable=False, server_default=text("0")),
    Column("closed_at", BigInteger),
    UniqueConstraint("first"),
)

heads = Table(
    "heads",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("frontier", LargeBinary),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("witness", _code, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)

custody = Table(
    "custody",
    metadata,
    Column("name", _code, primary_key=True),
    Column("log", Text, primary_key=True),
    Column("kind", _code, nullable=False),
    Column("size", Integer, nullable=False, server_default=text("0")),
    Column("kept_at", BigInteger),
    Column("extent", BigInteger, nullable=False, server_default=text("0")),
    Column("try_at", BigInteger, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", BigInteger),
    Column("why", _code),
    Column("checked_at", BigInteger),
    Column("checked_size", Integer),
)


def upgrade() -> None:
    """From schema 3. The one log that is there was opened with its first entry."""
    op.execute("CREATE TABLE tree_before AS SELECT * FROM tree")
    op.execute("CREATE TABLE heads_before AS SELECT * FROM heads")
    for table in (tree, heads):
        op.drop_table(table.name)
    for table in (tree, heads, cosignatures, custody):
        table.create(op.get_bind())
    op.execute(
        "INSERT INTO tree (log, frontier, opened_at) SELECT log, frontier,"
        " COALESCE((SELECT time FROM entries WHERE place = 0), 0) FROM tree_before"
    )
    op.execute(
        "INSERT INTO heads (log, size, signed_at, note)"
        " SELECT tree.log, old.size, old.signed_at, old.note FROM heads_before AS old, tree"
    )
    op.drop_table("tree_before")
    op.drop_table("heads_before")
    # By which an auditor asks: everything about a person, everything of a month.
    op.create_index("cases_by_subject", "cases", ["subject_hash"])
    op.create_index("entries_by_time", "entries", ["time"])
    op.execute("UPDATE meta SET value = '4' WHERE name = 'schema'")
