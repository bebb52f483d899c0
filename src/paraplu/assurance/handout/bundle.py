"""Evidence zips: entries with what proves them, for somebody who does not trust us and is not here."""

from __future__ import annotations

import hashlib
import json
import secrets
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.handout.archive import write_zip
from paraplu.assurance.handout.inclusion import prove_all
from paraplu.assurance.handout.kinds import kinds_in
from paraplu.assurance.handout.readingcopy import tables, to_csv
from paraplu.assurance.handout.revealing import Choice, Disclose, Revealed, reveal
from paraplu.assurance.handout.texts import readme, verifiers
from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import Search
from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.entry import Entry
from paraplu.audit.note import Note
from paraplu.audit.proof import Proof
from paraplu.domain.person import Role
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import IntegrityBroken, NotFound, Refused
from paraplu.store import entries, evidence, logs
from paraplu.store.keys import Erased
from paraplu.store.logs import Log

FORMAT = "paraplu-evidence-zip@v1"
MOST = 15_000
"""So many entries go out in one go; more go out as tiles."""

HANDERS = (Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR)
"""Who may hand entries to others."""

_SUFFIXES = {
    "image/png": "png",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_MOST_CASES = 1_000  # an entry lists so many
_READ = ("disclosed", "files")


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into a zip. `sha256` is of the whole file, in hexadecimal.

    `vkeys` are those of our keys that signed the head of the zip, and `size` is what that covers of the log.
    `out_of_reach` evidence is listed by an entry, but missing, erased or without a commitment to its content.
    """

    file: Path
    sha256: str
    bytes: int
    vkeys: tuple[str, ...]
    entries: int
    cases: int
    disclosed: int
    erased: int
    files: int
    out_of_reach: int
    log: str
    size: int
    witnesses: int


@dataclass(slots=True)
class _Content:
    """The files of a zip as they are gathered, by name."""

    files: dict[str, bytes] = field(default_factory=dict)
    opened: int = 0
    out_of_reach: int = 0


class Bundles:
    """Makes evidence zips."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def export(
        self,
        reader: Known,
        question: Question,
        out: Path,
        choice: Choice = Choice(),  # noqa: B008 - frozen
        language: str = "en",
    ) -> tuple[Exported, ...]:
        """Write the entries that fit to the zip `out`, those of several logs to a zip each, named after it.

        No file may be there yet. An entry of the log tells of each zip before it can be had, so that none is
        without one; another one that personal data were read, when any are disclosed. Raises `Refused` for
        nothing or too much chosen or entries that no signed head covers, `NotAllowed` for who may not hand
        entries of that client out, `IntegrityBroken` when the log does not hold together.
        """
        require(reader, question.client, *HANDERS)
        if out.exists():
            raise Refused(f"{out} is there already: choose another name, or remove it.")
        chosen = self._chosen(reader, question)
        journal = self._parts.journal
        journal.sign_head()
        with self._parts.database.read() as connection:
            parted = _by_log(logs.every(connection), chosen)
            made = [
                self._gather(connection, log, places, choice, language)
                for log, places in parted.items()
            ]
        outs = _names_of(out, [one.log for one in parted])
        if choice.much is not Disclose.NONE:
            disclosed, files = (sum(getattr(told, name) for *_, told in made) for name in _READ)
            journal.write_alone(
                "personal-data-read",
                reader.hand,
                detail={"what": "export", "count": disclosed, "files": files},
            )
        drafts = [one.with_name(f"{one.name}.{secrets.token_hex(6)}.part") for one in outs]
        try:
            done = []
            for file, draft, (cases, content, told) in zip(outs, drafts, made, strict=True):
                write_zip(draft, content)
                sha256 = hashlib.sha256(draft.read_bytes()).hexdigest()
                size = draft.stat().st_size
                done.append(Exported(file, sha256, size, told.vkeys, **told.counts()))
                self._tell(reader, done[-1], choice, cases)
            for file, draft in zip(outs, drafts, strict=True):
                draft.replace(file)
        finally:
            for draft in drafts:
                draft.unlink(missing_ok=True)
        return tuple(done)

    def _chosen(self, reader: Known, question: Question) -> list[int]:
        """The places of the entries that fit, in order."""
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            found = self._search.stream(connection, reader, question)
            places = [one.place for one in islice(found, MOST + 1)]
        if not places:
            raise Refused("No entry fits. Choose another case, client, service, time or person.")
        if len(places) > MOST:
            raise Refused(
                f"More than {MOST:,} entries fit, which is what a zip takes. Choose less, or hand out the "
                "whole log: paraplu audit tiles"
            )
        return places[::-1]  # they come newest first

    def _gather(
        self,
        connection: Connection,
        log: Log,
        places: Sequence[int],
        choice: Choice,
        language: str,
    ) -> tuple[tuple[str, ...], dict[str, bytes], _Told]:
        """The cases, the files and the counts of the zip of some entries of one log."""
        verifiers_ = self._parts.journal.verifiers(log.log)
        head, note = self._head(connection, log)
        if (missing := places[-1] + 1 - log.first - head.size) > 0:
            raise Refused(
                f"{missing:,} of the newest entries are not covered by a signed head yet. Sign the log where "
                "its key is (any command does), or choose an earlier end."
            )
        stored = entries.at(connection, places)
        if len(stored) != len(places):
            raise IntegrityBroken("An entry is missing from the log. Run: paraplu audit verify")
        chosen = {one.place - log.first: Entry(one.data) for one in stored}
        revealed = reveal(self._parts, connection, log, chosen, choice)
        content = _Content()
        for number, proof in _proofs(connection, log, tuple(chosen), head, note):
            proof.verify(chosen[number].data, verifiers_, head.origin)
            content.files[f"entries/{number:010d}.json"] = chosen[number].data
            content.files[f"proofs/{number:010d}.tlog-proof"] = proof.encode()
        for number, disclosures in revealed.disclosures.items():
            lines = "".join(f"{one.encoded}\n" for one in disclosures)
            content.files[f"disclosures/{number:010d}.txt"] = lines.encode()
        self._add_evidence(connection, chosen, choice, content)
        names = self._names(connection, chosen) if choice.much is Disclose.ALL else {}
        self._add_reading(chosen, revealed, names, language, content)
        cases = tuple(sorted({entry.case for entry in chosen.values() if entry.case}))
        signed = {(one.name, one.key_id) for one in Note.parse(note).signatures}
        ours = [one for one in verifiers_ if (one.name, one.key_id) in signed]
        told = _Told(
            entries=len(chosen),
            cases=len(cases),
            disclosed=revealed.count,
            erased=revealed.erased,
            files=content.opened,
            out_of_reach=content.out_of_reach,
            log=head.origin,
            size=head.size,
            witnesses=len(signed) - len(ours),
            vkeys=tuple(one.vkey for one in ours),
        )
        files = {
            "README.txt": readme(language, told.counts()),
            **verifiers(language),
            "head.txt": note,
            "log.vkey": "".join(f"{one}\n" for one in told.vkeys).encode(),
            **({"names.json": _json(names)} if names else {}),
            **dict(sorted(content.files.items())),
        }
        manifest = {
            "format": FORMAT,
            "log": head.origin,
            "size": head.size,
            "language": language,
            "disclosed": choice.much.value,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        }
        return cases, {**files, "manifest.json": _json(manifest)}, told

    def _head(self, connection: Connection, log: Log) -> tuple[Checkpoint, bytes]:
        notes = entries.all_heads(connection, log.log)
        if not notes:
            raise Refused(f"{log.log} has no signed head yet: sign it where its key is.")
        known = self._parts.journal.verifiers(log.log)
        return open_checkpoint(notes[-1], known, log.log), notes[-1]

    def _add_evidence(
        self, connection: Connection, chosen: Mapping[int, Entry], choice: Choice, content: _Content
    ) -> None:
        """Files that these entries list, opened. Pictures show everything: only when all is disclosed."""
        listed = {
            str(one["hash"]): str(one["media_type"])
            for entry in chosen.values()
            for one in entry.rpa.get("evidence", ())
        }
        for name, media_type in sorted(listed.items()):
            if choice.much is not Disclose.ALL or evidence.by_hash(connection, name) is None:
                content.out_of_reach += choice.much is Disclose.ALL
                continue
            try:
                opened = self._parts.files.opened(name, media_type)
            except (Erased, NotFound):
                content.out_of_reach += 1
                continue
            content.files[f"evidence/{name}.sealed"] = opened.stored
            if opened.salt is None:
                content.out_of_reach += 1
                continue
            content.opened += 1
            content.files[f"evidence/{name}.salt"] = f"{opened.salt.hex()}\n".encode()
            content.files[f"evidence/{name}.{_SUFFIXES.get(media_type, 'bin')}"] = opened.content

    def _names(self, connection: Connection, chosen: Mapping[int, Entry]) -> dict[str, str]:
        every = self._parts.people.names(connection)
        told = json.dumps([entry.document for entry in chosen.values()])
        return {uid: name for uid, name in sorted(every.items()) if uid in told}

    def _add_reading(
        self,
        chosen: Mapping[int, Entry],
        revealed: Revealed,
        names: Mapping[str, str],
        language: str,
        content: _Content,
    ) -> None:
        made = tables(chosen, revealed, names, kinds_in(language), language)
        content.files["reading/entries.csv"] = to_csv(made[0])
        content.files["reading/values.csv"] = to_csv(made[1])
        content.files["reading/entries.xlsx"] = self._parts.workbooks().tables(made)

    def _tell(self, reader: Known, done: Exported, choice: Choice, cases: Sequence[str]) -> None:
        """Say in the log what was handed out: an erasure finds by it the zips it cannot reach."""
        self._parts.journal.write_alone(
            "bundle-exported",
            reader.hand,
            case=cases[0] if len(cases) == 1 else None,
            detail={
                "zip": done.sha256,
                "entries": done.entries,
                "cases": list(cases[:_MOST_CASES]),
                "more_cases": max(0, len(cases) - _MOST_CASES),
                "disclose": choice.much.value,
                "fields": len(choice.fields),
                "disclosed": done.disclosed,
                "files": done.files,
                "size": done.size,
            },
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """The counts of a zip that is about to be written."""

    entries: int
    cases: int
    disclosed: int
    erased: int
    files: int
    out_of_reach: int
    log: str
    size: int
    witnesses: int
    vkeys: tuple[str, ...]

    def counts(self) -> dict[str, Any]:
        """By name, without the keys."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "vkeys"}


def _by_log(every: Sequence[Log], places: Sequence[int]) -> dict[Log, list[int]]:
    """Places by the log that they lie in, the oldest log first."""
    starts = [log.first for log in every]
    found: dict[Log, list[int]] = {}
    for place in places:
        found.setdefault(every[bisect_right(starts, place) - 1], []).append(place)
    return found


def _names_of(out: Path, names: Sequence[str]) -> list[Path]:
    """`out` for one log; for several ``march-2026.zip``, ``march-2027.zip``. None may be there yet."""
    if len(names) == 1:
        return [out]
    found = [out.with_stem(f"{out.stem}-{name.rpartition('/')[2]}") for name in names]
    for one in found:
        if one.exists():
            raise Refused(f"{one} is there already: choose another name, or remove it.")
    return found


def _proofs(
    connection: Connection, log: Log, numbers: Sequence[int], head: Checkpoint, note: bytes
) -> Iterator[tuple[int, Proof]]:
    try:
        yield from prove_all(connection, log, numbers, head, note)
    except KeyError:
        raise IntegrityBroken(
            "The log does not hold as many entries as its head. Run: paraplu audit verify"
        ) from None


def _json(data: object) -> bytes:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
