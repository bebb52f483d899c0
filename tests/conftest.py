"""What all tests share: no test works in the home of whoever runs it, or with that person's settings."""

from __future__ import annotations

import os

import pytest

# What is about the machine and the tests is kept.
_KEPT = ("PARAPLU_BROWSER", "PARAPLU_TEST_")

for _name in list(os.environ):
    if _name.startswith("PARAPLU_") and not _name.startswith(_KEPT):
        del os.environ[_name]


# What works through a whole home, test for test; `--quick` keeps the nouns and rules behind it.
_WHOLE_HOMES = {
    "test_absences.py",
    "test_calendars.py",
    "test_checking.py",
    "test_children.py",
    "test_folder_settings.py",
    "test_folders.py",
    "test_leaks.py",
    "test_mistakes.py",
    "test_notices.py",
    "test_outbox.py",
    "test_planned.py",
    "test_proposals.py",
    "test_records_commands.py",
    "test_recurrence.py",
    "test_schedules.py",
    "test_schedules_commands.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a PostgreSQL server, hands in a child, or a home for each test."""
    for item in items:
        varied = getattr(item, "callspec", None)
        if (varied and "postgresql" in varied.id) or item.path.name in _WHOLE_HOMES:
            item.add_marker(pytest.mark.slow)
