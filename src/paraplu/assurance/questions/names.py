"""Names of people as they were when something was done, from the log itself."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from paraplu.assurance.questions.shown import Shown


@dataclass(slots=True)
class Names:
    """Names by uid and time: whoever marries or leaves keeps the name under which they decided.

    `now` gives the present names, for people whose entry cannot be opened any more.
    """

    now: dict[str, str] = field(default_factory=dict)
    _times: dict[str, list[int]] = field(default_factory=dict)
    _then: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, added: Iterable[Shown], now: dict[str, str]) -> Names:
        """From the entries of the kind ``person-added``, in the order of the log."""
        names = cls(now)
        for one in added:
            person = one.rpa.get("detail", {}).get("person")
            said = one.values.get("person")
            if isinstance(person, str) and isinstance(said, dict):
                names._times.setdefault(person, []).append(one.entry.time_ms)
                names._then.setdefault(person, []).append(str(said.get("name", "")))
        return names

    def at(self, uid: str, time_ms: int) -> str:
        """The name of the person or robot account `uid` at that time; the uid when there is none."""
        times = self._times.get(uid)
        if not times:
            return self.now.get(uid, uid)
        place = bisect.bisect_right(times, time_ms) - 1
        return self._then[uid][max(0, place)]
