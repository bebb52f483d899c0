"""The sealed side of a case: its request, what is left in the target, and what the client is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from paraplu.domain.message import Message
from paraplu.domain.plan import Intent, Plan
from paraplu.domain.request import Request
from paraplu.engine.journal import pack, unpack
from paraplu.store.keys import KeyStore


@dataclass(frozen=True, slots=True)
class Said:
    """One thing told to the client, beside the field it is about or about the whole request."""

    field: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class Story:
    """What the client is told of a case now."""

    said: tuple[Said, ...] = ()
    result: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON form."""
        return {
            "said": [{"field": one.field, "message": one.message.to_json()} for one in self.said],
            "result": dict(self.result),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Story:
        """The inverse of `to_json`."""
        said = tuple(Said(one["field"], Message.from_json(one["message"])) for one in data["said"])
        return cls(said, data["result"])


@dataclass(frozen=True, slots=True)
class Content:
    """What a case is about: the request, its mark in the target, the salt of its plans."""

    request: Request
    mark: str
    salt: str


class CaseFiles:
    """Seals and opens what belongs to cases."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def seal_content(self, uid: str, key: str, content: Content) -> bytes:
        """Seal the content of a new case."""
        data = {
            "request": content.request.model_dump(mode="json"),
            "mark": content.mark,
            "salt": content.salt,
        }
        return self._keys.seal(key, pack(data), f"case:{uid}")

    def content(self, row: Row[Any], model: type[Request]) -> Content:
        """Open the content of a case."""
        data = unpack(self._keys.open(row.sealed, f"case:{row.uid}"))
        return Content(model.model_validate(data["request"]), data["mark"], data["salt"])

    def mark(self, row: Row[Any]) -> str:
        """What a case leaves in the target, also when its bot is not installed any more."""
        return str(unpack(self._keys.open(row.sealed, f"case:{row.uid}"))["mark"])

    def request_values(self, row: Row[Any]) -> dict[str, Any]:
        """The request of a case as plain values, also when its bot is not installed any more."""
        data: dict[str, Any] = unpack(self._keys.open(row.sealed, f"case:{row.uid}"))
        values: dict[str, Any] = data["request"]
        return values

    def seal_story(self, uid: str, key: str, story: Story) -> bytes:
        """Seal what the client is told."""
        return self._keys.seal(key, pack(story.to_json()), f"story:{uid}")

    def story(self, row: Row[Any]) -> Story:
        """What the client is told, nothing yet when there is nothing."""
        if row.sealed_story is None:
            return Story()
        return Story.from_json(unpack(self._keys.open(row.sealed_story, f"story:{row.uid}")))

    def seal_plan(self, uid: str, key: str, plan: Plan) -> bytes:
        """Seal a plan of a case."""
        return self._keys.seal(key, pack(plan.to_json()), f"plan:{uid}")

    def plan(self, uid: str, sealed: bytes) -> Plan:
        """Open a plan of a case."""
        return Plan.from_json(unpack(self._keys.open(sealed, f"plan:{uid}")))

    def seal_intent(self, uid: str, key: str, intent: Intent) -> bytes:
        """Seal an intent of a case."""
        return self._keys.seal(key, pack(intent.to_json()), f"intent:{uid}")

    def intent(self, uid: str, sealed: bytes) -> Intent:
        """Open an intent of a case."""
        return Intent.from_json(unpack(self._keys.open(sealed, f"intent:{uid}")))

    def seal_messages(self, uid: str, key: str, said: Sequence[Said]) -> bytes:
        """Seal messages that belong to a case or a receipt."""
        return self.seal_story(uid, key, Story(tuple(said)))

    def messages(self, uid: str, sealed: bytes) -> tuple[Said, ...]:
        """Open such messages."""
        return Story.from_json(unpack(self._keys.open(sealed, f"story:{uid}"))).said
