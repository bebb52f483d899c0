"""That somebody read personal values is an entry itself: it names the cases, so that a person can be told
who read about them.
"""

from __future__ import annotations

from collections.abc import Sequence

from paraplu.engine.journal import Journal
from paraplu.engine.people import Known

_MOST_CASES = 1_000  # that one entry can name


class Readings:
    """Writes down who read what."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def tell(self, reader: Known, what: str, number: int, cases: Sequence[str] = ()) -> None:
        """Write down that `reader` read `number` things (`what`, a code) that belong to `cases` (uids).

        One case stands as the case of the entry, several in its detail, a thousand in each entry.
        """
        named = sorted(set(cases))
        if len(named) <= 1:
            self._write(reader, named[0] if named else None, {"what": what, "count": number})
            return
        for start in range(0, len(named), _MOST_CASES):
            part = named[start : start + _MOST_CASES]
            self._write(reader, None, {"what": what, "count": number, "cases": part})

    def _write(self, reader: Known, case: str | None, detail: dict[str, object]) -> None:
        self._journal.write_alone("personal-data-read", reader.hand, case=case, detail=detail)
