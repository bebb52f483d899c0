"""`audit export`: a zip of entries with what proves them, for an auditor who checks it without us."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.audit.wording import counted
from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.handout.bundle import Exported


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write.",
)
@filtered
@click.option("--everything", is_flag=True, help="Every entry that you may see.")
@click.option(
    "--disclose",
    "much",
    type=click.Choice(["none", "fields", "all"]),
    default="none",
    show_default=True,
    help="Which personal values go along: none, those of --field, or all that you may see.",
)
@click.option(
    "--field", "fields", multiple=True, help="With --disclose fields: the name of a value."
)
@click.option(
    "--language",
    type=click.Choice(["en", "nl", "da"]),
    default="en",
    show_default=True,
    help="Of the texts in the zip.",
)
@shared
def export(
    session: Session,
    out: Path,
    filters: Filters,
    everything: bool,
    much: str,
    fields: tuple[str, ...],
    language: str,
) -> None:
    """Write entries with what proves them into a zip that is checked offline, in a browser or with Python.

    Entries of several years lie in several logs: each gets a zip of its own (march-2026.zip, march-2027.zip).
    That you handed it out is an entry, with the SHA-256 of the zip; that personal values were read, too.

    \b
    Examples:
      paraplu audit export --case PC-1001 --disclose all --language nl --out pc-1001.zip
      paraplu audit export --client waterland --from 2026-03-01 --to 2026-03-31 --out march.zip
    """
    from paraplu.assurance.handout.revealing import Choice, Disclose

    if filters.empty and not everything:
        raise click.UsageError(
            "Say what to hand out (--case, --client, --from ...), or --everything."
        )
    if bool(fields) != (much == "fields"):
        raise click.UsageError("--disclose fields and --field NAME belong together.")
    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        choice = Choice(Disclose(much), frozenset(fields))
        made = centre.bundles.export(by, question, out, choice, language)
    for one in made:
        _tell(session, one)
    session.out.line("Tell the auditor the key by another way than the zip:")
    for vkey in dict.fromkeys(vkey for one in made for vkey in one.vkeys):
        session.out.line(f"  {vkey}")
    session.out.result({"zips": [{**asdict(one), "file": str(one.file)} for one in made]})


def _tell(session: Session, one: Exported) -> None:
    out = session.out
    number, cases = counted(one.entries, "entry", "entries"), counted(one.cases, "case", "cases")
    out.line(f"Wrote {one.file}: {number} of {cases} in {one.log}.")
    out.line(
        f"{one.disclosed:,} personal values and {one.files:,} files of evidence are readable in it."
    )
    if one.erased or one.out_of_reach:
        out.line(f"Out of reach: {one.erased:,} erased values, {one.out_of_reach:,} files.")
    out.line(f"SHA-256 {one.sha256}, {one.bytes:,} bytes")
