"""Approvals of one run's plans: whether one is needed, whether one stands, and asking for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from paraplu.audit.part import Approval
from paraplu.domain.approval import approval_needed
from paraplu.domain.case import State
from paraplu.engine.askings import Askings, Matter
from paraplu.engine.casefile import Said, Story
from paraplu.engine.clients import Terms
from paraplu.engine.clock import to_ms
from paraplu.engine.journal import Personal
from paraplu.engine.mandates import standing_approvals
from paraplu.engine.planning import Prepared
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Turn
from paraplu.store import cases, plans
from paraplu.store.entries import NewEntry


class Approving:
    """The approvals of the cases of one run."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def question(self, case: Held, prepared: Prepared) -> Any:
        """Why a person must say yes first, None when one has or none is needed."""
        mandate = prepared.asked.held.mandate if prepared.asked.held else None
        needed = approval_needed(
            self._turn.terms.agreement,
            mandate,
            prepared.intent.plan.effect,
            proven=prepared.asked.proven,
        )
        return needed if needed is not None and not self.standing(case, prepared) else None

    def standing(self, case: Held, prepared: Prepared, terms: Terms | None = None) -> list[Any]:
        with self._turn.parts.database.read() as connection:
            decisions = plans.decisions(connection, case.uid)
        request = self._turn.case_in_hand(case.row).request
        terms, effect = terms or self._turn.terms, prepared.intent.plan.effect
        return standing_approvals(
            terms, decisions, prepared.digest, self._turn.today(), request, effect
        )

    def _ask(
        self, connection: Connection, case: Held, prepared: Prepared
    ) -> tuple[dict[str, Any] | None, list[NewEntry]]:
        """Ask somebody to decide; what the entry says of it, and the entries that follow."""
        request = self._turn.case_in_hand(case.row).request
        plan, terms = prepared.intent.plan, self._turn.terms
        matter = Matter(case.row, prepared.digest, terms, request, plan)
        return Askings(self._turn.parts).begin(connection, matter)

    def approve(self, case: Held, prepared: Prepared) -> list[Approval] | None:
        """Keep the plan. Gives the approvals it stands on, None when it must wait for one."""
        question = self.question(case, prepared)
        plan = prepared.intent.plan
        files = self._turn.parts.case_files
        changed = {
            field.path: field.before
            for field in plan.asked
            if field.before is not None and field.before != field.after
        }
        after = {field.path: field.after for field in plan.asked if field.after is not None}
        personal = Personal(
            case.key,
            {
                "record": plan.record,
                "bounds": dict(plan.bounds),
                "preconditions": dict(plan.preconditions),
                "effect": [str(plan.effect.amount), plan.effect.currency],
            },
            changed,
            after,
            thing="plan",
        )
        with self._turn.parts.database.write() as connection:
            plans.keep(
                connection,
                case.uid,
                prepared.digest,
                files.seal_plan(case.uid, case.key, plan),
                self._turn.parts.clock.ms(),
            )
            values: dict[str, Any] = {
                "digest": prepared.digest,
                "latest": None if plan.latest is None else to_ms(plan.latest),
            }
            if question is None:
                cases.write(connection, case.uid, fence=case.fence, state=State.PLANNED, **values)
            else:
                Settling(self._turn).taken_up(connection, case)
                story = files.seal_story(case.uid, case.key, Story((Said(None, question),)))
                cases.write(
                    connection,
                    case.uid,
                    fence=case.fence,
                    state=State.WAITING,
                    reason=question.code,
                    run=None,
                    sealed_story=story,
                    **values,
                )
            says, further = (
                (None, []) if question is None else self._ask(connection, case, prepared)
            )
            self._turn.parts.journal.write(
                connection,
                self._turn.parts.journal.entry(
                    "case-planned" if question is None else "approval-asked",
                    self._turn.hand,
                    case=case.uid,
                    fence=case.fence,
                    plan=prepared.digest,
                    mandate=prepared.asked.held.uid if prepared.asked.held else None,
                    requested_by=case.row.requester,
                    status_code=question.code if question else None,
                    personal=personal,
                    detail=says,
                    **self._turn.names,
                ),
                *further,
            )
        if question is not None:
            return None
        return [
            Approval(decision.person, decision.mandate, "approved", decision.decided_at)
            for decision in self.standing(case, prepared)
        ]
