"""One kind of entry: its place in the OCSF 1.8 schema, the phase of the work, what it must name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Phase(StrEnum):
    """Where in the work an entry stands."""

    LOG = "log"
    ADMIN = "admin"
    ACCESS = "access"
    INTAKE = "intake"
    CASE = "case"
    PLAN = "plan"
    APPROVAL = "approval"
    INTENT = "intent"
    ACTION = "action"
    OUTCOME = "outcome"
    EVIDENCE = "evidence"
    WATCH = "watch"
    RUN = "run"
    SCHEDULE = "schedule"


class Status(IntEnum):
    """OCSF `status_id`."""

    UNKNOWN = 0
    SUCCESS = 1
    FAILURE = 2
    OTHER = 99


class Severity(IntEnum):
    """OCSF `severity_id`, as far as it is used here."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


# OCSF 1.8 classes.
EVENT_LOG, AUTHENTICATION, ENTITY, WEB_RESOURCE, APPLICATION = 1008, 3002, 3004, 6001, 6002
# Activities of the class Entity Management (3004), which carries most kinds.
CREATE, READ, UPDATE, DELETE, ENROLL, ACTIVATE, SUSPEND, RESUME = 1, 2, 3, 4, 6, 10, 12, 13
EXPORT = 3  # Event Log Activity (1008)
LOGON, LOGOFF = 1, 2  # Authentication (3002)
START, STOP = 3, 4  # Application Lifecycle (6002)
OTHER = 99


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry. `needs` are the arguments of `entry.compose` that it cannot do without."""

    code: str
    class_uid: int
    activity_id: int
    phase: Phase
    meaning: str
    needs: tuple[str, ...] = ()
    status: Status = Status.SUCCESS
    severity: Severity = Severity.INFORMATIONAL

    @property
    def category_uid(self) -> int:
        """OCSF category: the thousands of the class."""
        return self.class_uid // 1000

    @property
    def type_uid(self) -> int:
        """OCSF type: class and activity in one number."""
        return self.class_uid * 100 + self.activity_id
