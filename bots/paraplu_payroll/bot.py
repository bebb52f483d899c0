"""The procedure of a payroll correction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from paraplu import Bot, CaseInHand, Change, Client, Desk, Finding
from paraplu_payroll.change import SetComponent
from paraplu_payroll.dossier import Dossier
from paraplu_payroll.request import SalaryCorrection
from paraplu_payroll.rules import Rules
from paraplu_payroll.system import PayrollSystem
from paraplu_payroll.variants import PayrollVariants

_CUT_OFF = time(17)


class PayrollBot(Bot[SalaryCorrection]):
    """Changes, adds, ends or reverses one line of one slip."""

    service: ClassVar[str] = "payroll-correction"
    request = SalaryCorrection
    needs: ClassVar = {"payroll": PayrollSystem}
    variants = PayrollVariants
    does: ClassVar[str] = (
        "Changes, adds, ends or reverses one line of somebody's pay, in money or in hours, after "
        "comparing the amount in the payroll system with the amount in the request. Corrects the open "
        "period itself; a paid or closed period is corrected by a line in the next open period that "
        "names the months corrected, or a person is called, as agreed. Afterwards compares the whole "
        "slip, and what everybody else in the run is paid, with how they were before."
    )
    never: ClassVar[tuple[str, ...]] = (
        "Changes a bank account or any other payment detail.",
        "Opens a period that is approved, paid or closed.",
        "Calculates or corrects a garnishment or a recovery.",
        "Corrects tax, pension or another figure that the payroll system works out itself.",
        "Changes part-time percentages, scales or other master data, or splits over cost centres.",
        "Goes on when a remark was written that nobody has read.",
    )

    def shares(self, request: SalaryCorrection, client: Client) -> str | None:
        """One correction of a client at a time: each makes the system calculate everybody's run anew.

        Which run that is, only the system knows when the request names no period.
        """
        return client.id

    _last: tuple[CaseInHand[SalaryCorrection], Desk, Dossier] | None = None

    def _dossier(self, case: CaseInHand[SalaryCorrection], desk: Desk) -> Dossier:
        """What `check` read is what `change` is made of: what changes in between is seen at the plan."""
        if self._last is None or self._last[0] is not case or self._last[1] is not desk:
            self._last = case, desk, Dossier(desk["payroll"], case)
        return self._last[2]

    def check(self, case: CaseInHand[SalaryCorrection], desk: Desk) -> Iterable[Finding]:
        """Every rule of the standard procedure. Reads the payroll system."""
        dossier = self._dossier(case, desk)
        latest = _latest(dossier, desk)
        before = None if latest is None else latest.astimezone(UTC)
        return list(Rules(dossier, desk.today, before).findings())

    def change(self, case: CaseInHand[SalaryCorrection], desk: Desk) -> Change[Any]:
        """The change of one line. Raises `NothingDone` when the system no longer fits the check."""
        dossier = self._dossier(case, desk)
        employment = dossier.employment
        return SetComponent(
            dossier.system,
            dossier.booking(),
            components=dossier.components,
            hours_per_week=None if employment is None else employment.hours_per_week,
            currency=case.client.currency,
            margin=dossier.variants.hours_margin,
            latest=_latest(dossier, desk),
        )


def _latest(dossier: Dossier, desk: Desk) -> datetime | None:
    days, run = dossier.variants.cut_off_days, dossier.processed
    if days is None or run is None or run.pay_date is None:
        return None
    day = desk.calendar.shift(run.pay_date, -days)
    return datetime.combine(day, _CUT_OFF, desk.now.tzinfo)
