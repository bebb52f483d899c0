"""The payroll side of a new office: components, people, eight periods with slips, some mutations."""

import sqlite3
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from paraplu.practice import mutations, payroll, recalculation

COMPONENTS = (
    ("1000", "Base salary", "money", "earning", 1, 1, "1"),
    ("1100", "Personal allowance", "money", "earning", 1, 1, "1"),
    ("1200", "Extra hours 100%", "hours", "hours", 1, 1, "1"),
    ("1210", "Overtime 150%", "hours", "hours", 1, 0, "1.5"),
    ("1300", "On-call allowance", "money", "earning", 1, 0, "1"),
    ("1400", "Bonus", "money", "earning", 1, 0, "1"),
    ("1500", "Back pay", "money", "earning", 1, 1, "1"),
    ("1600", "Unpaid leave", "hours", "hours", 1, 1, "-1"),
    ("2000", "Travel allowance", "money", "reimbursement", 0, 0, "1"),
    ("2100", "Phone allowance", "money", "reimbursement", 0, 0, "1"),
    ("2200", "Home-working allowance", "money", "reimbursement", 0, 0, "1"),
    ("7000", "Union fee", "money", "deduction", 0, 0, "1"),
    ("7100", "Staff association", "money", "deduction", 0, 0, "1"),
    ("7200", "Bicycle scheme", "money", "deduction", 0, 0, "1"),
    ("7500", "Wage garnishment", "money", "deduction", 0, 0, "1"),
    ("7600", "Recovery of overpayment", "money", "deduction", 0, 0, "1"),
    ("9000", "Gross", "money", "derived", 0, 0, "1"),
    ("9100", "Pension", "money", "derived", 0, 0, "1"),
    ("9200", "Wage tax", "money", "derived", 0, 0, "1"),
    ("9900", "Net", "money", "derived", 0, 0, "1"),
)

REASONS = (
    ("R01", "Entered wrongly"),
    ("R02", "Information came late"),
    ("R03", "Agreement with retroactive effect"),
    ("R04", "Allowance started or stopped"),
    ("R09", "Other"),
)

GARNISHED, ENDED, TWICE, SCANT, RECOVERED, OVERTIME, LEAVING, JOINED = range(1, 9)


@dataclass(frozen=True)
class Staff:
    """How the people of one organisation are made."""

    organisation: str
    first_code: int
    code_step: int
    week: int
    lowest: int
    step: int
    spread: int
    rate: Decimal
    scant: tuple[str, str]
    account: str
    functions: tuple[str, ...]
    cost_centres: tuple[str, ...]
    names: str


WATERLAND = Staff(
    organisation="waterland",
    first_code=412,
    code_step=37,
    week=36,
    lowest=2350,
    step=173,
    spread=2900,
    rate=Decimal(1),
    scant=("640.00", "575.00"),
    account="NL00PRAK{:010d}",
    functions=(
        "Policy officer", "Counter clerk", "Groundskeeper", "Librarian", "Systems engineer",
        "Permit officer", "Pool attendant", "Account officer",
    ),
    cost_centres=("4100", "4310", "4420", "4510", "4600", "4800"),
    names=(
        "Sanne de Wit, Joost Hofstra, Marijke van Loon, Pieter Zijlstra, Fatima El Amrani,"
        " Willem Boersma, Anouk Verbeek, Kees Dijkgraaf, Lotte Smeets, Ruben Oosterhuis,"
        " Hanneke Prins, Bram Kuiper, Esra Yıldız, Gijs van Dam, Ineke Postma, Daan Wiersma,"
        " Roos Timmermans, Jeroen Haak, Aisha Bouzid, Tijmen Blom, Carla Veenstra, Sjoerd Alkema,"
        " Noor van der Meer, Hugo Lindeman, Yvonne Kroon, Stijn Bakker, Mila Jongsma, Otto Reinders,"
        " Femke Groot, Cor Schilder, Wies Nijland"
    ),
)  # fmt: skip

NORDVIG = Staff(
    organisation="nordvig",
    first_code=103,
    code_step=29,
    week=37,
    lowest=26500,
    step=1310,
    spread=21000,
    rate=Decimal("7.4"),
    scant=("5000.00", "4690.00"),
    account="DK00PRAK{:010d}",
    functions=(
        "Case officer",
        "Teacher",
        "Care assistant",
        "Park keeper",
        "Systems engineer",
        "School secretary",
        "Librarian",
        "Road worker",
    ),
    cost_centres=("2100", "2310", "2420", "2510", "2600"),
    names=(
        "Mette Kragh, Søren Vestergaard, Birgit Holm, Jens Overgaard, Camilla Fabricius,"
        " Henrik Bundgaard, Line Østergård, Poul Thorup, Astrid Munk, Kasper Lykke, Rikke Damgaard,"
        " Anders Brøns, Signe Hald, Torben Krogh, Ida Ravn, Mikkel Skou, Pernille Toft, Ole Bach,"
        " Kirstine Juul, Rasmus Friis, Hanne Dalgaard, Emil Stage, Gitte Nørby, Lars Høeg,"
        " Trine Buhl, Viggo Kjær, Louise Storm, Bent Hvid, Maja Tang, Erik Sloth, Åse Lund"
    ),
)


def month(today: date, offset: int) -> date:
    """The first day of the month that lies `offset` months from today's."""
    count = today.year * 12 + today.month - 1 + offset
    return date(count // 12, count % 12 + 1, 1)


def last_day(first: date) -> date:
    """The last day of a month."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def seed(database: sqlite3.Connection, today: date, stamp: str) -> None:
    """Fill the payroll tables."""
    database.executemany("INSERT INTO component VALUES (?, ?, ?, ?, ?, ?, ?)", COMPONENTS)
    database.executemany("INSERT INTO reason VALUES (?, ?)", REASONS)
    for staff in (WATERLAND, NORDVIG):
        _seed_people(database, staff, today)
        for offset in range(-6, 2):
            _seed_period(database, staff, today, offset, stamp)
        _seed_mutations(database, staff, today)


def _seed_people(database: sqlite3.Connection, staff: Staff, today: date) -> None:
    for index, name in enumerate(staff.names.split(", ")):
        born = date(1961, 3, 7) + timedelta(days=index * 431)
        number = staff.first_code + index * staff.code_step
        employee = database.execute(
            "INSERT INTO employee (organisation, code, name, birth_date, account_number,"
            " account_holder) VALUES (?, ?, ?, ?, ?, ?)",
            (
                staff.organisation,
                f"{number:05d}",
                name.strip(),
                born.isoformat(),
                staff.account.format(4_100_000 + index * 7919),
                name.strip(),
            ),
        ).lastrowid
        start, until = month(today, -20 - index * 3), ""
        if index == ENDED:
            until = last_day(month(today, -2)).isoformat()
        if index == LEAVING:
            until = last_day(today).isoformat()
        if index == JOINED:
            start = month(today, 0)
        shares = [Decimal(100), Decimal(80), Decimal(100), Decimal("66.67")]
        parts = [shares[index % 4]]
        if index == SCANT:
            parts = [Decimal("22.22")]
        if index == TWICE:
            parts = [Decimal(60), Decimal(40)]
        for order, share in enumerate(parts, start=1):
            database.execute(
                "INSERT INTO employment (employee_id, number, function, cost_centre, valid_from,"
                " valid_until, part_time, hours_per_week) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    employee,
                    order,
                    staff.functions[(index + 3 * (order - 1)) % len(staff.functions)],
                    staff.cost_centres[(index + order - 1) % len(staff.cost_centres)],
                    start.isoformat(),
                    until,
                    f"{share:.2f}",
                    f"{staff.week * share / 100:.2f}",
                ),
            )


def _lines(staff: Staff, index: int, order: int, share: Decimal, current: bool) -> dict[str, str]:
    """The asked lines of one slip: amount by component."""
    if index == SCANT:
        return {"1000": staff.scant[0], "7200": staff.scant[1]}

    def money(euros: str) -> str:
        return f"{Decimal(euros) * staff.rate:.2f}"

    if index == 0:
        base = f"{Decimal(staff.lowest) + 900 * staff.rate:.2f}"
        return {"1000": base, "1300": money("185.40"), "2000": money("92.50"), "2100": money("25")}
    full = staff.lowest + (index * staff.step) % staff.spread
    found = {"1000": f"{Decimal(full) * share / 100:.2f}"}
    if index % 4 == 1 and order == 1:
        found["1100"] = money("125")
    if index % 2 == 0 or index == TWICE:
        found["2000"] = money(f"{41 + index * 3}.60")
    if index % 3 == 0 and order == 1:
        found["2100"] = money("25")
    if index % 5 == 2:
        found["7000"] = money("18.75")
    if index == GARNISHED:
        found["7500"] = money("310")
    if index == RECOVERED:
        found["7600"] = money("150")
    if index == OVERTIME:
        found["1210"] = "12.00" if current else "4.50"
    return found


def _seed_period(
    database: sqlite3.Connection, staff: Staff, today: date, offset: int, stamp: str
) -> None:
    first = month(today, offset)
    state = payroll.CLOSED if offset < -1 else payroll.PAID
    if offset >= 0:
        state = payroll.CALCULATED if offset == 0 else payroll.OPEN
    calculated = stamp if offset >= 0 else f"{first.replace(day=20)}T09:12:44+01:00"
    run_id = database.execute(
        "INSERT INTO run (organisation, period, starts, ends, pay_date, state, version,"
        " calculated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            staff.organisation,
            first.isoformat()[:7],
            first.isoformat(),
            last_day(first).isoformat(),
            first.replace(day=25).isoformat(),
            state,
            1 if offset >= 0 else 3,
            calculated,
        ),
    ).lastrowid
    assert run_id is not None  # noqa: S101 - an INSERT always has one
    rows = database.execute(
        "SELECT employment.*, employee.code FROM employment"
        " JOIN employee ON employee.id = employee_id WHERE organisation = ?"
        " AND valid_from <= ? AND (valid_until = '' OR valid_until >= ?) ORDER BY code, number",
        (staff.organisation, last_day(first).isoformat(), first.isoformat()),
    ).fetchall()
    for row in rows:
        slip_id = database.execute(
            "INSERT INTO slip (run_id, employment_id) VALUES (?, ?)", (run_id, row["id"])
        ).lastrowid
        index = (int(row["code"]) - staff.first_code) // staff.code_step
        lines = _lines(staff, index, row["number"], Decimal(row["part_time"]), offset == 0)
        database.executemany(
            "INSERT INTO slip_line (slip_id, component, amount, cost_centre) VALUES (?, ?, ?, ?)",
            [(slip_id, code, amount, row["cost_centre"]) for code, amount in lines.items()],
        )
    recalculation.compute_slips(database, run_id, calculated)


def _seed_mutations(database: sqlite3.Connection, staff: Staff, today: date) -> None:
    """Corrections of last month and three of this month, made by people."""
    for offset, count in ((-1, 13), (0, 3)):
        first = month(today, offset)
        rows = database.execute(
            "SELECT slip_line.*, slip.id AS slip FROM slip_line JOIN slip ON slip.id = slip_id"
            " JOIN run ON run.id = run_id WHERE organisation = ? AND period = ?"
            " AND component IN ('2000', '2100') ORDER BY slip_line.id DESC LIMIT ?",
            (staff.organisation, first.isoformat()[:7], count),
        ).fetchall()
        for index, row in enumerate(rows):
            at = f"{first.replace(day=1 + index)}T10:{10 + index}:07+01:00"
            reference = f"by hand {first:%y%m}-{index + 1:02d}"
            before = f"{Decimal(row['amount']) - 5:.2f}"
            database.execute(
                "INSERT INTO mutation (slip_id, kind, line_id, component, amount_before,"
                " amount_after, cost_centre_before, cost_centre_after, reason, reference, state,"
                " drafted_by, drafted_at, approved_by, approved_at, applied_by, applied_at,"
                " run_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row["slip"],
                    mutations.CHANGE,
                    row["id"],
                    row["component"],
                    before,
                    row["amount"],
                    row["cost_centre"],
                    row["cost_centre"],
                    "R04",
                    reference,
                    mutations.APPLIED,
                    *("office", at) * 3,
                    1,
                ),
            )
            database.execute(
                "UPDATE slip_line SET reason = 'R04', reference = ? WHERE id = ?",
                (reference, row["id"]),
            )
