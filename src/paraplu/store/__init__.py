"""What is kept: tables and their queries, keys and files by hash. SQLite and PostgreSQL alike."""
