"""The catalogue of kinds of entries. What is not in it cannot be written.

Each kind has a code, its place in the OCSF 1.8 schema (class and activity), the phase of the work it
belongs to, what it must at least name, and one sentence of meaning. Codes are for ever: an entry that
was written keeps its code, so a kind is never renamed or taken out, only added.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from paraplu.audit.errors import NotRecordable


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


_C = ("case",)
_O = ("case", "intent")
_R = ("run",)
_FAILED, _MEDIUM, _HIGH = Status.FAILURE, Severity.MEDIUM, Severity.HIGH

_ALL = (
    Kind("log-opened", EVENT_LOG, 6, Phase.LOG, "The log was opened; this is its first entry."),
    Kind("log-verified", EVENT_LOG, OTHER, Phase.LOG, "The whole log was checked."),
    Kind("head-signed", EVENT_LOG, OTHER, Phase.LOG, "A head of the log was signed."),
    Kind("key-created", ENTITY, CREATE, Phase.ADMIN, "A key was made."),
    Kind("person-added", ENTITY, ENROLL, Phase.ADMIN, "A person became known here."),
    Kind(
        "settings-applied",
        ENTITY,
        UPDATE,
        Phase.ADMIN,
        "Versions of a client, its agreements, mandates or schedules came into force.",
    ),
    Kind("calendar-applied", ENTITY, UPDATE, Phase.ADMIN, "A shared calendar came into force."),
    Kind(
        "holidays-accepted",
        ENTITY,
        UPDATE,
        Phase.ADMIN,
        "Holidays of a country and year count from now on as the holidays package has them.",
    ),
    Kind(
        "proposal-made", ENTITY, CREATE, Phase.ADMIN, "A change waits for a second person's word."
    ),
    Kind(
        "proposal-accepted",
        ENTITY,
        ACTIVATE,
        Phase.ADMIN,
        "A second person put a change into force that somebody else had proposed.",
    ),
    Kind("proposal-declined", ENTITY, UPDATE, Phase.ADMIN, "A proposed change was declined."),
    Kind("settings-exported", ENTITY, READ, Phase.ADMIN, "Settings of record were written out."),
    Kind(
        "database-upgraded",
        ENTITY,
        UPDATE,
        Phase.ADMIN,
        "The tables were brought to a newer version of their schema.",
    ),
    Kind(
        "code-deployed",
        ENTITY,
        UPDATE,
        Phase.ADMIN,
        "A person put code of a bot there, and says where it was reviewed.",
        ("code",),
        severity=_MEDIUM,
    ),
    Kind("absence-noted", ENTITY, CREATE, Phase.ADMIN, "A person will not be there to decide."),
    Kind("absence-ended", ENTITY, UPDATE, Phase.ADMIN, "A person is there again before the time."),
    Kind("notice-sent", ENTITY, OTHER, Phase.ADMIN, "A mail with notices was handed over."),
    Kind(
        "notice-given-up",
        ENTITY,
        OTHER,
        Phase.ADMIN,
        "Notices could not be sent and are tried no more.",
        status=_FAILED,
        severity=_MEDIUM,
    ),
    Kind("demo-claim", ENTITY, OTHER, Phase.ADMIN, "In a demo, a person acted as somebody else."),
    Kind("signed-in", AUTHENTICATION, LOGON, Phase.ACCESS, "Somebody signed in, or tried to."),
    Kind("signed-out", AUTHENTICATION, LOGOFF, Phase.ACCESS, "Somebody signed out."),
    Kind(
        "credential-used",
        ENTITY,
        READ,
        Phase.ACCESS,
        "A credential was handed to a run, by name.",
        ("credential",),
    ),
    Kind("personal-data-read", ENTITY, READ, Phase.ACCESS, "A person read personal values."),
    Kind("extract-written", ENTITY, READ, Phase.ACCESS, "All about one person was written out."),
    Kind("erasure-asked", ENTITY, CREATE, Phase.ADMIN, "Somebody asked to erase personal data."),
    Kind("erasure-accepted", ENTITY, ACTIVATE, Phase.ADMIN, "A second person agreed to erase it."),
    Kind("erasure-done", ENTITY, DELETE, Phase.ADMIN, "Keys of personal data were destroyed."),
    Kind("retention-destroyed", ENTITY, DELETE, Phase.ADMIN, "A class and year were destroyed."),
    Kind("legal-hold-set", ENTITY, SUSPEND, Phase.ADMIN, "Personal data must not be erased."),
    Kind("legal-hold-released", ENTITY, RESUME, Phase.ADMIN, "Personal data may be erased again."),
    Kind("receipt-taken-in", ENTITY, CREATE, Phase.INTAKE, "A delivery of requests was taken in."),
    Kind(
        "receipt-stopped",
        ENTITY,
        SUSPEND,
        Phase.INTAKE,
        "A delivery was stopped and waits for a word.",
        severity=_MEDIUM,
    ),
    Kind(
        "file-refused",
        ENTITY,
        OTHER,
        Phase.INTAKE,
        "A file in a watched folder was not accepted, and became no receipt.",
        status=_FAILED,
    ),
    Kind(
        "file-known",
        ENTITY,
        READ,
        Phase.INTAKE,
        "A file in a watched folder had been taken in before: nothing was done.",
    ),
    Kind("receipt-released", ENTITY, RESUME, Phase.INTAKE, "A stopped delivery may go on."),
    Kind(
        "row-refused", ENTITY, CREATE, Phase.INTAKE, "A row was refused as wrong.", status=_FAILED
    ),
    Kind("row-duplicate", ENTITY, CREATE, Phase.INTAKE, "A row had been received before."),
    Kind("case-received", ENTITY, CREATE, Phase.CASE, "A request became a case.", _C),
    Kind("case-checked", ENTITY, READ, Phase.CASE, "A case was checked against its rules.", _C),
    Kind("case-taken", ENTITY, UPDATE, Phase.CASE, "A person took a case in hand.", _C),
    Kind("case-handed-back", ENTITY, UPDATE, Phase.CASE, "A person gave a case back.", _C),
    Kind("case-replied", ENTITY, UPDATE, Phase.CASE, "A person answered about a case.", _C),
    Kind("case-withdrawn", ENTITY, UPDATE, Phase.CASE, "A case was withdrawn.", _C),
    Kind("closed-by-hand", ENTITY, UPDATE, Phase.CASE, "A person finished a case by hand.", _C),
    Kind("returned", ENTITY, UPDATE, Phase.CASE, "A case went back to the client.", _C),
    Kind(
        "exception-opened",
        ENTITY,
        SUSPEND,
        Phase.CASE,
        "A case was set aside for a person.",
        _C,
        severity=_MEDIUM,
    ),
    Kind("case-planned", ENTITY, READ, Phase.PLAN, "What will change was planned.", _C),
    Kind("already-so", ENTITY, READ, Phase.PLAN, "The target was already as asked.", _C),
    Kind("rehearsed", ENTITY, READ, Phase.PLAN, "A case was planned for practice only.", _C),
    Kind(
        "approval-asked",
        ENTITY,
        UPDATE,
        Phase.APPROVAL,
        "A plan waits for a person's word.",
        ("case", "plan"),
    ),
    Kind(
        "approval-passed-on",
        ENTITY,
        UPDATE,
        Phase.APPROVAL,
        "Somebody else is asked to decide about a plan.",
        ("case", "plan"),
    ),
    Kind("approved", ENTITY, UPDATE, Phase.APPROVAL, "A person said yes.", ("case", "plan")),
    Kind("declined", ENTITY, UPDATE, Phase.APPROVAL, "A person said no.", _C),
    Kind(
        "intent",
        ENTITY,
        UPDATE,
        Phase.INTENT,
        "A change is about to be made; nothing was done yet.",
        ("case", "plan", "fence"),
    ),
    Kind("action", WEB_RESOURCE, OTHER, Phase.ACTION, "A connector is about to do one thing."),
    Kind("outcome-confirmed", ENTITY, UPDATE, Phase.OUTCOME, "It became as asked.", _O),
    Kind(
        "outcome-nothing",
        ENTITY,
        UPDATE,
        Phase.OUTCOME,
        "Nothing had changed in the target.",
        _O,
        status=_FAILED,
    ),
    Kind(
        "outcome-collateral",
        ENTITY,
        UPDATE,
        Phase.OUTCOME,
        "Something changed that nobody asked for.",
        _O,
        status=_FAILED,
        severity=_HIGH,
    ),
    Kind(
        "intent-resolved",
        ENTITY,
        UPDATE,
        Phase.OUTCOME,
        "An intent without outcome was looked into after a crash.",
        _O,
    ),
    Kind(
        "evidence-kept", ENTITY, CREATE, Phase.EVIDENCE, "A file was kept as proof.", ("evidence",)
    ),
    Kind(
        "bundle-exported",
        EVENT_LOG,
        EXPORT,
        Phase.EVIDENCE,
        "An evidence zip was handed out.",
    ),
    Kind(
        "log-exported",
        EVENT_LOG,
        EXPORT,
        Phase.LOG,
        "The whole log was written out for others, without personal values.",
    ),
    Kind("answer-written", ENTITY, CREATE, Phase.EVIDENCE, "The answered workbook was written."),
    Kind(
        "answer-delivered",
        ENTITY,
        OTHER,
        Phase.EVIDENCE,
        "An answer was put into the folder where the client collects it.",
    ),
    Kind("run-started", APPLICATION, START, Phase.RUN, "A turn of a bot began.", _R),
    Kind("run-ended", APPLICATION, STOP, Phase.RUN, "A turn of a bot ended.", _R),
    Kind(
        "run-taken-over", APPLICATION, START, Phase.RUN, "A dead worker's turn was taken over.", _R
    ),
    Kind(
        "run-fenced",
        APPLICATION,
        OTHER,
        Phase.RUN,
        "A worker woke after its turn was taken over: what it wanted to write was refused.",
        _R,
        status=_FAILED,
        severity=_MEDIUM,
    ),
    Kind(
        "run-stop-asked",
        APPLICATION,
        STOP,
        Phase.RUN,
        "Somebody asked a turn of a bot to stop.",
    ),
    Kind(
        "run-paused",
        APPLICATION,
        OTHER,
        Phase.RUN,
        "A turn of a bot was paused for a person.",
        _R,
        severity=_MEDIUM,
    ),
    Kind(
        "schedule-planned",
        ENTITY,
        CREATE,
        Phase.SCHEDULE,
        "Runs of a schedule were written into the ledger of planned runs.",
    ),
    Kind("planned-run-due", ENTITY, ACTIVATE, Phase.SCHEDULE, "A planned run was made due."),
    Kind(
        "planned-run-missed",
        ENTITY,
        UPDATE,
        Phase.SCHEDULE,
        "A planned run was not begun in time.",
        status=_FAILED,
        severity=_MEDIUM,
    ),
    Kind("planned-run-skipped", ENTITY, UPDATE, Phase.SCHEDULE, "A planned run was left out."),
    Kind(
        "planned-run-paused",
        ENTITY,
        SUSPEND,
        Phase.SCHEDULE,
        "A planned run did not begin because of a pause.",
    ),
    Kind(
        "planned-run-merged",
        ENTITY,
        UPDATE,
        Phase.SCHEDULE,
        "The work of a planned run was left to another run.",
    ),
    Kind(
        "planned-run-restored",
        ENTITY,
        RESUME,
        Phase.SCHEDULE,
        "A planned run that had been left out is in the plan again.",
    ),
    Kind("pause-begun", ENTITY, SUSPEND, Phase.SCHEDULE, "A pause began.", severity=_MEDIUM),
    Kind("pause-ended", ENTITY, RESUME, Phase.SCHEDULE, "A pause ended."),
    Kind(
        "after-checked",
        ENTITY,
        UPDATE,
        Phase.CASE,
        "A person who took no part looked at a finished case: right or wrong.",
        _C,
    ),
    Kind("watch-opened", ENTITY, ACTIVATE, Phase.WATCH, "Something must still come true.", _C),
    Kind("watch-fulfilled", ENTITY, UPDATE, Phase.WATCH, "What was watched came true.", _C),
    Kind(
        "watch-missed",
        ENTITY,
        UPDATE,
        Phase.WATCH,
        "What was watched did not come true in time.",
        _C,
        status=_FAILED,
        severity=_MEDIUM,
    ),
    Kind(
        "copy-contradicts",
        EVENT_LOG,
        OTHER,
        Phase.LOG,
        "A head that is kept elsewhere, or a witness, contradicts the log.",
        status=_FAILED,
        severity=_HIGH,
    ),
    Kind("log-closed", EVENT_LOG, OTHER, Phase.LOG, "The log ends here; the next one goes on."),
    Kind("key-rotated", ENTITY, UPDATE, Phase.ADMIN, "Another key signs the log from now on."),
    Kind("key-retired", ENTITY, OTHER, Phase.ADMIN, "A former key of the log was destroyed here."),
)

CATALOGUE: dict[str, Kind] = {kind.code: kind for kind in _ALL}


def kind_of(code: str) -> Kind:
    """Give the kind with this code; raises `NotRecordable` when the catalogue has none."""
    try:
        return CATALOGUE[code]
    except KeyError:
        raise NotRecordable(
            "kind: not in the catalogue of kinds of entries; add it to paraplu/audit/kinds.py"
        ) from None
