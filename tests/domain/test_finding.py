"""By what a finding is known again after a person has read it."""

from __future__ import annotations

from datetime import UTC, datetime

from paraplu.domain.finding import to_person


def test_a_finding_is_known_by_its_code_and_values_unless_it_names_a_key() -> None:
    plain = to_person("garnishment", "There is a garnishment of {amount}.", amount="80,00")
    assert plain.key is None
    timed = to_person("too-late", "There on {earliest}.", key="2026-12-24, 5", earliest="Monday")
    assert timed.key == "2026-12-24, 5"
    assert "key" not in timed.message.values


def test_the_moment_it_is_to_be_read_by_is_no_part_of_what_is_said() -> None:
    before = datetime(2026, 12, 1, tzinfo=UTC)
    found = to_person("late", "Look at {order}.", before=before, order="IO-1")
    assert found.before == before and dict(found.message.values) == {"order": "IO-1"}
