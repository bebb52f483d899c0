"""Messages in the reader's language, figures as that language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import pytest
from bureau import CLIENT, Bureau, booking
from openpyxl import load_workbook

from paraplu import Client
from paraplu.domain.message import Message, Value
from paraplu.engine.wording import Wording


def wording(language: str) -> Wording:
    """Our own catalogue of a language."""
    return Wording(language, [files("paraplu") / "locale"])


@pytest.mark.parametrize(
    ("language", "value", "text"),
    [
        ("nl", Decimal("1234.5"), "1.234,50"),
        ("da", Decimal("1234.50"), "1.234,50"),
        ("en", Decimal("1234.5"), "1,234.50"),
        ("nl", Decimal("0.1790"), "0,179"),
        ("nl", 12345, "12.345"),
        ("nl", date(2026, 12, 21), "21-12-2026"),
        ("en", date(2026, 12, 21), "2026-12-21"),
        ("nl", datetime(2026, 12, 21, 16, 5, tzinfo=UTC), "21-12-2026 16:05"),
        ("nl", ("2100", "2200"), "2100, 2200"),
        ("nl", "12.5", "12.5"),
    ],
)
def test_a_value_is_written_as_the_language_writes_it(
    language: str, value: Value, text: str
) -> None:
    assert wording(language).value(value) == text


def test_a_sentence_is_translated_and_one_without_translation_stays_english() -> None:
    known = Message("already-so", "This is so already: nothing had to be changed.")
    assert wording("nl").say(known) != str(known)
    assert wording("en").say(known) == str(known)
    assert wording("nl").say(Message("x", "Nobody translated {this}.", {"this": 3})) == (
        "Nobody translated 3."
    )


def test_a_client_gets_its_answer_in_its_own_language(bureau: Bureau) -> None:
    client = bureau.file.client
    assert client is not None
    bureau.file = bureau.file.model_copy(
        update={"client": Client(id=client.id, name=client.name, language="nl")}
    )
    bureau.settings()
    bureau.story(booking("A-1", account="99999"), booking("A-2"))
    (one,) = bureau.centre.answers.answer_all(CLIENT)
    assert "beantwoord" in one.path.name
    rows = list(load_workbook(one.path).worksheets[0].iter_rows(values_only=True))
    heads = tuple(map(wording("nl").text, ("Status", "Result", "Note")))
    assert rows[0][-3:] == heads != ("Status", "Result", "Note")
    assert rows[2][-3] == "Uitgevoerd"
    assert str(rows[1][-1]).startswith("Rekening: ")
