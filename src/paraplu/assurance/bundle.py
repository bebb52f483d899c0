"""Evidence zips: entries with what proves them, for somebody who does not trust us and is not here."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.archive import write_zip
from paraplu.assurance.handout.kinds import kinds_in
from paraplu.assurance.handout.texts import readme, verifiers
from paraplu.assurance.inclusion import prove_all
from paraplu.assurance.readingcopy import tables, to_csv
from paraplu.assurance.revealing import Choice, Disclose, Revealed, reveal
from paraplu.assurance.search import may_see
from paraplu.assurance.selection import Selection
from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.entry import Entry
from paraplu.audit.note import Note
from paraplu.audit.proof import Proof
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.errors import IntegrityBroken, NotAllowed, NotFound, Refused
from paraplu.store import entries, evidence
from paraplu.store.keys import Erased

FORMAT = "paraplu-evidence-zip@v1"
MOST = 15_000
"""So many entries go into one zip; more go out as tiles."""

_SUFFIXES = {
    "image/png": "png",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_MOST_CASES = 1_000  # an entry lists so many


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into a zip. `sha256` is of the whole file, in hexadecimal.

    `out_of_reach` evidence is listed by an entry, but missing, erased or without a commitment to its content.
    """

    sha256: str
    bytes: int
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

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def export(
        self,
        selection: Selection,
        reader: Known,
        out: Path,
        choice: Choice = Choice(),  # noqa: B008 - frozen
        language: str = "en",
    ) -> Exported:
        """Write the zip to `out`, which must not be there yet.

        An entry of the log tells of it before it can be had, so that no zip is without one; another one that
        personal data were read, when any are disclosed. Raises `Refused` for nothing or too much chosen or
        entries that no signed head covers, `NotAllowed` for entries the reader may not see,
        `IntegrityBroken` when the log does not hold together.
        """
        if out.exists():
            raise Refused(f"{out} is there already: choose another name, or remove it.")
        if not selection.places:
            raise Refused("No entry fits. Choose another case, client, service, time or person.")
        if len(selection.places) > MOST:
            raise Refused(
                f"{len(selection.places):,} entries fit, and a zip takes {MOST:,}. Choose less, or hand out "
                "the whole log: paraplu audit tiles"
            )
        journal = self._parts.journal
        journal.sign_head()
        with self._parts.database.read() as connection:
            names, content, told = self._gather(connection, selection, reader, choice, language)
        if choice.much is not Disclose.NONE:
            journal.write_alone(
                "personal-data-read",
                reader.hand,
                detail={"what": "export", "count": told.disclosed, "files": told.files},
            )
        draft = out.with_name(f"{out.name}.{secrets.token_hex(6)}.part")
        try:
            write_zip(draft, content)
            sha256 = hashlib.sha256(draft.read_bytes()).hexdigest()
            done = Exported(sha256, draft.stat().st_size, **told.counts())
            self._tell(reader, done, choice, names)
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
        return done

    def _gather(
        self,
        connection: Connection,
        selection: Selection,
        reader: Known,
        choice: Choice,
        language: str,
    ) -> tuple[tuple[str, ...], dict[str, bytes], _Told]:
        head, note = self._head(connection)
        if selection.places[-1] >= head.size:
            raise Refused(
                f"{selection.places[-1] + 1 - head.size:,} of the newest entries are not covered by a signed "
                "head yet. Sign the log where its key is (any command does), or choose an earlier end."
            )
        stored = entries.at(connection, selection.places)
        chosen = {one.place: Entry(one.data) for one in stored}
        if len(chosen) != len(selection.places):
            raise IntegrityBroken("An entry is missing from the log. Run: paraplu audit verify")
        if not all(may_see(entry, reader.person) for entry in chosen.values()):
            raise NotAllowed("You do not work for a client of which entries were chosen.")
        revealed = reveal(self._parts, connection, chosen, choice)
        content = _Content()
        for place, proof in _proofs(connection, tuple(chosen), head, note):
            proof.verify(chosen[place].data, [self._parts.journal.verifier], head.origin)
            content.files[f"entries/{place:010d}.json"] = chosen[place].data
            content.files[f"proofs/{place:010d}.tlog-proof"] = proof.encode()
        for place, disclosures in revealed.disclosures.items():
            lines = "".join(f"{one.encoded}\n" for one in disclosures)
            content.files[f"disclosures/{place:010d}.txt"] = lines.encode()
        self._add_evidence(connection, chosen, choice, content)
        names = self._names(connection, chosen) if choice.much is Disclose.ALL else {}
        self._add_reading(chosen, revealed, names, language, content)
        cases = tuple(sorted({entry.case for entry in chosen.values() if entry.case}))
        told = _Told(
            entries=len(chosen),
            cases=len(cases),
            disclosed=revealed.count,
            erased=revealed.erased,
            files=content.opened,
            out_of_reach=content.out_of_reach,
            log=head.origin,
            size=head.size,
            witnesses=len(Note.parse(note).signatures) - 1,
        )
        files = {
            "README.txt": readme(language, told.counts()),
            **verifiers(language),
            "head.txt": note,
            "log.vkey": f"{self._parts.journal.verifier.vkey}\n".encode(),
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

    def _head(self, connection: Connection) -> tuple[Checkpoint, bytes]:
        notes = entries.all_heads(connection)
        if not notes:
            raise Refused("The log has no signed head yet: sign it where its key is.")
        verifier = self._parts.journal.verifier
        return open_checkpoint(notes[-1], [verifier], self._parts.journal.log), notes[-1]

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

    def counts(self) -> dict[str, Any]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


def _proofs(
    connection: Connection, places: Sequence[int], head: Checkpoint, note: bytes
) -> Iterator[tuple[int, Proof]]:
    try:
        yield from prove_all(connection, places, head, note)
    except KeyError:
        raise IntegrityBroken(
            "The log does not hold as many entries as its head. Run: paraplu audit verify"
        ) from None


def _json(data: object) -> bytes:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
