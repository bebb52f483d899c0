"""What all tests share: no test works in the home of whoever runs it, or with that person's settings."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

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


# Seconds that a test takes, by its mark: as good as is needed to begin with the longest files.
_SECONDS = {"long": 120.0, "product": 30.0, "browser": 15.0, "slow": 4.0}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a PostgreSQL server, hands in a child, or a home for each test.

    The files that take longest come first: a file is one process's, and the last one is waited for by all.
    """
    seconds: Counter[Path] = Counter()
    for item in items:
        varied = getattr(item, "callspec", None)
        if (varied and "postgresql" in varied.id) or item.path.name in _WHOLE_HOMES:
            item.add_marker(pytest.mark.slow)
        marks = {mark.name for mark in item.iter_markers()}
        seconds[item.path] += next((at for name, at in _SECONDS.items() if name in marks), 0.1)
    items.sort(key=lambda item: -seconds[item.path])
