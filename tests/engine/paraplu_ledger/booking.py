"""Setting a line of an account: the bot that most tests of the engine run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from paraplu import (
    ASKED,
    VOLATILE,
    Bot,
    CaseInHand,
    Change,
    Desk,
    Effect,
    Finding,
    Kind,
    Request,
    Role,
    Roles,
    Variants,
    asks,
    derived,
    to_client,
    to_person,
)
from paraplu_ledger.target import Ledger


class Booking(Request, titles={"en": "Bookings"}, total_of=("amount_wanted",)):
    """One line of one account to be set, added or (without an amount wanted) taken away."""

    account: Annotated[
        str,
        asks("Account", nl="Rekening", kind=Kind.CODE, width=5, subject=True),
        Field(pattern=r"^\d{5}$"),
    ]
    line: Annotated[str, asks("Line", nl="Regel", kind=Kind.CODE), Field(pattern=r"^\d{4}$")]
    amount_now: Annotated[Decimal | None, asks("Amount now", kind=Kind.MONEY)] = None
    amount_wanted: Annotated[
        Decimal | None, asks("Amount wanted", kind=Kind.MONEY), Field(ge=0, le=99999)
    ] = None
    cost_centre: Annotated[
        str, asks("Cost centre", nl="Kostenplaats", kind=Kind.CODE, cost_centre=True)
    ]


class Line(BaseModel):
    """One line as it is seen."""

    model_config = ConfigDict(frozen=True)

    text: str
    amount: Decimal


class Account(BaseModel):
    """Everything that a booking could touch."""

    model_config = ConfigDict(frozen=True)

    lines: dict[str, Line]
    drafts: dict[str, Decimal]
    total: Decimal
    others: dict[str, Decimal]
    seen: str


class BookingVariants(Variants):
    """What may differ from one agreement to the next."""

    two_steps: bool = False
    months: int = Field(default=1, ge=1)
    working_days_only: bool = False


class SetLine(Change[Account]):
    """Set one line of one account."""

    def __init__(self, case: CaseInHand[Booking], ledger: Ledger) -> None:
        self.case, self.request, self.ledger = case, case.request, ledger
        self.record = f"account {self.request.account}, line {self.request.line}"
        self._looks = 0

    def look(self) -> Account:
        lines = self.ledger.lines(self.request.account) or {}
        totals = self.ledger.totals()
        self._looks += 1
        return Account(
            lines={key: Line(text=text, amount=amount) for key, (text, amount) in lines.items()},
            drafts=self.ledger.drafts(self.request.account),
            total=totals.pop(self.request.account),
            others=totals,
            seen=f"look {self._looks}",
        )

    def wanted(self, before: Account) -> Account:
        lines = dict(before.lines)
        old = lines.pop(self.request.line, None)
        if self.request.amount_wanted is not None:
            text = old.text if old else f"line {self.request.line}"
            lines[self.request.line] = Line(text=text, amount=self.request.amount_wanted)
        total = sum((line.amount for line in lines.values()), Decimal(0))
        return before.model_copy(update={"lines": lines, "total": total})

    def roles(self, before: Account) -> Roles:
        key = self.request.line
        patterns: dict[str, Role] = {
            f"lines.{key}.amount": ASKED,
            f"lines.{key}.text": derived(
                may_appear=key not in before.lines,
                may_vanish=self.request.amount_wanted is None,
            ),
            "total": derived(exactly=self.wanted(before).total),
            "seen": VOLATILE,
        }
        if self.case.variants.two_steps:
            patterns["drafts.*"] = ASKED
        return Roles(patterns)

    def effect(self, before: Account) -> Effect:
        old = before.lines.get(self.request.line)
        difference = (self.request.amount_wanted or 0) - (old.amount if old else 0)
        months = self.case.variants.months
        return Effect(Decimal(difference) * months, self.case.client.currency)

    def preconditions(self) -> Mapping[str, str]:
        return {"account": self.ledger.state(self.request.account)}

    def stages(self, wanted: Account) -> Mapping[str, Account]:
        if not self.case.variants.two_steps:
            return {}
        return {"draft": self._drafted(wanted)}

    def _drafted(self, wanted: Account) -> Account:
        """As before, with the draft beside it."""
        lines = dict(wanted.lines)
        lines.pop(self.request.line, None)
        if self.request.amount_now is not None:
            lines[self.request.line] = Line(
                text=f"line {self.request.line}", amount=self.request.amount_now
            )
        amount = self.request.amount_wanted
        drafts = {self.case.mark: Decimal("-0.01") if amount is None else amount}
        return wanted.model_copy(update={"lines": lines, "drafts": {**wanted.drafts, **drafts}})

    def act(self, reached: str | None) -> None:
        request, mark = self.request, self.case.mark
        if not self.case.variants.two_steps:
            self.ledger.save(request.account, request.line, request.amount_wanted, mark)
            return
        if reached is None:
            self.ledger.draft(request.account, request.line, request.amount_wanted, mark)
        self.ledger.apply(mark)

    def result(self, after: Account) -> Mapping[str, Any]:
        return {"total": after.total}


class BookingBot(Bot[Booking]):
    """Sets lines of accounts in a ledger."""

    service = "ledger-booking"
    request = Booking
    needs: ClassVar[Mapping[str, type]] = {"ledger": Ledger}
    variants = BookingVariants
    does = "Sets, adds and ends lines of accounts."
    never = ("Opens or closes an account.",)

    def check(self, case: CaseInHand[Booking], desk: Desk) -> Iterable[Finding]:
        return list(self.findings(case, desk))

    def findings(self, case: CaseInHand[Booking], desk: Desk) -> Iterator[Finding]:
        request, ledger = case.request, desk["ledger"]
        if case.variants.working_days_only and not desk.calendar.is_working_day(desk.today):
            yield to_person("no-working-day", "Nothing is booked today.")
        lines = ledger.lines(request.account)
        if lines is None:
            yield to_client("account", "account-unknown", "There is no such account.")
            return
        if ledger.state(request.account) == "paid":
            yield to_client("account", "account-paid", "This account is paid already.")
        found = lines[request.line][1] if request.line in lines else None
        if found not in (request.amount_now, request.amount_wanted):
            yield to_client(
                "amount_now",
                "amount-differs",
                "You say {said}, the ledger says {found}.",
                said="nothing" if request.amount_now is None else request.amount_now,
                found="nothing" if found is None else found,
            )

    def change(self, case: CaseInHand[Booking], desk: Desk) -> Change[Any]:
        return SetLine(case, desk["ledger"])
