"""What a client fills in to have a phone allowance set or stopped."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from paraplu import Kind, Request, asks


class AllowanceRequest(Request, titles={"en": "Phone allowance", "nl": "Telefoonvergoeding"}):
    """One person, one month, one amount."""

    employee: Annotated[
        str,
        Field(pattern=r"^[0-9]{5}$"),
        asks("Employee", nl="Medewerker", kind=Kind.CODE, width=5, subject=True),
    ]
    employment: Annotated[int, Field(ge=1, le=9), asks("Employment", nl="Dienstverband")]
    month: Annotated[str, asks("Month", nl="Maand", kind=Kind.MONTH)]
    cost_centre: Annotated[
        str, asks("Cost centre", nl="Kostenplaats", kind=Kind.CODE, cost_centre=True)
    ]
    amount_now: Annotated[
        Decimal,
        Field(ge=0, le=100),
        asks(
            "Amount now",
            nl="Bedrag nu",
            kind=Kind.MONEY,
            hint={
                "en": "What the slip says now; 0 when there is no phone allowance.",
                "nl": "Wat er nu op de strook staat; 0 als er geen telefoonvergoeding is.",
            },
        ),
    ]
    amount_wanted: Annotated[
        Decimal,
        Field(ge=0, le=100),
        asks(
            "Amount wanted",
            nl="Bedrag gewenst",
            kind=Kind.MONEY,
            hint={"en": "0 stops the allowance.", "nl": "0 stopt de vergoeding."},
        ),
    ]
