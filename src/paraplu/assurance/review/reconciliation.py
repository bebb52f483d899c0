"""A period reconciled: the log with our own records, and with the list that the target itself gives.

No log proves that nothing happened outside it. The target's own list of mutations does: what stands here
and not there was not done, what stands there and not here was done by somebody else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import READERS, Search
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.entry import Entry
from paraplu.domain.receipt import Handled, Totals
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import Refused
from paraplu.store import cases, entries, receipts
from paraplu.store.keys import Erased

_ENDS = {
    "outcome-confirmed": "done",
    "already-so": "already",
    "returned": "returned",
    "declined": "declined",
    "case-withdrawn": "withdrawn",
    "closed-by-hand": "by_hand",
}
_HANDLED = {
    "case-received": Handled.RECEIVED,
    "row-refused": Handled.REFUSED,
    "row-duplicate": Handled.DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class Period:
    """What was taken in in a period and what became of it by now, once by the log, once by our records.

    `amounts` are the effects of what was done, by currency: rises and falls apart and together.
    `unlike` names the cases (uids) that the log and the records tell differently about. `unread` of the done
    are not in `amounts`, since their effect cannot be read (any more): it was erased.
    """

    log: Mapping[str, int]
    records: Totals
    amounts: Mapping[str, tuple[Decimal, Decimal, Decimal]]
    unlike: tuple[str, ...]
    unread: int = 0

    @property
    def closes(self) -> bool:
        """Whether the records close and say what the log says."""
        told = self.records.to_json()
        return (
            self.records.closes
            and not self.unlike
            and all(number == told[name] for name, number in self.log.items())
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the target's list: its number in the file (from 1, the heading is row 1) and its cells."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """Our changes beside the target's list, by the reference that we leave there.

    `matched` were found in both; `missing` (case uid and mark) stand here and not there; `unknown` rows
    carry a reference that is none of ours, or none at all; `erased` are cases (uids) whose reference was
    erased here, so that their rows there count as unknown; `twice` are marks that stand there more often
    than once; `differing` are marks whose amount there is none that the outcome names.
    """

    column: str
    matched: int
    erased: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    unknown: tuple[Row, ...]
    twice: Mapping[str, int] = field(default_factory=dict)
    differing: tuple[tuple[str, str], ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing was found that needs an explanation."""
        return not (self.missing or self.unknown or self.twice or self.differing)


class Reconciliation:
    """Compares what the log says with what our records and the target say."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def period(self, reader: Known, question: Question) -> Period:
        """The totals of what was taken in between `question.since` and `until` of a client (and service)."""
        if question.client is None:
            raise Refused("A period is reconciled for one client: add --client.")
        require(reader, question.client, *READERS)
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            found = [
                Entry(one.data)
                for one in self._search.stream(
                    connection, reader, replace(question, kinds=frozenset(_HANDLED))
                )
            ]
            uids = [one.case for one in found if one.kind == "case-received" and one.case]
            ends = self._ends(connection, uids)
            rows = {row.uid: row for row in cases.of(connection, uids)}
            records = receipts.totals(
                connection,
                question.client,
                question.service,
                since=question.since,
                until=question.until,
            )
            done = [uid for uid in uids if ends.get(uid) == "done"]
            amounts, unread = self._amounts(connection, done)
        handled = Counter(_HANDLED[one.kind].value for one in found)
        states = Counter(ends.values())
        log = {
            "rows": len(found),
            "received": handled["received"],
            "refused": handled["refused"],
            "duplicates": handled["duplicate"],
            **{name: states[name] for name in _ENDS.values()},
        }
        unlike = [
            uid for uid in uids if uid not in rows or ends.get(uid) != _closed(rows[uid].state)
        ]
        return Period(log, records, amounts, tuple(unlike), unread)

    def against(
        self,
        reader: Known,
        question: Question,
        listed: Sequence[Row],
        *,
        column: str | None = None,
        amount: str | None = None,
        only: Mapping[str, str] | None = None,
    ) -> Compared:
        """Compare what was confirmed in the period with the target's own list.

        `column` is where our reference stands (found by itself when most of our references stand in one);
        `amount` the column of the amount after; `only` keeps the rows whose cells have these values. Raises
        `Refused` for a column that the list has not, or when none holds our references.
        """
        if question.client is None:
            raise Refused("A period is reconciled for one client: add --client.")
        asked = replace(question, kinds=frozenset({"outcome-confirmed"}), phases=frozenset())
        done = self._search.look(reader, asked, most=1_000_000)
        uids = [one.case for one in done if one.case is not None]
        with self._parts.database.read() as connection:
            rows = cases.of(connection, uids)
            every = cases.of_client(connection, question.client, question.service)
        marks = {row.uid: mark for row in rows if (mark := self._mark(row)) is not None}
        # A change of another period is ours as well: it is no finding here.
        ours = {mark for row in every if (mark := self._mark(row)) is not None}
        outcomes = {one.case: one for one in done}
        self._search.readings.tell(reader, "reconciliation", len(uids), uids)
        for name in (column, amount, *(only or {})):
            if name is not None and listed and name not in listed[0].cells:
                raise Refused(
                    f"The list has no column '{name}'. Its columns are: {', '.join(listed[0].cells)}."
                )
        kept = [
            one
            for one in listed
            if all(one.cells.get(name) == value for name, value in (only or {}).items())
        ]
        place = column or _column_of(kept, ours)
        there: dict[str, list[Row]] = defaultdict(list)
        for one in kept:
            there[one.cells.get(place, "").strip()].append(one)
        named = [(uid, mark) for uid, mark in marks.items() if mark in there]
        return Compared(
            column=place,
            matched=len(named),
            erased=tuple(row.uid for row in rows if row.uid not in marks),
            missing=tuple((uid, mark) for uid, mark in marks.items() if mark not in there),
            unknown=tuple(one for mark, rows in there.items() if mark not in ours for one in rows),
            twice={mark: len(there[mark]) for _uid, mark in named if len(there[mark]) > 1},
            differing=()
            if amount is None
            else tuple(
                (mark, there[mark][0].cells.get(amount, ""))
                for uid, mark in named
                if not _names(outcomes[uid], there[mark][0].cells.get(amount, ""))
            ),
        )

    def _mark(self, row: Any) -> str | None:
        """What a case left in the target; None when that was erased here."""
        try:
            return self._parts.case_files.mark(row)
        except Erased:
            return None

    def _ends(self, connection: Connection, uids: Sequence[str]) -> dict[str, str]:
        """How each case ended by the log; a case that is open is not in it."""
        found: dict[str, str] = {}
        for one in entries.chosen(connection, cases=uids, kinds=sorted(_ENDS)):
            entry = Entry(one.data)
            if entry.case is not None:
                found.setdefault(entry.case, _ENDS[entry.kind])
        return found

    def _amounts(
        self, connection: Connection, uids: Sequence[str]
    ) -> tuple[dict[str, tuple[Decimal, Decimal, Decimal]], int]:
        """The sums by currency, and of how many of these cases the effect cannot be read (any more)."""
        planned = self._search.planned(connection, uids)
        effects = [
            effect for one in planned.values() if (effect := one.values.get("effect")) is not None
        ]
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for amount, currency in effects:
            sums[currency][Decimal(amount) < 0] += Decimal(amount)
        found = {name: (up, down, up + down) for name, (up, down) in sorted(sums.items())}
        return found, len(uids) - len(effects)


def _closed(state: str) -> str | None:
    names = {
        "done": "done",
        "already-so": "already",
        "returned": "returned",
        "declined": "declined",
        "withdrawn": "withdrawn",
        "by-hand": "by_hand",
    }
    return names.get(state)


def _column_of(listed: Sequence[Row], ours: set[str]) -> str:
    """The column in which most of our references stand."""
    hits: Counter[str] = Counter()
    for row in listed:
        hits.update(name for name, value in row.cells.items() if value.strip() in ours)
    if not hits:
        raise Refused(
            "No column of the list holds a reference of ours: say which one should with --column, "
            "or take the list of another period or client."
        )
    return hits.most_common(1)[0][0]


def _names(outcome: Shown, shown: str) -> bool:
    """Whether one of the values of the result is the amount that the list shows.

    A list shows none where a line was ended: then something that stood there before must be gone.
    """
    if not shown.strip():
        return any(after is None for _name, _before, after in outcome.differences())
    wanted, result = _amount(shown), outcome.values.get("result", {})
    values: Iterable[Any] = result.values() if isinstance(result, dict) else ()
    return wanted is not None and any(_amount(str(value)) == wanted for value in values)


def _amount(text: str) -> Decimal | None:
    """An amount as lists write it: ``1.234,50``, ``1,234.50``, ``1234.5``."""
    plain = text.strip().replace(" ", "").replace("\u00a0", "").replace("'", "")
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma > point:
        plain = plain.replace(".", "").replace(",", ".")
    elif comma >= 0:
        plain = plain.replace(",", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
