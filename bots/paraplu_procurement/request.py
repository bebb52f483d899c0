"""The procurement order as a client asks for it: a head, and one line for each article."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from paraplu import Kind, Request, asks
from paraplu_procurement.order_line import OrderLine as OrderLine


class OrderKind(StrEnum):
    """What is asked: a new order, or the cancellation of an earlier one."""

    ORDER = "order"
    CANCEL = "cancel"


class ProcurementOrder(
    Request,
    titles={"en": "Procurement order", "nl": "Bestelaanvraag", "da": "Indkøbsordre"},
    total_of=("quantity", "net_price"),
):
    """One order with its lines, or the cancellation of the order that `follows` names.

    Money is net of VAT; `need_by` is the last day on which the goods are of use.
    """

    kind: Annotated[
        OrderKind,
        asks(
            "Kind",
            nl="Soort",
            da="Type",
            aliases=("Soort aanvraag", "Ordertype"),
            personal=False,
            labels={
                "order": {"en": "order", "nl": "bestelling", "da": "bestilling"},
                "cancel": {"en": "cancel", "nl": "annulering", "da": "annullering"},
            },
            hint={
                "en": "Order, or cancel to withdraw the order named under Follows.",
                "nl": "Bestelling, of annulering om de bestelling onder 'Vervolg op' in te trekken.",
                "da": "Bestilling, eller annullering for at tilbagekalde ordren under 'Opfølger til'.",
            },
        ),
    ]
    supplier: Annotated[
        str | None,
        asks(
            "Supplier",
            nl="Leverancier",
            da="Leverandør",
            aliases=("Supplier number", "Leveranciersnummer", "Crediteur", "Leverandørnr"),
            kind=Kind.CODE,
            longest=40,
            personal=False,
            hint={
                "en": "The supplier's code in the purchasing system.",
                "nl": "De code van de leverancier in het inkoopsysteem.",
                "da": "Leverandørens kode i indkøbssystemet.",
            },
        ),
        Field(validate_default=True),
    ] = None
    contract: Annotated[
        str | None,
        asks(
            "Framework contract",
            nl="Raamcontract",
            da="Rammeaftale",
            aliases=("Contract", "Raamovereenkomst", "Contractnummer", "Kontrakt"),
            kind=Kind.CODE,
            longest=40,
            personal=False,
            hint={
                "en": "The number of the framework contract, when the order falls under one.",
                "nl": "Het nummer van het raamcontract, als de bestelling daaronder valt.",
                "da": "Rammeaftalens nummer, hvis ordren hører under en.",
            },
        ),
    ] = None
    delivery_address: Annotated[
        str | None,
        asks(
            "Delivery address",
            nl="Afleveradres",
            da="Leveringsadresse",
            aliases=("Deliver to", "Adrescode", "Leveringssted"),
            kind=Kind.CODE,
            longest=40,
            personal=False,
            hint={
                "en": "The code of one of your own delivery addresses.",
                "nl": "De code van een van uw eigen afleveradressen.",
                "da": "Koden på en af jeres egne leveringsadresser.",
            },
        ),
        Field(validate_default=True),
    ] = None
    need_by: Annotated[
        date | None,
        asks(
            "Needed by",
            nl="Uiterlijk nodig op",
            da="Skal bruges senest",
            aliases=("Need-by date", "Leverdatum", "Gewenste leverdatum", "Ønsket levering"),
            personal=False,
            hint={
                "en": "The last day on which the delivery is still of use.",
                "nl": "De laatste dag waarop u nog iets aan de levering heeft.",
                "da": "Den sidste dag, hvor leveringen stadig kan bruges.",
            },
        ),
        Field(validate_default=True),
    ] = None
    budget_year: Annotated[
        int | None,
        asks(
            "Budget year",
            nl="Begrotingsjaar",
            da="Budgetår",
            aliases=("Year", "Boekjaar", "Regnskabsår"),
            personal=False,
            hint={
                "en": "The year in which the goods are delivered.",
                "nl": "Het jaar waarin de levering plaatsvindt.",
                "da": "Det år, hvor varerne leveres.",
            },
        ),
        Field(validate_default=True),
    ] = None
    urgent: Annotated[
        bool,
        asks(
            "Urgent",
            nl="Spoed",
            da="Haster",
            aliases=("Rush", "Spoedbestelling", "Hasteordre"),
            personal=False,
            hint={
                "en": "Yes brings the order before a person; no check is skipped.",
                "nl": "Ja legt de bestelling aan een medewerker voor; er vervalt geen controle.",
                "da": "Ja forelægger ordren for en medarbejder; ingen kontrol springes over.",
            },
        ),
    ] = False
    lines: Annotated[tuple[OrderLine, ...], Field(validate_default=True)] = ()

    @field_validator("kind")
    @classmethod
    def _cancels_something(cls, value: OrderKind, info: ValidationInfo) -> OrderKind:
        if value is OrderKind.CANCEL and "follows" in info.data and not info.data["follows"]:
            raise ValueError(
                "A cancellation names the order it cancels: fill in its reference under 'Follows'."
            )
        return value

    @field_validator("supplier")
    @classmethod
    def _from_somebody(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value and _is_order(info):
            raise ValueError("An order needs a supplier.")
        return value

    @field_validator("delivery_address")
    @classmethod
    def _to_somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value and _is_order(info):
            raise ValueError("An order needs a delivery address.")
        return value

    @field_validator("need_by")
    @classmethod
    def _in_time(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value is None and _is_order(info):
            raise ValueError("An order needs a date by which it is needed.")
        return value

    @field_validator("budget_year")
    @classmethod
    def _year_of_delivery(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and _is_order(info):
            raise ValueError("An order needs a budget year.")
        need_by = info.data.get("need_by")
        if value is not None and need_by is not None and value != need_by.year:
            raise ValueError(
                "The budget year must be the year of delivery, that is of the date by which it is needed."
            )
        return value

    @field_validator("lines", mode="before")
    @classmethod
    def _no_line_is_none(cls, value: Any) -> Any:
        # A cancellation's only row has nothing in the columns of the lines: that is not a line.
        return value if any(value or ()) else ()

    @field_validator("lines")
    @classmethod
    def _lines_fit(
        cls, value: tuple[OrderLine, ...], info: ValidationInfo
    ) -> tuple[OrderLine, ...]:
        if not value and _is_order(info):
            raise ValueError("An order needs at least one line.")
        if value and info.data.get("kind") is OrderKind.CANCEL:
            raise ValueError(
                "A cancellation withdraws the whole order: leave the columns of the lines empty."
            )
        if len({line.currency for line in value}) > 1:
            raise ValueError("All lines of one order must be in the same currency.")
        same = Counter((line.article, line.cost_centre) for line in value)
        if same and max(same.values()) > 1:
            raise ValueError(
                "The same article stands twice for one cost centre: put the quantities together."
            )
        return value

    @property
    def net_total(self) -> Decimal:
        """Quantity times net price over all lines, not rounded."""
        return sum((line.quantity * line.net_price for line in self.lines), Decimal(0))

    @property
    def currency(self) -> str | None:
        """The currency of the lines (ISO 4217), None without lines."""
        return self.lines[0].currency if self.lines else None


def _is_order(info: ValidationInfo) -> bool:
    return info.data.get("kind") is OrderKind.ORDER
