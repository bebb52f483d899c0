"""coati-payroll's pages as one finds one's way through them: signing in, lists, people, runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from paraplu import (
    Credential,
    OutcomeUnknown,
    Outgoing,
    PageChanged,
    Session,
    Target,
    TargetDown,
    TargetRefused,
)
from paraplu_payroll.targets.coati_records import month_of
from paraplu_payroll.targets.table import Row, cell, rows_of

_GONE = frozenset({"cancelled", "error"})


@dataclass(frozen=True, slots=True)
class Person:
    """An employee as the pages tell one: `name` is how the run calls them, `uid` their address."""

    uid: str
    identification: str
    name: str


class CoatiPages(Target):
    """What is common to everything that is done in coati-payroll."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._payrolls: dict[str, str] = {}
        self._people: dict[str, Person | None] = {}
        self._shown: tuple[str, Person] | None = None

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Every form that is posted but the sign-in and the sign-out."""
        path = urlsplit(request.url).path
        return super().writes(request) and path not in ("/auth/login", "/auth/logout")

    def bystanders(self) -> Sequence[Any]:
        """Other people's rows in lists, and the fields of a bank account."""
        fields = [self.page.get_by_label(name) for name in ("Bank", "Bank account number")]
        if "/empleado/" in self._path() or self._shown is None:
            return fields
        code, person = self._shown
        own = re.compile("|".join(re.escape(text) for text in (code, person.name)))
        return [*fields, self.page.locator("tbody tr").filter(has_not_text=own)]

    def sign_in(self, credential: Credential) -> None:
        """Sign in. Raises `TargetRefused` when the product does not accept the account."""
        self.page.goto("/auth/login")
        self.page.get_by_label("Username or email").fill(credential.user)
        self.page.get_by_role("textbox", name="Password").fill(credential.password.reveal())
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Log In", exact=True).click()
        if self._path() == "/auth/login":
            raise TargetRefused(
                f"coati does not accept the account of '{credential.name}': check its user name and "
                "password."
            )

    def sign_out(self) -> None:
        """Sign out, if somebody is signed in."""
        form = self.page.locator("form[action='/auth/logout']")
        if form.count():
            with self.page.expect_navigation():
                form.first.evaluate("form => form.submit()")

    def _path(self) -> str:
        return urlsplit(str(self.page.url)).path

    def _open(self, address: str) -> None:
        try:
            response = self.page.goto(address)
        except PageChanged:
            # After a cut connection the browser's own error page may come late and stop the opening.
            if not str(self.page.url).startswith("chrome-error:"):
                raise
            response = self.page.goto(address)
        self._judge(response, written=False)

    def _send(self, button: Any) -> None:
        """Press a button that sends something, and see what came back."""
        with self.page.expect_navigation() as sent:
            button.click()
        self._judge(sent.value, written=True)

    def _judge(self, response: Any, *, written: bool) -> None:
        if self._path() == "/auth/login":
            if written:
                raise OutcomeUnknown("The session ended while something was sent: look first.")
            raise TargetDown("coati ended the session: sign in again.")
        status = 200 if response is None else int(response.status)
        if status in (401, 403):
            raise TargetRefused("The account has no right to this page of coati.")
        if status >= 500 or status == 429:
            if written:
                raise OutcomeUnknown("coati failed while something was sent: look first.")
            raise TargetDown("coati cannot answer. Try later.")
        if status >= 400:
            raise PageChanged(f"coati answered {status}, which is not expected.")

    def _all_rows(self, path: str, name: str, **query: str) -> list[Row]:
        """The rows of a list on all its pages; it shows ten a page."""
        rows: list[Row] = []
        number = 1
        while True:
            self._open(f"{path}?{urlencode({**query, 'page': number})}")
            table = self.page.get_by_role("table")
            rows += rows_of(table, name) if table.count() else []
            number += 1
            if not self.page.locator(f"a.page-link[href*='page={number}']").count():
                return rows

    def _value(self, label: str) -> str:
        return str(self.page.get_by_label(label, exact=True).input_value()).strip()

    def _card(self, title: str) -> list[str]:
        """The rows of the table under a heading, as text."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        card = self.page.locator("div.card").filter(has=heading)
        if card.count() != 1:
            raise PageChanged(f'The part "{title}" is not on the page, or more than once.')
        texts: list[str] = card.locator("tr").all_inner_texts()
        return texts

    def _payroll(self, organisation: str) -> str:
        """The address of a payroll. Raises `TargetRefused` when there is none of this name."""
        if organisation not in self._payrolls:
            number = 1
            while organisation not in self._payrolls:
                self._open(f"/planilla/?page={number}")
                name = self.page.get_by_role("link", name=organisation, exact=True)
                row = self.page.get_by_role("row").filter(has=name)
                if row.count() == 1:
                    href = str(row.locator("a[href$='/nominas']").get_attribute("href"))
                    self._payrolls[organisation] = href.removesuffix("/nominas")
                    break
                number += 1
                if not self.page.locator(f"a.page-link[href*='page={number}']").count():
                    raise TargetRefused(
                        "coati has no payroll of the name that the agreement gives under organisation."
                    )
        return self._payrolls[organisation]

    def _addresses(self, organisation: str) -> Mapping[str, tuple[str, str]]:
        """Address and state of the runs by month. A run has another address after each calculation."""
        payroll = self._payroll(organisation)
        self._open(f"{payroll}/nominas")
        rows: list[list[str]] = self.page.locator("tr[data-nomina-id]").evaluate_all(
            "rows => rows.map(row => [row.dataset.nominaId, row.dataset.estado,"
            " row.cells[0].innerText])"
        )
        found: dict[str, tuple[str, str]] = {}
        for uid, state, shown in rows:
            if state in _GONE:
                continue
            if found.setdefault(month_of(shown), (f"{payroll}/nomina/{uid}", state))[0] != (
                f"{payroll}/nomina/{uid}"
            ):
                raise PageChanged("The product has two runs of one month.")
        return found

    def _people_in_run(self) -> list[tuple[str, str, str]]:
        """Name, net and address of the slip of everybody in the run that is shown."""
        # Not by `rows_of`: what is read by a script is not recorded, and these are other people.
        rows: list[list[str]] = self.page.locator("tr:has(a[href*='/empleado/'])").evaluate_all(
            "rows => rows.map(row => [row.cells[0].innerText, row.cells[5].innerText,"
            " row.querySelector(\"a[href*='/empleado/']\").getAttribute('href')])"
        )
        return [(" ".join(name.split()), net.strip(), href) for name, net, href in rows]

    def _person(self, organisation: str, code: str) -> Person | None:
        """The employee with this code, None when the payroll has none."""
        if code not in self._people:
            self._people[code] = self._looked_up(organisation, code)
        return self._people[code]

    def _looked_up(self, organisation: str, code: str) -> Person | None:
        rows = self._all_rows("/employee/", "employees", buscar=code)
        row = next((row for row in rows if cell(row, "Code") == code), None)
        if row is None:
            return None
        self._open(f"/employee/?{urlencode({'buscar': code})}")
        link = self.page.get_by_role("link", name=code, exact=True)
        uid = str(link.get_attribute("href")).rstrip("/").rpartition("/")[2]
        identification = cell(row, "Identification")
        self._open(f"{self._payroll(organisation)}/config/empleados")
        members: list[list[str]] = self.page.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [row.cells[0].innerText, row.cells[1].innerText])"
        )
        for name, known in members:
            if known.strip() == identification:
                family, _, first = (" ".join(part.split()) for part in name.partition(","))
                return Person(uid, identification, f"{first} {family}")
        return None
