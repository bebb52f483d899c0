"""Payroll in the practice office: its pages behind `PayrollSystem`.

What is done is done in the browser. Pages that are only read are fetched within the browser's session
and not drawn, which costs a tenth; `show` opens the slip for a picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

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
from paraplu_payroll.system import (
    Booking,
    Component,
    Concern,
    Employee,
    Entry,
    Keeps,
    Line,
    Place,
    Run,
    Slip,
    Steps,
    line_key,
)
from paraplu_payroll.targets.practice_form import corrected_months, fill_form, person_of, state_of
from paraplu_payroll.targets.practice_page import ReadPage, fetch
from paraplu_payroll.targets.practice_records import (
    OPEN,
    amount_of,
    component_of,
    employment_of,
    figure_of,
    line_of,
    run_of,
)
from paraplu_payroll.targets.table import cell

_MUTATION = re.compile(r"/mutations/(\d+)$", re.ASCII)
_PAGES = re.compile(r"\d+ rows?(?:, page (\d+) of (\d+))?", re.ASCII)
_MARKS = {"Garnishment": Concern.GARNISHMENT, "Recovery": Concern.RECOVERY}
_DRAFT, _APPROVED, _APPLIED, _DISCARDED = "draft", "approved", "applied", "discarded"


class PracticePayroll(Target):
    """The payroll side of the practice office. `organisation` is its code there: `waterland`."""

    product: ClassVar[str] = "Paraplu practice office, payroll"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._components: dict[str, Mapping[str, Component]] = {}
        # What was read since `refresh`.
        self._employees: dict[tuple[str, str], Employee | None] = {}
        self._runs: dict[str, Sequence[Run]] = {}
        self._slips: dict[str, Slip | None] = {}
        self._person = ""

    @property
    def lines_keep(self) -> frozenset[Keeps]:
        """Everything: the office's lines name cost centre, months, reason and reference."""
        return frozenset(Keeps)

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Every form but the sign-in and the sign-out."""
        path = urlsplit(request.url).path
        return super().writes(request) and path not in ("/sign-in", "/sign-out")

    def refresh(self) -> None:
        """Read employees, runs and slips anew from now on."""
        self._employees.clear()
        self._runs.clear()
        self._slips.clear()

    def show(self, place: Place) -> None:
        """Open the slip."""
        self._person = person_of(place)
        self._open(_slip_path(place))

    def bystanders(self) -> Sequence[Any]:
        """The rows of everybody but the person that was looked at last."""
        code, _, number = self._person.partition("-")
        own = f'[data-employee="{code}"][data-employment="{number}"]' if code else "[data-none]"
        return [
            self.page.locator(f"tr[data-employee]:not({own})"),
            self.page.locator("tr[data-mutation]").filter(has_not_text=self._person or "–"),
        ]

    def sign_in(self, credential: Credential) -> None:
        """Sign in. Raises `TargetRefused` when the office does not accept the account."""
        self.page.add_locator_handler(
            self.page.get_by_role("dialog", name="Something new!"),
            lambda dialog: dialog.get_by_role("button", name="Not now").click(),
        )
        self.page.goto("/sign-in")
        self.page.get_by_label("User name", exact=True).fill(credential.user)
        self.page.get_by_label("Password", exact=True).fill(credential.password.reveal())
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Sign in", exact=True).click()
        if self._signed_out():
            raise TargetRefused(
                f"The practice office does not accept the account of '{credential.name}': check "
                "its user name and password."
            )

    def sign_out(self) -> None:
        """Sign out, if somebody is signed in."""
        button = self.page.get_by_role("button", name="Sign out", exact=True)
        if button.count() == 1:
            with self.page.expect_navigation():
                button.click()

    def components(self, organisation: str) -> Mapping[str, Component]:
        """Every component; read once a session."""
        if organisation not in self._components:
            rows = self._read(f"/payroll/{organisation}/components").table("Components")
            self._components[organisation] = {
                item.code: item for item in (component_of(row) for row in rows)
            }
        return self._components[organisation]

    def employee(self, organisation: str, code: str) -> Employee | None:
        """The employee, None when the organisation has none with this code."""
        known = (organisation, code)
        if known not in self._employees:
            self._employees[known] = self._read_employee(organisation, code)
        return self._employees[known]

    def _read_employee(self, organisation: str, code: str) -> Employee | None:
        page = fetch(self.page, f"/payroll/{organisation}/employees/{quote(code, safe='')}")
        if page is None:
            return None
        employments = [employment_of(row) for row in page.table("Employments")]
        return Employee(code=code, employments={item.number: item for item in employments})

    def runs(self, organisation: str) -> Sequence[Run]:
        """Every run, the earliest first."""
        if organisation not in self._runs:
            rows = self._read(f"/payroll/{organisation}/periods").table("Periods")
            runs = [run_of(row) for row in rows]
            self._runs[organisation] = sorted(runs, key=lambda run: run.period)
        return self._runs[organisation]

    def slip(self, place: Place) -> Slip | None:
        """The slip, None when the employment has none in that period."""
        self._person = person_of(place)
        path = _slip_path(place)
        if path not in self._slips:
            self._slips[path] = self._read_slip(path)
        return self._slips[path]

    def _read_slip(self, path: str) -> Slip | None:
        page = fetch(self.page, path)
        if page is None:
            return None
        lines: dict[str, Line] = {}
        for row in page.table("Lines"):
            line = line_of(row)
            key = line_key(line.component, line.corrected_from, line.corrected_until)
            lines[_free(key, lines)] = line
        computed = [figure_of(row) for row in page.table("Totals")]
        return Slip(
            lines=lines,
            computed=dict(computed),
            concerns=frozenset(_MARKS[mark] for mark in page.marks if mark in _MARKS),
            calculated=f"{page.field('calculated-at')}, version {page.field('run-version')}",
        )

    def nets(self, organisation: str, period: str) -> Mapping[str, Decimal]:
        """What everybody in the run is paid out."""
        page = self._read(f"/payroll/{organisation}/periods/{period}")
        return {
            f"{row.attribute('data-employee')}/{row.attribute('data-employment')}": amount_of(net)
            for row in page.marked_rows("People in this run", "data-employee")
            if (net := row.field("net"))
        }

    def entries(self, booking: Booking) -> Sequence[Entry]:
        """What bears our reference and was not discarded, oldest first."""
        return [
            Entry(
                state=cell(row, "State"),
                component=cell(row, "Component").partition(" ")[0],
                amount=amount_of(cell(row, "After")) if cell(row, "After") else None,
            )
            for row in self._mutations(booking.place, booking.mark)
        ]

    def steps(self, booking: Booking) -> Steps:
        """Drafted, approved, applied; applying calculates the run anew."""
        amount = None if booking.after is None else booking.after.amount

        def entry(state: str) -> tuple[Entry, ...]:
            return (Entry(state=state, component=booking.component.code, amount=amount),)

        return Steps(
            before={stage: entry(stage) for stage in (_DRAFT, _APPROVED)}, done=entry(_APPLIED)
        )

    def book(self, booking: Booking, reached: str | None) -> None:
        """Draft, approve and apply; what is there of it already is not made again."""
        own = self._mutations(booking.place, booking.mark)
        if len(own) > 1:
            raise OutcomeUnknown("There are two corrections of this case: look at both.")
        if own:
            self._open(f"/payroll/{booking.place.organisation}/mutations/{cell(own[0], 'No.')}")
        elif reached is None:
            self._draft(booking)
        else:
            raise OutcomeUnknown("The correction that was drafted is not there any more.")
        state = state_of(self._shown(), booking)
        try:
            if state == _DRAFT:
                self._approve()
                state = self._after_write(booking, _APPROVED)
            if state == _APPROVED:
                self._apply()
                self._after_write(booking, _APPLIED)
        except TargetRefused:
            self._discard(booking)
            raise

    def _draft(self, booking: Booking) -> None:
        path = _slip_path(booking.place)
        slip = fetch(self.page, path)
        if slip is None:
            raise TargetRefused("The slip is not there any more.")
        if slip.field("run-state") not in OPEN:
            raise TargetRefused("The run takes no corrections any more.")
        # The picture of the slip was taken a moment ago: it need not be opened again as it was.
        if urlsplit(str(self.page.url)).path != path or _stamp(self._shown()) != _stamp(slip):
            self._open(path)
        self._open_form(booking)
        fill_form(self.page, booking)
        self._send(self.page.get_by_role("button", name="Save draft", exact=True))
        if not _MUTATION.search(urlsplit(self.page.url).path):
            raise OutcomeUnknown("The draft was sent, and no draft is shown: look for it.")

    def _open_form(self, booking: Booking) -> None:
        line = booking.before
        if line is None:
            link = self.page.get_by_role("link", name="Add a line", exact=True)
        else:
            verb = "Change" if booking.kind == "change" else "End"
            name = f"{verb} {line.component} {booking.component.name}"
            if line.corrected_from is not None:
                name += f" ({corrected_months(line)})"
            link = self.page.get_by_role("link", name=name, exact=True)
        with self.page.expect_navigation() as opened:
            link.click()
        if not self._judge(opened.value, written=False):
            raise TargetRefused("The line is not there any more.")
        if line is not None and amount_of(self._shown().field("amount-now")) != line.amount:
            raise TargetRefused("The line has changed since it was looked at.")

    def _approve(self) -> None:
        self.page.get_by_role("button", name="Approve", exact=True).click()
        dialog = self.page.get_by_role("dialog", name="Approve this correction?")
        self._send(dialog.get_by_role("button", name="Yes, approve", exact=True))

    def _apply(self) -> None:
        self.page.once("dialog", lambda dialog: dialog.accept())
        self._send(self.page.get_by_role("button", name="Apply", exact=True))

    def _discard(self, booking: Booking) -> None:
        """After a refusal nothing of ours is left behind; raises `OutcomeUnknown` when something is."""
        try:
            for row in self._mutations(booking.place, booking.mark):
                self._open(f"/payroll/{booking.place.organisation}/mutations/{cell(row, 'No.')}")
                self._send(self.page.get_by_role("button", name="Discard", exact=True))
            left = self._mutations(booking.place, booking.mark)
        except NothingDone as error:
            raise OutcomeUnknown("The office refused, and a draft of ours was left.") from error
        if left:
            raise OutcomeUnknown("The office refused, and a draft of ours was left.")

    def _mutations(self, place: Place, mark: str) -> list[dict[str, str]]:
        """The rows of the office's list that are ours, oldest first."""
        path = f"/payroll/{place.organisation}/periods/{place.period}/mutations?q={quote(mark)}"
        rows: list[dict[str, str]] = []
        number, last = 1, 1
        while number <= last:
            page = self._read(f"{path}&page={number}")
            rows += page.table("Mutations")
            counted = _PAGES.fullmatch(page.field("total"))
            if counted is None or int(counted[1] or 1) != number:
                raise PageChanged(
                    "The list of mutations does not say which page of how many it is."
                )
            number, last = number + 1, int(counted[2] or 1)
        own = [
            row
            for row in rows
            if cell(row, "Reference") == mark
            and cell(row, "Employee") == person_of(place)
            and cell(row, "State") != _DISCARDED
        ]
        return own[::-1]

    def _after_write(self, booking: Booking, wanted: str) -> str:
        try:
            state = state_of(self._shown(), booking)
        except NothingDone as error:
            raise OutcomeUnknown("What became of the correction is not shown: look.") from error
        if state != wanted:
            raise OutcomeUnknown(f"The correction should be {wanted} and is not: look at it.")
        return state

    def _open(self, path: str) -> bool:
        """Open a page; False when the office has none there."""
        try:
            response = self.page.goto(path)
        except PageChanged:
            # After a cut connection the browser's own error page may come late and stop the opening.
            if not str(self.page.url).startswith("chrome-error:"):
                raise
            response = self.page.goto(path)
        return self._judge(response, written=False)

    def _send(self, button: Any) -> None:
        self.refresh()  # whatever comes of it, what was read before is old
        with self.page.expect_navigation() as sent:
            button.click()
        self._judge(sent.value, written=True)

    def _judge(self, response: Any, *, written: bool) -> bool:
        """Whether a page came. Raises what its state or status says."""
        if self._signed_out():
            if written:
                raise OutcomeUnknown("The session ended while something was sent: look first.")
            raise TargetDown("The practice office ended the session: sign in again.")
        status = 200 if response is None else int(response.status)
        if status == 404 and not written:
            return False
        if status in (403, 409, 422):
            raise TargetRefused(
                {
                    403: "The account has no right to this page of the practice office.",
                    409: "The practice office says that this is not possible in the present state.",
                    422: "The practice office finds a field of the form wrong.",
                }[status]
            )
        if status >= 500 or status == 429:
            if written:
                raise OutcomeUnknown("The practice office failed while something was sent: look.")
            raise TargetDown("The practice office cannot answer. Try later.")
        if status >= 400:
            raise PageChanged(f"The practice office answered {status}, which is not expected.")
        return True

    def _signed_out(self) -> bool:
        return urlsplit(str(self.page.url)).path == "/sign-in"

    def _shown(self) -> ReadPage:
        """The page that is open in the browser."""
        return ReadPage(self.page.content())

    def _read(self, path: str) -> ReadPage:
        """A page that must be there, fetched."""
        page = fetch(self.page, path)
        if page is None:
            raise PageChanged("A page of the practice office is not where it was.")
        return page


def _slip_path(place: Place) -> str:
    person = quote(person_of(place), safe="")
    return f"/payroll/{place.organisation}/periods/{place.period}/slips/{person}"


def _stamp(slip: ReadPage) -> tuple[str, str]:
    return slip.field("run-state"), slip.field("run-version")


def _free(key: str, lines: Mapping[str, Line]) -> str:
    number, free = 1, key
    while free in lines:
        number += 1
        free = f"{key}#{number}"
    return free
