"""`schedules`: when bots run, and the files that say so."""

from __future__ import annotations

from pathlib import Path

import click

from paraplu.cli.clients import FILES, paths_of
from paraplu.cli.planned import COMMANDS
from paraplu.cli.session import Session, shared


@click.group()
def schedules() -> None:
    """When bots run, and the files that say so."""


for _command in COMMANDS:
    schedules.add_command(_command)


@schedules.command()
@FILES
@shared
def check(session: Session, files: tuple[Path, ...]) -> int:
    """Name every wrong place of FILES (or of all in a folder) with its line, and what to write instead.

    Where there is no home, the files are checked by themselves, with the shared calendars in the folder
    `calendars` beside them, and people whom mandates name may be known elsewhere.

    \b
    Examples:
      paraplu schedules check schedules/waterland.toml
      paraplu schedules check schedules/
    """
    from paraplu.domain.person import Role
    from paraplu.engine.checking import wrong_places
    from paraplu.engine.people import require
    from paraplu.engine.reviewed import CALENDARS, read, told
    from paraplu.plugins import Plugins
    from paraplu.settings import SETTINGS, home_folder

    paths = paths_of(files)
    if (home_folder(session.home) / SETTINGS).is_file():
        with session.centre() as centre:
            require(session.acting(centre), None, Role.ADMINISTRATOR, Role.LEAD)
            found = centre.parts.records.wrong([read(path) for path in paths])
    else:
        beside = {one for path in paths for one in path.parent.glob(f"{CALENDARS}/*.toml")}
        extra = sorted(beside - set(paths))
        found = wrong_places([read(path) for path in [*paths, *extra]], Plugins().bots)
    wrong = told(found)
    for line in wrong:
        session.out.line(line)
    files_told = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    session.out.line(f"{files_told} checked: {len(wrong) or 'no'} wrong places.")
    session.out.result({"files": [str(path) for path in paths], "wrong": wrong})
    return 1 if wrong else 0


@schedules.command()
@click.argument("kind", type=click.Choice(["client", "calendar"]), default="client")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
def schema(kind: str, path: Path | None) -> None:
    """Write the JSON Schema of a client file or of a shared calendar, for editors.

    \b
    Example:
      paraplu schedules schema client --out client-file.schema.json
    """
    import json

    from paraplu.engine.clientfile import CalendarFile, ClientFile, json_schema
    from paraplu.settings import write_whole

    found = json_schema(ClientFile if kind == "client" else CalendarFile)
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if path is None:
        click.echo(text, nl=False)
    else:
        write_whole(path, text)
        click.echo(f"Wrote {path}.")
