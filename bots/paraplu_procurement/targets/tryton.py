"""Purchasing in Tryton 8.0, ordered by hand through its web client (sao).

The address is that of the server (``https://tryton.example``). The account's user name is the login, or
``database/login`` where the server has more than one database. What a client's words mean here:

* organisation: the company's name; supplier: the party's code; article: the product's code;
* delivery address: the warehouse's code or, where it has none, its name; need-by: the delivery date;
* VAT code: the name of the tax, with `` + `` between several; unit: its name, and its factor is the pack.

Tryton keeps no framework contracts with ceilings and no budgets, no cost centre on a purchase without
further modules, no date that a supplier confirmed and no reason for a cancellation. Its lead times are
calendar days; taken as working days they err on the early side. A confirmed purchase cannot be cancelled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from paraplu import (
    Credential,
    NothingDone,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    Session,
    Target,
    TargetRefused,
)
from paraplu_procurement.reference import carries
from paraplu_procurement.system import (
    Article,
    NewOrder,
    Order,
    PurchasingSystem,
    Supplier,
)
from paraplu_procurement.targets import tryton_records
from paraplu_procurement.targets.tryton_catalogue import offers as offers_of
from paraplu_procurement.targets.tryton_client import PATIENCE, Client
from paraplu_procurement.targets.tryton_purchase import purchases
from paraplu_procurement.targets.tryton_records import Records

_LOOKS, _BETWEEN = 40, 250  # looks at what is stored, and milliseconds between them
_STEPS = {"draft": ("Quote", "Quotation"), "quotation": ("Confirm", "Confirmed|Processing|Done")}


class TrytonPurchasing(Target):
    """Purchases in Tryton."""

    product = "Tryton 8.0 with its web client sao"
    stages: ClassVar[Sequence[str]] = ("draft", "quotation")
    cancellable: ClassVar[frozenset[str]] = frozenset({"draft", "quotation"})
    unkept: ClassVar[frozenset[str]] = frozenset(
        {"contract", "budget_year", "cost_centre", "confirmed_date", "cancel_reason"}
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._records = Records(self.page)
        self._client = Client(self.page)
        self._mark = ""

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Tryton reads by POST: the method that the body names decides."""
        if not super().writes(request):
            return False
        return tryton_records.writes(request.body, urlsplit(request.url).path)

    def bystanders(self) -> Sequence[Any]:
        """Other purchases in a list."""
        rows = self.page.get_by_role("row").filter(has=self.page.get_by_role("cell"))
        return [rows.filter(has_not_text=self._mark) if self._mark else rows]

    def sign_in(self, credential: Credential) -> None:
        """Sign in; see the module for a server with more than one database."""
        database, _, login = credential.user.rpartition("/")
        self._client.leave()
        self.page.goto(f"/#{database}")
        name = self.page.get_by_label("User name")
        with self._client.expecting("The question who signs in") as expect:
            expect(name.or_(self._client.password_asked()).first).to_be_visible(timeout=PATIENCE)
        if name.is_visible():  # where a session has ended, the client remembers who it was
            name.fill(login)
            self.page.get_by_role("button", name="Login").click()
        self.page.get_by_label(f"Password for {login}").fill(credential.password.reveal())
        self.page.get_by_role("button", name="OK").click()
        try:
            with self._client.expecting("The menu after signing in") as expect:
                expect(self.page.get_by_role("button", name=login)).to_be_visible(timeout=PATIENCE)
        except PageChanged:
            if self._client.password_asked().is_visible():
                raise TargetRefused("Tryton does not accept this account.") from None
            raise
        self.page.wait_for_load_state("networkidle")
        address = urlsplit(str(self.page.url))
        server = f"{address.scheme}://{address.netloc}"
        database = re.split("[/;]", address.fragment, maxsplit=1)[0]
        self._records = Records(self.page, f"{server}/{database}")
        self._client.root = f"{server}/#{database}"

    def sign_out(self) -> None:
        """Sign out by the client's own call; a session that has ended already does not mind."""
        if not self._records.root:
            return
        self.page.request.post(
            f"{self._records.root}/session/logout",
            headers={"Content-Type": "application/json"},
            data=b"{}",
        )
        self._records, self._client.root = Records(self.page), ""

    # Reading

    def supplier(self, organisation: str, code: str) -> Supplier | None:
        """The party with this code."""
        found = self._records.find("party.party", [["code", "=", code]], "name")
        return Supplier(code=code, name=found[0]["name"]) if found else None

    def article(self, organisation: str, supplier: str, code: str) -> Article | None:
        """The product as this supplier sells it, else as the first other one does."""
        offers = offers_of(self._records, organisation, code)
        own = [one for one in offers if one.supplier == supplier]
        return next(iter(own or offers), None)

    def offers(self, organisation: str, article: Article) -> tuple[Article, ...]:
        """The same product at other suppliers."""
        found = offers_of(self._records, organisation, article.code)
        return tuple(one for one in found if one.supplier != article.supplier)

    def contracts(self, organisation: str, numbers: Sequence[str]) -> None:
        """Tryton keeps none."""

    def budgets(self, organisation: str, year: int, cost_centres: Sequence[str]) -> None:
        """Tryton keeps none."""

    def delivery_addresses(self, organisation: str) -> Mapping[str, str]:
        """The warehouses."""
        found = self._records.find("stock.location", [["type", "=", "warehouse"]], "code", "name")
        return {place["code"] or place["name"]: place["name"] for place in found}

    def orders(self, organisation: str, reference: str) -> tuple[Order, ...]:
        """Purchases whose reference carries `reference`, with their lines."""
        self._mark = reference
        return purchases(self._records, organisation, reference)

    def show(self, organisation: str, reference: str) -> None:
        """The client shows the purchase that was worked on last: nothing is opened for a picture."""
        self._mark = reference

    def ordered_since(self, organisation: str, supplier: str, since: date, without: str) -> Decimal:
        """What was confirmed with this supplier, by purchase date."""
        day = {"__class__": "date", "year": since.year, "month": since.month, "day": since.day}
        found = self._records.find(
            "purchase.purchase",
            [
                ["company.rec_name", "=", organisation],
                ["party.code", "=", supplier],
                ["state", "in", ["confirmed", "processing", "done"]],
                ["purchase_date", ">=", day],
            ],
            *("reference", "untaxed_amount"),
        )
        others = (one for one in found if not carries(one["reference"] or "", without))
        return sum((one["untaxed_amount"] for one in others), Decimal(0))

    # Acting

    def draft(self, organisation: str, order: NewOrder) -> Order:
        """Fill a new purchase in the client, save it and read back what was stored."""
        preferences = self._records.ask("model.res.user.get_preferences", True)
        if preferences.get("company.rec_name") != organisation:
            raise TargetRefused("The robot's account works for another company in Tryton.")
        party = self._records.find("party.party", [["code", "=", order.supplier]], "rec_name")
        places = self.delivery_addresses(organisation)
        products = {
            product["code"]: product["rec_name"]
            for product in self._records.find(
                "product.product",
                [["code", "in", [line.article for line in order.lines]]],
                *("code", "rec_name"),
            )
        }
        if not party or any(line.article not in products for line in order.lines):
            raise TargetRefused("Tryton does not know the supplier or an article any more.")
        with self._client.watched():
            self._client.open("purchase.purchase")
            self._client.toolbar("New").last.click()
            with self._client.expecting("The defaults of a new purchase") as expect:
                # The form is there before its defaults are, and these would wipe what was typed.
                expect(self._client.field(self.page, "Currency")).not_to_have_value(
                    "", timeout=PATIENCE
                )
            self._client.complete(self.page, "Party", party[0]["rec_name"], party[0]["rec_name"])
            if order.delivery_address is not None:
                place = places.get(order.delivery_address, order.delivery_address)
                self._client.complete(self.page, "Warehouse", place, place)
            self._client.type_in("Reference", order.reference)
            if order.need_by is not None:
                self._client.type_in(
                    "Delivery Date", order.need_by.strftime(preferences["locale"]["date"])
                )
            for line in order.lines:
                self._client.add_line(line, products[line.article])
            self.page.get_by_role("button", name="Save", exact=True).click()
            return self._saved(organisation, order)

    def _saved(self, organisation: str, order: NewOrder) -> Order:
        """Wait until the server has the new purchase. The client shows nothing that tells for sure."""
        for _ in range(_LOOKS):
            self.page.wait_for_load_state("networkidle")
            if self._client.message().is_visible():
                raise TargetRefused(
                    "Tryton said no to the new purchase: see the picture of the page."
                )
            found = self._with_reference(organisation, order)
            if found:
                return max(found, key=lambda one: int(one.key))
            self.page.wait_for_timeout(_BETWEEN)
        raise OutcomeUnknown("Tryton shows no purchase with the reference after saving it.")

    def advance(self, organisation: str, order: Order) -> Order:
        """Quote or confirm, and read back."""
        button, state = _STEPS[order.state]
        self._press(order, button, state)
        for _ in range(_LOOKS):
            for after in self._with_reference(organisation, order):
                if after.key == order.key and after.state != order.state:
                    return after
            self.page.wait_for_timeout(_BETWEEN)
        raise OutcomeUnknown("The purchase is where it was although Tryton did not say no.")

    def cancel(self, organisation: str, order: Order, reason: str) -> None:
        """Cancel a draft or quotation; Tryton has no place for the reason."""
        if order.state not in self.cancellable:
            raise TargetRefused("Tryton cancels no purchase that has been confirmed.")
        self._press(order, "Cancel", "Cancelled")

    def _press(self, order: Order, button: str, state: str) -> None:
        """Open the purchase and press one of its buttons, until it shows one of the states."""
        with self._client.watched():
            self._client.open("purchase.purchase", order.key)
            pressed = self.page.locator("#buttons, .form").get_by_role(
                "button", name=button, exact=True
            )
            pressed.filter(visible=True).first.click()
            chosen = self.page.get_by_label("State:", exact=True).locator("option:checked")
            reached = chosen.filter(has_text=re.compile(f"^({state})$"))
            try:
                with self._client.expecting(f"The state after '{button}'") as expect:
                    expect(reached.or_(self._client.message()).first).to_be_attached(
                        timeout=PATIENCE
                    )
            except NothingDone as error:
                raise OutcomeUnknown(f"'{button}' was pressed: {error}") from error
            if self._client.message().is_visible():
                raise TargetRefused(f"Tryton said no to '{button}': see the picture of the page.")
            self.page.wait_for_load_state("networkidle")

    def _with_reference(self, organisation: str, order: NewOrder) -> list[Order]:
        """What is stored under the very same reference, after something was sent."""
        try:
            found = self.orders(organisation, order.reference)
        except NothingDone as error:
            raise OutcomeUnknown(f"It was sent, but cannot be read back: {error}") from error
        return [one for one in found if one.reference == order.reference]


if TYPE_CHECKING:
    _provides: type[PurchasingSystem] = TrytonPurchasing
