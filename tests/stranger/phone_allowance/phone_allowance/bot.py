"""The procedure: what must hold before anything is changed."""

from collections.abc import Iterable
from typing import ClassVar

from paraplu import Bot, CaseInHand, Change, Desk, Finding, Variants, to_client, to_person
from phone_allowance.change import SetAllowance, amount_of, place_of
from phone_allowance.request import AllowanceRequest
from phone_allowance.system import OPEN, PHONE, AllowanceSystem, Slip


class AllowanceVariants(Variants):
    """What an agreement sets: the client's code in the payroll system."""

    organisation: str


class PhoneAllowanceBot(Bot[AllowanceRequest]):
    """Sets, changes or stops one phone allowance."""

    service = "phone-allowance"
    request = AllowanceRequest
    needs: ClassVar = {"payroll": AllowanceSystem}
    variants = AllowanceVariants
    does = "Sets, changes or stops the phone allowance on a slip of a month that is still open."
    never = ("Changes a month that is approved, paid or closed.",)

    def check(self, case: CaseInHand[AllowanceRequest], desk: Desk) -> Iterable[Finding]:
        request = case.request
        slip = desk["payroll"].slip(place_of(case), case.mark)
        if slip is None:
            yield to_client(
                "employee", "no-slip", "There is no slip in {month}.", month=request.month
            )
            return
        if slip.run not in OPEN:
            yield to_client("month", "month-closed", "This month is {state}.", state=slip.run)
        if slip.cost_centre != request.cost_centre:
            yield to_client("cost_centre", "other-cost-centre", "This is not the cost centre.")
        found = amount_of(slip.lines.get(PHONE))
        if found not in (request.amount_now, request.amount_wanted):
            yield to_client("amount_now", "amount-differs", "The slip says {found}.", found=found)
        if slip.marks:
            yield to_person("marked-slip", "The slip is marked: {marks}.", marks=slip.marks)
        if request.remark:
            yield to_person("remark", "The client writes: {remark}", remark=request.remark)

    def change(self, case: CaseInHand[AllowanceRequest], desk: Desk) -> Change[Slip]:
        return SetAllowance(desk["payroll"], case)
