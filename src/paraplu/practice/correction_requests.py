"""The payroll corrections of the demo: what Gemeente Waterland aan Zee asks for, row by row.

What becomes of each under the demo's agreement and mandates:

WZ-101  done; Excel made 412 of employee 00412. The last row has the reference again: a duplicate
WZ-102  done: a line is added
WZ-103  done: a line ends, asked under a narrow mandate
WZ-104  done: hours
WZ-105  done: three paid or closed months, booked in the present one
WZ-106  done: the amount is a text in Dutch notation
WZ-107  already so
WZ-108  returned: the amount in the system is another one
WZ-109  returned: no such employee
WZ-110  refused: three fields are wrong
WZ-111  with a person: a remark
WZ-112  with a person: a garnishment on the slip
WZ-113  the employment ended: the slip of the present month is not there
WZ-114  waiting: three months together are above the mandate of who asks
WZ-115  returned: no mandate for this cost centre
WZ-116  with a person: the same was asked as WZ-102
"""

from decimal import Decimal

from paraplu.practice.client_workbook import Column, Row
from paraplu.practice.facts import Facts

ORGANISATION = "waterland"

COLUMNS = (
    Column("reference", "Kenmerk", 11),
    Column("team", "Team", 17, own=True),
    Column("employee", "Personeelsnummer", 12),
    Column("employment", "Dienstverband", 9, "0"),
    Column("component", "Looncomponent", 10),
    Column("kind", "Soort", 12, choices=("wijzigen", "toevoegen", "beëindigen", "terugdraaien")),
    Column("unit", "Eenheid", 9, choices=("geld", "uren")),
    Column("amount_now", "Huidig bedrag", 12, "#,##0.00"),
    Column("amount_wanted", "Gewenst bedrag", 12, "#,##0.00"),
    Column("corrected_from", "Te corrigeren vanaf", 12),
    Column("corrected_until", "Te corrigeren tot en met", 12),
    Column("cost_centre", "Kostenplaats", 12),
    Column("reason", "Redencode", 9, choices=("R01", "R02", "R03", "R04", "R09")),
    Column("requested_by", "Aangevraagd door", 16),
    Column("attachment", "Bijlage", 18),
    Column("remark", "Opmerking", 34, "General"),
    Column("note", "Interne notitie", 26, "General", own=True),
    Column("follows", "Vervolg op", 11),
)

_ADVISER, _MANAGER = "anneke.vos", "bas.terpstra"


def rows(facts: Facts) -> list[Row]:
    """The rows in the order of the sheet; amounts as they are on the slips now."""
    travel = facts.line("00412", "2000")
    allowance = facts.line("01041", "1100", -3)
    phone = facts.line("00856", "2100")
    stated = facts.line("01004", "2000")
    salary = facts.line("00819", "1000", -3)
    now = facts.month()
    home_working: Row = {
        "reference": "WZ-102",
        "team": "Automatisering",
        "employee": "00782",
        "component": "2200",
        "kind": "toevoegen",
        "amount_wanted": Decimal("45.00"),
        "corrected_from": now,
        "cost_centre": facts.cost_centre("00782"),
        "reason": "R04",
        "requested_by": _ADVISER,
        "attachment": "thuiswerkafspraak.pdf",
    }
    asked: list[Row] = [
        {
            "reference": "WZ-101",
            "team": "Griffie",
            "employee": 412,  # Excel took the zeros off: it was typed into a cell that is not text
            "component": "2000",
            "kind": "wijzigen",
            "amount_now": travel.amount,
            "amount_wanted": travel.amount + Decimal("17.50"),
            "corrected_from": now,
            "cost_centre": travel.cost_centre,
            "reason": "R01",
            "requested_by": _ADVISER,
            "note": "verhuisd, afstand nagemeten",
        },
        home_working,
        {
            **_line(facts, "00930", "2000"),
            "reference": "WZ-103",
            "team": "Burgerzaken",
            "kind": "beëindigen",
            "reason": "R04",
            "requested_by": _MANAGER,
            "note": "heeft nu een dienstfiets",
        },
        {
            **_line(facts, "00634", "1210"),
            "reference": "WZ-104",
            "team": "Griffie",
            "kind": "wijzigen",
            "unit": "uren",
            "amount_wanted": Decimal("16.50"),
            "reason": "R02",
            "requested_by": _ADVISER,
            "attachment": "urenstaat raadsavond.pdf",
        },
        {
            "reference": "WZ-105",
            "team": "Bibliotheek",
            "employee": "01041",
            "component": "1100",
            "kind": "wijzigen",
            "amount_now": allowance.amount,
            "amount_wanted": allowance.amount + 25,
            "corrected_from": facts.month(-3),
            "corrected_until": facts.month(-1),
            "cost_centre": allowance.cost_centre,
            "reason": "R03",
            "requested_by": _ADVISER,
            "attachment": "besluit toelage.pdf",
            "note": "drie maanden nabetalen",
        },
        {
            "reference": "WZ-106",
            "team": "Griffie",
            "employee": "01078",
            "component": "1400",
            "kind": "toevoegen",
            "amount_wanted": "1.234,56",  # typed as a text, as it was in a letter
            "corrected_from": now,
            "cost_centre": facts.cost_centre("01078"),
            "reason": "R03",
            "requested_by": _ADVISER,
            "attachment": "brief gratificatie.pdf",
        },
        {
            **_line(facts, "00856", "2100"),
            "reference": "WZ-107",
            "team": "Griffie",
            "kind": "wijzigen",
            "amount_now": phone.amount - 5,
            "amount_wanted": phone.amount,
            "reason": "R01",
            "requested_by": _ADVISER,
            "note": "vorige maand ook al gebeld?",
        },
        {
            **_line(facts, "01004", "2000"),
            "reference": "WZ-108",
            "team": "Automatisering",
            "kind": "wijzigen",
            "amount_now": stated.amount - 10,
            "amount_wanted": stated.amount + 5,
            "reason": "R01",
            "requested_by": _ADVISER,
        },
        {
            "reference": "WZ-109",
            "team": "Openbare werken",
            "employee": "09999",
            "component": "2000",
            "kind": "wijzigen",
            "amount_now": Decimal("50.00"),
            "amount_wanted": Decimal("62.50"),
            "corrected_from": now,
            "cost_centre": "4510",
            "reason": "R01",
            "requested_by": _ADVISER,
        },
        {
            "reference": "WZ-110",
            "team": "Burgerzaken",
            "employee": "4495",
            "component": "2100",
            "kind": "verhogen",
            "amount_now": Decimal("25.00"),
            "amount_wanted": Decimal("30.00"),
            "corrected_from": "de 13e maand",
            "cost_centre": "4420",
            "reason": "R01",
            "requested_by": _ADVISER,
        },
        {
            **_line(facts, "00893", "1100"),
            "reference": "WZ-111",
            "team": "Sport en recreatie",
            "kind": "wijzigen",
            "amount_wanted": facts.line("00893", "1100").amount + 10,
            "reason": "R03",
            "requested_by": _MANAGER,
            "remark": "Graag pas verwerken nadat zij de brief heeft gekregen.",
        },
        {
            **_line(facts, "00449", "1100"),
            "reference": "WZ-112",
            "team": "Sport en recreatie",
            "kind": "wijzigen",
            "amount_wanted": facts.line("00449", "1100").amount + 25,
            "reason": "R03",
            "requested_by": _ADVISER,
        },
        {
            **_line(facts, "00486", "2000", -3),
            "reference": "WZ-113",
            "team": "Burgerzaken",
            "kind": "wijzigen",
            "amount_wanted": facts.line("00486", "2000", -3).amount + 12,
            "reason": "R02",
            "requested_by": _ADVISER,
            "note": "uit dienst sinds kort",
        },
        {
            "reference": "WZ-114",
            "team": "Bibliotheek",
            "employee": "00819",
            "component": "1000",
            "kind": "wijzigen",
            "amount_now": salary.amount,
            "amount_wanted": salary.amount + 950,
            "corrected_from": facts.month(-3),
            "corrected_until": facts.month(-1),
            "cost_centre": salary.cost_centre,
            "reason": "R03",
            "requested_by": _ADVISER,
            "attachment": "herwaardering functie.pdf",
            "note": "drie maanden terug",
        },
        {
            **_line(facts, "00967", "2100"),
            "reference": "WZ-115",
            "team": "Openbare werken",
            "kind": "wijzigen",
            "amount_wanted": facts.line("00967", "2100").amount + 5,
            "reason": "R04",
            "requested_by": _MANAGER,
        },
        {**home_working, "reference": "WZ-116", "note": "stond nog op mijn lijstje"},
        {
            "reference": "WZ-101",
            "team": "Griffie",
            "employee": "00412",
            "component": "2000",
            "kind": "wijzigen",
            "amount_now": travel.amount,
            "amount_wanted": travel.amount + Decimal("17.50"),
            "corrected_from": now,
            "cost_centre": travel.cost_centre,
            "reason": "R01",
            "requested_by": _ADVISER,
            "note": "dubbel?",
        },
    ]
    return [{"employment": 1, "unit": "geld", **row} for row in asked]


def _line(facts: Facts, employee: str, component: str, offset: int = 0) -> Row:
    """What a row about a line says of it as it is now."""
    line = facts.line(employee, component, offset)
    return {
        "employee": employee,
        "component": component,
        "amount_now": line.amount,
        "corrected_from": facts.month(offset),
        "cost_centre": line.cost_centre,
    }
