"""The payroll side's pages for looking: employees, components, periods, runs and slips."""

from paraplu.practice import mutations, payroll
from paraplu.practice.fields import Fields
from paraplu.practice.listing import listing
from paraplu.practice.visit import Answer, Page, Saved, Visit, refused


def employees(visit: Visit) -> Answer:
    """The paged list of employees."""
    org = payroll.organisation(visit)
    found = listing(
        visit,
        "SELECT employee.*, (SELECT group_concat(number || ' ' || function, ', ') FROM employment"
        " WHERE employee_id = employee.id) AS employments FROM employee WHERE organisation = ?",
        "code",
        (org["code"],),
        ("code", "name"),
    )
    return Page("payroll/employees.html", {"org": org, "listing": found})


def employee(visit: Visit) -> Answer:
    """One employee: employments and slips."""
    org, person = payroll.organisation(visit), payroll.employee(visit)
    employments = visit.database.execute(
        "SELECT * FROM employment WHERE employee_id = ? ORDER BY number", (person["id"],)
    ).fetchall()
    slips = visit.database.execute(
        "SELECT run.period, run.state, employment.number, slip_line.amount AS net"
        " FROM slip JOIN run ON run.id = run_id JOIN employment ON employment.id = employment_id"
        " LEFT JOIN slip_line ON slip_id = slip.id AND component = '9900'"
        " WHERE employee_id = ? ORDER BY period DESC, number",
        (person["id"],),
    ).fetchall()
    return Page(
        "payroll/employee.html",
        {"org": org, "person": person, "employments": employments, "slips": slips},
    )


def bank_account(visit: Visit) -> Answer:
    """The page with an employee's bank account; no robot has a right to it."""
    org, person = payroll.organisation(visit), payroll.employee(visit)
    return Page("payroll/bank_account.html", {"org": org, "person": person, "errors": {}})


def save_bank_account(visit: Visit) -> Answer:
    """Store another bank account for an employee."""
    org, person = payroll.organisation(visit), payroll.employee(visit)
    fields = Fields(visit)
    number = fields.text("account_number", "Account number", limit=34)
    holder = fields.text("account_holder", "Account holder")
    if fields.errors:
        context = {"org": org, "person": person, "errors": fields.errors}
        return Page("payroll/bank_account.html", context, 422)
    visit.database.execute(
        "UPDATE employee SET account_number = ?, account_holder = ? WHERE id = ?",
        (number, holder, person["id"]),
    )
    address = f"/payroll/{org['code']}/employees/{person['code']}"
    return Saved("Bank account saved.", address, address)


def components(visit: Visit) -> Answer:
    """The catalogue of components."""
    org = payroll.organisation(visit)
    rows = visit.database.execute("SELECT * FROM component ORDER BY code").fetchall()
    return Page("payroll/components.html", {"org": org, "rows": rows})


def periods(visit: Visit) -> Answer:
    """The periods of an organisation with the state of their runs."""
    org = payroll.organisation(visit)
    rows = visit.database.execute(
        "SELECT run.*, (SELECT count(*) FROM slip WHERE run_id = run.id) AS people FROM run"
        " WHERE organisation = ? ORDER BY period DESC",
        (org["code"],),
    ).fetchall()
    return Page("payroll/periods.html", {"org": org, "rows": rows})


def run(visit: Visit) -> Answer:
    """The run of a period: everybody in it with the net total, on one page."""
    org, this = payroll.organisation(visit), payroll.run(visit)
    nets = payroll.nets(visit.database, this["id"])
    return Page(
        "payroll/run.html",
        {"org": org, "run": this, "nets": nets, "total": payroll.sum_of(nets, "net")},
    )


def recalculate(visit: Visit) -> Answer:
    """Calculate a run anew."""
    this = payroll.run(visit)
    mutations.check_open(this)
    mutations.recalculate(visit, this["id"])
    address = f"/payroll/{this['organisation']}/periods/{this['period']}"
    return Saved(f"Run of {this['period']} calculated.", address, address)


def set_run_state(visit: Visit) -> Answer:
    """Move a run on: approve, pay or close it (the administrator's work)."""
    this = payroll.run(visit)
    step = payroll.RUN_STATES.index(this["state"]) + 1
    wanted = visit.sent("state")
    if step >= len(payroll.RUN_STATES) or payroll.RUN_STATES[step] != wanted:
        raise refused(f"The run of {this['period']} is {this['state']}: it cannot become {wanted}.")
    if wanted == payroll.CALCULATED:
        mutations.recalculate(visit, this["id"])
    visit.database.execute("UPDATE run SET state = ? WHERE id = ?", (wanted, this["id"]))
    address = f"/payroll/{this['organisation']}/periods/{this['period']}"
    return Saved(f"Run of {this['period']} is now {wanted}.", address, address)


def slip(visit: Visit) -> Answer:
    """One slip: its lines, its totals, and the corrections that are not applied yet."""
    org, this = payroll.organisation(visit), payroll.run(visit)
    found = payroll.slip(visit, this["id"])
    rows = payroll.lines(visit.database, found["id"])
    waiting = visit.database.execute(
        "SELECT mutation.*, component.name AS component_name FROM mutation"
        " JOIN component ON component.code = component"
        " WHERE slip_id = ? AND state IN ('draft', 'approved') ORDER BY mutation.id",
        (found["id"],),
    ).fetchall()
    payroll.become_paid(visit, this["id"], "look")
    return Page(
        "payroll/slip.html",
        {
            "org": org,
            "run": this,
            "slip": found,
            "asked": [row for row in rows if not row["derived"]],
            "derived": [row for row in rows if row["derived"]],
            "marks": payroll.marks(rows),
            "waiting": waiting,
            "changeable": this["state"] in (payroll.OPEN, payroll.CALCULATED),
        },
    )
