"""What stands beside the entries and does not fit them: above all personal values that are missing.

A digest in an entry says that there was a value. Its sealed disclosure must be there, under a key that is
there, unless an erasure names the key. Lines that nobody asked about are digests from the beginning: an
entry that has some says which digest that is. Evidence that an entry lists must be on the list of
evidence, unless an erasure names the file. And the columns by which an entry is found must say what its bytes
say: who changes them hides it from every question, and no hash sees that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import Connection

from paraplu.assurance.erasure.erased import Erasure, read_all
from paraplu.audit.disclosure import KEPT, disclosable
from paraplu.audit.entry import found_by
from paraplu.engine.journal import KEEPING
from paraplu.engine.parts import Parts
from paraplu.engine.sealing import open_together
from paraplu.errors import IntegrityBroken
from paraplu.store import disclosed, entries
from paraplu.store.keys import Erased

_MOST = 20  # findings that are told one by one
_EACH = 500  # entries that are opened at a time
# Canonical JSON without a personal value in clear: these cannot stand for anything else.
_EVIDENCE = re.compile(rb'"evidence":\[([^\]]*)\]')
_HASH = re.compile(rb'"hash":"([0-9a-f]{64})"')


@dataclass(slots=True)
class Missing:
    """What was looked at, and what is missing.

    `entries` and `values` were looked at, `erased` of the values lie under keys that an erasure names.
    `findings` are some of `troubles`, in English; `remarks` are no troubles.
    """

    entries: int = 0
    values: int = 0
    erased: int = 0
    troubles: int = 0
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """Count one more thing that is wrong."""
        self.troubles += 1
        if len(self.findings) < _MOST:
            self.findings.append(text)


def look(
    parts: Parts, connection: Connection, *, newest: int | None = None, opened: bool = False
) -> Missing:
    """Look for the values of every entry, or of the `newest` ones; `opened` opens each of them, too.

    Without `opened` values count as there when sealed bytes are, under a key that is. Needs memory
    for the uids of keys and the hashes of evidence, not for the entries.
    """
    found = Missing()
    erasures = read_all(connection, parts.journal)
    there = {one.uid for one in parts.keys.held()}
    gone = {key for one in erasures for key in one.keys}
    files = {name for one in erasures for name in one.files}
    _erasures(found, erasures, there)
    for row in disclosed.keys_of_cases(connection):
        if row.key not in there and row.key not in gone:
            found.tell(
                f"{row.cases} cases of {row.client} cannot be opened: their key is gone, and no erasure "
                "names it"
            )
    known = {key.replace("-", ""): key in there for key in there | gone}
    files |= disclosed.listed_files(connection)
    for one in disclosed.in_order(connection, newest):
        _index(found, one)
        _entry(found, one, known)
        if b'"evidence"' not in one.data:
            continue
        for part in _EVIDENCE.findall(one.data):
            for name in _HASH.findall(part):
                if name.decode() not in files:
                    found.tell(
                        f"entry {one.place}: its evidence {name[:12].decode()} was taken off the list, "
                        "and no erasure names it"
                    )
    if opened:
        _open(found, parts, connection, disclosed.first_of(connection, newest))
    return found


def _erasures(found: Missing, erasures: list[Erasure], there: set[str]) -> None:
    """Keys that are there although an erasure names them."""
    for one in erasures:
        number = len(one.keys & there)
        if number and one.done_at is not None:
            found.tell(
                f"{number} keys that were destroyed on {one.done_at:%Y-%m-%d} (entry {one.done_place}) are "
                "there again: was a copy of the key store put back? Run: paraplu erase finish"
            )
        elif one.done_at is None:
            found.remarks.append(
                f"An erasure that was accepted on {one.accepted_at:%Y-%m-%d} (entry {one.place}) is not "
                "finished: run paraplu erase finish"
            )


def _index(found: Missing, one: disclosed.Listed) -> None:
    said = found_by(one.data)
    if said is None or said == one.index:  # the check of the log itself names what cannot be read
        return
    for name, stands, says in zip(one.index._fields, one.index, said, strict=True):
        if stands != says:
            found.tell(
                f"entry {one.place}: it is listed under the {name} {stands}, and says {says}: questions do "
                "not find it where they should"
            )


def _entry(found: Missing, one: disclosed.Listed, known: dict[str, bool]) -> None:
    """`known` says of each key, in hexadecimal, whether it is there still; others are unexplained."""
    found.entries += 1
    wanted = len(disclosable(one.data))
    if one.index.kind in KEEPING and KEPT.encode() not in one.data:
        wanted -= 1  # written before an entry said which of its digests is of kept lines
    found.values += wanted
    if one.key is None:
        if wanted > 0:
            many = "a personal value is" if wanted == 1 else f"{wanted} personal values are"
            found.tell(f"entry {one.place}: {many} missing, and no erasure says why")
        return
    if wanted <= 0:
        found.tell(f"entry {one.place}: beside it lie values of which it has no digest")
    there = known.get(one.key)
    if there is None:
        found.tell(
            f"entry {one.place}: the key of its personal values is gone, and no erasure names it"
        )
    elif not there:
        found.erased += wanted


def _open(found: Missing, parts: Parts, connection: Connection, first: int) -> None:
    """Open every value whose key is there."""
    last = first + found.entries
    for start in range(first, last, _EACH):
        places = list(range(start, min(start + _EACH, last)))
        entries_ = {one.place: one.data for one in entries.at(connection, places)}
        for place, (uid, sealed) in entries.sealed_of(connection, places).items():
            try:
                disclosures = open_together(parts.keys, uid, sealed)
            except Erased:
                continue  # told of above, unless an erasure names the key
            except IntegrityBroken:
                found.tell(f"entry {place}: its personal values do not open: they were altered")
                continue
            wanted = disclosable(entries_[place])
            there = {one.digest.encode() for one in disclosures}
            if not there <= wanted or len(wanted - there) > _may_lack(entries_[place]):
                found.tell(f"entry {place}: its personal values are not those of its digests")


def _may_lack(data: bytes) -> int:
    """How many digests of an entry may have no value: one, when it may be of kept lines and does not say."""
    return int(KEPT.encode() not in data)
