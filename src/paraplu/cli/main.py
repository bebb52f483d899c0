"""The entry point `paraplu`: a table of commands, each loaded when it is called, and one way to fail."""

from __future__ import annotations

import json
import sys

import click

from paraplu.cli.lazy import LazyGroup

# Name -> where it is, and what `paraplu --help` says of it. Kept here so that help loads nothing.
COMMANDS = {
    "demo": (
        "paraplu.cli.demo:demo",
        "The whole main job on a practice office, from workbook to proof.",
    ),
    "init": ("paraplu.cli.home:init", "Make a home: databases, keys, audit log, first person."),
    "doctor": ("paraplu.cli.home:doctor", "Say in words what is wrong with this installation."),
    "bots": ("paraplu.cli.bots:bots", "List what is installed; say who put it there."),
    "template": ("paraplu.cli.bots:template", "Write an empty workbook for a service."),
    "apply": ("paraplu.cli.clients:apply", "Put reviewed client files into force."),
    "diff": ("paraplu.cli.clients:diff", "Show what applying files would change."),
    "export": ("paraplu.cli.clients:export", "Write the records of a client as a file."),
    "schedules": ("paraplu.cli.schedules:schedules", "Check schedules and client files."),
    "calendars": ("paraplu.cli.calendars:calendars", "List shared calendars, accept holidays."),
    "proposals": (
        "paraplu.cli.proposals:proposals",
        "Accept or decline changes that wait for a second person.",
    ),
    "receive": ("paraplu.cli.receipts:receive", "Take a client's workbook in."),
    "folders": ("paraplu.cli.folders:folders", "Look into the folders that clients deliver to."),
    "receipts": ("paraplu.cli.receipts:receipts", "List deliveries; let a large one go on."),
    "rehearse": ("paraplu.cli.runs:rehearse", "Check and plan what is due; change nothing."),
    "run": ("paraplu.cli.runs:run", "Carry out what is due and allowed."),
    "up": ("paraplu.cli.up:up", "Everything in one: clock, workers, folders, notices, signing."),
    "worker": ("paraplu.cli.worker:worker", "Carry out runs as they become due."),
    "cases": (
        "paraplu.cli.cases:cases",
        "List, show, take, hand back, reply, withdraw, close by hand.",
    ),
    "approve": ("paraplu.cli.approvals:approve", "Say yes to the plan of a case."),
    "refuse": ("paraplu.cli.approvals:refuse", "Say no to the plan of a case."),
    "absences": ("paraplu.cli.absences:absences", "Note when an approver is away."),
    "answer": ("paraplu.cli.receipts:answer", "Write the answered workbooks."),
    "notices": ("paraplu.cli.notices:notices", "List what people were told by mail; test mail."),
    "db": ("paraplu.cli.database:db", "Bring the database to this version; show how it stands."),
    "erase": ("paraplu.cli.erase:erase", "Erase personal data, two people; legal holds."),
    "retention": ("paraplu.cli.retention:retention", "What is over; destroy a class and year."),
    "audit": ("paraplu.cli.audit:audit", "Answer an auditor; prove that the log is whole."),
    # A program of its own that shares nothing with an installation but this way in.
    "witness": ("paraplu.witness.command:witness", "Countersign another organisation's log."),
}

DONE, FAILED, USAGE, NEEDS_PERSON, INTEGRITY, INTERRUPTED = 0, 1, 2, 3, 4, 130


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="paraplu", prog_name="paraplu")
def cli() -> None:
    """Paraplu hands standard back-office work to bots you can trust.

    Plan, approve, carry out, prove. Start with: paraplu demo

    Every command takes --json, --home (or PARAPLU_HOME) and --help. Exit codes: 0 done, 1 failed,
    2 usage, 3 needs a person, 4 integrity broken, 130 interrupted.
    """


def main() -> None:
    """Run a command; everything that goes wrong ends as one clear sentence and an exit code."""
    wants_json = "--json" in sys.argv
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)
    except click.exceptions.Abort:
        _fail(
            "Interrupted. What was begun is written down; the next start goes on.",
            INTERRUPTED,
            wants_json,
        )
    except KeyboardInterrupt:
        _fail(
            "Interrupted. What was begun is written down; the next start goes on.",
            INTERRUPTED,
            wants_json,
        )
    except click.ClickException as error:
        if wants_json:
            _fail(error.format_message(), error.exit_code, wants_json)
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        from paraplu.errors import IntegrityBroken, ParapluError

        if not isinstance(error, ParapluError):
            from paraplu.logging import unexpected

            # Not the traceback: the texts of libraries may quote what was worked on.
            _fail(unexpected(error), FAILED, wants_json)
        _fail(str(error), INTEGRITY if isinstance(error, IntegrityBroken) else FAILED, wants_json)


def _fail(text: str, code: int, wants_json: bool) -> None:
    if wants_json:
        click.echo(json.dumps({"error": text, "exit_code": code}))
    else:
        click.echo(f"paraplu: {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
