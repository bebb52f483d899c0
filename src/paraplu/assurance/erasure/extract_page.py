"""The page of an extract: plain HTML for reading and printing, without scripts or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from paraplu.domain.agreement import Client
from paraplu.engine.wording import Wording

if TYPE_CHECKING:
    from paraplu.assurance.erasure.extract import About, Line, Read

_DECIDES = "{client} decides what is done with your data, and the service centre does it for them."
_TURN_TO = (
    "Turn to {client} to have something put right or erased, or to object; you can also complain to the data "
    "protection authority."
)
_BY_ROLE = (
    "People are named by what they do, not by name. Whatever is about other people was left out."
)
_STYLE = """
:root { color-scheme: light }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2733; background: #fff; max-width: 46rem;
  margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.6rem; margin: 0 0 .25rem } h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem }
p, dl { margin: .4rem 0 } .quiet { color: #55616e } dl { display: grid; grid-template-columns: 13rem 1fr;
  gap: .15rem 1rem } dt { color: #55616e } dd { margin: 0; overflow-wrap: anywhere }
section { border-top: 1px solid #d5dbe1; padding-top: .25rem; margin-top: 1.5rem }
ol { list-style: none; margin: 1rem 0 0; padding: 0 } li { margin: 0 0 .9rem; break-inside: avoid }
time { font-variant-numeric: tabular-nums; color: #55616e }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 }
th, td { text-align: left; padding: .2rem .75rem .2rem 0; border-bottom: 1px solid #e6eaee;
  vertical-align: top; overflow-wrap: anywhere } th { font-weight: 600 }
.free { border-left: 3px solid #b9c4cf; padding-left: .6rem }
@media print { body { margin: 0; max-width: none; font-size: 11pt } h2 { break-after: avoid } }
@page { margin: 2cm }
"""


def page(
    client: Client,
    person: str,
    now: datetime,
    cases: Sequence[About],
    readings: Sequence[Read],
    wording: Wording,
) -> str:
    """The whole page, in the language of `wording`; times in the zone of the client."""

    def say(english: str, **values: str) -> str:
        return escape(wording.text(english).format(**values))

    body = [
        f"<h1>{say('What we keep about you')}</h1>",
        f"<p class='quiet'>{say('An extract as meant in article 15 of the GDPR.')}</p>",
        "<dl>",
        _pair(say("Organisation"), escape(client.name)),
        _pair(say("Your number there"), escape(person)),
        _pair(say("Written on"), escape(wording.value(now))),
        _pair(say("Times are those of"), escape(client.timezone)),
        "</dl>",
        f"<p>{say(_DECIDES, client=client.name)} {say(_TURN_TO, client=client.name)}</p>",
        f"<p>{say(_BY_ROLE)}</p>",
        f"<h2>{say('What was done')} ({len(cases)})</h2>",
    ]
    body += [_case(one, wording) for one in cases]
    body.append(f"<h2>{say('Who read it')} ({len(readings)})</h2>")
    if readings:
        rows = "".join(
            f"<tr><td><time>{escape(wording.value(one.at))}</time></td><td>{escape(one.who)}</td></tr>"
            for one in readings
        )
        body.append(f"<table><tr><th>{say('When')}</th><th>{say('Who')}</th></tr>{rows}</table>")
    else:
        body.append(f"<p>{say('Nobody, as far as the log says.')}</p>")
    return (
        f"<!doctype html>\n<html lang='{escape(wording.language)}'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<meta name='viewport' content='width=device-width'>\n"
        f"<title>{say('What we keep about you')}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _pair(name: str, value: str) -> str:
    return f"<dt>{name}</dt><dd>{value}</dd>"


def _case(one: About, wording: Wording) -> str:
    def say(english: str) -> str:
        return escape(wording.text(english))

    kept = say("not known any more")
    if one.kept_until is not None:
        kept = escape(wording.value(one.kept_until))
        if one.source is not None:
            kept += f" ({escape(one.source)})"
    systems = escape(", ".join(one.systems)) or say("none")
    parts = [
        "<section>",
        f"<h2>{escape(one.purpose)}, {escape(wording.value(one.received.date()))}</h2>",
        "<dl>",
        _pair(say("For"), escape(one.purpose)),
        _pair(say("Under agreement"), escape(one.agreement)),
        _pair(say("Systems that received it"), systems),
        _pair(say("Kept until"), kept),
        "</dl>",
        "<ol>",
        *(_line(line, wording) for line in one.lines),
        "</ol>",
    ]
    if one.further:
        parts.append(
            f"<p class='quiet'>{say('Further steps of the software that say nothing else about you:')} "
            f"{one.further}</p>"
        )
    parts.append("</section>")
    return "\n".join(parts)


def _line(line: Line, wording: Wording) -> str:
    def say(english: str) -> str:
        return escape(wording.text(english))

    parts = [
        f"<li><time>{escape(wording.value(line.at))}</time> {escape(line.what)} "
        f"<span class='quiet'>({escape(line.who)})</span>"
    ]
    if line.changes:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(before)}</td><td>{escape(after)}</td></tr>"
            for name, before, after in line.changes
        )
        heads = f"<tr><th></th><th>{say('Before')}</th><th>{say('After')}</th></tr>"
        parts.append(f"<table>{heads}{rows}</table>")
    plain = [one for one in line.values if not one[2]]
    if plain:
        pairs = "".join(_pair(escape(name), escape(text)) for name, text, _free in plain)
        parts.append(f"<dl>{pairs}</dl>")
    for name, text, free in line.values:
        if free:
            parts.append(
                f"<p class='free'>{escape(name)}: {escape(text)} "
                f"<span class='quiet'>({say('written freely by a person')})</span></p>"
            )
    parts.append("</li>")
    return "\n".join(parts)
