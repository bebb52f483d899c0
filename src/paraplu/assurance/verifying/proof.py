"""Checks the audit log and the evidence, and opens evidence for those who may read it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from paraplu.assurance.keeping.custody import Custody
from paraplu.assurance.keeping.kept import origin_of
from paraplu.assurance.keeping.vouching import Vouched, Vouching
from paraplu.assurance.questions.readings import Readings
from paraplu.assurance.verifying.lineage import check_logs
from paraplu.assurance.verifying.missing import Missing, look
from paraplu.assurance.verifying.period import Stretch, stretches
from paraplu.assurance.verifying.verified import Verified
from paraplu.audit.stretch import head_sizes
from paraplu.audit.tree import Frontier
from paraplu.audit.verdict import Verdict
from paraplu.domain.notice import NoticeKind
from paraplu.engine.clock import from_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import IntegrityBroken, NotFound, Refused
from paraplu.store import entries, evidence, logs
from paraplu.store.database import StorageDown

_DAY_MS = 86_400_000  # evidence is written a moment before its entry, and clocks are set back
RECENT = 20_000
"""Entries whose personal values are looked for each time; looking for all of a large log takes longer."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on the log, how many evidence files were checked, and what is wrong with any.

    `vouched` is what others say of the log, `values` which personal values are missing (see
    `missing.look`), `stretches` what the logs hold of the period that was asked about, and `before` when it
    was found in order here the last time, as far as that is known.
    """

    verdict: Verdict
    files: int
    wrong_files: tuple[str, ...]
    vouched: Vouched = field(default_factory=Vouched)
    values: Missing = field(default_factory=Missing)
    stretches: tuple[Stretch, ...] = ()
    before: datetime | None = None

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        if self.intact or not self.verdict.intact:
            return self.verdict.summary
        many = len(self.wrong_files) + len(self.vouched.troubles) + self.values.troubles
        return (
            f"NOT everything is right: {many:,} {'thing is' if many == 1 else 'things are'} wrong beside the "
            f"entries or where heads are kept. The {self.verdict.entries:,} entries fit each other "
            "and their signed heads."
        )

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, added or taken away."""
        return self.verdict.intact and not (
            self.wrong_files or self.vouched.troubles or self.values.troubles
        )


class Proof:
    """The audit log seen from outside."""

    def __init__(self, parts: Parts, custody: Custody | None = None) -> None:
        self._parts = parts
        self._readings = Readings(parts.journal)
        self._custody = custody

    def check(
        self,
        given: Mapping[str, bytes] | None = None,
        *,
        ask: bool = True,
        kept: Path | None = None,
        new_only: bool = False,
        newest: int | None = RECENT,
        opened: bool = False,
        period: tuple[int | None, int | None] | None = None,
    ) -> Checked:
        """Check every entry, every head and every evidence file. Adds nothing to the log.

        `given` are files with heads that were kept elsewhere, name to content; copies in files that the
        settings name are read back, and witnesses are asked if `ask`. When all is well how far the log was
        checked is written into the file `kept`: the log must go on from there next time. With `new_only` what
        came after that is checked and nothing before it.

        The personal values of the `newest` entries are looked for (None: of all), and `opened` if asked.
        Whatever the `period` (from, until: ms since 1970), the whole log is checked: it says of what period
        the result tells.

        On PostgreSQL everything committed before is given its place in the log first. When something is
        wrong the administrators are told, once a day. Raises `Refused` for a given file without a head, and
        when it is not known how far the log was checked.
        """
        journal = self._parts.journal
        journal.complete()
        earlier = None if kept is None else self._earlier(kept, needed=new_only)
        known = earlier if new_only else None
        vouched, now = Vouched(), self._parts.clock.ms()
        if self._custody is not None:
            vouched = Vouching(self._custody).gather(given or {}, ask=ask)
        with self._parts.database.read() as connection:
            log = logs.current(connection).log
            heads = entries.all_heads(connection, log)
            more = [*vouched.heads, *([] if earlier is None else [earlier.head])]
            verdict = check_logs(connection, journal, self._parts.database.file, more, known)
            listed = evidence.listed(connection)
            if known is not None and newest is not None:
                newest = min(newest, verdict.entries)
            values = look(self._parts, connection, newest=newest, opened=opened)
            held = [] if period is None else stretches(connection, *period)
        if known is not None:
            listed = [file for file in listed if file.kept_at >= known.time_ms - _DAY_MS]
        wrong: list[str] = []
        for file in listed:
            try:
                self._parts.files.stored(file.hash)
            except (IntegrityBroken, NotFound) as error:
                wrong.append(str(error))
        checked = Checked(
            verdict,
            len(listed),
            tuple(wrong),
            vouched,
            values,
            tuple(held),
            None if earlier is None else from_ms(earlier.time_ms),
        )
        if not checked.intact:
            self._alarm(checked)
        elif kept is not None and verdict.edge is not None:
            edge = Frontier.from_bytes(verdict.edge)
            heads = [*(note for note in more if origin_of(note) == log), *heads]
            last = next(head for head in reversed(heads) if head_sizes([head]) == [edge.size])
            Verified(last, edge, now, log).save(kept)
        return checked

    def _earlier(self, kept: Path, *, needed: bool) -> Verified | None:
        """How far the log was checked. Raises `Refused` when that is `needed` and not known."""
        try:
            return Verified.load(kept, self._parts.journal.verifiers)
        except Refused:
            if needed:
                raise
            return None

    def _alarm(self, checked: Checked) -> None:
        about = f"audit/{self._parts.clock.now().date()}"
        findings = len(checked.verdict.findings) + checked.values.troubles
        facts = {"findings": findings, "files": len(checked.wrong_files)}
        with contextlib.suppress(StorageDown), self._parts.database.write() as connection:
            self._parts.notices.tell(connection, NoticeKind.AUDIT_BROKEN, about, None, facts)

    def picture(self, name: str, reader: Known) -> tuple[bytes, str]:
        """The content and media type of an evidence file; an entry tells that it was read.

        Raises `NotAllowed` when it is of a client that the reader does not work for.
        """
        with self._parts.database.read() as connection:
            row = evidence.by_hash(connection, name)
        if row is None:
            raise NotFound(f"There is no evidence {name[:12]}.")
        require(reader, row.client)
        data = self._parts.files.open(row.hash, row.media_type)
        self._readings.tell(reader, "evidence", 1, [row.case_uid] if row.case_uid else [])
        return data, row.media_type
