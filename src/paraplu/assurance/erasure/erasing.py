"""Erases personal data: one person asks and states why, another one accepts, then the keys are destroyed.

What two people agreed on is an entry before anything is destroyed, and names every key and file; what was
destroyed is an entry afterwards. Whatever crashes between the two is finished by the next command, and
nobody finds anything gone that no entry names. The tree of the log is not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.erasure.doomed import CLASS, ONE_OF_OURS, PERSON, Doomed, Dooms, over, told
from paraplu.assurance.erasure.erased import ACCEPTED, Erasure, by_key, in_words, read_all
from paraplu.assurance.erasure.holds import MAY, Holds
from paraplu.assurance.erasure.reach import Backups, Beyond, beyond
from paraplu.domain.retention import STAFF, parse
from paraplu.engine.journal import OURSELVES, Hand, Personal
from paraplu.engine.parts import Parts
from paraplu.engine.people import RETENTION, Known, require
from paraplu.engine.proposals import OURS
from paraplu.errors import NotAllowed, NotFound, Refused
from paraplu.store import erasures
from paraplu.store.keys import Scope

KIND = "erasure"
_EACH = 500  # keys, and files, that one entry names


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the uid of the proposal, what would be destroyed, and what cannot be reached."""

    proposal: str
    doomed: Doomed
    lines: tuple[str, ...]
    beyond: Beyond


class Erasures:
    """The way in which personal data goes. `answers` is the folder of answered workbooks."""

    def __init__(self, parts: Parts, answers: Path, backups: Backups) -> None:
        self.holds = Holds(parts)
        self.dooms = Dooms(parts, self.holds)
        self._parts = parts
        self._answers = answers
        self._backups = backups
        parts.proposals.kinds[KIND] = self._accept
        parts.proposals.afterwards[KIND] = self._afterwards

    def why_erased(self, connection: Connection, keys: Collection[str]) -> dict[str, str]:
        """Why those of these keys that are gone are gone, in English, by key."""
        there = self._parts.keys.there(keys)
        gone = {key for key in keys if key not in there}
        if not gone:
            return {}
        known = by_key(read_all(connection, self._parts.journal))
        names = self._parts.people.names(connection)
        return {
            key: in_words(known[key], names)
            if key in known
            else "unreadable, and no erasure in the log says why: run paraplu audit verify"
            for key in gone
        }

    def cases_erased(self, connection: Connection, uids: Collection[str]) -> dict[str, str]:
        """Why those of these cases (uids) that cannot be read any more are gone, in English, by uid."""
        keys = erasures.keys_of(connection, sorted(set(uids)))
        gone = self.why_erased(connection, set(keys.values()))
        return {uid: gone[key] for uid, key in keys.items() if key in gone}

    # Asking ---------------------------------------------------------------------------------------

    def ask_person(
        self,
        client: str,
        person: str,
        by: Known,
        *,
        ground: str = "",
        pairs: Collection[tuple[str, int]] = (),
    ) -> Asked:
        """Ask to erase a person of a client: what is over, or with a `ground` everything (or `pairs`).

        Raises `NotFound` when nothing is kept about them, `NotAllowed`, and `Refused` when nothing is over
        and no ground is stated, or when an open case or a legal hold is in the way.
        """
        require(by, client, *MAY)
        self._parts.journal.complete()  # what has no place in the log yet would not be counted
        self._not_own(by, f"{client}/{person.strip()}")
        with self._parts.database.read() as connection:
            doomed = self.dooms.person(connection, client, person, pairs)
        if not doomed.keys:
            raise NotFound(
                f"Nothing is kept about a person {person} of '{client}' (of these classes and years)."
            )
        content = {"what": PERSON, "client": client, "person": person.strip()}
        return self._ask(client, content, doomed, ground, by)

    def ask_one_of_ours(self, handle: str, by: Known, *, ground: str = "") -> Asked:
        """Ask to erase somebody who worked with us, by user name. Raises as `ask_person` does."""
        require(by, OURS, *MAY)
        with self._parts.database.read() as connection:
            known = self._parts.people.by_handle(connection, handle)
            if known is None:
                raise NotFound(f"Nobody here has the user name '{handle}'.")
            if known.uid == by.uid:
                raise NotAllowed("This is yourself: two other people must do that.")
            doomed = self.dooms.one_of_ours(connection, known.uid)
        return self._ask(None, {"what": ONE_OF_OURS, "person": known.uid}, doomed, ground, by)

    def ask_class(
        self, client: str | None, retention: str, year: int, by: Known, *, ground: str = ""
    ) -> Asked:
        """Ask to destroy everything of a class and year: of a client, or of our own people (None).

        Raises `Refused` when its time is not over and no ground is stated, and as `ask_person` does.
        """
        require(by, client or OURS, *MAY)
        parse(retention)
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            doomed = self.dooms.whole_class(connection, client, retention, year)
        if not doomed.keys:
            raise NotFound(
                f"Nothing of {retention} {year} is kept for {client or 'our own people'}."
            )
        content = {"what": CLASS, "client": client, "retention": retention, "year": year}
        return self._ask(client, content, doomed, ground, by)

    def _ask(
        self,
        client: str | None,
        content: Mapping[str, Any],
        doomed: Doomed,
        ground: str,
        by: Known,
    ) -> Asked:
        parts, ground = self._parts, ground.strip()
        with parts.database.write() as connection:
            day = self.dooms.today(connection, client)
            if not ground:
                doomed = self._only_over(connection, doomed, content, day)
            self.dooms.require_free(connection, doomed)
            lines = [_whom(content), *told(doomed, day)]
            lines.append(f"ground: {ground or 'its time is over'}")
            left = beyond(parts, connection, doomed, self._backups)
            lines += [f"not reached: {one}" for one in left.lines]
            basis = "stated" if ground else "period-over"
            body = {
                **content,
                "pairs": [list(pair) for pair in doomed.pairs],
                "ground": ground,
                "basis": basis,
            }
            # A proposal about a person lies under a key of theirs: it goes with them.
            key = self._own_key(client) if doomed.what == CLASS else doomed.keys[0].uid
            uid = parts.proposals.make(connection, client or OURS, KIND, body, lines, by, key=key)
            entry = parts.journal.entry(
                "erasure-asked",
                by.hand,
                client=client,
                detail={**self._detail(uid, doomed, basis), "staff": doomed.staff},
                personal=Personal(key, {"ground": ground} if ground else {}, thing="erasure"),
            )
            parts.journal.write(connection, entry)
        return Asked(uid, doomed, tuple(lines), left)

    def _only_over(
        self, connection: Connection, doomed: Doomed, content: Mapping[str, Any], day: date
    ) -> Doomed:
        keys = over(doomed.keys, day)
        if not keys:
            first = min(parse(code).last_day(year) for code, year in doomed.pairs)
            raise Refused(
                f"The time of none of this is over: the first ends on {first}. To erase before that, state "
                'the legal ground and what the law says of the period: --ground "..."'
            )
        if doomed.what != PERSON:
            if len(keys) < len(doomed.keys):
                raise Refused(
                    "Some of this is not over yet: state the legal ground, or wait until all of it is."
                )
            return doomed
        pairs = {(one.retention, one.year) for one in keys}
        return self.dooms.person(connection, content["client"], content["person"], pairs)

    # Accepting ------------------------------------------------------------------------------------

    def accept(self, proposal: str, by: Known) -> Erasure:
        """Agree to an erasure that somebody else asked for; it is carried out at once.

        Raises what `Proposals.accept` raises, and `Refused` when it cannot be carried out now.
        """
        self._parts.journal.complete()
        self._parts.proposals.accept(proposal, by)
        return self.one(proposal)

    def one(self, proposal: str) -> Erasure:
        """An erasure that was accepted. Raises `NotFound`."""
        for one in self.every():
            if one.proposal == proposal:
                return one
        raise NotFound(f"No erasure {proposal} was accepted.")

    def _accept(
        self,
        connection: Connection,
        content: Mapping[str, Any],
        maker: Known,
        by: Known,
        proposal: str,
    ) -> None:
        """Write down what two people agreed on, with every key and file, before anything is destroyed."""
        doomed = self._found(connection, content)
        if content["what"] == PERSON:
            self._not_own(by, f"{content['client']}/{content['person']}")
        if doomed.staff == by.uid:
            raise NotAllowed("This is yourself: two other people must do that.")
        self.dooms.require_free(connection, doomed)
        journal, ground = self._parts.journal, content["ground"]
        detail = {
            **self._detail(proposal, doomed, content["basis"]),
            "person": doomed.staff,
            "asked_by": maker.uid,
        }
        key = self._own_key(doomed.client)
        keys, files = doomed.uids, doomed.files
        for start in range(0, max(len(keys), len(files), 1), _EACH):
            entry = journal.entry(
                ACCEPTED,
                by.hand,
                client=doomed.client,
                detail={
                    **detail,
                    "keys": list(keys[start : start + _EACH]),
                    "files": list(files[start : start + _EACH]),
                },
                personal=Personal(key, {"ground": ground} if ground else {}, thing="erasure"),
            )
            journal.write(connection, entry)

    def _found(self, connection: Connection, content: Mapping[str, Any]) -> Doomed:
        """What would be destroyed now of what was asked for."""
        if content["what"] == PERSON:
            pairs = {(code, year) for code, year in content["pairs"]}
            return self.dooms.person(connection, content["client"], content["person"], pairs)
        if content["what"] == ONE_OF_OURS:
            return self.dooms.one_of_ours(connection, content["person"])
        return self.dooms.whole_class(
            connection, content["client"], content["retention"], content["year"]
        )

    def _detail(self, proposal: str, doomed: Doomed, basis: str) -> dict[str, Any]:
        return {
            "proposal": proposal,
            "what": doomed.what,
            "basis": basis,
            "classes": [code for code, _year in doomed.pairs],
            "years": [year for _code, year in doomed.pairs],
            **doomed.counts,
        }

    # Destroying -----------------------------------------------------------------------------------

    def _afterwards(self, proposal: str, by: Known) -> None:
        self._destroy(self.one(proposal), by.hand)

    def every(self) -> list[Erasure]:
        """Every erasure that two people agreed on, oldest first."""
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            return read_all(connection, self._parts.journal)

    def unfinished(self) -> list[Erasure]:
        """Those that were accepted and not carried out: something broke off, or was in the way."""
        return [one for one in self.every() if one.done_at is None]

    def finish(self) -> list[Erasure]:
        """Carry out what was accepted and not finished, and what a copy put back brought to life again.

        Gives those that were finished. Raises `Refused` when an open case or a legal hold is in the way.
        """
        every = self.every()
        there = self._parts.keys.there(key for one in every for key in one.keys)
        todo = [one for one in every if one.done_at is None or one.keys & there]
        for one in todo:
            self._destroy(one, OURSELVES)
        return [self.one(one.proposal) for one in todo]

    def _destroy(self, one: Erasure, hand: Hand) -> None:
        """Destroy the keys that an accepted erasure names. Done again, it does no harm."""
        parts = self._parts
        keys, files = sorted(one.keys), sorted(one.files)
        with parts.database.write() as connection:
            erasures.alone(connection)
            held = tuple(key for key in parts.keys.held() if key.uid in one.keys)
            doomed = self._again(connection, one, held)
            self.dooms.require_free(connection, doomed)
            left = beyond(parts, connection, doomed, self._backups)
            erasures.forget(connection, doomed.cases, files)
            if one.staff is not None:
                erasures.forget_person(connection, one.staff)
            if one.what == CLASS and one.client is None:
                parts.people.reseal(connection, one.keys)
            # While nobody else writes: nothing can be sealed under a key that goes at this moment.
            clean = parts.keys.destroy(keys)
        removed = sum(parts.files.remove(name) for name in files)
        answers = self._remove_answers(one.client, doomed.receipts)
        if not clean and not parts.keys.scrub():
            raise Refused(
                "The keys are destroyed, but a process that was reading kept their bytes in the files of the "
                "key store. Stop what is running and finish it: paraplu erase finish"
            )
        entry = {
            "proposal": one.proposal,
            "what": one.what,
            "basis": one.basis,
            "classes": [code for code, _year in one.pairs],
            "years": [year for _code, year in one.pairs],
            "asked_by": one.asked_by,
            "accepted_by": one.accepted_by,
            "keys": len(keys),
            "files_removed": removed,
            "answers_removed": answers,
            **one.counts,
            **left.counts,
        }
        kind = "retention-destroyed" if one.what == CLASS else "erasure-done"
        parts.journal.write_alone(kind, hand, client=one.client, detail=entry)

    def _again(self, connection: Connection, one: Erasure, held: tuple[Any, ...]) -> Doomed:
        """What an accepted erasure is about, also when a part of it has been carried out already."""
        rows = erasures.cases_under(connection, sorted(one.keys))
        gone: list[str] = []
        if one.what == CLASS and one.client is not None:
            receipts = erasures.receipts_of(connection, one.client)
            gone = [row.uid for row in receipts if self._parts.keys.key_of(row.sealed) in one.keys]
        return Doomed(
            one.what,
            one.client,
            held,
            one.staff,
            cases=tuple(row.uid for row in rows),
            receipts=tuple(gone),
            workbooks=tuple(sorted({row.receipt for row in rows} - set(gone))),
        )

    def left_by(self, connection: Connection, one: Erasure) -> Beyond:
        """What an erasure that was carried out did not reach, as things are now."""
        doomed = self._again(connection, one, ())
        return beyond(self._parts, connection, doomed, self._backups)

    def _remove_answers(self, client: str | None, receipts: Collection[str]) -> int:
        """Delete the answered workbooks of deliveries that are gone from the folder of answers."""
        number = 0
        for uid in receipts:
            for path in (self._answers / (client or "")).glob(f"* {uid[-8:]}.*"):
                path.unlink(missing_ok=True)
                number += 1
        return number

    # Small things ---------------------------------------------------------------------------------

    def _own_key(self, client: str | None) -> str:
        """The key of what must be known of an erasure after it: the ground that was stated."""
        owner = "centre" if client is None else f"client/{client}"
        return self._parts.keys.key_for(Scope(owner, RETENTION, self._parts.clock.now().year))

    @staticmethod
    def _not_own(by: Known, subject: str) -> None:
        if subject in by.person.subjects:
            raise NotAllowed("This is about yourself: two other people must do that.")


def _whom(content: Mapping[str, Any]) -> str:
    if content["what"] == PERSON:
        return f"everything about person {content['person']} of {content['client']}"
    if content["what"] == ONE_OF_OURS:
        return f"everything about our own person {content['person']}"
    if content["client"] is None:
        return f"our own people and settings, {STAFF} {content['year']}"
    return f"everything of {content['client']}, {content['retention']} {content['year']}"
