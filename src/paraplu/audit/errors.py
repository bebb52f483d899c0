"""What the audit log raises.

The texts are for operators and auditors: they name the place and the reason, never a value, since
values of a case may be personal and error texts stand in the operational log.
"""

from __future__ import annotations

from paraplu.errors import IntegrityBroken, ParapluError


class AuditError(ParapluError):
    """The root of the errors of the audit log."""


class NotRecordable(AuditError):
    """What was offered may not stand in the log as it is; the calling code must change."""


class Malformed(AuditError):
    """Bytes or text that should be an entry, note, head, tile or proof are not."""


class NotProved(AuditError, IntegrityBroken):
    """A signature or a proof does not hold."""
