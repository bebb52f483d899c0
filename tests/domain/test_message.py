"""A sentence as code and values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paraplu.domain.message import Message

values = (
    st.text()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.lists(st.text()).map(tuple)
)


@given(st.dictionaries(st.text(min_size=1), values))
def test_a_message_comes_back_from_json_with_the_types_of_its_values(found: dict[str, Any]) -> None:
    message = Message("code", "text", found)
    back = Message.from_json(json.loads(json.dumps(message.to_json())))
    assert back == message
    assert {name: type(value) for name, value in back.values.items()} == {
        name: type(value) for name, value in found.items()
    }


def test_values_are_put_into_the_sentence_in_the_readers_language() -> None:
    message = Message("x", "It is {now}, not {said}.", {"now": Decimal("3100"), "said": "3000"})
    assert str(message) == "It is 3100, not 3000."
    dutch = {"It is {now}, not {said}.": "{said} klopt niet: het is {now}."}
    assert message.in_words(dutch.__getitem__, lambda value: f"<{value}>") == (
        "<3000> klopt niet: het is <3100>."
    )


def test_several_things_are_said_with_commas() -> None:
    message = Message("x", "Look at {lines}.", {"lines": ("2100", "2200")})
    assert str(message) == "Look at 2100, 2200."


def test_braces_in_a_value_are_text() -> None:
    assert str(Message("x", "{said}", {"said": "{now}"})) == "{now}"


def test_what_is_no_value_of_a_message_is_refused() -> None:
    with pytest.raises(ValueError, match="not a message value"):
        Message.from_json({"code": "x", "text": "x", "values": {"a": {"strange": 1}}})


@pytest.mark.parametrize("moment", [date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)])
def test_a_date_stays_a_date_and_a_moment_a_moment(moment: date) -> None:
    data = Message("x", "{when}", {"when": moment}).to_json()
    assert type(Message.from_json(data).values["when"]) is type(moment)
