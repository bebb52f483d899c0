"""The purchasing side of the practice office, driven through its pages.

What is done is done in the browser. Pages that are only read are fetched within the browser's session
and not drawn, which costs a tenth; `show` opens the one that a picture is taken of.

Its address is that of the office (``http://127.0.0.1:PORT``). The pages and their marks are described
in `paraplu.practice.app`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
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
    TargetDown,
    TargetRefused,
)
from paraplu_procurement.reference import carries
from paraplu_procurement.system import (
    PLACED,
    SHIPPED,
    Article,
    Budget,
    Contract,
    NewOrder,
    Order,
    PurchasingSystem,
    Supplier,
)
from paraplu_procurement.targets.document import Document, Row
from paraplu_procurement.targets.notation import (
    written,
    written_day,
)
from paraplu_procurement.targets.practice_catalogue import (
    article_of,
    budget_of,
    contract_of,
    offer_of,
    supplier_of,
)
from paraplu_procurement.targets.practice_order import read_order
from paraplu_procurement.targets.practice_pages import fetch, list_path, path_of

_ORDER = re.compile(r"/orders/(\d+)$")
_PAGES = re.compile(r"(\d+) rows?(?:, page (\d+) of (\d+))?")
_MOST_LINES = 40
_BUTTONS = {"draft": "Submit", "submitted": "Approve", "approved": "Place order"}
_SLACK = timedelta(days=30)
"""How long an order may have been a draft before it was placed: lists are sorted by the draft."""


class PracticePurchasing(Target):
    """Purchasing in the practice office."""

    product = "Paraplu practice office"
    stages: ClassVar[Sequence[str]] = ("draft", "submitted", "approved")
    cancellable: ClassVar[frozenset[str]] = frozenset((*stages, PLACED))
    unkept: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._mark = ""
        # What was read since `refresh`, by path; never orders.
        self._seen: dict[str, Document] = {}
        # An announcement that lies over the page is put away as a person would, before the next click.
        announcement = self.page.get_by_role("dialog").get_by_role("button", name="Not now")
        self.page.add_locator_handler(announcement, lambda button: button.click())

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Every form that is sent, but for signing in and out."""
        path = urlsplit(request.url).path
        return super().writes(request) and path not in ("/sign-in", "/sign-out")

    def refresh(self) -> None:
        """Read contracts, budgets and the catalogue anew from now on."""
        self._seen.clear()

    def bystanders(self) -> Sequence[Any]:
        """Other cases' orders in a list."""
        others = self.page.locator("tr[data-order]")
        return [others.filter(has_not_text=self._mark) if self._mark else others]

    def sign_in(self, credential: Credential) -> None:
        """Sign in with user name and password."""
        self.page.goto("/sign-in")
        self.page.get_by_label("User name").fill(credential.user)
        self.page.get_by_label("Password").fill(credential.password.reveal())
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Sign in", exact=True).click()
        if self._path() == "/sign-in":
            raise TargetRefused("The practice office does not accept this account.")

    def sign_out(self) -> None:
        """Sign out, if anybody is signed in."""
        button = self.page.get_by_role("button", name="Sign out", exact=True)
        if button.is_visible():
            with self.page.expect_navigation():
                button.click()

    # Reading

    def supplier(self, organisation: str, code: str) -> Supplier | None:
        """The page of a supplier."""
        page = self._page(organisation, "suppliers", code)
        if page is None:
            return None
        return supplier_of(page, code)

    def article(self, organisation: str, supplier: str, code: str) -> Article | None:
        """The page of an article: a code belongs to one supplier here."""
        page = self._page(organisation, "articles", code)
        return None if page is None else article_of(page, code)

    def offers(self, organisation: str, article: Article) -> tuple[Article, ...]:
        """Articles of other suppliers that share a word of the name: a person judges what will do."""
        found: dict[str, Article] = {}
        for word in _words(article.name):
            for row in self._list(organisation, "articles", "Articles", word):
                supplier = row.part("supplier")
                code = supplier.attributes.get("data-supplier", "")
                if code == article.supplier or word.casefold() not in [
                    one.casefold() for one in _words(row.text("name"))
                ]:
                    continue
                found[row.attribute("data-article")] = offer_of(row)
        blocked: dict[str, bool] = {}
        for one in found.values():
            if one.supplier not in blocked:
                seller = self.supplier(organisation, one.supplier)
                blocked[one.supplier] = seller is None or seller.blocked
        return tuple(one for one in found.values() if not blocked[one.supplier])

    def contracts(self, organisation: str, numbers: Sequence[str]) -> Mapping[str, Contract]:
        """Searched by number."""
        found: dict[str, Contract] = {}
        for wanted in numbers:
            for row in self._list(organisation, "contracts", "Framework contracts", wanted):
                if row.attribute("data-contract") == wanted:
                    found[wanted] = contract_of(row)
        return found

    def budgets(
        self, organisation: str, year: int, cost_centres: Sequence[str]
    ) -> Mapping[str, Budget]:
        """All cost centres stand on one page, one table a year."""
        page = self._page(organisation, "cost-centres")
        if page is None:
            raise PageChanged("There is no page of cost centres for this organisation.")
        rows = page.tables.get(f"Budgets {year}", [])
        return {
            row.attribute("data-cost-centre"): budget_of(row, year)
            for row in rows
            if row.attribute("data-cost-centre") in cost_centres
        }

    def delivery_addresses(self, organisation: str) -> Mapping[str, str]:
        """Where the organisation receives goods."""
        page = self._page(organisation, "delivery-addresses")
        rows = page.table("Delivery addresses") if page else []
        return {row.attribute("data-address"): row.text("name") for row in rows}

    def orders(self, organisation: str, reference: str) -> tuple[Order, ...]:
        """Searched by reference, then each read on its own page."""
        self._mark = reference
        keys = self._keys(organisation, reference)
        return tuple(self._order(organisation, key) for key in keys)

    def _keys(self, organisation: str, reference: str) -> list[str]:
        rows = self._list(organisation, "orders", "Orders", reference)
        return [
            row.attribute("data-order") for row in rows if carries(row.text("reference"), reference)
        ]

    def show(self, organisation: str, reference: str) -> None:
        """Open the order, or the list in which it is not, or not alone."""
        self._mark = reference
        keys = self._keys(organisation, reference)
        if len(keys) == 1:
            self._open(organisation, "orders", keys[0])
        else:
            self._visit(list_path(organisation, "orders", reference, 1))

    def ordered_since(self, organisation: str, supplier: str, since: date, without: str) -> Decimal:
        """Walks back through the list until its orders are older than `since`."""
        total, page, pages = Decimal(0), 1, 1
        while page <= pages:
            rows, pages = self._one_page(organisation, "orders", "Orders", "", page)
            placed = [row for row in rows if row.text("state") in (PLACED, SHIPPED)]
            oldest: date | None = None
            for row in placed:
                ours = carries(row.text("reference"), without)
                theirs = row.part("supplier").attributes.get("data-supplier") == supplier
                if (theirs and not ours) or row is placed[-1]:
                    order = self._order(organisation, row.attribute("data-order"))
                    oldest = order.placed_on
                    if theirs and not ours and oldest is not None and oldest >= since:
                        total += order.total_net or Decimal(0)
            if oldest is not None and oldest < since - _SLACK:
                break
            page += 1
        return total

    # Acting

    def draft(self, organisation: str, order: NewOrder) -> Order:
        """Fill the order form and save it; the draft is read back from its own page."""
        if len(order.lines) > _MOST_LINES:
            raise TargetRefused(
                f"The practice office takes {_MOST_LINES} lines in one order at most."
            )
        self._open(organisation, "orders", "new")
        form = self.page.get_by_role("main")
        rows = form.locator("tr[data-line]")
        while rows.count() < len(order.lines):
            with self.page.expect_navigation():
                form.get_by_role("button", name="Add a line", exact=True).click()
            self._still_signed_in(TargetDown)
        self._choose("Supplier", order.supplier)
        self._choose("Framework contract", order.contract or "")
        self._choose("Delivery address", order.delivery_address or "")
        if order.need_by is not None:
            self._fill("Need by", written_day(order.need_by))
        self._choose("Budget year", str(order.budget_year or ""))
        self._fill("Our reference", order.reference)
        for place, line in enumerate(order.lines, start=1):
            self._fill(f"Article, line {place}", line.article)
            self._choose(f"Unit, line {place}", line.unit)
            self._fill(f"Pack size, line {place}", str(line.pack_size or ""))
            self._fill(f"Quantity, line {place}", written(line.quantity))
            self._fill(f"Net price, line {place}", written(line.price))
            self._choose(f"Currency, line {place}", line.currency or "")
            self._choose(f"VAT code, line {place}", line.vat_code or "")
            self._choose(f"Cost centre, line {place}", line.cost_centre or "")
        self._send("Save draft")
        found = _ORDER.search(self._path())
        if found is None:
            # It says that it saved, and does not show what: only a look can tell.
            raise OutcomeUnknown("The office does not show the draft that it says it saved.")
        return self._read_after_write(found[1])

    def advance(self, organisation: str, order: Order) -> Order:
        """Submit, approve or place, and read back."""
        if not self._path().endswith(f"/orders/{order.key}"):
            self._open(organisation, "orders", order.key)
        button = _BUTTONS[order.state]
        if button == "Place order":
            self._button(button).click()
            self._send("Yes, place it")
        else:
            self._send(button)
        after = self._read_after_write(order.key)
        if after.state == order.state:
            raise OutcomeUnknown("The office says that it is done, and the order is where it was.")
        return after

    def cancel(self, organisation: str, order: Order, reason: str) -> None:
        """Cancel an order, with the reason."""
        self._open(organisation, "orders", order.key)
        button = self._button("Cancel order")
        if not button.is_visible():
            raise TargetRefused("The office offers no way to cancel this order.")
        self._fill("Why it is cancelled", reason)
        self.page.once("dialog", lambda dialog: dialog.accept())
        self._send("Cancel order")

    # The pages

    def _path(self) -> str:
        return urlsplit(str(self.page.url)).path

    def _still_signed_in(self, otherwise: type[TargetDown] | type[OutcomeUnknown]) -> None:
        if self._path() == "/sign-in":
            raise otherwise("The practice office ended the session.")

    def _open(self, organisation: str, *places: str) -> None:
        """Bring a page into the browser."""
        self._visit(path_of(organisation, places))

    def _visit(self, path: str) -> None:
        response = self.page.goto(path)
        self._still_signed_in(TargetDown)
        if response is not None and response.status >= 400:
            raise TargetRefused(f"The practice office refused a page ({response.status}).")

    def _page(self, organisation: str, *places: str) -> Document | None:
        """Read a page; None when there is no such thing."""
        path = path_of(organisation, places)
        if path in self._seen:
            return self._seen[path]
        document = fetch(self.page, path)
        if document is not None and places[0] != "orders":
            self._seen[path] = document
        return document

    def _list(self, organisation: str, place: str, caption: str, words: str) -> list[Row]:
        """All rows of a paged list that was searched."""
        rows, pages = self._one_page(organisation, place, caption, words, 1)
        for page in range(2, pages + 1):
            more, _ = self._one_page(organisation, place, caption, words, page)
            rows += more
        return rows

    def _one_page(
        self, organisation: str, place: str, caption: str, words: str, page: int
    ) -> tuple[list[Row], int]:
        path = list_path(organisation, place, words, page)
        document = self._seen.get(path)
        if document is None:
            document = fetch(self.page, path)
            if document is None:
                raise TargetRefused("The practice office has no such list for this organisation.")
            if place != "orders":
                self._seen[path] = document
        counted = _PAGES.fullmatch(document.facts.text("total"))
        rows = document.table(caption)
        if counted is None or int(counted[2] or 1) != page:
            raise PageChanged(f"The list '{caption}' does not say which page of how many it is.")
        if int(counted[3] or 1) == 1 and len(rows) != int(counted[1]):
            raise PageChanged(f"The list '{caption}' shows another number of rows than it says.")
        return rows, int(counted[3] or 1)

    def _order(self, organisation: str, key: str) -> Order:
        page = self._page(organisation, "orders", key)
        if page is None:
            raise PageChanged("An order of the list has no page of its own.")
        return read_order(page, key)

    def _read_after_write(self, key: str) -> Order:
        """The order's own page, to which the office has gone on by itself."""
        try:
            if not self._path().endswith(f"/orders/{key}"):
                raise PageChanged("The office went on to another page than the order's.")
            return read_order(Document(self.page.content()), key)
        except NothingDone as error:
            raise OutcomeUnknown(f"It was sent, but cannot be read back: {error}") from error

    def _fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)

    def _choose(self, label: str, code: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(value=code)

    def _button(self, name: str) -> Any:
        return self.page.get_by_role("main").get_by_role("button", name=name, exact=True)

    def _send(self, button: str) -> None:
        """Press a button that saves, and see whether the office said no."""
        self.refresh()  # whatever comes of it, what was read before is old
        with self.page.expect_navigation():
            self._button(button).click()
        self._still_signed_in(OutcomeUnknown)
        if self.page.get_by_role("alert").count():
            raise TargetRefused(
                f"The practice office said no to '{button}': see the picture of the page."
            )


def _words(name: str) -> list[str]:
    """The words that say what a thing is: those before the first comma that are longer than two."""
    return re.findall(r"[^\W\d_]{3,}", name.partition(",")[0])


if TYPE_CHECKING:
    _provides: type[PurchasingSystem] = PracticePurchasing
