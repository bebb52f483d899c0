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
    "evidence": ("paraplu.cli.audit.reading:evidence", "Write an evidence file, decrypted."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def audit() -> None:
    """Answer an auditor's questions; prove that the audit log is whole."""
