"""What all tests share: no test works in the home of whoever runs it, or with that person's settings."""

from __future__ import annotations

import os

# What is about the machine and the tests is kept.
_KEPT = ("PARAPLU_BROWSER", "PARAPLU_TEST_")

for _name in list(os.environ):
    if _name.startswith("PARAPLU_") and not _name.startswith(_KEPT):
        del os.environ[_name]
