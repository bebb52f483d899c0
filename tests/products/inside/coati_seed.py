"""Fills an empty coati-payroll database. Runs inside the product's own environment.

The product's own initial and demonstration data (2 companies, 15 employees, 2 payrolls), set up
further as whoever introduces the product would: users, cost centres, an ended employment, concepts
that do something. Then the product's own engine calculates last month's runs, which are applied, and
this month's, which stay open for corrections.
"""

import argparse
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from coati_app import application

# Every shipped concept is "fixed, 0": a novelty on it saves and changes nothing.
_INCOME = {
    "OVERTIME": ("hours", Decimal(200)),
    "BONUSES": ("formula", None),
    "TRANSPORT_ALLOWANCE": ("formula", None),
    "RETROACTIVE_PAYMENTS": ("formula", None),
    "COMMISSIONS": ("formula", None),
}
_DEDUCTIONS = {
    "VOLUNTARY_RETIREMENT": ("salary_percentage", Decimal("7.00")),
    "UNPAID_ABSENCES": ("days", None),
    "TARDINESS": ("hours", None),
    "CAFETERIA": ("formula", None),
    "OVERPAYMENT_CORRECTION": ("formula", None),
}
_ENDED = "DEMO-EMP015"


def amount_of_the_novelty(code: str) -> dict[str, Any]:
    """A formula in the product's own language whose result is the value of the novelties on `code`."""
    source = {"name": "asked", "type": "decimal", "source": f"novedad_{code}", "default": 0}
    step = {"name": "amount", "type": "calculation", "formula": "asked", "output": "amount"}
    meta = {"name": code, "reference_currency": "NIO", "version": "1.0.0"}
    return {"meta": meta, "inputs": [source], "steps": [step], "output": "amount"}


def add_users(users: list[dict[str, str]]) -> None:
    """The users that the tests sign in as: `login`, `password`, `role` (hr, audit)."""
    from coati_payroll.auth import proteger_passwd
    from coati_payroll.model import Usuario, db

    for user in users:
        record = Usuario()
        record.usuario, record.acceso = user["login"], proteger_passwd(user["password"])
        record.nombre, record.apellido = user["login"], ""
        record.tipo, record.activo = user["role"], True
        db.session.add(record)
    db.session.commit()


def configure(first: dt.date) -> None:
    """Concepts that count, cost centres, and one employment that ended the day before `first`."""
    from coati_payroll import model
    from coati_payroll.model import db

    for kind, concepts, link, key, order in (
        (model.Percepcion, _INCOME, model.PlanillaIngreso, "percepcion_id", "orden"),
        (model.Deduccion, _DEDUCTIONS, model.PlanillaDeduccion, "deduccion_id", "prioridad"),
    ):
        for place, (code, (formula, percentage)) in enumerate(concepts.items(), start=100):
            concept = db.session.execute(db.select(kind).filter_by(codigo=code)).scalar_one()
            concept.formula_tipo, concept.porcentaje = formula, percentage
            concept.editable_en_nomina = True
            if formula == "formula":
                concept.formula = amount_of_the_novelty(code)
            for payroll in db.session.execute(db.select(model.Planilla)).scalars():
                pair = {"planilla_id": payroll.id, key: concept.id}
                if db.session.execute(db.select(link).filter_by(**pair)).first() is None:
                    db.session.add(link(**pair, **{order: place}, activo=True))
    for employee in db.session.execute(db.select(model.Empleado)).scalars():
        employee.centro_costos = f"CC-{(employee.area or 'ZZZ')[:3].upper()}"
        if employee.codigo_empleado == _ENDED:
            employee.activo, employee.fecha_baja = False, first - dt.timedelta(days=1)
    db.session.commit()


def calculate(first: dt.date) -> list[tuple[str, str]]:
    """Calculate the runs of the month that begins on `first`: (payroll id, run id) of each."""
    from coati_payroll.model import Planilla, db
    from coati_payroll.vistas.planilla.services import NominaService

    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    runs = []
    for payroll in db.session.execute(db.select(Planilla)).scalars().all():
        run, problems, _ = NominaService.ejecutar_nomina(
            planilla=payroll,
            periodo_inicio=first,
            periodo_fin=last,
            fecha_calculo=last,
            usuario="coati-admin",
        )
        if run is None or problems:
            raise SystemExit(f"The run of {first:%B %Y} could not be calculated: {problems}")
        runs.append((payroll.id, run.id))
    db.session.commit()
    return runs


def main() -> None:
    """Fill the database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--month", type=dt.date.fromisoformat, required=True, help="its first day")
    parser.add_argument("--users", type=json.loads, required=True)
    given = parser.parse_args()
    app = application(given.database, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False)
    before = (given.month - dt.timedelta(days=1)).replace(day=1)
    with app.app_context():
        from coati_payroll import ensure_database_initialized
        from coati_payroll.demo_data import load_demo_data
        from coati_payroll.initial_data import load_initial_data

        ensure_database_initialized(app)
        load_initial_data()
        load_demo_data()
        add_users(given.users)
        configure(given.month)
        earlier = calculate(before)
    robot, client = given.users[0], app.test_client()
    client.post("/auth/login", data={"email": robot["login"], "password": robot["password"]})
    for payroll, run in earlier:
        for verb in ("aprobar", "aplicar"):
            answer = client.post(f"/planilla/{payroll}/nomina/{run}/{verb}")
            if answer.status_code != 302:
                raise SystemExit(f"{verb} of last month's run was answered {answer.status_code}.")
    with app.app_context():
        calculate(given.month)


if __name__ == "__main__":
    main()
