"""The rules about what stands on the slip: amounts, cost centre, garnishments and what is paid out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from paraplu import Finding, ToClient, to_client, to_person
from paraplu_payroll.dossier import Dossier
from paraplu_payroll.system import Concern, Slip
from paraplu_payroll.worth import difference

NOTHING: Final = "–"
"""What stands for an amount that is not there."""


class SlipRules:
    """The rules, put to a request whose employment, component and period are known."""

    def __init__(self, dossier: Dossier, before: datetime | None) -> None:
        self._dossier = dossier
        self._request = dossier.request
        self._variants = dossier.variants
        self._before = before

    def findings(self) -> Iterator[Finding]:
        """Every finding. The slip as a whole is judged once the amounts are those of the request."""
        amounts = list(self._amounts())
        yield from amounts
        processed = self._dossier.processed
        slip = None if processed is None else self._dossier.slip(processed.period)
        if slip is not None and not any(isinstance(item, ToClient) for item in amounts):
            yield from self._cost_centre()
            yield from self._slip(slip)

    def _amounts(self) -> Iterator[Finding]:
        request, dossier = self._request, self._dossier
        if not dossier.direct and dossier.difference == 0:
            yield to_client(
                "amount_wanted",
                "no-difference",
                "The amount wanted is the amount that there is now: for earlier months there is "
                "nothing to book.",
            )
            return
        processed = dossier.processed
        periods = dossier.span if processed is None else (*dossier.span, processed.period)
        for period in dict.fromkeys(periods):
            slip = dossier.slip(period)
            if slip is None:
                ended = dossier.employment.ends if dossier.employment else None
                if ended is not None and f"{ended:%Y-%m}" < period:
                    return  # a person is called because it has ended
                yield to_client(
                    "employment",
                    "no-slip",
                    "This employment has no slip in {period}.",
                    period=period,
                )
                return
            if any(
                line.component == request.component and "#" in key
                for key, line in slip.lines.items()
            ):
                yield to_person(
                    "line-twice",
                    "Component {component} stands more than once on the slip of {period}.",
                    before=self._before,
                    component=request.component,
                    period=period,
                )
        yield from self._found()

    def _found(self) -> Iterator[Finding]:
        request, dossier = self._request, self._dossier
        if None not in (request.amount_now, request.amount_wanted) and dossier.is_so:
            return
        for month, found in dossier.found.items():
            if request.amount_now is None and found is not None:
                yield to_client(
                    "component",
                    "component-there",
                    "Component {component} is there already for {period}, with {found}: ask for a "
                    "change.",
                    component=request.component,
                    period=month,
                    found=found,
                )
                return
            if request.amount_now is not None and found is None:
                yield to_client(
                    "component",
                    "component-not-there",
                    "Component {component} is not on the slip for {period}.",
                    component=request.component,
                    period=month,
                )
                return
            if request.amount_now is not None and found != request.amount_now:
                yield to_client(
                    "amount_now",
                    "amount-differs",
                    "For {period} the payroll system has {found}; the request says {stated}.",
                    period=month,
                    found=shown(found),
                    stated=request.amount_now,
                )
                return

    def _cost_centre(self) -> Iterator[Finding]:
        request, dossier, employment = self._request, self._dossier, self._dossier.employment
        own = dossier.slip(dossier.span[-1])
        line = dossier.line or (None if own is None else own.lines.get(request.component))
        booked = None if line is None else line.cost_centre
        known = booked or (None if employment is None else employment.cost_centre)
        if known is not None and known != request.cost_centre:
            yield to_person(
                "cost-centre-differs",
                "The request says cost centre {stated}, the payroll system has {found}. Handed back, "
                "the line is booked on {stated}.",
                before=self._before,
                stated=request.cost_centre,
                found=known,
            )

    def _slip(self, slip: Slip) -> Iterator[Finding]:
        for concern, finding in (
            (
                Concern.GARNISHMENT,
                to_person(
                    "garnishment", "There is a garnishment on the slip.", before=self._before
                ),
            ),
            (
                Concern.RECOVERY,
                to_person("recovery", "There is a recovery on the slip.", before=self._before),
            ),
        ):
            if self._concerned(slip, concern):
                yield finding
        if slip.net is not None and slip.net < 0:
            yield to_person(
                "net-negative",
                "What is paid out on this slip is negative: {net}.",
                before=self._before,
                net=slip.net,
            )
        employment = self._dossier.employment
        booking = self._dossier.booking()
        change = difference(
            booking.before,
            booking.after,
            self._dossier.components,
            None if employment is None else employment.hours_per_week,
            slip.lines,
        )
        if change is None:
            yield to_person(
                "worth-unknown",
                "The payroll system does not say what an hour is paid here, so nobody can tell what "
                "this correction is worth. It will need approval whatever the limits.",
                before=self._before,
            )
        elif slip.net is not None and slip.net >= 0 > slip.net + change.paid_out:
            yield to_person(
                "net-would-be-negative",
                "After this correction what is paid out may be negative: {net} before, {change} less.",
                before=self._before,
                net=slip.net,
                change=-change.paid_out,
            )

    def _concerned(self, slip: Slip, concern: Concern) -> bool:
        dossier, variants = self._dossier, self._variants
        codes = {
            Concern.GARNISHMENT: variants.garnishments,
            Concern.RECOVERY: variants.recoveries,
        }[concern]
        on_it = {line.component for line in slip.lines.values()} | {self._request.component}
        marked = {code for code in on_it if code in dossier.components}
        return (
            concern in slip.concerns
            or not on_it.isdisjoint(codes)
            or any(dossier.components[code].concern is concern for code in marked)
        )


def shown(amount: Decimal | None) -> Decimal | str:
    """An amount as a message shows it."""
    return NOTHING if amount is None else amount
