"""One run as its cases see it: the bot, the target it is signed in to, and what it does written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from paraplu.audit.part import Evidence, UserType
from paraplu.domain.bot import Bot, CaseInHand, Desk
from paraplu.domain.connector import Action, Session
from paraplu.domain.target import Target
from paraplu.engine.clients import Terms
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Hand, Personal
from paraplu.engine.parts import Parts
from paraplu.store import cases, runs
from paraplu.store.database import StorageDown
from paraplu.store.keys import Scope

_PNG = "image/png"


@dataclass(slots=True)
class Place:
    """What is being worked on at this moment, for the entries of actions."""

    case: str | None = None
    intent: str | None = None
    key: str = ""
    step: str = "sign-in"
    fence: int | None = None


@dataclass(slots=True)
class Turn:
    """A run of one bot for one client."""

    parts: Parts
    uid: str
    terms: Terms
    bot: Bot[Any]
    started_by: str
    rehearsal: bool
    code: str
    place: Place = field(default_factory=Place)
    session: Session | None = None
    target: Target | None = None

    @property
    def hand(self) -> Hand:
        """The robot account as the actor of entries."""
        name = self.terms.agreement.service
        return Hand(
            f"robot.{self.terms.agreement.credential}",
            UserType.SERVICE,
            name,
            f"{name}@1",
            self.uid,
        )

    @property
    def names(self) -> dict[str, Any]:
        """What every entry of this run says."""
        agreement = self.terms.agreement
        return {
            "client": self.terms.client.id,
            "service": agreement.service,
            "agreement": agreement.id,
            "target": agreement.target,
            "code": self.code,
        }

    def desk(self) -> Desk:
        """What the bot works with now."""
        now = self.parts.clock.now().astimezone(self.terms.client.zone)
        targets: Mapping[str, Any] = dict.fromkeys(self.bot.needs, self.target)
        return Desk(targets, now, self.terms.agreement.calendar.calendar())

    def case_in_hand(self, row: Any) -> CaseInHand[Any]:
        """A case as its bot sees it."""
        parts = self.parts
        content = parts.case_files.content(row, self.bot.request)
        earlier = None
        if row.follows is not None:
            with parts.database.read() as connection:
                earlier = parts.case_files.content(
                    cases.get(connection, row.follows), self.bot.request
                ).request
        return CaseInHand(
            uid=row.uid,
            mark=content.mark,
            request=content.request,
            client=self.terms.client,
            agreement=self.terms.agreement,
            variants=self.bot.variants.model_validate(self.terms.agreement.variants),
            received_at=from_ms(row.received_at),
            earlier=earlier,
        )

    def open_session(self, session: Session) -> None:
        """Take a fresh session and sign in with the agreement's credential."""
        agreement = self.terms.agreement
        self.session = session
        self.target = self.parts.targets(agreement.target)(session)
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in to the target. Raises what the target raises."""
        if self.target is None:
            return
        before = replace(self.place)
        self.place.step = "sign-in"
        self.target.sign_in(self.parts.credential(self.terms.agreement.credential))
        self.place = before

    def sign_in_again(self) -> bool:
        """Sign in once more after a session was lost. False when that does not work either."""
        try:
            self.sign_in()
        except Exception:
            return False
        return True

    def client_key(self) -> str:
        """The key for what concerns nobody in particular, or several people."""
        parts = self.parts
        scope = Scope(
            f"client/{self.terms.client.id}", self.terms.agreement.retention, parts.clock.now().year
        )
        return parts.keys.key_for(scope)

    def record(self, action: Action) -> None:
        """Write an action down; returns when that is durable against the death of the process."""
        values = {
            name: value
            for name, value in (
                ("what", action.what),
                ("value", action.value),
                ("where", action.where),
            )
            if value
        }
        self.parts.journal.write_alone(
            "action",
            self.hand,
            power_safe=False,
            case=self.place.case,
            intent=self.place.intent,
            fence=self.place.fence,
            step=self.place.step,
            status_code=_code(action.failed) if action.failed else None,
            detail={"verb": _code(action.verb)},
            personal=Personal(self.place.key or self.client_key(), values),
            **self.names,
        )

    def refresh(self) -> None:
        """What is read from now on must be live."""
        if self.target is not None:
            self.target.refresh()

    def picture(self, what: str, show: Callable[[], None] | None = None) -> list[Evidence]:
        """Keep a picture of the page as evidence, of what `show` brings into view if it is given.

        Secrets and bystanders are covered.

        One that cannot be taken is told of in the log and stops nothing: what was done must be recorded.
        """
        if self.session is None or self.target is None:
            return []
        try:
            if show is not None:
                show()
            mask: Sequence[Any] = self.target.bystanders()
            data = self.session.picture(mask)
        except StorageDown:
            raise
        except Exception as error:
            self.record(Action("picture", what, failed=type(error).__name__))
            return []
        if data is None:
            return []
        key = self.place.key or self.client_key()
        name, size = self.parts.files.keep(data, key, _PNG)
        with self.parts.database.write(power_safe=False) as connection:
            runs.list_evidence(
                connection,
                hash=name,
                media_type=_PNG,
                size=size,
                kept_at=self.parts.clock.ms(),
                client=self.terms.client.id,
                case_uid=self.place.case,
                what=what,
            )
        return [Evidence(name, size, _PNG)]


def _code(text: str) -> str:
    """A word that may stand in an entry: letters, digits and hyphens."""
    kept = "".join(
        f"-{character.lower()}" if character.isupper() else character for character in text
    ).strip("-")
    return (
        "".join(character if character.isalnum() else "-" for character in kept)[:60] or "unknown"
    )
