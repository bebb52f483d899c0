"""One run as its cases see it: the bot, the target it is signed in to, and what it does written down."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from paraplu.audit.part import Evidence, UserType
from paraplu.domain.bot import Bot, CaseInHand
from paraplu.domain.connector import Action
from paraplu.engine.clients import Terms
from paraplu.engine.clock import from_ms
from paraplu.engine.hands import Hands, HandsTerms, unseen
from paraplu.engine.journal import Hand, Personal
from paraplu.engine.parts import Parts
from paraplu.errors import IntegrityBroken
from paraplu.store import cases, evidence, runs
from paraplu.store.database import StorageDown
from paraplu.store.keys import Erased, Scope

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
    """A run of one bot for one client. `token` is that of whoever holds the run, `worker` its uid."""

    parts: Parts
    uid: str
    token: int
    terms: Terms
    bot: Bot[Any]
    started_by: str
    rehearsal: bool
    code: str
    worker: str
    place: Place = field(default_factory=Place)
    hands_open: Hands | None = None

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

    def case_in_hand(self, row: Any) -> CaseInHand[Any]:
        """A case as its bot sees it."""
        parts = self.parts
        content = parts.case_files.content(row, self.bot.request)
        earlier = None
        if row.follows is not None:
            with parts.database.read() as connection, suppress(Erased):
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

    def today(self) -> date:
        """Today in the client's time zone."""
        return self.parts.clock.now().astimezone(self.terms.client.zone).date()

    @property
    def hands(self) -> Hands:
        """The hands of this run, once they are open."""
        if self.hands_open is None:
            raise IntegrityBroken("A run was asked to work before it had hands.")
        return self.hands_open

    def open_hands(self) -> None:
        """Take hands and sign in with the agreement's credential. `close_hands` lets go of them."""
        agreement = self.terms.agreement
        limits = agreement.limits
        self.place.key = self.client_key()
        self.hands_open = self.parts.hands(
            HandsTerms(
                run=self.uid,
                service=agreement.service,
                target=agreement.target,
                credential=agreement.credential,
                rehearsal=self.rehearsal,
                act_limit=60.0 * limits.act_minutes,
                case_limit=60.0 * limits.case_minutes,
            ),
            self.record,
        )
        self.sign_in()

    def close_hands(self) -> None:
        """Let go of the hands."""
        hands, self.hands_open = self.hands_open, None
        if hands is not None:
            hands.close()

    def sign_in(self) -> None:
        """Sign in to the target. Raises what the target raises."""
        before = replace(self.place)
        self.place.step = "sign-in"
        self.hands.sign_in()
        self.place = before

    def take_up(self, row: Any) -> None:
        """Put a case into the hands: what is read from here on is live."""
        parts, terms = self.parts, self.terms
        with parts.database.read() as connection:
            calendar = parts.calendars.under(connection, terms.agreement)
        now = parts.clock.now().astimezone(terms.client.zone)
        self.hands.take_up(self.case_in_hand(row), now, calendar)

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
        """Write an action down; returns when that is durable against the death of the process.

        Raises `FenceLost` when another worker has taken the run over: no further action is begun then.
        """
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
            first=lambda connection: runs.held(connection, self.uid, self.token),
            case=self.place.case,
            intent=self.place.intent,
            fence=self.place.fence,
            step=self.place.step,
            status_code=_code(action.failed) if action.failed else None,
            detail={"verb": _code(action.verb)},
            personal=Personal(self.place.key or self.client_key(), values),
            **self.names,
        )

    def picture(self, what: str, *, show: bool = True) -> list[Evidence]:
        """Keep a picture of the page as evidence, of what the change brings into view if `show`.

        Secrets and bystanders are covered.

        One that cannot be taken is told of in the log and stops nothing: what was done must be recorded.
        """
        try:
            data = self.hands.picture(show=show)
        except StorageDown:
            raise
        except Exception as error:
            self.record(unseen(what, error))
            return []
        if data is None:
            return []
        key = self.place.key or self.client_key()
        name, size = self.parts.files.keep(data, key, _PNG)
        with self.parts.database.write(power_safe=False) as connection:
            evidence.add(
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
