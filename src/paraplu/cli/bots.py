"""`bots` and `template`: what is installed, and the form of a service."""

from __future__ import annotations

from pathlib import Path

import click

from paraplu.cli.session import Session, shared


@click.group()
def bots() -> None:
    """List what is installed; write down that code was put there."""


@bots.command("list")
@shared
def list_bots(session: Session) -> None:
    """List what is installed: bots with what they do and never do, targets and connectors.

    \b
    Example:
      paraplu bots list
    """
    from paraplu.plugins import Plugins

    plugins = Plugins()
    listed = []
    for service in plugins.bots:
        bot = plugins.bots[service]
        listed.append(
            {
                "service": service,
                "distribution": plugins.bot_group.distribution(service),
                "needs": {name: kind.__name__ for name, kind in bot.needs.items()},
                "does": bot.does,
                "never": list(bot.never),
            }
        )
        session.out.heading(f"{service}  ({plugins.bot_group.distribution(service)})")
        session.out.line(f"  {bot.does}")
        for line in bot.never:
            session.out.line(f"  Never: {line}")
        session.out.line()
    targets = [
        {
            "target": name,
            "product": plugins.target(name).product,
            "distribution": plugins.target_group.distribution(name),
        }
        for name in plugins.target_group
    ]
    session.out.table(
        ("target", "product", "from"),
        [(one["target"], one["product"], one["distribution"]) for one in targets],
    )
    connectors = list(plugins.connector_group)
    session.out.line()
    session.out.line(f"Connectors: {', '.join(connectors)}")
    session.out.result({"bots": listed, "targets": targets, "connectors": connectors})


@bots.command()
@click.option(
    "--reviewed", required=True, help="Where it was reviewed: a change, a ticket, a name."
)
@shared
def deployed(session: Session, reviewed: str) -> None:
    """Write down that you put the installed code of the bots there. An auditor asks who did.

    \b
    Example:
      paraplu bots deployed --reviewed "CHG-2291, reviewed by Jonas"
    """
    with session.centre() as centre:
        found = centre.deployments.record(session.acting(centre), reviewed)
    session.out.table(
        ("service", "target", "code"), [(one.service, one.target, one.code) for one in found]
    )
    session.out.result(
        {
            "deployed": [
                {"service": one.service, "target": one.target, "code": one.code} for one in found
            ]
        }
    )


@click.command()
@click.argument("service")
@click.option("--language", type=click.Choice(["en", "nl", "da"]), default="en", show_default=True)
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@shared
def template(session: Session, service: str, language: str, path: Path | None) -> None:
    """Write an empty workbook for SERVICE, with its validations and explanations.

    \b
    Examples:
      paraplu template payroll-correction --language nl
      paraplu template procurement-order --out order.xlsx
    """
    from paraplu.errors import NotFound
    from paraplu.plugins import Plugins

    plugins = Plugins()
    if service not in plugins.bots:
        raise NotFound(
            f"No bot offers the service '{service}'. Offered are: {', '.join(plugins.bots)}."
        )
    form = plugins.bots[service].request.form(service)
    file = path or Path(f"{service}-{language}.xlsx")
    if file.exists():
        raise click.UsageError(f"{file} is there already: name another file with --out.")
    file.write_bytes(plugins.connector("spreadsheet").template(form, language))
    session.out.line(f"Wrote {file}.")
    session.out.result({"file": str(file)})
