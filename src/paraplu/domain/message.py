"""A sentence for a person, kept as a code and values, put into words in the reader's language.

The English sentence is the template and the key of the translation catalogues at once. Values keep
their type, so that numbers and dates are written the way the reader writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from string import Formatter
from typing import Any

Value = str | int | Decimal | date | datetime | tuple[str, ...]

_FORMATTER = Formatter()


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say.

    `code` is stable vocabulary of lower-case words and hyphens (``amount-differs``): it stands in the
    audit log and in reports. `text` is English with named places (``{found}``). `values` may be
    personal and are treated so.
    """

    code: str
    text: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def in_words(
        self,
        translate: Callable[[str], str] = lambda text: text,
        write: Callable[[Value], str] = lambda value: _plain(value),
    ) -> str:
        """The sentence, with `translate` for the template and `write` for each value."""
        template = translate(self.text)
        parts: list[str] = []
        for literal, name, _spec, _conversion in _FORMATTER.parse(template):
            parts.append(literal)
            if name is not None:
                parts.append(write(self.values[name]))
        return "".join(parts)

    def __str__(self) -> str:
        return self.in_words()

    def to_json(self) -> dict[str, Any]:
        """A JSON form that keeps the types of values; `from_json` reads it back."""
        return {
            "code": self.code,
            "text": self.text,
            "values": {name: _pack(value) for name, value in self.values.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """The inverse of `to_json`."""
        values = {name: _unpack(value) for name, value in data["values"].items()}
        return cls(data["code"], data["text"], values)


def _plain(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _pack(value: Value) -> Any:
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case tuple():
            return list(value)
        case _:
            return value


def _unpack(value: Any) -> Value:
    match value:
        case {"decimal": text}:
            return Decimal(text)
        case {"instant": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case list():
            return tuple(value)
        case str() | int():
            return value
        case _:
            raise ValueError(f"not a message value: {type(value).__name__}")
