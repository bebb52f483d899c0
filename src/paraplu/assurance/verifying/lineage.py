"""All logs of an installation, one after the other: each is checked, and the link from each to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.keeping.kept import origin_of
from paraplu.assurance.verifying.hashing import places_of, stretches_of
from paraplu.assurance.verifying.verified import Verified
from paraplu.audit.entry import Entry
from paraplu.audit.errors import Malformed
from paraplu.audit.stretch import head_sizes
from paraplu.audit.tree import Frontier
from paraplu.audit.verdict import Finding, Trouble, Verdict
from paraplu.audit.verification import Place, verify, verify_stretches
from paraplu.engine.journal import Journal
from paraplu.store import entries, logs
from paraplu.store.logs import Log


def check_logs(
    connection: Connection,
    journal: Journal,
    file: Path | None = None,
    more: Iterable[bytes] = (),
    known: Verified | None = None,
) -> Verdict:
    """Check every log with its heads and `more` heads (of any log); places are those of the store.

    `file` is the database's file on SQLite, which is read directly. With `known` only what came after it is
    checked: the rest of its log, and the logs after it; all of it when that log has become shorter. The
    verdict is over all of them: sizes and numbers are added up, `root` and `edge` are those of the log that
    is open.
    """
    found = logs.every(connection)
    others = list(more)
    verdicts: list[Verdict] = []
    links: list[Finding] = []
    if found:
        links += _beginning(connection, found[0])
    names = [log.log for log in found]
    if known is not None and known.log not in names:
        links.append(_broken(f"the log {known.log}, which held together before, is gone", 0))
        known = None
    elif known is not None and known.edge.size > found[names.index(known.log)].size:
        others.append(known.head)  # what comes after it cannot be told from what was cut off
        known = None
    begin = 0 if known is None else names.index(known.log)
    for number, log in enumerate(found):
        if number < begin:
            continue
        until = found[number + 1].first if number + 1 < len(found) else None
        mine = [note for note in others if origin_of(note) == log.log]
        heads = list(dict.fromkeys([*entries.all_heads(connection, log.log), *mine]))
        start = known.edge if known is not None and number == begin else None
        verdict = _check(connection, journal, file, log, until, heads, start)
        links += _edge(log, verdict)
        if number > begin:
            links += _link(connection, found[number - 1], log, verdicts[-1])
        verdicts.append(verdict)
    return _joined(found[-len(verdicts) :], verdicts, links)


def _check(
    connection: Connection,
    journal: Journal,
    file: Path | None,
    log: Log,
    until: int | None,
    heads: Sequence[bytes],
    start: Frontier | None,
) -> Verdict:
    """One log: the quick way when nothing is wrong; else entry by entry, so that it can be said what is."""
    verifiers, first = journal.verifiers(log.log), 0 if start is None else start.size
    if file is None:
        places: Iterator[Place] = _places(connection, log, first, until)
        return verify(places, heads, verifiers, log.log, start)
    end = entries.count(connection) if until is None else until
    stretches = stretches_of(file, first, end - log.first, head_sizes(heads), offset=log.first)
    quick = verify_stretches(stretches, heads, verifiers, log.log, start)
    if quick is not None:
        return quick
    rows = places_of(
        file, first, offset=log.first, **({} if until is None else {"until": until - log.first})
    )
    return verify(map(Place._make, rows), heads, verifiers, log.log, start)


def _places(connection: Connection, log: Log, first: int, until: int | None) -> Iterator[Place]:
    for one in entries.in_order(connection, after=log.first + first - 1, until=until):
        yield Place(one.place - log.first, one.data, one.leaf)


def _edge(log: Log, verdict: Verdict) -> list[Finding]:
    """What is wrong between the entries and the edge of the tree, which was moved when the last was written.

    That alone proves nothing, whoever changes entries can change it; but it covers those that no head does.
    """
    if verdict.troubles or verdict.size > log.size:  # an entry may have come in meanwhile
        return []
    if verdict.size < log.size:
        code, text = (
            Trouble.TAIL_CUT,
            f"the tail was cut off: the tree of {log.log} was made of {log.size} entries, "
            f"{verdict.size} are there",
        )
    elif verdict.root != log.frontier.root():
        where = (
            f"between entry {verdict.signed} and entry {log.size - 1}, which no head covers, something was "
            "changed"
            if verdict.signed < log.size
            else "a new head was signed over them with the key"
        )
        code, text = (
            Trouble.UNCLEAR,
            f"the tree of {log.log} was made of other entries: {where}",
        )
    else:
        return []
    return [Finding(code, text, log.first + verdict.signed, log.until)]


def _beginning(connection: Connection, log: Log) -> list[Finding]:
    """What is wrong with the first log there is: that it has one before it, which is not there."""
    first = _entry(connection, log.first)
    named = _named(first).get("before")
    if named:
        text = f"the log {named}, which the first entry of {log.log} names as the one before it, is gone"
    elif log.first:
        text = f"the log before {log.log} is gone"
    else:
        return []
    return [_broken(text, log.first)]


def _link(connection: Connection, old: Log, new: Log, verdict: Verdict) -> list[Finding]:
    """What is wrong between a log and the next one."""
    found: list[Finding] = []
    last, first = _entry(connection, new.first - 1), _entry(connection, new.first)
    if last is None or last.kind != "log-closed":
        found.append(_broken(f"the log {old.log} does not end with its closing entry", new.first))
    named = _named(first)
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


def _named(first: Entry | None) -> dict[str, Any]:
    """What the first entry of a log says of the one before it."""
    if first is None or first.kind != "log-opened":
        return {}
    named: dict[str, Any] = first.rpa.get("detail", {})
    return named


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
        edge=None if last is None else last.edge,
    )
