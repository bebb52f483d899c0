"""What a check finds: a reason to give the request back, or a reason to call a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from paraplu.domain.message import Message, Value


@dataclass(frozen=True, slots=True)
class ToClient:
    """The request cannot be carried out as it is: it goes back, with this said beside the field.

    `field` is the name of the request's field, None for the request as a whole.
    """

    field: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class ToPerson:
    """A person must look before anything is done: the case is set aside as an exception.

    `before` is the moment after which looking is too late (aware, UTC), None when there is none.
    Once a person has read it and handed the case back, the same finding does not stop it again.
    It is the same one when its code and its values are; or, where the values tell of today (the earliest
    day of delivery), when its code and `key` are: what must not change for the word to hold.
    """

    message: Message
    before: datetime | None = None
    key: str | None = None


Finding = ToClient | ToPerson


def to_client(field: str | None, code: str, text: str, **values: Value) -> ToClient:
    """Give the request back: `text` is English with named places, filled from `values`."""
    return ToClient(field, Message(code, text, values))


def to_person(
    code: str,
    text: str,
    *,
    before: datetime | None = None,
    key: str | None = None,
    **values: Value,
) -> ToPerson:
    """Call a person: `text` is English with named places, filled from `values`."""
    return ToPerson(Message(code, text, values), before, key)
