"""What a client fills in to have a salary corrected: the columns, and the rules that a row keeps by itself.

Every rule here is about one request alone; what the payroll system has to say is asked in the check.
The sentences are the keys of the catalogues in `locale/` and hold no values.
"""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, ValidationInfo, field_validator

from paraplu import Form, Kind, Request, asks
from paraplu_payroll.period import is_month
from paraplu_payroll.system import Unit

LARGEST = Decimal("10000000")
"""No amount of a month reaches this: whoever writes one has slipped."""

_COMPONENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_LAST_COLUMNS = ("remark", "requested_by")


class CorrectionKind(StrEnum):
    """What is to become of a line of a slip."""

    CHANGE = "change"
    ADD = "add"
    END = "end"
    REVERSE = "reverse"


class SalaryCorrection(
    Request,
    titles={"en": "Salary correction", "nl": "Salariscorrectie", "da": "Lønrettelse"},
    total_of=("amount_wanted",),
):
    """One correction of one line of somebody's pay.

    Amounts are per month, in the currency of the client or in hours, with at most two decimals. Months
    are written ``2026-11``. Without `corrected_until` one month is corrected; without `period` the
    correction is processed in the period that is open. A reversal names the earlier request in
    `follows`, and says by its amounts what there is now and what there was before.
    """

    # Fields left empty are judged too: whether they may be empty depends on the kind.
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    employee: Annotated[
        str,
        asks(
            "Employee",
            nl="Werknemer",
            da="Medarbejder",
            aliases=("Employee number", "Personeelsnummer", "Medewerker", "Medarbejdernummer"),
            kind=Kind.CODE,
            width=5,
            subject=True,
            hint={
                "en": "The employee number, five digits: 00123.",
                "nl": "Het personeelsnummer, vijf cijfers: 00123.",
                "da": "Medarbejdernummeret, fem cifre: 00123.",
            },
        ),
    ]
    employment: Annotated[
        int,
        asks(
            "Employment",
            nl="Dienstverband",
            da="Ansættelse",
            aliases=("Employment number", "Ansættelsesforhold", "Volgnummer dienstverband"),
            kind=Kind.INTEGER,
            hint={
                "en": "The number of the employment: 1 for who has only one.",
                "nl": "Het volgnummer van het dienstverband: 1 bij één dienstverband.",
                "da": "Ansættelsens nummer: 1, hvis der kun er én.",
            },
        ),
    ]
    kind: Annotated[
        CorrectionKind,
        asks(
            "Kind",
            nl="Soort",
            da="Type",
            aliases=("Kind of correction", "Soort correctie", "Mutatiesoort", "Rettelsestype"),
            kind=Kind.CHOICE,
            labels={
                "change": {"en": "change", "nl": "wijzigen", "da": "ændre"},
                "add": {"en": "add", "nl": "toevoegen", "da": "tilføje"},
                "end": {"en": "end", "nl": "beëindigen", "da": "afslutte"},
                "reverse": {"en": "reverse", "nl": "terugdraaien", "da": "tilbageføre"},
            },
            hint={
                "en": "Change an amount, add a line, end a line, or reverse an earlier correction.",
                "nl": "Een bedrag wijzigen, een regel toevoegen of beëindigen, of een eerdere "
                "correctie terugdraaien.",
                "da": "Ændre et beløb, tilføje eller afslutte en linje, eller tilbageføre en "
                "tidligere rettelse.",
            },
        ),
    ]
    component: Annotated[
        str,
        asks(
            "Component",
            nl="Looncomponent",
            da="Løndel",
            aliases=("Wage component", "Looncode", "Lønart", "Component code"),
            kind=Kind.CODE,
            longest=40,
            hint={
                "en": "The code of the pay component in the payroll system.",
                "nl": "De code van de looncomponent in het salarissysteem.",
                "da": "Løndelens kode i lønsystemet.",
            },
        ),
    ]
    unit: Annotated[
        Unit,
        asks(
            "Unit",
            nl="Eenheid",
            da="Enhed",
            kind=Kind.CHOICE,
            labels={
                "money": {"en": "money", "nl": "geld", "da": "beløb"},
                "hours": {"en": "hours", "nl": "uren", "da": "timer"},
            },
            hint={
                "en": "Whether the amounts are money or hours.",
                "nl": "Of de bedragen geld of uren zijn.",
                "da": "Om beløbene er penge eller timer.",
            },
        ),
    ]
    corrected_from: Annotated[
        str,
        asks(
            "Corrected from",
            nl="Te corrigeren vanaf",
            da="Rettes fra",
            aliases=("Period corrected from", "Correctieperiode van", "Periode fra"),
            kind=Kind.MONTH,
            hint={
                "en": "The first month that is wrong: 2026-11.",
                "nl": "De eerste maand die niet klopt: 2026-11.",
                "da": "Den første måned, der er forkert: 2026-11.",
            },
        ),
    ]
    corrected_until: Annotated[
        str | None,
        asks(
            "Corrected until",
            nl="Te corrigeren tot en met",
            da="Rettes til og med",
            aliases=("Period corrected to", "Correctieperiode tot", "Periode til"),
            kind=Kind.MONTH,
            hint={
                "en": "The last month that is wrong; empty for a single month.",
                "nl": "De laatste maand die niet klopt; leeg bij één maand.",
                "da": "Den sidste måned, der er forkert; tom ved en enkelt måned.",
            },
        ),
    ] = None
    period: Annotated[
        str | None,
        asks(
            "Processed in",
            nl="Verwerken in",
            da="Behandles i",
            aliases=("Period processed", "Verwerkingsperiode", "Lønperiode"),
            kind=Kind.MONTH,
            hint={
                "en": "The pay period to process it in; empty for the one that is open.",
                "nl": "De loonperiode waarin dit verwerkt wordt; leeg voor de open periode.",
                "da": "Den lønperiode, rettelsen behandles i; tom for den åbne periode.",
            },
        ),
    ] = None
    amount_now: Annotated[
        Decimal | None,
        asks(
            "Amount now",
            nl="Huidig bedrag",
            da="Nuværende beløb",
            aliases=("Current amount", "Bedrag nu", "Beløb nu"),
            kind=Kind.MONEY,
            hint={
                "en": "What there is per month now; empty to add a line.",
                "nl": "Wat er nu per maand staat; leeg bij toevoegen.",
                "da": "Hvad der står pr. måned nu; tom ved tilføjelse.",
            },
        ),
    ] = None
    amount_wanted: Annotated[
        Decimal | None,
        asks(
            "Amount wanted",
            nl="Gewenst bedrag",
            da="Ønsket beløb",
            aliases=("New amount", "Nieuw bedrag", "Nyt beløb"),
            kind=Kind.MONEY,
            hint={
                "en": "What it should be per month; empty to end a line.",
                "nl": "Wat het per maand moet worden; leeg bij beëindigen.",
                "da": "Hvad det skal være pr. måned; tom ved afslutning.",
            },
        ),
    ] = None
    cost_centre: Annotated[
        str,
        asks(
            "Cost centre",
            nl="Kostenplaats",
            da="Omkostningssted",
            aliases=("Cost center", "Kpl"),
            kind=Kind.CODE,
            longest=20,
            cost_centre=True,
            hint={
                "en": "The cost centre that the line is booked on.",
                "nl": "De kostenplaats waarop de regel geboekt wordt.",
                "da": "Omkostningsstedet, som linjen bogføres på.",
            },
        ),
    ]
    reason: Annotated[
        str,
        asks(
            "Reason code",
            nl="Redencode",
            da="Årsagskode",
            aliases=("Reason", "Reden", "Årsag"),
            kind=Kind.CODE,
            longest=20,
            hint={
                "en": "The code of the reason for this correction.",
                "nl": "De code van de reden van deze correctie.",
                "da": "Koden for årsagen til rettelsen.",
            },
        ),
    ]
    attachment: Annotated[
        str | None,
        asks(
            "Attachment",
            nl="Bijlage",
            da="Bilag",
            longest=120,
            hint={
                "en": "The name of the file that belongs to this request.",
                "nl": "De naam van het bestand dat bij dit verzoek hoort.",
                "da": "Navnet på den fil, der hører til anmodningen.",
            },
        ),
    ] = None

    @classmethod
    def form(cls, service: str) -> Form:
        """The form, with the remark and who asks as its last columns."""
        form = super().form(service)
        first = [column for column in form.columns if column.field not in _LAST_COLUMNS]
        last = [form.column(field) for field in _LAST_COLUMNS]
        return dataclasses.replace(form, columns=(*first, *last))

    @property
    def last_corrected(self) -> str:
        """The last month that is corrected."""
        return self.corrected_until or self.corrected_from

    @field_validator("employee")
    @classmethod
    def _five_digits(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9]{5}", value, re.ASCII):
            raise ValueError("Write the employee number with its five digits, like 00123.")
        return value

    @field_validator("employment")
    @classmethod
    def _counted_from_one(cls, value: int) -> int:
        if not 1 <= value <= 99:
            raise ValueError("Employments are numbered from 1.")
        return value

    @field_validator("component")
    @classmethod
    def _like_a_code(cls, value: str) -> str:
        if not _COMPONENT.fullmatch(value):
            raise ValueError(
                "Write the component's code as it is in the payroll system, without spaces."
            )
        return value

    @field_validator("cost_centre", "reason")
    @classmethod
    def _filled_in(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("Fill this in.")
        return value

    @field_validator("corrected_from", "corrected_until", "period")
    @classmethod
    def _month(cls, value: str | None) -> str | None:
        if value is not None and not is_month(value):
            raise ValueError("Write a month like 2026-11.")
        return value

    @field_validator("corrected_until")
    @classmethod
    def _after_the_first(cls, value: str | None, info: ValidationInfo) -> str | None:
        first = info.data.get("corrected_from")
        if value is not None and first is not None and value < first:
            raise ValueError("The last month corrected lies before the first.")
        return value

    @field_validator("period")
    @classmethod
    def _not_before_the_corrected(cls, value: str | None, info: ValidationInfo) -> str | None:
        last = info.data.get("corrected_until") or info.data.get("corrected_from")
        if value is not None and last is not None and value < last:
            raise ValueError("A month cannot be corrected before it has come.")
        return value

    @field_validator("amount_now", "amount_wanted")
    @classmethod
    def _like_an_amount(cls, value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        if value != round(value, 2):
            raise ValueError("An amount has at most two decimals.")
        if abs(value) >= LARGEST:
            raise ValueError("This amount is too large for one month.")
        return value

    @field_validator("amount_now")
    @classmethod
    def _now_fits_the_kind(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        kind = info.data.get("kind")
        if kind is CorrectionKind.ADD and value is not None:
            raise ValueError("Leave the amount now empty when a line is to be added.")
        if kind in (CorrectionKind.CHANGE, CorrectionKind.END) and value is None:
            raise ValueError("Give the amount that there is now.")
        return value

    @field_validator("amount_wanted")
    @classmethod
    def _wanted_fits_the_kind(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        kind = info.data.get("kind")
        if kind is CorrectionKind.END and value is not None:
            raise ValueError("Leave the amount wanted empty when a line is to end.")
        if kind in (CorrectionKind.CHANGE, CorrectionKind.ADD) and value is None:
            raise ValueError("Give the amount that is wanted.")
        no_amount_now = "amount_now" in info.data and info.data["amount_now"] is None
        if kind is CorrectionKind.REVERSE and value is None and no_amount_now:
            raise ValueError("Give the amount now, the amount wanted, or both.")
        return value

    @field_validator("kind")
    @classmethod
    def _reversal_follows(cls, value: CorrectionKind, info: ValidationInfo) -> CorrectionKind:
        if value is CorrectionKind.REVERSE and not info.data.get("follows"):
            raise ValueError("A reversal names the earlier request under Follows.")
        return value
