"""All logs of an installation, one after the other: each is checked, and the link from each to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.kept import origin_of
from paraplu.audit.entry import Entry
from paraplu.audit.errors import Malformed
from paraplu.audit.verdict import Finding, Trouble, Verdict
from paraplu.audit.verification import Place, verify
from paraplu.engine.journal import Journal
from paraplu.store import entries, logs
from paraplu.store.logs import Log


def check_logs(connection: Connection, journal: Journal, more: Iterable[bytes] = ()) -> Verdict:
    """Check every log with its heads and `more` heads (of any log); places are those of the store.

    The verdict is over all of them: sizes and numbers are added up, `root` is that of the log that is open.
    """
    known = logs.every(connection)
    others = list(more)
    verdicts: list[Verdict] = []
    links: list[Finding] = []
    if known and known[0].first:
        links.append(_broken(f"the log before {known[0].log} is gone", known[0].first))
    for number, log in enumerate(known):
        until = known[number + 1].first if number + 1 < len(known) else None
        mine = [note for note in others if origin_of(note) == log.log]
        heads = dict.fromkeys([*entries.all_heads(connection, log.log), *mine])
        verdict = verify(
            _places(connection, log, until), heads, journal.verifiers(log.log), log.log
        )
        if number:
            links += _link(connection, known[number - 1], log, verdicts[-1])
        verdicts.append(verdict)
    return _joined(known, verdicts, links)


def _places(connection: Connection, log: Log, until: int | None) -> Iterator[Place]:
    for one in entries.in_order(connection, after=log.first - 1, until=until):
        yield Place(one.place - log.first, one.data, one.leaf)


def _link(connection: Connection, old: Log, new: Log, verdict: Verdict) -> list[Finding]:
    """What is wrong between a log and the next one."""
    found: list[Finding] = []
    last, first = _entry(connection, new.first - 1), _entry(connection, new.first)
    if last is None or last.kind != "log-closed":
        found.append(_broken(f"the log {old.log} does not end with its closing entry", new.first))
    named: dict[str, Any] = {}
    if first is not None and first.kind == "log-opened":
        named = first.rpa.get("detail", {})
    root = None if verdict.root is None else verdict.root.hex()
    ends = {"before": old.log, "before_size": verdict.size, "before_root": root}
    if {name: named.get(name) for name in ends} != ends:
        found.append(
            _broken(
                f"the first entry of the log {new.log} does not name the end of {old.log} as it stands now: "
                f"{verdict.size} entries",
                new.first,
            )
        )
    return found


def _entry(connection: Connection, place: int) -> Entry | None:
    """An entry that can be read."""
    for one in entries.at(connection, [place]):
        found = Entry(one.data)
        try:
            return found if found.kind else None
        except Malformed:
            return None
    return None


def _broken(message: str, place: int) -> Finding:
    return Finding(Trouble.LINK_BROKEN, message, place, place + 1)


def _joined(known: Sequence[Log], verdicts: Sequence[Verdict], links: Sequence[Finding]) -> Verdict:
    if len(verdicts) == 1 and not links:
        return verdicts[0]
    findings: list[Finding] = []
    remarks: list[str] = []
    for log, verdict in zip(known, verdicts, strict=True):
        for finding in verdict.findings:
            findings.append(
                replace(
                    finding,
                    message=f"in {log.log}, counted from its first entry at place {log.first}: "
                    f"{finding.message}",
                    place=None if finding.place is None else finding.place + log.first,
                    until=None if finding.until is None else finding.until + log.first,
                )
            )
        remarks += [f"{log.log}: {remark}" for remark in verdict.remarks]
    findings += links
    last = verdicts[-1] if verdicts else None
    return Verdict(
        entries=sum(one.entries for one in verdicts),
        size=sum(one.size for one in verdicts),
        root=None if last is None else last.root,
        heads=sum(one.heads for one in verdicts),
        signed=sum(one.signed for one in verdicts),
        unsigned=sum(one.unsigned for one in verdicts),
        troubles=sum(one.troubles for one in verdicts) + len(links),
        findings=tuple(findings),
        remarks=tuple(remarks),
    )
