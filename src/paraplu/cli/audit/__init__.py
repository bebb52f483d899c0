"""`audit`: answer an auditor's questions, prove that the log is whole. One file for each kind of question."""

from __future__ import annotations

import click

from paraplu.cli.lazy import LazyGroup

# Name -> where it is, and what `paraplu audit --help` says of it.
COMMANDS = {
    "verify": ("paraplu.cli.audit.reading:verify", "Check every entry, head and evidence file."),
    "find": ("paraplu.cli.audit.finding:find", "Find entries: by person, bot, time, kind, amount."),
    "story": ("paraplu.cli.audit.finding:story", "Tell cases as stories, before and after."),
    "readers": ("paraplu.cli.audit.finding:readers", "Who looked at whose data."),
    "decisions": ("paraplu.cli.audit.judging:decisions", "Who approved what; nobody their own."),
    "intents": ("paraplu.cli.audit.judging:intents", "Intents and what became of each."),
    "reconcile": (
        "paraplu.cli.audit.comparing:reconcile",
        "A period by log, records and the target's own list.",
    ),
    "checks": ("paraplu.cli.audit.checking:checks", "Finished cases looked at afterwards."),
    "controls": ("paraplu.cli.audit.checking:controls", "The register of controls."),
    "code": ("paraplu.cli.audit.judging:code", "Which code ran, and who put it there."),
    "sample": ("paraplu.cli.audit.judging:sample", "A random sample that anybody can redraw."),
    "powers": ("paraplu.cli.audit.judging:powers", "Who could ask, approve, administer on a day."),
    "erasures": ("paraplu.cli.audit.erasures:erasures", "What was erased, and what is due next."),
    "extract": ("paraplu.cli.audit.erasures:extract", "All about one person, for themselves."),
    "clocks": ("paraplu.cli.audit.judging:clocks", "Which clocks deviated."),
    "export": (
        "paraplu.cli.audit.exporting:export",
        "Hand out an evidence zip that proves itself.",
    ),
    "tiles": ("paraplu.cli.audit.wholelog:tiles", "Write the whole log as files for others."),
    "siem": ("paraplu.cli.audit.wholelog:siem", "Append the log to a file for a SIEM."),
    "evidence": ("paraplu.cli.audit.reading:evidence", "Write an evidence file, decrypted."),
    "new-log": ("paraplu.cli.audit.keys:new_log", "Close the log and open the next one."),
    "key": ("paraplu.cli.audit.keys:key", "Change the key that signs the log; list keys."),
    "heads": (
        "paraplu.cli.audit.heads:heads",
        "Keep signed heads elsewhere; who vouches for what.",
    ),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def audit() -> None:
    """Answer an auditor's questions; prove that the audit log is whole."""
