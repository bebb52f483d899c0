"""The payroll side's pages for correcting: the form, the mutation and its stages, the list."""

import csv
import io
import secrets
import sqlite3
from collections.abc import Mapping

from paraplu.practice import mutations, numbers, payroll
from paraplu.practice.fields import Fields
from paraplu.practice.listing import listing
from paraplu.practice.visit import Answer, Moved, Page, Plain, Saved, Visit, missing


def mutation_list(visit: Visit) -> Answer:
    """The paged list of a period's mutations: who, when, reference, component, before, after."""
    org, this = payroll.organisation(visit), payroll.run(visit)
    found = listing(
        visit,
        "SELECT mutation.*, employee.code, employee.name, employment.number,"
        " component.name AS component_name FROM mutation JOIN slip ON slip.id = slip_id"
        " JOIN employment ON employment.id = employment_id"
        " JOIN employee ON employee.id = employee_id"
        " JOIN component ON component.code = component WHERE run_id = ?",
        "id DESC",
        (this["id"],),
        ("reference", "employee.code", "employee.name"),
    )
    return Page("payroll/mutations.html", {"org": org, "run": this, "listing": found})


def mutation_file(visit: Visit) -> Answer:
    """All mutations of a period as a file for auditors: semicolons, UTF-8, amounts with a point."""
    org, this = payroll.organisation(visit), payroll.run(visit)
    found = visit.database.execute(
        "SELECT mutation.id AS number, employee.code AS employee, mutation.kind, component,"
        " amount_before AS before, amount_after AS after, reference, state,"
        " coalesce(nullif(applied_by, ''), drafted_by) AS entered_by,"
        " coalesce(nullif(applied_at, ''), drafted_at) AS entered_at"
        " FROM mutation JOIN slip ON slip.id = slip_id"
        " JOIN employment ON employment.id = employment_id"
        " JOIN employee ON employee.id = employee_id WHERE run_id = ? ORDER BY mutation.id",
        (this["id"],),
    )
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(column[0] for column in found.description)
    writer.writerows(tuple(row) for row in found)
    return Plain(out.getvalue(), f"mutations-{org['code']}-{this['period']}.csv")


def form(visit: Visit) -> Answer:
    """The form for a correction: `?kind=change&line=12`, `?kind=end&line=12` or `?kind=add`."""
    this = payroll.run(visit)
    mutations.check_open(this)
    kind = visit.asked("kind")
    if kind not in mutations.KINDS:
        raise missing("This kind of correction")
    slip = payroll.slip(visit, this["id"])
    line = None
    values: dict[str, str] = {}
    if kind != mutations.ADD:
        line = payroll.line(visit.database, slip["id"], visit.asked("line"))
        values = {
            "cost_centre": line["cost_centre"],
            "corrected_from": line["corrected_from"],
            "corrected_until": line["corrected_until"],
        }
        if kind == mutations.CHANGE:
            values["amount"] = visit.notation.amount(line["amount"])
    else:
        values = {"cost_centre": slip["cost_centre"], "component": visit.asked("component")}
    answer = _form_page(visit, this, slip, kind, line, values, {})
    payroll.become_paid(visit, this["id"], "form")
    return answer


def _form_page(
    visit: Visit,
    run: sqlite3.Row,
    slip: sqlite3.Row,
    kind: str,
    line: sqlite3.Row | None,
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> Page:
    database = visit.database
    context = {
        "org": payroll.organisation(visit),
        "run": run,
        "slip": slip,
        "kind": kind,
        "line": line,
        "values": values,
        "errors": errors,
        "token": visit.sent("form_token") or secrets.token_hex(8),
        "components": database.execute(
            "SELECT * FROM component WHERE kind != 'derived' ORDER BY code"
        ).fetchall(),
        "cost_centres": _cost_centres(visit),
        "periods": _earlier_periods(visit, run),
        "reasons": database.execute("SELECT * FROM reason ORDER BY code").fetchall(),
    }
    return Page("payroll/mutation_form.html", context, 422 if errors else 200)


def _cost_centres(visit: Visit) -> list[sqlite3.Row]:
    return visit.database.execute(
        "SELECT code, name FROM cost_centre WHERE organisation = ? ORDER BY code",
        (visit.places["organisation"],),
    ).fetchall()


def _earlier_periods(visit: Visit, run: sqlite3.Row) -> list[str]:
    rows = visit.database.execute(
        "SELECT period FROM run WHERE organisation = ? AND period < ? ORDER BY period DESC",
        (run["organisation"], run["period"]),
    )
    return [row["period"] for row in rows]


def save_draft(visit: Visit) -> Answer:
    """Save a correction as a draft."""
    this = payroll.run(visit)
    mutations.check_open(this)
    slip = payroll.slip(visit, this["id"])
    kind = visit.sent("kind")
    if kind not in mutations.KINDS:
        raise missing("This kind of correction")
    token = visit.sent("form_token")
    earlier = visit.database.execute(
        "SELECT location FROM used_form WHERE token = ?", (token,)
    ).fetchone()
    if earlier and visit.moods.take("double-submit") is None:
        return Moved(earlier["location"])
    line = None
    if kind != mutations.ADD:
        line = payroll.line(visit.database, slip["id"], visit.sent("line"))
    fields = Fields(visit)
    draft = _read(visit, fields, this, kind, line)
    if fields.errors:
        values = {name: visit.sent(name) for name in visit.form}
        return _form_page(visit, this, slip, kind, line, values, fields.errors)
    number = mutations.save(visit, slip["id"], draft)
    home = f"/payroll/{this['organisation']}"
    location = f"{home}/mutations/{number}"
    visit.database.execute("INSERT OR REPLACE INTO used_form VALUES (?, ?)", (token, location))
    payroll.become_paid(visit, this["id"], "draft")
    return Saved(
        f"Draft saved as mutation {number}.",
        location,
        f"{home}/periods/{this['period']}/slips/{visit.places['slip']}",
    )


def _read(
    visit: Visit, fields: Fields, run: sqlite3.Row, kind: str, line: sqlite3.Row | None
) -> mutations.Draft:
    known = {
        row["code"]
        for row in visit.database.execute("SELECT code FROM component WHERE kind != 'derived'")
    }
    component = line["component"] if line else fields.choice("component", "Component", known)
    amount, centre = None, ""
    if kind != mutations.END:
        amount = fields.number("amount", "New amount")
        centres = {row["code"] for row in _cost_centres(visit)}
        centre = fields.choice("cost_centre", "Cost centre", centres)
    earlier = set(_earlier_periods(visit, run))
    start = fields.choice("corrected_from", "Corrected period", earlier, needed=False)
    until = fields.choice("corrected_until", "Corrected until", earlier, needed=False)
    if until and not start:
        fields.wrong("corrected_from", "Corrected period: choose the first one too.")
    if until and until < start:
        fields.wrong("corrected_until", "Corrected until: lies before the corrected period.")
    reasons = {row["code"] for row in visit.database.execute("SELECT code FROM reason")}
    return mutations.Draft(
        kind=kind,
        line_id=line["id"] if line else None,
        component=component,
        amount_before=line["amount"] if line else "",
        amount_after="" if amount is None else str(numbers.cents(amount)),
        cost_centre_before=line["cost_centre"] if line else "",
        cost_centre_after=centre,
        corrected_from=start,
        corrected_until=until or start,
        reason=fields.choice("reason", "Reason", reasons),
        reference=fields.text("reference", "Reference"),
    )


def mutation(visit: Visit) -> Answer:
    """One mutation: before, after, and what can be done with it."""
    org, found = payroll.organisation(visit), mutations.find(visit)
    people = visit.database.execute(
        "SELECT count(*) FROM slip WHERE run_id = ?", (found["run_id"],)
    ).fetchone()[0]
    return Page("payroll/mutation.html", {"org": org, "mutation": found, "people": people})


def approve(visit: Visit) -> Answer:
    """Approve a draft."""
    found = mutations.find(visit)
    mutations.approve(visit, found)
    payroll.become_paid(visit, found["run_id"], "approve")
    return _stay(found, f"Mutation {found['id']} approved.")


def apply(visit: Visit) -> Answer:
    """Apply an approved mutation; the whole run is calculated anew."""
    found = mutations.find(visit)
    mutations.apply(visit, found)
    return _stay(
        found, f"Mutation {found['id']} applied. The run of {found['period']} was calculated anew."
    )


def discard(visit: Visit) -> Answer:
    """Discard a mutation that was not applied."""
    found = mutations.find(visit)
    mutations.discard(visit, found)
    return _stay(found, f"Mutation {found['id']} discarded.")


def _stay(found: sqlite3.Row, notice: str) -> Saved:
    address = f"/payroll/{found['organisation']}/mutations/{found['id']}"
    return Saved(notice, address, address)
