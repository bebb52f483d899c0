"""When a person's yes is needed, and who may give it. The rules of four eyes live here, not in pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from paraplu.domain.agreement import Agreement
from paraplu.domain.change import Effect
from paraplu.domain.mandate import Mandate
from paraplu.domain.message import Message


@dataclass(frozen=True, slots=True)
class Hands:
    """Whose hands a case has been through, by uid of person. None of them decides on it."""

    submitter: str
    requester: str | None = None
    subject: str | None = None
    edited_by: Collection[str] = ()
    finished_by: Collection[str] = ()


def approval_needed(
    agreement: Agreement, ask: Mandate | None, effect: Effect, *, proven: bool
) -> Message | None:
    """Why a plan needs a person's yes, None when it does not.

    `ask` is the mandate under which it was asked; `proven` whether the channel, or a submitter with a
    mandate, proves who asked.
    """
    if not proven:
        return Message(
            "asker-unproven",
            "Who asked for this is a name in a cell only: somebody with a mandate must confirm it.",
        )
    if agreement.approval == "always":
        return Message("approval-always", "The agreement asks for approval of every case.")
    if ask is None or not ask.reaches(effect):
        return Message(
            "above-limit",
            "The total effect of {amount} {currency} is above what may be asked without approval.",
            {"amount": abs(effect.amount), "currency": effect.currency},
        )
    return None


def may_not_decide(
    person: str, hands: Hands, mandate: Mandate | None, own_mandate: bool
) -> Message | None:
    """Why `person` (a uid) may not decide on a case, None when it may.

    `mandate` is the person's widest mandate to approve that covers the case, `own_mandate` whether the
    person put that mandate into force.
    """
    somebody = " Somebody else with a mandate must decide."
    reasons = (
        (
            person == hands.submitter,
            "own-submission",
            "You delivered this request yourself." + somebody,
        ),
        (person == hands.requester, "own-request", "You asked for this yourself." + somebody),
        (person == hands.subject, "own-data", "This is about you." + somebody),
        (person in hands.edited_by, "own-edit", "You changed this case yourself." + somebody),
        (person in hands.finished_by, "own-work", "You worked on this case yourself." + somebody),
        (mandate is None, "no-mandate", "You have no mandate to approve this."),
        (own_mandate, "own-mandate", "You put your own mandate into force." + somebody),
    )
    return next((Message(code, text) for applies, code, text in reasons if applies), None)
