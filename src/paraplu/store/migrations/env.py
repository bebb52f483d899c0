"""Run by alembic: hands it the connection, and with it the transaction, of whoever asks for the upgrade."""

from __future__ import annotations

from alembic import context

from paraplu.store import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables.metadata
)
with context.begin_transaction():
    context.run_migrations()
