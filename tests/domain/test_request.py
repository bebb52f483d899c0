"""One model of a request gives its form, what it is about, and what is the same content."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from paraplu import Kind, PluginWrong, Request, RequestLine, asks


class Unit(StrEnum):
    PIECE = "piece"
    BOX = "box"


class Line(RequestLine):
    article: Annotated[str, asks("Article", nl="Artikel", kind=Kind.CODE, width=8)]
    quantity: Annotated[int, asks("Quantity")]
    unit: Annotated[Unit, asks("Unit", labels={"piece": {"en": "Piece", "nl": "Stuk"}})] = (
        Unit.PIECE
    )
    centre: Annotated[str | None, asks("Cost centre", kind=Kind.CODE, cost_centre=True)] = None


class Wish(Request, titles={"en": "Wishes", "nl": "Wensen"}, total_of=("quantity",)):
    employee: Annotated[str, asks("Employee", kind=Kind.CODE, subject=True)]
    day: Annotated[date | None, asks("Day", hint={"en": "When.", "nl": "Wanneer."})] = None
    urgent: Annotated[bool, asks("Urgent")] = False
    price: Annotated[Decimal | None, asks("Price", kind=Kind.MONEY, decimals=4)] = None
    centre: Annotated[str, asks("Head centre", kind=Kind.CODE, cost_centre=True)]
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]


def wish(**more: Any) -> Wish:
    values: dict[str, Any] = {
        "reference": "W-1",
        "employee": "00412",
        "centre": "4100",
        "lines": [{"article": "A", "quantity": 1}],
    }
    return Wish.model_validate({**values, **more})


def test_the_form_has_every_field_in_order_with_the_kind_of_its_type() -> None:
    form = Wish.form("wishes")
    assert [(column.field, column.kind) for column in form.columns] == [
        ("reference", Kind.TEXT),
        ("follows", Kind.TEXT),
        ("requested_by", Kind.TEXT),
        ("remark", Kind.TEXT),
        ("employee", Kind.CODE),
        ("day", Kind.DATE),
        ("urgent", Kind.YES_NO),
        ("price", Kind.MONEY),
        ("centre", Kind.CODE),
        ("article", Kind.CODE),
        ("quantity", Kind.INTEGER),
        ("unit", Kind.CHOICE),
        ("centre", Kind.CODE),
    ]
    assert [column.field for column in form.columns if column.repeats] == [
        "article",
        "quantity",
        "unit",
        "centre",
    ]
    assert {column.field for column in form.columns if column.required} == {
        "reference",
        "employee",
        "centre",
        "article",
        "quantity",
    }
    assert form.title("nl") == "Wensen"
    assert form.title("da") == "Wishes"
    assert form.total_of == ("quantity",)


def test_headings_hints_and_labels_come_in_the_readers_language() -> None:
    form = Wish.form("wishes")
    article = form.column("article")
    assert (article.heading("nl"), article.heading("da")) == ("Artikel", "Article")
    assert form.column("day").hints == {"en": "When.", "nl": "Wanneer."}
    piece, box = form.column("unit").choices
    assert piece.labels["nl"] == "Stuk"
    assert box.labels == {"en": "box"}
    with pytest.raises(KeyError):
        form.column("nothing")


def test_whom_it_is_about_and_all_its_cost_centres_are_found() -> None:
    one = wish(
        lines=[
            {"article": "A", "quantity": 1, "centre": "4200"},
            {"article": "B", "quantity": 1},
            {"article": "C", "quantity": 1, "centre": "4300"},
        ]
    )
    assert one.subject() == "00412"
    assert one.cost_centres() == {"4100", "4200", "4300"}


def test_the_same_content_is_the_same_whoever_asks_under_whatever_reference() -> None:
    other = wish(reference="W-2", follows="W-1", remark="please", requested_by="dirk")
    assert other.content() == wish().content()
    assert wish(price="1.0").content() != wish().content()
    assert wish(lines=[{"article": "A", "quantity": 2}]).content() != wish().content()


def test_a_request_holds_nothing_that_is_not_asked() -> None:
    with pytest.raises(ValidationError, match="bank_account"):
        wish(bank_account="NL00")
    with pytest.raises(ValidationError):
        wish().employee = "00413"  # type: ignore[misc]


def test_a_field_without_a_heading_or_kind_is_the_authors_mistake() -> None:
    class Bare(Request):
        amount: Decimal

    class Strange(Request):
        amount: Annotated[dict[str, str], asks("Amount")]

    with pytest.raises(PluginWrong, match="'amount' has no heading"):
        Bare.form("x")
    with pytest.raises(PluginWrong, match="say which kind"):
        Strange.form("x")


def test_another_shape_of_request_has_another_fingerprint() -> None:
    class Larger(Wish):
        more: Annotated[str | None, asks("More")] = None

    assert Larger.fingerprint() != Wish.fingerprint()
    assert Wish.fingerprint() == Wish.fingerprint()
