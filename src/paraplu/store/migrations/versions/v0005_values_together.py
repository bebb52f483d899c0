"""Schema 5: the sealed values of an entry lie in one row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from alembic import op
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, text

revision = "0005"
down_revision = "0004"

metadata = MetaData()

disclosures = Table(
    "disclosures",
    metadata,
    Column("entry", String(36), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

_AT_ONCE = 500  # rows


def upgrade() -> None:
    """From schema 4. No key is needed: what was sealed one by one lies in one row as it was."""
    op.execute("CREATE TABLE disclosures_before AS SELECT * FROM disclosures")
    op.drop_table("disclosures")
    connection = op.get_bind()
    disclosures.create(connection)
    before = connection.execute(
        text("SELECT entry, digest, sealed FROM disclosures_before ORDER BY entry, digest"),
        execution_options={"yield_per": 1000},
    )
    rows: list[dict[str, Any]] = []
    for row in _joined((entry, digest, bytes(sealed)) for entry, digest, sealed in before):
        rows.append(row)
        if len(rows) == _AT_ONCE:
            connection.execute(disclosures.insert(), rows)
            rows.clear()
    if rows:
        connection.execute(disclosures.insert(), rows)
    op.drop_table("disclosures_before")
    op.execute("UPDATE meta SET value = '5' WHERE name = 'schema'")


def _joined(values: Iterator[tuple[str, str, bytes]]) -> Iterator[dict[str, Any]]:
    """A row an entry: 2, the uid of the key, and of each value digest, length (4 bytes), sealed bytes."""
    for entry, group in groupby(values, key=lambda one: one[0]):
        parts = list(group)
        key = parts[0][2][1:17]
        body = b"".join(
            digest.encode("ascii") + len(sealed).to_bytes(4, "big") + sealed
            for _entry, digest, sealed in parts
        )
        yield {"entry": entry, "sealed": b"\x02" + key + body}
