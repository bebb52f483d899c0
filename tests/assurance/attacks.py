"""The table of attacks on the audit log: which layer finds each of them, and in what words."""

from __future__ import annotations

import re
from dataclasses import dataclass

import tricks
from intruder import Marks
from tricks import EARLY, Act, cut_with_heads, put_back, rewrite

LAYERS = ("alone", "copy", "witness")

# What is said, as patterns; {names} are those of `facts`, and what the attack gives.


ALTERED = r"entry {early} \(uid [0-9a-f-]{{36}}\) was altered: its bytes no longer give the hash"
HASH = r"the hash kept for entry {early} \(uid .* was altered; the entry itself is as it was signed"
HEAD = "head 3 cannot be trusted: no known key has signed"
SWAPPED = "entries {early} and {next} have changed places"
CUT = "a head was signed over {size} entries, the log has {less}; the last 3 are missing"
CUT_UNCOVERED = "the tree of {log} was made of {size} entries, {less} are there"
UNCOVERED = (
    "between entry {seen} and entry {size_last}, which no head covers, something was changed"
)
BOTH = (r"evidence file {one} was altered", r"evidence file {other} was altered")
UNLISTED = "entry {entry}: its evidence {one} was taken off the list, and no erasure names it"
VALUES = r"entry {entry}: \d+ personal values are missing, and no erasure says why"
ALTERED_VALUES = "entry {entry}: its personal values do not open: they were altered"
KEY = "entry {entry}: the key of its personal values is gone, and no erasure names it"
HIDDEN = "entry {intent}: it is listed under the kind action, and says intent"


def between(low: str, head: str) -> str:
    """Of the first head that does not fit, after the last one that does."""
    last = f"{{{low}}} and entry {{{head}_last}}"
    return (
        f"the head signed over {{{head}}} entries does not fit: between entry {last} something was"
    )


def other(who: str, low: str, head: str, *, key: bool = False) -> tuple[str, ...]:
    """When somebody else has a head that does not fit; one that fits again needs the key."""
    unfit = f"{who}.* holds a head over {{{head}}} entries of {{log}} that does not fit what stands"
    twice = "the head over {size} entries fits though .* somebody with the key signed two histories"
    return (between(low, head), unfit, *([twice] if key else []))


def short(who: str, head: str) -> tuple[str, ...]:
    """When somebody else has a head over more entries than there are."""
    return (
        f"the tail was cut off: a head was signed over {{{head}}} entries, the log has {{left}}",
        f"{who}.* holds a head over {{{head}}} entries of {{log}}, which has only {{left}}",
    )


SHARE, WITNESS = "The copy 'share'", "The witness 'dk-ssc'"
EARLY_HEADS = (between("before", "after"),)
NEXT = "the first entry of the log {second} does not name the end of {log} as it stands now"
GONE = "the log {log}, which the first entry of {second} names as the one before it, is gone"
NAMELESS = (
    ".* holds a head over {kept} entries of {log}, signed by the key of this home, which has no log"
)
HISTORIES = "in {log}, .*2 heads over {end} entries were signed with different roots"


def facts(marks: Marks) -> dict[str, object]:
    """What messages may name."""
    before, after = marks.around(EARLY) if not marks.until else (0, 0)
    heads = {"after": after, "kept": marks.kept, "seen": marks.seen, "size": marks.size}
    return {
        **heads,
        **{f"{name}_last": size - 1 for name, size in heads.items()},
        "early": EARLY,
        "next": EARLY + 1,
        "before": before,
        "agreed": marks.around(marks.intent)[0] if not marks.until else 0,
        "less": marks.size - 3,
        "intent": marks.intent,
        "log": re.escape(marks.logs[0]),
        "second": re.escape(marks.logs[-1]),
        "end": marks.until,
    }


@dataclass(frozen=True, slots=True)
class Attack:
    """One row: what each layer says (nothing: it finds nothing), and what that `names`, as on the page.

    A home that is `turned` is in its second year.
    """

    name: str
    act: Act
    names: str
    alone: str | tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    witness: tuple[str, ...] = ()
    turned: bool = False

    @property
    def expected(self) -> dict[str, tuple[str, ...]]:
        """What is found alone is found with more, too."""
        alone = (self.alone,) if isinstance(self.alone, str) else self.alone
        return {"alone": alone, "copy": self.copy or alone, "witness": self.witness or alone}


def early(_marks: Marks) -> int:
    """Before the last copy."""
    return EARLY


def later(marks: Marks) -> int:
    """After the last copy, before the witness signed."""
    return marks.kept


def last(marks: Marks) -> int:
    """After the witness signed."""
    return marks.seen


def unkept(marks: Marks) -> int:
    """Some entries before the last copy."""
    return marks.kept - 3


def unseen(marks: Marks) -> int:
    """The last entry that the witness has seen."""
    return marks.seen - 1


def outcome(marks: Marks) -> int:
    """The outcome of the witnessed intent."""
    return marks.outcome


BOTH_FILES = ("paraplu.db", "keys.db")
TWO, MANY, ONE, LOG, NONE = "two heads", "how many", "the entry", "the log", "-"
SHORT = ((), short(SHARE, "kept"), short(WITNESS, "seen"))
SHORTER = ((), (), short(WITNESS, "seen"))
ALL = tuple(
    (HISTORIES, f"{who}.* holds a head over {{end}} entries of {{log}}") for who in (SHARE, WITNESS)
)
FORGED = ((), other(SHARE, "before", "after"), other(WITNESS, "before", "seen"))
REFORGED = ((), (), other(WITNESS, "kept", "seen"))
SIGNED = ((), other(SHARE, "before", "after", key=True), other(WITNESS, "before", "seen", key=True))
RESIGNED = ((), (), other(WITNESS, "kept", "seen", key=True))
SIGNED_INTENT = ((), (), other(WITNESS, "agreed", "seen", key=True))

TABLE = (
    # Without the key, under heads that are left.
    Attack("edit an entry", tricks.edit, ONE, ALTERED),
    Attack("edit an entry and the hash kept for it", tricks.edit_with_hash, TWO, EARLY_HEADS),
    Attack("alter the hash kept for an entry", tricks.alter_hash, ONE, HASH),
    Attack("alter a signed head", tricks.alter_head, "the head", HEAD),
    Attack("delete an entry", tricks.delete, ONE, "entry {early} is missing"),
    Attack("delete an entry and move the rest up", tricks.delete_and_close_up, TWO, EARLY_HEADS),
    Attack("insert an entry", tricks.insert, TWO, EARLY_HEADS),
    Attack("swap what two entries say", tricks.swap_content, "both entries", SWAPPED),
    Attack("swap two entries with their hashes", tricks.swap, TWO, EARLY_HEADS),
    Attack("back-date an entry, with a new hash", tricks.back_date, TWO, EARLY_HEADS),
    Attack(
        "rewrite everything from an entry on", rewrite(early, heads_left=True), TWO, EARLY_HEADS
    ),
    Attack("cut the tail", tricks.cut, MANY, CUT),
    Attack(
        "edit what no head covers, and its hash",
        tricks.edit_unsigned,
        "the last head",
        UNCOVERED,
    ),
    Attack("cut what no head covers", tricks.cut_unsigned, MANY, CUT_UNCOVERED),
    # Without the key, heads taken away; old backups.
    Attack("rewrite from before the last copy on", rewrite(early), TWO, *FORGED),
    Attack("rewrite from between copy and witness on", rewrite(later), TWO, *REFORGED),
    Attack("rewrite what came after the witness", rewrite(last), NONE),
    Attack(
        "cut the tail from before the last copy on",
        cut_with_heads(unkept),
        MANY,
        *SHORT,
    ),
    Attack(
        "cut the tail from between copy and witness on",
        cut_with_heads(unseen),
        MANY,
        *SHORTER,
    ),
    Attack("cut what came after the witness", cut_with_heads(last), NONE),
    Attack(
        "put back a database from before the last copy",
        put_back("before", "paraplu.db"),
        MANY,
        *SHORT,
    ),
    Attack(
        "put it back with the keys of its time",
        put_back("before", *BOTH_FILES),
        MANY,
        *SHORT,
    ),
    Attack(
        "put back one from between copy and witness",
        put_back("between", "paraplu.db"),
        MANY,
        *SHORTER,
    ),
    # With the key: each is signed anew.
    Attack(
        "sign a history rewritten from before the last copy on",
        rewrite(early, key=True),
        TWO,
        *SIGNED,
    ),
    Attack(
        "sign one rewritten from between copy and witness on",
        rewrite(later, key=True),
        TWO,
        *RESIGNED,
    ),
    Attack(
        "sign a history without an intent that was witnessed",
        tricks.rewrite_intent,
        TWO,
        *SIGNED_INTENT,
    ),
    Attack("sign what came after the witness, rewritten", rewrite(last, key=True), NONE),
    Attack(
        "sign a shorter log, from before the last copy",
        cut_with_heads(unkept, key=True),
        MANY,
        *SHORT,
    ),
    Attack(
        "sign a log without the outcome of a witnessed intent",
        cut_with_heads(outcome, key=True),
        NONE,
    ),
    Attack("sign a log of another name in its place", tricks.rename, LOG, (), (SHARE + NAMELESS,)),
    Attack("sign a rewritten log of a closed year", tricks.replace_closed, LOG, NEXT, turned=True),
    Attack(
        "sign rewritten logs of all years", tricks.replace_both, "the head", (), *ALL, turned=True
    ),
    Attack("remove the log of a closed year", tricks.remove_closed, LOG, GONE, turned=True),
    # Beside the entries.
    Attack("swap two files of evidence", tricks.swap_evidence, "both files", BOTH),
    Attack(
        "remove a file of evidence",
        tricks.remove_evidence,
        "the file",
        "evidence file {one} is missing",
    ),
    Attack(
        "replace a file of evidence and its line in the list",
        tricks.replace_evidence,
        ONE,
        UNLISTED,
    ),
    Attack("remove personal values without an erasure", tricks.remove_values, ONE, VALUES),
    Attack("alter sealed personal values", tricks.alter_values, ONE, ALTERED_VALUES),
    Attack("remove the key of a person without an erasure", tricks.remove_key, "each entry", KEY),
    Attack("hide an entry from questions by its columns", tricks.hide, ONE, HIDDEN),
)
