"""How an agreement may differ from the standard way of ordering."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from paraplu import Variants


class Unkept(StrEnum):
    """What a purchasing system may not keep, and a client may accept as not checked."""

    CONTRACTS = "contracts"
    BUDGETS = "budgets"
    ADDRESSES = "delivery-addresses"
    VAT = "vat"


class OrderVariants(Variants):
    """The settings of one agreement for procurement orders.

    `organisation` is the client's code in the purchasing system. `price_tolerance` is in percent of the
    catalogue price, up or down. `lead_time` (working days) counts where the system knows none.
    `approval_days` (working days) is how long before the latest order moment a case goes to a person,
    so that approvals still fit in. `order_until` is the time of day, in the client's time zone, until
    which an order counts for that day. `confirm_within` (working days) is how soon the supplier must
    confirm a date. `delivery_addresses` are the codes that may be used, empty for all that the system
    lists. `contract_required` sends back orders without a framework contract. `accept_unchecked` names
    what this system does not keep and what the client accepts not to be checked.
    """

    organisation: str = Field(min_length=1)
    price_tolerance: Decimal = Field(default=Decimal(0), ge=0, le=100)
    lead_time: int | None = Field(default=None, ge=0)
    approval_days: int = Field(default=1, ge=0)
    order_until: time = time(16, 0)
    confirm_within: int = Field(default=3, ge=1)
    delivery_addresses: tuple[str, ...] = ()
    contract_required: bool = False
    accept_unchecked: tuple[Unkept, ...] = ()
