"""`audit export`: a zip of entries with what proves them, for an auditor who checks it without us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.selection import Wanted
    from paraplu.bootstrap import Centre
    from paraplu.engine.people import Known

_MOMENT = "2026-03-31 or 2026-03-31T16:00"


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write.",
)
@click.option("--case", "named", help="Of this case (its reference).")
@click.option("--client", help="Of this client.")
@click.option("--service", help="Of this service.")
@click.option("--bot", help="What this bot did.")
@click.option("--person", help="What this person (user name) did, asked, submitted or decided.")
@click.option("--kind", help="Entries of this kind only, for instance intent.")
@click.option("--from", "since", metavar="MOMENT", help="From this day or moment on (UTC).")
@click.option(
    "--to", "until", metavar="MOMENT", help="Up to and with this day, or before this moment (UTC)."
)
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
    named: str | None,
    client: str | None,
    service: str | None,
    bot: str | None,
    person: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    everything: bool,
    much: str,
    fields: tuple[str, ...],
    language: str,
) -> None:
    """Write entries with what proves them into a zip that is checked offline, in a browser or with Python.

    That you handed it out is an entry, with the SHA-256 of the zip; that personal values were read, too.

    \b
    Examples:
      paraplu audit export --case PC-1001 --disclose all --language nl --out pc-1001.zip
      paraplu audit export --client waterland --from 2026-03-01 --to 2026-03-31 --out march.zip
    """
    from paraplu.assurance.revealing import Choice, Disclose
    from paraplu.assurance.selection import select
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    if not everything and not any((named, client, service, bot, person, kind, since, until)):
        raise click.UsageError(
            "Say what to hand out (--case, --client, --from ...), or --everything."
        )
    if bool(fields) != (much == "fields"):
        raise click.UsageError("--disclose fields and --field NAME belong together.")
    with session.centre() as centre:
        by = session.acting(centre)
        require(by, client, Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR)
        wanted = _wanted(
            centre, by, named, client, service, bot, person, kind, _ms(since), _ms(until, end=True)
        )
        centre.parts.journal.complete()
        with centre.parts.database.read() as connection:
            selection = select(connection, wanted, by.person)
        choice = Choice(Disclose(much), frozenset(fields))
        done = centre.bundles.export(selection, by, out, choice, language)
        vkey = centre.parts.journal.verifier.vkey
    out_ = session.out
    out_.line(
        f"Wrote {out}: {done.entries:,} entries of {done.cases:,} cases, {done.bytes:,} bytes."
    )
    out_.line(
        f"{done.disclosed:,} personal values and {done.files:,} files of evidence are readable in it."
    )
    if done.erased or done.out_of_reach:
        out_.line(f"Out of reach: {done.erased:,} erased values, {done.out_of_reach:,} files.")
    out_.line(f"SHA-256 {done.sha256}")
    out_.line("Tell the auditor this key by another way than the zip:")
    out_.line(f"  {vkey}")
    out_.result(
        {
            "file": str(out),
            "sha256": done.sha256,
            "entries": done.entries,
            "cases": done.cases,
            "disclosed": done.disclosed,
            "erased": done.erased,
            "files": done.files,
            "out_of_reach": done.out_of_reach,
            "log": done.log,
            "size": done.size,
            "witnesses": done.witnesses,
            "vkey": vkey,
        }
    )


def _wanted(
    centre: Centre,
    by: Known,
    named: str | None,
    client: str | None,
    service: str | None,
    bot: str | None,
    person: str | None,
    kind: str | None,
    since: int | None,
    until: int | None,
) -> Wanted:
    """What was typed, with uids in the place of names."""
    from paraplu.assurance.selection import Wanted
    from paraplu.engine.people import require
    from paraplu.errors import NotFound

    case = uid = None
    with centre.parts.database.read() as connection:
        if named is not None:
            row = centre.desks.find(connection, named, client, service)
            require(by, row.client)
            case = row.uid
        if person is not None:
            known = centre.parts.people.by_handle(connection, person)
            if known is None:
                raise NotFound(f"Nobody here has the user name '{person}'.")
            uid = known.uid
    return Wanted(case, client, service, kind, bot, uid, since, until)


def _ms(text: str | None, *, end: bool = False) -> int | None:
    """Milliseconds since 1970, UTC. A day without a time counts, as an end, up to its last moment."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"'{text}' is no day or moment: write {_MOMENT} (UTC).") from None
    if end and len(text) == len("2026-03-31"):
        moment += timedelta(days=1)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
