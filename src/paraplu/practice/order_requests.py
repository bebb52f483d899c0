"""The orders of the demo: what Nordvig Kommune asks for, a row for each line of an order.

What becomes of each under the demo's agreement and mandates:

NK-501  done: two lines under a framework contract
NK-502  done: three lines, two VAT codes, two cost centres
NK-503  done: a price of four decimals, no contract
NK-504  done: tablets with sleeves, asked under a mandate for one cost centre
NK-505  done: a price within the tolerance, typed as a text in Danish notation
NK-506  with a person: Christmas trees that cannot be there in time
NK-507  returned: another unit than the catalogue's
NK-508  returned: a price outside the tolerance
NK-509  returned: not enough left under the contract's ceiling
NK-510  returned: not enough left of the budget
NK-511  with a person: urgent
NK-512  waiting: above the mandate of who asks
NK-513  returned: a VAT code that is not the article's, and an article that is not there
NK-514  refused: three mistakes in one line
"""

from datetime import date, timedelta

from paraplu.practice.client_workbook import Column, Row, Value
from paraplu.practice.facts import Facts

ORGANISATION = "nordvig"

COLUMNS = (
    Column("reference", "Reference", 11),
    Column("division", "Forvaltning", 16, own=True),
    Column("kind", "Type", 12, choices=("bestilling", "annullering")),
    Column("requested_by", "Anmodet af", 17),
    Column("supplier", "Leverandør", 11),
    Column("contract", "Rammeaftale", 14),
    Column("article", "Varenummer", 12),
    Column("name", "Varebetegnelse", 28, "General", own=True),
    Column("quantity", "Antal", 9, "#,##0.###"),
    Column("unit", "Enhed", 9, choices=("piece", "pack", "box", "set", "hour", "pallet")),
    Column("pack_size", "Pakningsstørrelse", 9, "0"),
    Column("net_price", "Nettopris", 12, "#,##0.00##"),
    Column("currency", "Valuta", 8, choices=("DKK", "EUR")),
    Column("vat_code", "Momskode", 9, choices=("M25", "M0")),
    Column("cost_centre", "Omkostningssted", 11),
    Column("budget_year", "Budgetår", 9, "0"),
    Column("need_by", "Skal bruges senest", 13, "dd-mm-yyyy"),
    Column("delivery_address", "Leveringsadresse", 13),
    Column("urgent", "Haster", 8, choices=("ja", "nej")),
    Column("remark", "Bemærkning", 26, "General"),
    Column("note", "Intern note", 26, "General", own=True),
    Column("follows", "Opfølger til", 11),
)

_BUYER, _SCHOOLS = "dorthe.kjeldgaard", "jeppe.ravnkilde"
_HOLIDAYS = timedelta(days=14)
"""Enough for weekends on the edges, approvals and any run of holidays in the year."""


def rows(facts: Facts, today: date) -> list[Row]:
    """The rows in the order of the sheet; prices as in the catalogue, dates from `today` on."""

    def line(code: str, quantity: int, cost_centre: str, **other: Value) -> Row:
        article = facts.article(code)
        return {
            "article": article.code,
            "name": article.name,
            "quantity": quantity,
            "unit": article.unit,
            "pack_size": article.pack_size,
            "net_price": article.price,
            "currency": article.currency,
            "vat_code": article.vat,
            "cost_centre": cost_centre,
            **other,
        }

    def order(
        reference: str,
        division: str,
        by: str,
        address: str,
        *lines: Row,
        need_by: date | None = None,
        **head: Value,
    ) -> list[Row]:
        """The rows of one order: its head stands on the first, its reference on each."""
        first = facts.article(str(lines[0]["article"]))
        day = need_by or today + timedelta(days=first.lead_time * 7 // 5) + _HOLIDAYS
        return [
            {
                **lines[0],
                "reference": reference,
                "division": division,
                "kind": "bestilling",
                "requested_by": by,
                "supplier": first.supplier,
                "delivery_address": address,
                "need_by": day,
                "budget_year": day.year,
                "urgent": "nej",
                **head,
            },
            *({**one, "reference": reference, "division": division} for one in lines[1:]),
        ]

    unknown = {**line("NJP-0010", 5, "2310"), "article": "NJP-0099", "name": "Tegneblokke A3"}
    broken: Row = {
        **line("VEN-0020", 1, "2510"),
        "quantity": "et par",
        "pack_size": 0,
        "currency": "kr",
    }
    asked = (
        order(
            "NK-501", "Borgerservice", _BUYER, "RAADHUS",
            line("NJP-0010", 20, "2100"),
            line("NJP-0020", 4, "2100"),
            contract=facts.contract("101"), note="kopirummet, 1. sal",
        ),
        order(
            "NK-502", "Skole og fritid", _BUYER, "SKOLE",
            line("KON-0010", 2, "2310"),
            line("KON-0020", 10, "2310"),
            line("KON-0030", 1, "2100"),
            contract=facts.contract("102"),
        ),
        order(
            "NK-503", "Teknik og miljø", _BUYER, "MATERIEL",
            line("VEN-0010", 400, "2510"), note="til vejskilte",
        ),
        order(
            "NK-504", "Skole og fritid", _SCHOOLS, "SKOLE",
            line("ITH-0010", 8, "2310"),
            line("ITH-0020", 8, "2310"),
            contract=facts.contract("105"), note="4. klasse",
        ),
        order(
            "NK-505", "Teknik og miljø", _BUYER, "MATERIEL",
            line("VEN-0020", 6, "2510", net_price="191,50"), note="pris efter telefon",
        ),
        order(
            "NK-506", "Kultur", _BUYER, "RAADHUS",
            line("PLA-0010", 2, "2700"),
            contract=facts.contract("103"), need_by=today + timedelta(days=14),
            note="juletræer til foyeren",
        ),
        order(
            "NK-507", "Teknik og miljø", _BUYER, "MATERIEL",
            line("BYG-0020", 12, "2510", unit="pallet"),
        ),
        order(
            "NK-508", "Teknik og miljø", _BUYER, "MATERIEL",
            line("PLA-0020", 3, "2510", net_price=facts.article("PLA-0020").price - 36),
            contract=facts.contract("103"), note="pris fra sidste år?",
        ),
        order(
            "NK-509", "Teknik og miljø", _BUYER, "MATERIEL",
            line("BYG-0010", 1, "2510"), contract=facts.contract("104"),
        ),
        order(
            "NK-510", "Kultur", _BUYER, "RAADHUS",
            line("KON-0010", 1, "2700"), contract=facts.contract("102"),
            need_by=min(today + timedelta(days=28), facts.budget_ends()),
        ),
        order(
            "NK-511", "Teknik og miljø", _BUYER, "MATERIEL",
            line("BYG-0020", 50, "2510"), urgent="ja", note="frost på vej",
        ),
        order(
            "NK-512", "Skole og fritid", _BUYER, "SKOLE",
            line("ITH-0030", 5, "2310"), contract=facts.contract("105"),
            note="godkendt i udvalget",
        ),
        order(
            "NK-513", "Skole og fritid", _BUYER, "SKOLE",
            line("NJP-0010", 8, "2310", vat_code="M0"), unknown,
            contract=facts.contract("101"),
        ),
        order("NK-514", "Teknik og miljø", _BUYER, "MATERIEL", broken),
    )  # fmt: skip
    return [row for one in asked for row in one]
