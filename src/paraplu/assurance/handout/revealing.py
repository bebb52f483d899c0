"""What of the personal values of entries is shown to whom: chosen by whoever hands something out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection

from paraplu.audit.disclosure import Disclosure, disclosable
from paraplu.audit.entry import Entry
from paraplu.engine.parts import Parts
from paraplu.engine.sealing import open_together
from paraplu.store import entries
from paraplu.store.keys import Erased
from paraplu.store.logs import Log


class Disclose(StrEnum):
    """How much is disclosed: nothing, some fields by name, or all that the reader may see."""

    NONE = "none"
    FIELDS = "fields"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is disclosed; `fields` by their names, with `Disclose.FIELDS` only."""

    much: Disclose = Disclose.NONE
    fields: frozenset[str] = field(default_factory=frozenset)

    def takes(self, name: str) -> bool:
        """Whether the value with this name is disclosed."""
        return self.much is Disclose.ALL or (self.much is Disclose.FIELDS and name in self.fields)


@dataclass(frozen=True, slots=True)
class Revealed:
    """Disclosures by the number of their entry in its log, ordered by name, and how many keys are gone."""

    disclosures: Mapping[int, tuple[Disclosure, ...]]
    erased: int

    @property
    def count(self) -> int:
        """How many values are disclosed."""
        return sum(map(len, self.disclosures.values()))


def reveal(
    parts: Parts, connection: Connection, log: Log, chosen: Mapping[int, Entry], choice: Choice
) -> Revealed:
    """Open what was chosen of the disclosures of these entries, by their number in a log (from 0).

    One whose digest does not stand in its entry is left out: it was put there by somebody else.
    """
    found: dict[int, tuple[Disclosure, ...]] = {}
    erased = 0
    if choice.much is Disclose.NONE:
        return Revealed(found, erased)
    places = [log.first + number for number in chosen]
    for place, (uid, sealed) in sorted(entries.sealed_of(connection, places).items()):
        number = place - log.first
        try:
            disclosures = open_together(parts.keys, uid, sealed)
        except Erased:
            erased += len(disclosable(chosen[number].data))
            continue
        digests = set(chosen[number].digests)
        opened = [one for one in disclosures if one.digest in digests and choice.takes(one.name)]
        if opened:
            found[number] = tuple(sorted(opened, key=lambda one: (one.name, one.encoded)))
    return Revealed(found, erased)


def before_and_after(
    entry: Entry, disclosures: Sequence[Disclosure]
) -> dict[str, tuple[str | None, str | None, str | None]]:
    """The disclosed values of an entry by name: before, after, and what is neither, as texts."""
    found: dict[str, list[str | None]] = {}
    states = [
        set(entry.document.get(name, {}).get("_sd", ())) for name in ("entity", "entity_result")
    ]
    for one in disclosures:
        where = next((at for at, digests in enumerate(states) if one.digest in digests), 2)
        if isinstance(one.value, dict) and where < 2:
            # So many fields that they share one digest.
            for name, value in one.value.items():
                found.setdefault(name, [None, None, None])[where] = in_words(value)
        else:
            found.setdefault(one.name, [None, None, None])[where] = in_words(one.value)
    return {name: (row[0], row[1], row[2]) for name, row in found.items()}


def in_words(value: object) -> str:
    """A disclosed value as text for reading."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return "; ".join(map(in_words, value))
        case dict():
            return "; ".join(f"{name}: {in_words(item)}" for name, item in value.items())
        case _:
            return str(value)
