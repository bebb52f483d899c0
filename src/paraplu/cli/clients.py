"""`apply` and `export`: the settings of record as reviewed files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.engine.clients import ClientFile


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Show the difference only.")
@click.option("--force", is_flag=True, help="Apply although the records changed since the export.")
@shared
def apply(session: Session, files: tuple[Path, ...], dry_run: bool, force: bool) -> None:
    """Put reviewed client FILES (or all of a folder) into force, after showing the difference.

    \b
    Examples:
      paraplu apply schedules/waterland.toml --dry-run
      paraplu apply schedules/
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    paths = [
        path
        for file in files
        for path in (sorted(file.glob("*.toml")) if file.is_dir() else [file])
    ]
    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None, Role.ADMINISTRATOR, Role.LEAD)
        changed: dict[str, list[str]] = {}
        for path in paths:
            content = load(path)
            if dry_run:
                with centre.parts.database.read() as connection:
                    lines = centre.parts.clients.difference(connection, content)
            else:
                lines = centre.parts.clients.apply(content, by, force=force)
            changed[str(path)] = [f"{line.sign} {line.what}" for line in lines]
            session.out.heading(
                f"{path}: {len(lines) or 'no'} change{'' if len(lines) == 1 else 's'}"
            )
            for text in changed[str(path)]:
                session.out.line(f"  {text}")
            if lines and not dry_run and content.client is not None:
                with centre.parts.database.read() as connection:
                    revision = centre.parts.clients.revision(connection, content.client.id)
                _note_revision(path, revision)
        session.out.result({"applied": not dry_run, "files": changed})


@click.command()
@click.argument("client")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@shared
def export(session: Session, client: str, path: Path | None) -> None:
    """Write the records of CLIENT as a file that can be reviewed, changed and applied.

    \b
    Example:
      paraplu export waterland --out schedules/waterland.toml
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.settings import to_toml, write_whole

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, client, Role.ADMINISTRATOR, Role.LEAD, Role.AUDITOR)
        text = to_toml(_plain(centre.parts.clients.export(client, by)))
    if path is None:
        session.out.line(text)
    else:
        write_whole(path, text)
        session.out.line(f"Wrote {path}.")
    session.out.result(
        {"client": client, "file": None if path is None else str(path), "toml": text}
    )


def load(path: Path) -> ClientFile:
    """Read a client file. Raises `SettingsWrong` that names every wrong place of it."""
    from pydantic import ValidationError

    from paraplu.engine.clients import ClientFile
    from paraplu.errors import SettingsWrong
    from paraplu.settings import read_toml

    data = read_toml(path)
    client = data.get("client", {}).get("id") if isinstance(data.get("client"), dict) else None
    for kind in ("agreement", "mandate"):
        for item in data.get(kind, []):
            if isinstance(item, dict) and client:
                item.setdefault("client", client)
    try:
        return ClientFile.model_validate(data)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsWrong(f"{path} is wrong:\n" + "\n".join(lines)) from None


def _plain(file: ClientFile) -> dict[str, Any]:
    """The file as plain data, without what is only the default and without the client in every part."""
    data = file.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for kind in ("agreement", "mandate"):
        for item in data.get(kind, []):
            item.pop("client", None)
    return data


def _note_revision(path: Path, revision: str | None) -> None:
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
