"""How a database came from one version of the tables to the next, one file a version (alembic)."""
