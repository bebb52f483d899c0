"""The ledger as its bots see it: what they need, and the one product that provides it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from paraplu import Credential, Outgoing, Target, TargetRefused
from paraplu_ledger.books import Books
from paraplu_ledger.connector import line_text, order_text

PASSWORD = "ledger-robot-only-here"


class Ledger(Protocol):
    """What the bots of this package need."""

    def lines(self, account: str) -> dict[str, tuple[str, Decimal]] | None: ...

    def drafts(self, account: str) -> dict[str, Decimal]: ...

    def totals(self) -> dict[str, Decimal]: ...

    def state(self, account: str) -> str: ...

    def save(self, account: str, key: str, amount: Decimal | None, mark: str) -> None: ...

    def draft(self, account: str, key: str, amount: Decimal | None, mark: str) -> None: ...

    def apply(self, mark: str) -> None: ...

    def place(self, mark: str, supplier: str, lines: Mapping[str, tuple[int, Decimal]]) -> None: ...

    def placed(
        self, mark: str
    ) -> list[tuple[int, str, str | None, dict[str, tuple[int, Decimal]]]]: ...


class LedgerTarget(Target):
    """The ledger file, driven through its connector."""

    product = "Ledger file of the tests"
    connector = "ledger"

    def sign_in(self, credential: Credential) -> None:
        """Sign in."""

        def look(books: Books) -> None:
            books._up("sign-in")
            if credential.password.reveal() != PASSWORD:
                raise TargetRefused("The ledger does not know this account.")

        self.page.read("sign-in", look)

    def sign_out(self) -> None:
        """Sign out."""
        self.page.read("sign-out", lambda books: None)

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Every POST writes."""
        return request.method == "POST"

    def lines(self, account: str) -> dict[str, tuple[str, Decimal]] | None:
        return self.page.read(f"account {account}", lambda books: books.lines(account))

    def drafts(self, account: str) -> dict[str, Decimal]:
        return self.page.books.drafts(account)

    def totals(self) -> dict[str, Decimal]:
        return self.page.books.totals()

    def state(self, account: str) -> str:
        return self.page.read(f"state of {account}", lambda books: books.state(account))

    def save(self, account: str, key: str, amount: Decimal | None, mark: str) -> None:
        self.page.write(
            f"account {account}",
            line_text(key, amount),
            lambda books: books.save(account, key, amount, mark),
        )

    def draft(self, account: str, key: str, amount: Decimal | None, mark: str) -> None:
        self.page.write(
            f"draft on {account}",
            line_text(key, amount),
            lambda books: books.draft(account, key, amount, mark),
        )

    def apply(self, mark: str) -> None:
        self.page.write("apply", mark, lambda books: books.apply(mark))

    def place(self, mark: str, supplier: str, lines: Mapping[str, tuple[int, Decimal]]) -> None:
        self.page.write(
            f"order at {supplier}",
            order_text(lines),
            lambda books: books.place(mark, supplier, lines),
        )

    def placed(
        self, mark: str
    ) -> list[tuple[int, str, str | None, dict[str, tuple[int, Decimal]]]]:
        return self.page.read("orders", lambda books: books.placed(mark))
