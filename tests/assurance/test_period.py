"""What the log holds of a period, and whether a word of somebody else is for all of it."""

from __future__ import annotations

from dataclasses import replace

from bureau import START, Bureau

from paraplu.assurance.keeping.vouching import Vouch
from paraplu.assurance.verifying.period import stretches
from paraplu.engine.clock import to_ms
from paraplu.store import entries

_DAY = 86_400_000


def test_a_period_is_told_by_its_entries_their_places_and_times(after: Bureau) -> None:
    begin = to_ms(START)
    with after.centre.parts.database.read() as connection:
        number = entries.count(connection)
        (whole,) = stretches(connection)
        (later,) = stretches(connection, begin + 1)
        assert stretches(connection, begin + _DAY) == []
        assert stretches(connection, None, begin - _DAY) == []
    assert (whole.entries, whole.first, whole.last, whole.size) == (number, 0, number - 1, number)
    assert whole.begins <= START < whole.ends
    assert 0 < later.first < later.last == number - 1
    assert later.entries < number


def test_a_word_covers_a_period_when_it_is_for_its_last_entry_of_the_same_log(
    after: Bureau,
) -> None:
    with after.centre.parts.database.read() as connection:
        (whole,) = stretches(connection)
    word = Vouch("there", "file", whole.log, whole.size, None, None)
    assert whole.covered(word)
    assert not whole.covered(replace(word, size=whole.size - 1))
    assert not whole.covered(replace(word, log="elsewhere/audit/2026-000000"))


def test_each_log_tells_of_its_own_part_counted_from_its_first_entry(after: Bureau) -> None:
    journal = after.centre.parts.journal
    with after.centre.parts.database.write() as connection:
        journal.succeed(connection, after.who("ines").hand)
    with after.centre.parts.database.read() as connection:
        old, new = stretches(connection)
    assert (new.first, new.size) == (old.last + 1, new.entries)
