"""Settings for the property tests of the audit log."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is slow without being wrong.
settings.register_profile("steady", deadline=None, print_blob=True)
settings.load_profile("steady")
