"""When a yes is needed, and who may not give it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from paraplu.domain.agreement import Agreement
from paraplu.domain.approval import Hands, approval_needed, may_not_decide
from paraplu.domain.change import Effect
from paraplu.domain.mandate import Mandate

MANDATE = Mandate(
    client="noordwijk",
    service="ledger",
    person="anna",
    may="ask",
    limit=Decimal(100),
    valid_from=date(2026, 1, 1),
    granted_by="gerda",
)
AGREEMENT = Agreement(
    client="noordwijk",
    service="ledger",
    version=1,
    valid_from=date(2026, 1, 1),
    target="ledger",
    credential="robot",
)
SMALL, LARGE = Effect(Decimal(-100), "EUR"), Effect(Decimal("100.01"), "EUR")


def code(agreement: Agreement, mandate: Mandate | None, effect: Effect, proven: bool) -> str | None:
    message = approval_needed(agreement, mandate, effect, proven=proven)
    return None if message is None else message.code


def test_within_the_mandate_of_a_proven_asker_no_yes_is_needed() -> None:
    assert code(AGREEMENT, MANDATE, SMALL, True) is None


def test_above_the_limit_or_without_proof_or_mandate_one_is() -> None:
    assert code(AGREEMENT, MANDATE, LARGE, True) == "above-limit"
    assert code(AGREEMENT, None, SMALL, True) == "above-limit"
    assert code(AGREEMENT, MANDATE, SMALL, False) == "asker-unproven"


def test_an_agreement_may_ask_for_one_always() -> None:
    strict = AGREEMENT.model_copy(update={"approval": "always"})
    assert code(strict, MANDATE, SMALL, True) == "approval-always"


@pytest.mark.parametrize(
    ("hands", "own_mandate", "reason"),
    [
        (Hands("anna"), False, "own-submission"),
        (Hands("carla", "anna"), False, "own-request"),
        (Hands("carla", None, "anna"), False, "own-data"),
        (Hands("carla", edited_by={"anna"}), False, "own-edit"),
        (Hands("carla", finished_by={"anna"}), False, "own-work"),
        (Hands("carla"), True, "own-mandate"),
    ],
)
def test_nobody_decides_on_what_is_their_own(hands: Hands, own_mandate: bool, reason: str) -> None:
    message = may_not_decide("anna", hands, MANDATE, own_mandate)
    assert message is not None
    assert message.code == reason


def test_without_a_mandate_nobody_decides_and_with_one_a_stranger_does() -> None:
    message = may_not_decide("anna", Hands("carla"), None, False)
    assert message is not None
    assert message.code == "no-mandate"
    assert may_not_decide("anna", Hands("carla", "dirk", "bob"), MANDATE, False) is None
