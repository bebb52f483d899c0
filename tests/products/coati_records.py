"""What coati-payroll has stored: the independent truth for tests of payroll corrections.

Money is in the product's currency (NIO in its demonstration data), with two decimals. The words for
states and kinds are the product's own, as stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from products.database import Database


@dataclass(frozen=True)
class Employee:
    """An employee's master data, as far as corrections need it."""

    code: str
    name: str
    base_salary: Decimal
    active: bool
    ended: dt.date | None
    cost_centre: str | None


@dataclass(frozen=True)
class SalaryChange:
    """A row of the salary history. `state`: draft, approved, applied."""

    employee: str
    state: str
    before: Decimal
    after: Decimal
    reason: str | None
    effective: dt.date
    created_by: str | None
    approved_by: str | None
    applied_by: str | None


@dataclass(frozen=True)
class Novelty:
    """One payroll event of an employee. `state`: pending, executed; `unit`: monto, horas, dias, ..."""

    employee: str
    concept: str
    unit: str | None
    value: Decimal
    date: dt.date | None
    state: str
    created_by: str | None


@dataclass(frozen=True)
class SlipLine:
    """A line of a slip. `kind`: income, deduction, benefit (paid by the employer)."""

    kind: str
    code: str
    amount: Decimal


@dataclass(frozen=True)
class PayrollRun:
    """A calculated payroll. `state`: generated, approved, applied, paid, cancelled, ..."""

    uid: str
    payroll: str
    state: str
    start: dt.date
    end: dt.date
    gross: Decimal
    deductions: Decimal
    net: Decimal
    replaces: str | None


@dataclass(frozen=True)
class Slip:
    """What one employee gets in one run, with all lines in the order of the product."""

    employee: str
    base_salary: Decimal
    gross: Decimal
    deductions: Decimal
    net: Decimal
    lines: tuple[SlipLine, ...]


def _money(stored: Any) -> Decimal:
    return Decimal(str(stored)).quantize(Decimal("0.01"))


def _day(stored: str | None) -> dt.date | None:
    return dt.date.fromisoformat(stored) if stored else None


@dataclass(frozen=True)
class CoatiRecords:
    """The stored records, read anew by every method."""

    database: Database

    def employees(self) -> dict[str, Employee]:
        """Every employee by code."""
        rows = self.database.rows("select * from empleado order by codigo_empleado")
        return {
            row["codigo_empleado"]: Employee(
                code=row["codigo_empleado"],
                name=f"{row['primer_nombre']} {row['primer_apellido']}",
                base_salary=_money(row["salario_base"]),
                active=bool(row["activo"]),
                ended=_day(row["fecha_baja"]),
                cost_centre=row["centro_costos"],
            )
            for row in rows
        }

    def base_salary(self, employee: str) -> Decimal:
        """The monthly base salary of the employee with this code. Raises KeyError."""
        return self.employees()[employee].base_salary

    def salary_history(self, employee: str) -> list[SalaryChange]:
        """The employee's salary changes, oldest first."""
        rows = self.database.rows(
            "select h.*, e.codigo_empleado as code from historial_salario h"
            " join empleado e on e.id = h.empleado_id where code = :employee order by h.timestamp",
            employee=employee,
        )
        return [
            SalaryChange(
                employee=row["code"],
                state=row["estado"],
                before=_money(row["salario_anterior"]),
                after=_money(row["salario_nuevo"]),
                reason=row["motivo"],
                effective=dt.date.fromisoformat(row["fecha_efectiva"]),
                created_by=row["creado_por"],
                approved_by=row["autorizado_por"],
                applied_by=row["aplicado_por"],
            )
            for row in rows
        ]

    def runs(self, payroll: str) -> list[PayrollRun]:
        """The runs of the payroll with this name, by period."""
        rows = self.database.rows(
            "select n.*, p.nombre from nomina n join planilla p on p.id = n.planilla_id"
            " where p.nombre = :payroll order by n.periodo_inicio, n.timestamp",
            payroll=payroll,
        )
        return [
            PayrollRun(
                uid=row["id"],
                payroll=row["nombre"],
                state=row["estado"],
                start=dt.date.fromisoformat(row["periodo_inicio"]),
                end=dt.date.fromisoformat(row["periodo_fin"]),
                gross=_money(row["total_bruto"]),
                deductions=_money(row["total_deducciones"]),
                net=_money(row["total_neto"]),
                replaces=row["nomina_original_id"],
            )
            for row in rows
        ]

    def run(self, payroll: str, month: dt.date) -> PayrollRun:
        """The one run of `payroll` whose period begins on `month`. Raises ValueError if not one."""
        (found,) = (run for run in self.runs(payroll) if run.start == month)
        return found

    def novelties(self, run: PayrollRun) -> list[Novelty]:
        """The novelties that count in the run, oldest first.

        The product goes by employee and date; the run that a novelty was entered in does not matter.
        """
        rows = self.database.rows(
            "select v.*, e.codigo_empleado as code from nomina_novedad v"
            " join empleado e on e.id = v.empleado_id join nomina n on n.id = :run"
            " join planilla_empleado m on m.planilla_id = n.planilla_id and m.empleado_id = e.id"
            " where m.activo and v.fecha_novedad between n.periodo_inicio and n.periodo_fin"
            " order by v.timestamp",
            run=run.uid,
        )
        return [
            Novelty(
                employee=row["code"],
                concept=row["codigo_concepto"],
                unit=row["tipo_valor"],
                value=_money(row["valor_cantidad"]),
                date=_day(row["fecha_novedad"]),
                state=row["estado"],
                created_by=row["creado_por"],
            )
            for row in rows
        ]

    def slips(self, run: PayrollRun) -> dict[str, Slip]:
        """The slip of every employee in the run, by employee code."""
        lines: dict[str, list[SlipLine]] = {}
        for row in self.database.rows(
            "select d.nomina_empleado_id as slip, d.tipo, d.codigo, d.monto from nomina_detalle d"
            " join nomina_empleado s on s.id = d.nomina_empleado_id where s.nomina_id = :run"
            " order by d.tipo, d.orden, d.codigo",
            run=run.uid,
        ):
            line = SlipLine(row["tipo"], row["codigo"], _money(row["monto"]))
            lines.setdefault(row["slip"], []).append(line)
        rows = self.database.rows(
            "select s.*, e.codigo_empleado as code from nomina_empleado s"
            " join empleado e on e.id = s.empleado_id where s.nomina_id = :run order by code",
            run=run.uid,
        )
        return {
            row["code"]: Slip(
                employee=row["code"],
                base_salary=_money(row["sueldo_base_historico"]),
                gross=_money(row["salario_bruto"]),
                deductions=_money(row["total_deducciones"]),
                net=_money(row["salario_neto"]),
                lines=tuple(lines.get(row["id"], [])),
            )
            for row in rows
        }
