"""One line of a procurement order as a client asks for it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import field_validator

from paraplu import Kind, RequestLine, asks

_CURRENCY = re.compile(r"[A-Z]{3}")


class OrderLine(RequestLine):
    """One article of an order. `net_price` is per unit, without VAT."""

    article: Annotated[
        str,
        asks(
            "Article",
            nl="Artikelnummer",
            da="Varenummer",
            aliases=("Article number", "Artikel", "Artikelnr", "Item", "Vare", "Varenr"),
            kind=Kind.CODE,
            longest=40,
            personal=False,
            hint={
                "en": "The supplier's article number as it stands in the catalogue.",
                "nl": "Het artikelnummer van de leverancier zoals het in de catalogus staat.",
                "da": "Leverandørens varenummer, som det står i kataloget.",
            },
        ),
    ]
    unit: Annotated[
        str,
        asks(
            "Unit",
            nl="Eenheid",
            da="Enhed",
            aliases=("Besteleenheid", "UOM", "Bestillingsenhed"),
            kind=Kind.CODE,
            longest=20,
            personal=False,
            hint={
                "en": "The order unit as in the catalogue: piece, box, pack.",
                "nl": "De besteleenheid zoals in de catalogus: stuk, doos, pak.",
                "da": "Bestillingsenheden som i kataloget: stk., kasse, pakke.",
            },
        ),
    ]
    pack_size: Annotated[
        int,
        asks(
            "Pack size",
            nl="Verpakkingsinhoud",
            da="Pakningsstørrelse",
            aliases=("Inhoud", "Pack", "Kolli", "Antal pr. pakke"),
            personal=False,
            hint={
                "en": "How many pieces one unit holds; 1 for a single piece.",
                "nl": "Hoeveel stuks één eenheid bevat; 1 voor een los stuk.",
                "da": "Hvor mange stk. én enhed indeholder; 1 for et enkelt stk.",
            },
        ),
    ]
    quantity: Annotated[
        Decimal,
        asks(
            "Quantity",
            nl="Aantal",
            da="Antal",
            aliases=("Qty", "Hoeveelheid", "Mængde"),
            kind=Kind.NUMBER,
            decimals=3,
            personal=False,
            hint={
                "en": "The number of units to order, not of pieces.",
                "nl": "Het aantal te bestellen eenheden, niet het aantal stuks.",
                "da": "Antallet af enheder, der skal bestilles, ikke antallet af stk.",
            },
        ),
    ]
    net_price: Annotated[
        Decimal,
        asks(
            "Net price",
            nl="Nettoprijs",
            da="Nettopris",
            aliases=("Unit price", "Prijs per eenheid", "Stukprijs", "Enhedspris"),
            kind=Kind.MONEY,
            decimals=4,
            personal=False,
            hint={
                "en": "The price of one unit, discounts taken off, without VAT.",
                "nl": "De prijs per eenheid na aftrek van korting, exclusief btw.",
                "da": "Prisen pr. enhed efter rabat og uden moms.",
            },
        ),
    ]
    currency: Annotated[
        str,
        asks(
            "Currency",
            nl="Valuta",
            da="Valuta",
            aliases=("Munt", "Currency code", "Valutakode"),
            kind=Kind.CODE,
            longest=3,
            personal=False,
            hint={"en": "EUR, DKK, ...", "nl": "EUR, DKK, ...", "da": "EUR, DKK, ..."},
        ),
    ]
    vat_code: Annotated[
        str,
        asks(
            "VAT code",
            nl="Btw-code",
            da="Momskode",
            aliases=("VAT", "Btw", "Moms"),
            kind=Kind.CODE,
            longest=20,
            personal=False,
            hint={
                "en": "The VAT code of the purchasing system.",
                "nl": "De btw-code van het inkoopsysteem.",
                "da": "Momskoden i indkøbssystemet.",
            },
        ),
    ]
    cost_centre: Annotated[
        str,
        asks(
            "Cost centre",
            nl="Kostenplaats",
            da="Omkostningssted",
            aliases=("Cost center", "Kpl"),
            kind=Kind.CODE,
            longest=40,
            personal=False,
            cost_centre=True,
            hint={
                "en": "The cost centre that pays for this line.",
                "nl": "De kostenplaats die deze regel betaalt.",
                "da": "Omkostningsstedet, der betaler for denne linje.",
            },
        ),
    ]

    @field_validator("quantity")
    @classmethod
    def _some(cls, value: Decimal) -> Decimal:
        if not value.is_finite() or value <= 0:
            raise ValueError("The quantity must be more than zero.")
        return value

    @field_validator("pack_size")
    @classmethod
    def _whole_pack(cls, value: int) -> int:
        if value < 1:
            raise ValueError("The pack size must be at least 1.")
        return value

    @field_validator("net_price")
    @classmethod
    def _no_refund(cls, value: Decimal) -> Decimal:
        if not value.is_finite() or value < 0:
            raise ValueError("The net price cannot be negative.")
        return value

    @field_validator("currency")
    @classmethod
    def _iso_code(cls, value: str) -> str:
        if not _CURRENCY.fullmatch(value):
            raise ValueError("Write the currency as its code of three capitals, for instance EUR.")
        return value
