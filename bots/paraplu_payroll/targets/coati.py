"""Payroll in coati-payroll: its pages behind `PayrollSystem`.

The product keeps no reference with a bonus and shows none with a base salary: what was entered is told
by person, component and amount, so nothing else may stand there. Saving a bonus changes nothing yet,
and neither does applying a base salary: the run is calculated anew afterwards, which rebuilds
everybody's slip under a new address. Concepts that are not calculated from what is entered would take
a bonus and ignore it: they are for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from paraplu import OutcomeUnknown, Session, TargetRefused
from paraplu_payroll.system import (
    Booking,
    Component,
    Employee,
    Employment,
    Entry,
    Keeps,
    Nature,
    Place,
    Run,
    Slip,
    Steps,
)
from paraplu_payroll.targets.coati_pages import CoatiPages, Person
from paraplu_payroll.targets.coati_records import (
    BASE,
    OPEN,
    component_of,
    day,
    grouped,
    plain,
    slip_of,
)
from paraplu_payroll.targets.table import Row, cell, rows_of

_DRAFT, _APPROVED, _APPLIED, _ENTERED = "draft", "approved", "applied", "entered"
_VERBS = {_DRAFT: "Aprobar", _APPROVED: "Aplicar"}


class CoatiPayroll(CoatiPages):
    """coati-payroll. `organisation` is the name of the payroll (planilla); the employment is 1."""

    product: ClassVar[str] = "coati-payroll 1.10.1"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._components: Mapping[str, Component] = {}

    @property
    def lines_keep(self) -> frozenset[Keeps]:
        """Nothing but the amount."""
        return frozenset()

    def components(self, organisation: str) -> Mapping[str, Component]:
        """Every active concept and the base salary; read once a session."""
        if not self._components:
            found = [BASE]
            for path, nature in (
                ("/percepciones/", Nature.EARNING),
                ("/deducciones/", Nature.DEDUCTION),
            ):
                rows = self._all_rows(path, "concepts")
                found += [
                    component_of(row, nature) for row in rows if cell(row, "Status") == "Active"
                ]
            self._components = {item.code: item for item in found}
        return self._components

    def employee(self, organisation: str, code: str) -> Employee | None:
        """The employee, None when the payroll has none with this code."""
        person = self._person(organisation, code)
        if person is None:
            return None
        self._open(f"/employee/edit/{person.uid}")
        starts, ends = (self._value(name) for name in ("Hire date", "Termination date"))
        employed = day(starts)
        left = day(ends) if ends else None
        if left is None and not self.page.get_by_label("Active", exact=True).is_checked():
            left = employed
        employment = Employment(
            number=1, cost_centre=self._value("Cost center") or None, starts=employed, ends=left
        )
        return Employee(code=code, employments={1: employment})

    def runs(self, organisation: str) -> Sequence[Run]:
        """Every run that was not cancelled, the earliest first."""
        runs = [
            Run(period=period, state=state, open=state == OPEN)
            for period, (_, state) in self._addresses(organisation).items()
        ]
        return sorted(runs, key=lambda run: run.period)

    def show(self, place: Place) -> None:
        """Open the slip."""
        self.slip(place)

    def slip(self, place: Place) -> Slip | None:
        """The slip, None when the employee has none in that period."""
        components = self.components(place.organisation)
        person = self._person(place.organisation, place.employee)
        address = self._addresses(place.organisation).get(place.period)
        if person is None or address is None or place.employment != 1:
            return None
        self._shown = (place.employee, person)
        self._open(address[0])
        for link in [href for name, _, href in self._people_in_run() if name == person.name]:
            self._open(link)
            if person.identification in self.page.locator("main, body").first.inner_text():
                return slip_of(
                    self._card("Resumen"),
                    self._card("Percepciones (Ingresos)"),
                    self._card("Deducciones"),
                    components,
                ).model_copy(update={"calculated": urlsplit(link).path.split("/")[4]})
        return None

    def nets(self, organisation: str, period: str) -> Mapping[str, Decimal]:
        """What everybody in the run is paid out, by name; the person looked at last by code."""
        address = self._addresses(organisation).get(period)
        if address is None:
            return {}
        self._open(address[0])
        own = self._shown
        nets: dict[str, Decimal] = {}
        for name, net, _ in self._people_in_run():
            key = f"{own[0]}/1" if own is not None and own[1].name == name else name
            number = 1
            while key in nets:
                number += 1
                key = f"{name}#{number}"
            nets[key] = grouped(net)
        return nets

    def entries(self, booking: Booking) -> Sequence[Entry]:
        """What is entered for this person and component; of a base salary the last change to this one."""
        if booking.component.code == BASE.code:
            return [
                Entry(
                    state=cell(row, "Status"),
                    component=BASE.code,
                    amount=plain(cell(row, "Salario nuevo")),
                )
                for row in self._salary_changes(booking)[:1]
            ]
        return [
            Entry(
                state=_ENTERED,
                component=booking.component.code,
                amount=grouped(cell(row, "Value")),
            )
            for row in self._novelties(booking)
        ]

    def steps(self, booking: Booking) -> Steps:
        """A base salary is drafted, approved and applied, a bonus entered; then the run is calculated."""
        amount = None if booking.after is None else booking.after.amount

        def entry(state: str) -> tuple[Entry, ...]:
            return (Entry(state=state, component=booking.component.code, amount=amount),)

        if booking.component.code == BASE.code:
            stages = (_DRAFT, _APPROVED, _APPLIED)
            return Steps(before={stage: entry(stage) for stage in stages}, done=entry(_APPLIED))
        entered = () if booking.after is None else entry(_ENTERED)
        return Steps(before={_ENTERED: entered}, done=entered)

    def book(self, booking: Booking, reached: str | None) -> None:
        """Enter what is missing, then have the run calculated anew."""
        line = booking.after or booking.before
        if line is None or line.corrected_from is not None:
            raise TargetRefused("coati cannot book a line that names other months.")
        self._address_of_run(booking)
        if booking.component.code == BASE.code:
            self._enter_base_salary(booking, reached)
        elif reached is None:
            self._enter_novelty(booking)
        self._calculate(booking)

    def _enter_base_salary(self, booking: Booking, reached: str | None) -> None:
        if booking.before is None or booking.after is None:
            raise TargetRefused("A base salary can be changed, and neither be added nor ended.")
        if reached is None:
            if _state(self._salary_changes(booking)) not in (None, _APPLIED):
                raise TargetRefused("Somebody else has drafted this change of base salary already.")
            self._draft_base_salary(booking, booking.before.amount, booking.after.amount)
        state = _state(self._salary_changes(booking))
        for now, following in ((_DRAFT, _APPROVED), (_APPROVED, _APPLIED)):
            if state != now:
                continue
            self._press_beside(booking, now)
            state = _state(self._salary_changes(booking))
            if state == now:
                raise TargetRefused(
                    f"coati left the change of base salary {now}. In a company of fifty people or "
                    "more somebody else must approve it."
                )
            if state != following:
                raise OutcomeUnknown("The change of base salary is not in the next state: look.")
        if state != _APPLIED:
            raise OutcomeUnknown("The change of base salary that was drafted is not there: look.")

    def _draft_base_salary(self, booking: Booking, now: Decimal, wanted: Decimal) -> None:
        person = self._known(booking)
        self._open(f"/employee/salary-changes/new/{person.uid}")
        current = self.page.get_by_text("Salario actual:").locator("strong").last.inner_text()
        if plain(str(current).split()[-1]) != now:
            raise TargetRefused("The base salary has changed since it was looked at.")
        self.page.get_by_label("Fecha efectiva").fill(f"{booking.place.period}-01")
        self.page.get_by_label("Nuevo salario base").fill(f"{wanted:.2f}")
        self.page.get_by_label("Reason").fill(f"{booking.mark} {booking.reason}")
        self._send(self.page.get_by_role("button", name="Guardar borrador", exact=True))

    def _salary_changes(self, booking: Booking) -> list[Row]:
        """The person's changes of base salary in this month to this amount, the last one first."""
        person = self._known(booking)
        rows = self._all_rows(
            "/employee/salary-changes", "changes of base salary", empleado_id=person.uid
        )
        after = None if booking.after is None else booking.after.amount
        return [
            row
            for row in rows
            if cell(row, "Fecha efectiva") == f"{booking.place.period}-01"
            and plain(cell(row, "Salario nuevo")) == after
        ]

    def _press_beside(self, booking: Booking, state: str) -> None:
        """The one button beside the change that is in `state`."""
        person = self._known(booking)
        self._open(f"/employee/salary-changes?empleado_id={person.uid}&estado={state}")
        after = Decimal(0) if booking.after is None else booking.after.amount
        row = self.page.get_by_role("row").filter(
            has=self.page.get_by_role("cell", name=f"{after:.2f}", exact=True)
        )
        self._send(row.get_by_role("button"))

    def _enter_novelty(self, booking: Booking) -> None:
        rows = self._novelties(booking)
        wanted = 0 if booking.before is None else 1
        if len(rows) != wanted:
            raise TargetRefused(
                "Something else is entered for this component that the run does not count yet, or "
                "counts together with it."
            )
        if booking.before is not None and grouped(cell(rows[0], "Value")) != booking.before.amount:
            raise TargetRefused("What is entered is not what the slip shows.")
        if booking.before is None:
            self._add_novelty(booking)
        elif booking.after is None:
            self.page.once("dialog", lambda dialog: dialog.accept())
            self._send(self._beside(booking).locator("form button[type=submit]"))
        else:
            with self.page.expect_navigation() as opened:
                self._beside(booking).locator("a[href$='/edit']").click()
            self._judge(opened.value, written=False)
            self._save_novelty(booking.after.amount)
        amount = None if booking.after is None else booking.after.amount
        if [entry.amount for entry in self.entries(booking)] != (
            [] if amount is None else [amount]
        ):
            raise OutcomeUnknown("What was entered is not what coati shows: look at it.")

    def _add_novelty(self, booking: Booking) -> None:
        if booking.after is None:
            raise TargetRefused("There is nothing to add.")
        self._open(f"{self._address_of_run(booking)}/novedades/new")
        self._choose("Employee", f"({booking.place.employee})")
        deduction = booking.component.nature is Nature.DEDUCTION
        self.page.get_by_label("Concept Type").select_option("deduction" if deduction else "income")
        self._choose("Deduction" if deduction else "Perception", f"{booking.component.code} - ")
        if self._value("Concept Code") != booking.component.code:
            raise TargetRefused("coati filled in another concept than was chosen.")
        self.page.get_by_label("Value Type").select_option("monto")
        self.page.get_by_label("Novelty Date").fill(f"{booking.place.period}-01")
        self._save_novelty(booking.after.amount)

    def _save_novelty(self, amount: Decimal) -> None:
        self.page.get_by_label("Value / Quantity").fill(f"{amount:.2f}")
        self._send(self.page.get_by_role("button", name="Save", exact=True))

    def _choose(self, label: str, part: str) -> None:
        """Choose the one option whose text begins or ends with `part`."""
        field = self.page.get_by_label(label, exact=True)
        options: list[list[str]] = field.locator("option").evaluate_all(
            "options => options.map(option => [option.value, option.text.trim()])"
        )
        fitting = [v for v, text in options if text.startswith(part) or text.endswith(part)]
        if len(fitting) != 1:
            raise TargetRefused(f'coati does not offer under "{label}" what was asked for.')
        field.select_option(value=fitting[0])

    def _novelties(self, booking: Booking) -> list[Row]:
        """What is entered for this person and component; the list of novelties is shown then."""
        self._open(f"{self._address_of_run(booking)}/novedades")
        table = self.page.get_by_role("table")
        rows = rows_of(table, "novelties") if table.count() else []
        return [
            row
            for row in rows
            if cell(row, "Employee").split()[-1:] == [booking.place.employee]
            and cell(row, "Concept code") == booking.component.code
        ]

    def _beside(self, booking: Booking) -> Any:
        return (
            self.page.get_by_role("row")
            .filter(has_text=booking.place.employee)
            .filter(has=self.page.get_by_role("cell", name=booking.component.code, exact=True))
        )

    def _calculate(self, booking: Booking) -> None:
        address = self._address_of_run(booking)
        self._open(address)
        self.page.once("dialog", lambda dialog: dialog.accept())
        self._send(self.page.get_by_role("button", name="Recalcular"))
        if self._path() == urlsplit(address).path or "/nomina/" not in self._path():
            raise OutcomeUnknown("The run was not calculated anew: look at it.")

    def _address_of_run(self, booking: Booking) -> str:
        address = self._addresses(booking.place.organisation).get(booking.place.period)
        if address is None or address[1] != OPEN:
            raise TargetRefused("The run takes no corrections any more.")
        return address[0]

    def _known(self, booking: Booking) -> Person:
        person = self._person(booking.place.organisation, booking.place.employee)
        if person is None:
            raise TargetRefused("The employee is not in this payroll any more.")
        return person


def _state(changes: Sequence[Row]) -> str | None:
    """The state of the last change, None when there is none."""
    return cell(changes[0], "Status") if changes else None
