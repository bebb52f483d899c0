"""Writes `entry-kinds.md` from the catalogue: `.venv/bin/python docs/reference/entry_kinds.py`."""

from __future__ import annotations

from pathlib import Path

from paraplu.audit.kind import OTHER, Phase
from paraplu.audit.kinds import CATALOGUE

PAGE = Path(__file__).with_name("entry-kinds.md")

_CLASSES = {
    1008: "Event Log Activity",
    3002: "Authentication",
    3004: "Entity Management",
    6001: "Web Resources Activity",
    6002: "Application Lifecycle",
}
_PHASES = {
    Phase.LOG: "The log itself",
    Phase.ADMIN: "Administration",
    Phase.ACCESS: "Access",
    Phase.INTAKE: "Intake",
    Phase.CASE: "Cases",
    Phase.PLAN: "Plans",
    Phase.APPROVAL: "Approvals",
    Phase.INTENT: "Intents",
    Phase.ACTION: "Actions",
    Phase.OUTCOME: "Outcomes",
    Phase.EVIDENCE: "Evidence",
    Phase.WATCH: "Watches",
    Phase.RUN: "Runs",
    Phase.SCHEDULE: "Schedules",
}
_TOP = """# Kinds of entries

Every entry of the audit log is of one of these kinds; what is not here cannot be written. `rpa.kind` holds
the code, `rpa.phase` the part of the work. Codes are for ever: a kind is added, never renamed. An entry is an
event of OCSF 1.8: the class and activity are given with their numbers (activity 99: other, named by the
code). "Names" is what such an entry cannot do without.

This page is written by `docs/reference/entry_kinds.py` from the catalogue; a test fails when they differ.
"""


def page() -> str:
    """The whole page."""
    parts = [_TOP]
    for phase in Phase:
        kinds = [kind for kind in CATALOGUE.values() if kind.phase is phase]
        if not kinds:
            continue
        parts.append(f"\n## {_PHASES.get(phase, phase.value.capitalize())}\n\n")
        parts.append("| code | meaning | names | OCSF class, activity | status, severity |\n")
        parts.append("| --- | --- | --- | --- | --- |\n")
        for kind in kinds:
            activity = "99 (other)" if kind.activity_id == OTHER else str(kind.activity_id)
            meant = _CLASSES.get(kind.class_uid, "")
            status = f"{kind.status.name.lower()}, {kind.severity.name.lower()}"
            parts.append(
                f"| `{kind.code}` | {kind.meaning} | {', '.join(kind.needs)} "
                f"| {kind.class_uid} {meant}, {activity} | {status} |\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
