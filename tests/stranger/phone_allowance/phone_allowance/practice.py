"""The pages of the practice office, for the phone allowance bot."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from paraplu import Credential, Outgoing, PageChanged, Target, TargetDown, TargetRefused
from phone_allowance.system import PHONE, Line, Place, Slip

NAME = "Phone allowance"
NET = "9900"


class PracticeAllowances(Target):
    """The payroll side of the practice office."""

    product = "Paraplu practice office, phone allowances"

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        path = urlsplit(request.url).path
        return super().writes(request) and path not in ("/sign-in", "/sign-out")

    def sign_in(self, credential: Credential) -> None:
        self.page.goto("/sign-in")
        self.page.get_by_label("User name", exact=True).fill(credential.user)
        self.page.get_by_label("Password", exact=True).fill(credential.password.reveal())
        self._press("Sign in")
        if self._signed_out():
            raise TargetRefused(f"The office does not accept the account '{credential.name}'.")

    def sign_out(self) -> None:
        if self.page.get_by_role("button", name="Sign out", exact=True).count():
            self._press("Sign out")

    def bystanders(self) -> list[Any]:
        return [self.page.locator("tr[data-employee]"), self.page.locator("tr[data-mutation]")]

    def slip(self, place: Place, mark: str) -> Slip | None:
        state = self._correction(place, mark)[1]
        others = self._nets(place)
        if not self._open(slip_path(place)):
            return None
        figures = {row["data-component"]: number_of(row["amount"]) for row in self._rows("Totals")}
        return Slip(
            run=self._field("run-state"),
            cost_centre=self._field("cost-centre"),
            marks=", ".join(self.page.locator("[data-mark]").all_inner_texts()),
            lines=self._lines(),
            totals={code: figure for code, figure in figures.items() if code != NET},
            net=figures[NET],
            correction=state,
            others=others,
        )

    def _lines(self) -> dict[str, Line]:
        """The lines by component, and by the month they correct where that is another."""
        rows = self._rows("Lines")
        lines = {
            f"{row['data-component']} {row['corrected']}".strip(): Line(
                amount=number_of(row["amount"]), cost_centre=row["cost_centre"]
            )
            for row in rows
        }
        if len(lines) != len(rows):
            raise PageChanged("Two lines of this slip cannot be told apart.")
        return lines

    def correct(
        self, place: Place, mark: str, now: Line | None, wanted: Line | None, reached: str | None
    ) -> None:
        number, state = self._correction(place, mark)
        if state != reached:
            raise TargetRefused("The correction is not where it should be.")
        if number:
            self._open(f"/payroll/{place.organisation}/mutations/{number}")
        else:
            self._draft(place, mark, now, wanted)
        if reached != "approved":
            self.page.get_by_role("button", name="Approve", exact=True).click()
            self._press("Yes, approve")
        self.page.once("dialog", lambda dialog: dialog.accept())
        self._press("Apply")

    def _draft(self, place: Place, mark: str, now: Line | None, wanted: Line | None) -> None:
        self._open(slip_path(place))
        verb = "End" if wanted is None else "Change"
        link = "Add a line" if now is None else f"{verb} {PHONE} {NAME}"
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=link, exact=True).click()
        if now is not None and number_of(self._field("amount-now")) != now.amount:
            raise TargetRefused("The amount has changed since it was looked at.")
        if now is None:
            self.page.get_by_label("Component", exact=True).select_option(PHONE)
        if wanted is not None:
            text = f"{wanted.amount:.2f}".replace(".", ",")
            self.page.get_by_label("New amount", exact=True).fill(text)
            self.page.get_by_label("Cost centre", exact=True).select_option(wanted.cost_centre)
        self.page.get_by_label("Reason", exact=True).select_option("R04")
        self.page.get_by_label("Reference", exact=True).fill(mark)
        self._press("Save draft")

    def _correction(self, place: Place, mark: str) -> tuple[str, str | None]:
        """Number and state of the correction with our mark."""
        path = f"/payroll/{place.organisation}/periods/{place.month}/mutations"
        if not self._open(f"{path}?q={quote(mark, safe='')}"):
            return "", None
        rows = [row for row in self._rows("Mutations") if row["reference"] == mark]
        rows = [row for row in rows if row["state"] != "discarded"]
        if len(rows) > 1:
            raise PageChanged("There are two corrections of this case: look at both.")
        return (rows[0]["data-mutation"], rows[0]["state"]) if rows else ("", None)

    def _nets(self, place: Place) -> dict[str, Decimal]:
        """What everybody else in the run is paid."""
        if not self._open(f"/payroll/{place.organisation}/periods/{place.month}"):
            return {}
        people = {
            f"{row['data-employee']}-{row['data-employment']}": row["net"]
            for row in self._rows("People in this run")
        }
        return {who: number_of(net) for who, net in people.items() if who != place.person and net}

    def _rows(self, table: str) -> list[dict[str, str]]:
        """The rows of a table: each row's data- attributes and its cells by data-field."""
        found = self.page.get_by_role("table", name=table, exact=True)
        if found.count() != 1:
            raise PageChanged(f'The table "{table}" is not on the page.')
        filled = found.locator("tbody tr:not(:has(td.none))")
        rows: list[dict[str, str]] = filled.evaluate_all(
            """rows => rows.map(row => ({
              ...Object.fromEntries([...row.attributes].map(one => [one.name, one.value])),
              ...Object.fromEntries([...row.querySelectorAll('[data-field]')].map(
                cell => [cell.dataset.field, cell.innerText.trim()])),
            }))"""
        )
        return rows

    def _open(self, path: str) -> bool:
        """Open a page; False when there is none."""
        response = self.page.goto(path)
        if self._signed_out() or response is None or response.status >= 429:
            raise TargetDown("The office cannot answer, or has ended the session.")
        return bool(response.status == 200)

    def _press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()

    def _field(self, name: str) -> str:
        return str(self.page.locator(f'main [data-field="{name}"]').first.inner_text()).strip()

    def _signed_out(self) -> bool:
        return urlsplit(str(self.page.url)).path == "/sign-in"


def slip_path(place: Place) -> str:
    """The path of a slip."""
    return f"/payroll/{place.organisation}/periods/{place.month}/slips/{place.person}"


def number_of(text: str) -> Decimal:
    """A number as the office writes it: 1.234,56."""
    whole, comma, cents = text.rpartition(",")
    if not comma or len(cents) != 2 or "," in whole:
        raise PageChanged("The office writes numbers in another way than 1.234,56.")
    return Decimal(f"{whole.replace('.', '')}.{cents}")
