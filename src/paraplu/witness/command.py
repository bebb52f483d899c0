"""`paraplu witness`: be a witness of another organisation's log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _shared(function: F) -> F:
    function = click.option(
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("witness"),
        show_default=True,
        help="Where the witness keeps its key and what it has seen.",
    )(function)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON line at the end.")(
        function
    )


@click.group()
def witness() -> None:
    """Countersign heads of another organisation's audit log, when they extend what was seen before.

    A witness needs nothing of an installation of Paraplu: a folder, a key of its own, and the keys of the
    logs it is to look after.
    """


@witness.command()
@click.option("--name", required=True, help="Its name, for instance witness.your-ssc.example.")
@_shared
def init(folder: Path, as_json: bool, name: str) -> None:
    """Make a witness with a key of its own, and print the vkey to hand out.

    \b
    Example:
      paraplu witness init --folder /srv/witness --name witness.dk-ssc.example
    """
    from paraplu.witness.memory import Memory

    vkey = Memory.create(folder, name).cosigner.verifier.vkey
    if as_json:
        click.echo(json.dumps({"name": name, "vkey": vkey, "folder": str(folder)}))
        return
    click.echo(f"A witness is in {folder}. Give this to those whose logs it looks after:")
    click.echo(vkey)


@witness.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8470, show_default=True, help="0: a free one.")
@click.option("--certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_shared
def serve(
    folder: Path,
    as_json: bool,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Serve until Ctrl-C or SIGTERM. Others reach it over https only: with --certificate and --key (PEM), or
    behind a server that has them.

    \b
    Examples:
      paraplu witness serve --folder /srv/witness
      paraplu witness serve --host 0.0.0.0 --port 8443 --certificate tls.pem --key tls.key
    """
    from paraplu.witness.memory import Memory
    from paraplu.witness.server import serve as run

    def say(text: str, **facts: Any) -> None:
        click.echo(json.dumps({"said": text, **facts}) if as_json else text)

    run(Memory(folder), host, port, certificate, key, say)


@witness.group()
def log() -> None:
    """Say which logs the witness looks after."""


@log.command()
@click.argument("vkey")
@click.option(
    "--later-years",
    is_flag=True,
    help="Also logs of later years: the same name up to the last slash, the same key.",
)
@_shared
def add(folder: Path, as_json: bool, vkey: str, later_years: bool) -> None:
    """Look after a log from now on, by its VKEY (the file log.vkey of its installation).

    Compare it with its owner by telephone or on paper: it is all that the witness knows a log by.

    \b
    Example:
      paraplu witness log add --later-years 'ssc.example/audit/2026-3f9a1c+0d9a...+AZ1x...'
    """
    from paraplu.audit.errors import Malformed
    from paraplu.errors import Refused
    from paraplu.witness.memory import Memory

    try:
        one = Memory(folder).trust(vkey.strip(), later_years=later_years)
    except Malformed as error:
        raise Refused(f"VKEY: {error}.") from None
    if as_json:
        click.echo(json.dumps({"log": one.origin, "later_years": later_years}))
        return
    click.echo(f"{one.origin} is looked after from now on.")


@log.command("list")
@_shared
def list_logs(folder: Path, as_json: bool) -> int:
    """List the logs, what was seen of each, and what was refused. Exit code 4 when something was.

    \b
    Example:
      paraplu witness log list
    """
    from datetime import UTC, datetime

    from paraplu.witness.memory import Memory

    memory = Memory(folder)
    seen = dict(memory.logs())
    names = sorted({one.origin for one in memory.trusted()} | set(seen))
    refused = memory.refused()
    if as_json:
        data = {
            "vkey": memory.cosigner.verifier.vkey,
            "logs": [
                {"log": name, "size": seen[name].size if name in seen else 0} for name in names
            ],
            "refused": [
                {"log": origin, "at": at, "why": why, "note": note.decode()}
                for origin, at, why, note in refused
            ],
        }
        click.echo(json.dumps(data))
        return 4 if refused else 0
    for name in names:
        if name in seen:
            moment = datetime.fromtimestamp(seen[name].at, UTC)
            click.echo(f"{name}: seen up to entry {seen[name].size} on {moment:%Y-%m-%d %H:%M} UTC")
        else:
            click.echo(f"{name}: nothing seen yet")
    for origin, at, why, _note in refused:
        moment = datetime.fromtimestamp(at, UTC)
        click.echo(f"REFUSED on {moment:%Y-%m-%d %H:%M} UTC, {origin}: {why}")
    return 4 if refused else 0
