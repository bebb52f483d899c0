"""`audit`: answer an auditor's questions, prove that the log is whole. One file for each kind of question."""

from __future__ import annotations

import click

from paraplu.cli.lazy import LazyGroup

# Name -> where it is, and what `paraplu audit --help` says of it.
COMMANDS = {
    "verify": ("paraplu.cli.audit.reading:verify", "Check every entry, head and evidence file."),
    "show": ("paraplu.cli.audit.reading:show", "Show entries with the values you may read."),
    "evidence": ("paraplu.cli.audit.reading:evidence", "Write an evidence file, decrypted."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def audit() -> None:
    """Answer an auditor's questions; prove that the audit log is whole."""
