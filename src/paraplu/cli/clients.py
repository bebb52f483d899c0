"""`apply`, `diff` and `export`: the settings of record as reviewed files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.engine.clientfile import CalendarFile, ClientFile, Line

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True)
)


@click.command()
@FILES
@click.option("--force", is_flag=True, help="Apply although the records changed since the export.")
@shared
def apply(session: Session, files: tuple[Path, ...], force: bool) -> int:
    """Put reviewed FILES (or all of a folder) into force, together or none of them.

    \b
    Examples:
      paraplu apply schedules/waterland.toml
      paraplu apply schedules/
    """
    from paraplu.engine.reviewed import read

    reviewed = [read(path) for path in paths_of(files)]
    with session.centre() as centre:
        by = session.acting(centre)
        applied = centre.parts.records.apply(reviewed, by, force=force)
    pairs = list(zip(reviewed, applied, strict=True))
    for file, one in pairs:
        if one.revision is not None:
            _note_revision(Path(file.name), one.revision)
    proposed = {file.name: one.proposal for file, one in pairs if one.proposal is not None}
    _show(session, {file.name: one.lines for file, one in pairs}, proposed)
    return 3 if proposed else 0  # a person is needed


@click.command()
@FILES
@shared
def diff(session: Session, files: tuple[Path, ...]) -> None:
    """Show what applying FILES (or all of a folder) would change.

    \b
    Examples:
      paraplu diff schedules/waterland.toml
      paraplu diff schedules/
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.engine.reviewed import read

    reviewed = [read(path) for path in paths_of(files)]
    with session.centre() as centre:
        require(session.acting(centre), None, Role.ADMINISTRATOR, Role.LEAD)
        found = centre.parts.records.difference(reviewed)
    _show(session, {file.name: lines for file, lines in zip(reviewed, found, strict=True)})


@click.command()
@click.argument("name")
@click.option("--calendar", is_flag=True, help="NAME is that of a shared calendar.")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@shared
def export(session: Session, name: str, calendar: bool, path: Path | None) -> None:
    """Write the records of the client NAME as a file that can be reviewed, changed and applied.

    \b
    Examples:
      paraplu export waterland --out schedules/waterland.toml
      paraplu export payroll-2027 --calendar --out schedules/calendars/payroll-2027.toml
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.settings import to_toml, write_whole

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None if calendar else name, Role.ADMINISTRATOR, Role.LEAD, Role.AUDITOR)
        records = centre.parts.records
        file = records.export_calendar(name, by) if calendar else records.export(name, by)
        text = to_toml(_plain(file))
    if path is None:
        session.out.line(text)
    else:
        write_whole(path, text)
        session.out.line(f"Wrote {path}.")
    what = "calendar" if calendar else "client"
    session.out.result({what: name, "file": None if path is None else str(path), "toml": text})


def paths_of(files: Sequence[Path]) -> list[Path]:
    """The files of a call; a folder stands for all files in it, its shared calendars first."""
    return [
        path
        for file in files
        for path in (
            [*sorted(file.glob("calendars/*.toml")), *sorted(file.glob("*.toml"))]
            if file.is_dir()
            else [file]
        )
    ]


def _show(
    session: Session, changed: Mapping[str, list[Line]], proposed: Mapping[str, str] | None = None
) -> None:
    proposed = proposed or {}
    for name, lines in changed.items():
        session.out.heading(f"{name}: {len(lines) or 'no'} change{'' if len(lines) == 1 else 's'}")
        for line in lines:
            session.out.line(f"  {line}")
        if name in proposed:
            session.out.line(
                "  Not in force yet: a second person is needed. "
                f"They run: paraplu proposals accept {proposed[name]}"
            )
    files = {name: [str(line) for line in lines] for name, lines in changed.items()}
    session.out.result({"files": files, "proposals": dict(proposed)})


def _plain(file: ClientFile | CalendarFile) -> dict[str, Any]:
    """The file as plain data, without what is only the default and without the client in every part."""
    from paraplu.engine.clientfile import OF_THE_CLIENT

    data = file.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for kind in OF_THE_CLIENT:
        for item in data.get(kind, []):
            item.pop("client", None)
    return data


def _note_revision(path: Path, revision: str) -> None:
    """Write the new revision into the applied file, so that its next version can be applied."""
    from paraplu.settings import write_whole

    line = f'revision = "{revision}"'
    text = path.read_text(encoding="utf-8")
    if re.search(r"(?m)^revision\s*=", text):
        text = re.sub(r"(?m)^revision\s*=.*$", line, text, count=1)
    else:
        lines = text.splitlines(keepends=True)
        first = next(
            (n for n, one in enumerate(lines) if not one.startswith("#") and one.strip()), 0
        )
        text = "".join([*lines[:first], line + "\n\n", *lines[first:]])
    try:
        write_whole(path, text)
    except OSError:  # a file that cannot be written (installed, shared) stays as it is
        return
