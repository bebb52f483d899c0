"""What all tests share: no test works in the home of whoever runs it, or with that person's settings."""

from __future__ import annotations

import os

import pytest

# What is about the machine and the tests is kept.
_KEPT = ("PARAPLU_BROWSER", "PARAPLU_TEST_")

for _name in list(os.environ):
    if _name.startswith("PARAPLU_") and not _name.startswith(_KEPT):
        del os.environ[_name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a PostgreSQL server or hands in a child: `--quick` does without."""
    for item in items:
        varied = getattr(item, "callspec", None)
        if (varied and "postgresql" in varied.id) or item.path.name == "test_children.py":
            item.add_marker(pytest.mark.slow)
