"""The typed content of one case, declared once by a bot.

From this one model come the form, the spreadsheet template, the reading of a client's workbook, the
error report beside the row and what is personal. A bot derives from `Request` and annotates its fields
with `asks`; lines of an order derive from `RequestLine`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from paraplu.domain.form import Choice, Column, Form, Kind
from paraplu.errors import PluginWrong


@dataclass(frozen=True, slots=True)
class Asks:
    """What people see of a field; made by `asks`."""

    headings: Mapping[str, str]
    hints: Mapping[str, str]
    aliases: tuple[str, ...]
    kind: Kind | None
    width: int | None
    decimals: int
    longest: int
    labels: Mapping[str, Mapping[str, str]]
    personal: bool
    subject: bool
    cost_centre: bool


def asks(
    en: str,
    *,
    nl: str = "",
    da: str = "",
    hint: str | Mapping[str, str] = "",
    aliases: tuple[str, ...] = (),
    kind: Kind | None = None,
    width: int | None = None,
    decimals: int = 2,
    longest: int = 500,
    labels: Mapping[str, Mapping[str, str]] | None = None,
    personal: bool = True,
    subject: bool = False,
    cost_centre: bool = False,
) -> Any:
    """Metadata for ``Annotated``: the heading in each language and how the field is filled in.

    `subject` marks the one field that says whom the request is about; `cost_centre` the field that
    mandates are judged by. `labels` gives the labels of an enum's values per language. Everything is
    personal unless said otherwise.
    """
    headings = {code: text for code, text in {"en": en, "nl": nl, "da": da}.items() if text}
    hints = {"en": hint} if isinstance(hint, str) and hint else dict(hint or {})
    return Asks(
        headings,
        hints,
        aliases,
        kind,
        width,
        decimals,
        longest,
        labels or {},
        personal,
        subject,
        cost_centre,
    )


class RequestLine(BaseModel):
    """One line of a request that has several (an order's lines)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(BaseModel):
    """The content of one correction or one order.

    Class arguments: `titles`, the name of the form per language, and `total_of`, the fields whose
    product is summed for the control total, for instance ``total_of=("quantity", "net_price")``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    titles: ClassVar[Mapping[str, str]] = {}
    total_of: ClassVar[tuple[str, ...]] = ()

    reference: Annotated[
        str,
        asks(
            "Reference",
            nl="Kenmerk",
            da="Reference",
            aliases=("Referentie", "Ref", "Uw kenmerk", "Sagsnr"),
            longest=40,
            hint={
                "en": "Your own number for this request; use each one once.",
                "nl": "Uw eigen nummer voor dit verzoek; gebruik elk nummer één keer.",
                "da": "Jeres eget nummer for anmodningen; brug hvert nummer én gang.",
            },
        ),
    ]
    follows: Annotated[
        str | None,
        asks(
            "Follows",
            nl="Vervolg op",
            da="Opfølger til",
            aliases=("Follows reference",),
            longest=40,
            hint={
                "en": "The reference of an earlier request that this one follows up.",
                "nl": "Het kenmerk van het eerdere verzoek waarop dit een vervolg is.",
                "da": "Referencen på den tidligere anmodning, som denne følger op på.",
            },
        ),
    ] = None
    requested_by: Annotated[
        str | None,
        asks(
            "Requested by",
            nl="Aangevraagd door",
            da="Anmodet af",
            aliases=("Aanvrager", "Bestiller"),
            longest=80,
            hint={
                "en": "Who asks for this: the user name known to us.",
                "nl": "Wie dit aanvraagt: de gebruikersnaam die bij ons bekend is.",
                "da": "Hvem der anmoder: det brugernavn, vi kender.",
            },
        ),
    ] = None
    remark: Annotated[
        str | None,
        asks(
            "Remark",
            nl="Opmerking",
            da="Bemærkning",
            aliases=("Toelichting", "Kommentar"),
            hint={
                "en": "A remark is read by a person before anything is done.",
                "nl": "Een opmerking wordt door een medewerker gelezen voordat er iets gebeurt.",
                "da": "En bemærkning læses af en medarbejder, før der sker noget.",
            },
        ),
    ] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for name in ("titles", "total_of"):
            if name in kwargs:
                setattr(cls, name, kwargs.pop(name))
        super().__init_subclass__(**kwargs)

    @classmethod
    def form(cls, service: str) -> Form:
        """The form of this request as the service `service` offers it."""
        columns: list[Column] = []
        for name, info in cls.model_fields.items():
            line = _line_model(info)
            if line is None:
                columns.append(_column(name, info, repeats=False))
            else:
                columns.extend(
                    _column(field, detail, repeats=True)
                    for field, detail in line.model_fields.items()
                )
        return Form(service, cls.titles or {"en": service}, tuple(columns), cls.total_of)

    @classmethod
    def lines_field(cls) -> tuple[str, type[RequestLine]] | None:
        """The field that holds the lines and their model, None for a request without lines."""
        for name, info in cls.model_fields.items():
            line = _line_model(info)
            if line is not None:
                return name, line
        return None

    def subject(self) -> str | None:
        """Whom the request is about (an employee number), None when it is about nobody."""
        for name, info in type(self).model_fields.items():
            asked = _asked(info)
            if asked is not None and asked.subject:
                value = getattr(self, name)
                return None if value is None else str(value)
        return None

    def cost_centres(self) -> frozenset[str]:
        """Every cost centre that the request names, on its head and on its lines."""
        found: set[str] = set()
        for name, info in type(self).model_fields.items():
            line = _line_model(info)
            if line is not None:
                for entry in getattr(self, name):
                    found.update(_cost_centres(entry))
        found.update(_cost_centres(self))
        return frozenset(found)

    def content(self) -> str:
        """A canonical text of what is asked, without reference, follow-up and remark.

        Two requests with the same content ask for the same thing under two references.
        """
        data = self.model_dump(
            mode="json", exclude={"reference", "follows", "remark", "requested_by"}
        )
        return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    @cache
    def fingerprint(cls) -> str:
        """SHA-256 of the model's schema: a stored request of another shape is recognised by it."""
        schema = json.dumps(cls.model_json_schema(), sort_keys=True).encode()
        return hashlib.sha256(schema).hexdigest()


def _asked(info: FieldInfo) -> Asks | None:
    return next((item for item in info.metadata if isinstance(item, Asks)), None)


def _cost_centres(model: BaseModel) -> set[str]:
    found: set[str] = set()
    for name, info in type(model).model_fields.items():
        asked = _asked(info)
        value = getattr(model, name)
        if asked is not None and asked.cost_centre and value:
            found.add(str(value))
    return found


def _line_model(info: FieldInfo) -> type[RequestLine] | None:
    arguments = get_args(info.annotation)
    first = arguments[0] if arguments else None
    if (
        get_origin(info.annotation) is tuple
        and isinstance(first, type)
        and issubclass(first, RequestLine)
    ):
        return first
    return None


def _bare(annotation: Any) -> Any:
    """The annotation without ``| None``."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def _column(name: str, info: FieldInfo, *, repeats: bool) -> Column:
    asked = _asked(info)
    if asked is None:
        raise PluginWrong(f"The request field '{name}' has no heading: annotate it with asks(...).")
    kind = asked.kind or _kind(name, _bare(info.annotation))
    choices: tuple[Choice, ...] = ()
    bare = _bare(info.annotation)
    if kind is Kind.CHOICE:
        choices = tuple(
            Choice(
                str(member.value), asked.labels.get(str(member.value), {"en": str(member.value)})
            )
            for member in bare
        )
    return Column(
        field=name,
        kind=kind,
        headings=asked.headings,
        hints=asked.hints,
        aliases=asked.aliases,
        required=info.is_required(),
        repeats=repeats,
        width=asked.width,
        decimals=asked.decimals,
        longest=asked.longest,
        choices=choices,
    )


def _kind(name: str, annotation: Any) -> Kind:
    kinds: list[tuple[type, Kind]] = [
        (bool, Kind.YES_NO),
        (Enum, Kind.CHOICE),
        (int, Kind.INTEGER),
        (Decimal, Kind.NUMBER),
        (date, Kind.DATE),
        (str, Kind.TEXT),
    ]
    for known, kind in kinds:
        if isinstance(annotation, type) and issubclass(annotation, known):
            return kind
    raise PluginWrong(
        f"The request field '{name}' has a type that no column can hold: say which kind=..."
    )
