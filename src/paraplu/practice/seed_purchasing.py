"""The purchasing side of a new office: cost centres, suppliers, contracts, articles, past orders."""

import sqlite3
from datetime import date, timedelta
from decimal import Decimal

from paraplu.practice.purchasing import CANCELLED, PLACED, SHIPPED

VAT = (
    ("H21", "High, 21%", "NL", "21"),
    ("L9", "Low, 9%", "NL", "9"),
    ("N0", "None, 0%", "NL", "0"),
    ("M25", "Moms, 25%", "DK", "25"),
    ("M0", "Moms, 0%", "DK", "0"),
)

# organisation, code, name, then budget, committed and spent of this year, and next year's budget
COST_CENTRES = (
    ("waterland", "4100", "Town clerk", "48000", "6120.40", "31480.15", "50000"),
    ("waterland", "4310", "Sports and leisure", "65000", "9875.00", "41210.90", "62000"),
    ("waterland", "4420", "Civil affairs", "38000", "2410.75", "27905.30", "39000"),
    ("waterland", "4510", "Public works", "240000", "31840.00", "171300.25", "250000"),
    ("waterland", "4600", "Information technology", "180000", "22400.00", "128650.00", "190000"),
    ("waterland", "4700", "Events and markets", "22000", "4350.00", "17400.00", "24000"),
    ("waterland", "4800", "Library", "30000", "1980.60", "22440.00", "0"),
    ("nordvig", "2100", "Citizen service", "420000", "31250.00", "288400.00", "430000"),
    ("nordvig", "2310", "Schools", "1250000", "96300.00", "901220.50", "1300000"),
    ("nordvig", "2420", "Care for the elderly", "980000", "71400.00", "702310.75", "1000000"),
    ("nordvig", "2510", "Roads and parks", "1600000", "210000.00", "1104500.00", "1550000"),
    ("nordvig", "2600", "Information technology", "890000", "64200.00", "633900.00", "900000"),
    ("nordvig", "2700", "Culture", "150000", "18300.00", "130800.00", "160000"),
)

ADDRESSES = (
    ("waterland", "STADHUIS", "Town hall", "Dijkplein 1", "1141 AA Waterland aan Zee"),
    ("waterland", "WERF", "Municipal yard", "Havenweg 18", "1141 BC Waterland aan Zee"),
    ("waterland", "BIEB", "Library", "Kerkstraat 7", "1141 AB Waterland aan Zee"),
    ("waterland", "SPORT", "Sports hall De Dijk", "Polderlaan 30", "1142 DE Waterland aan Zee"),
    ("nordvig", "RAADHUS", "Town hall", "Torvet 2", "9999 Nordvig"),
    ("nordvig", "SKOLE", "Nordvig school", "Skolevej 14", "9999 Nordvig"),
    ("nordvig", "PLEJE", "Care home Solbakken", "Solbakken 5", "9998 Vestby"),
    ("nordvig", "MATERIEL", "Roads depot", "Industrivej 40", "9999 Nordvig"),
)

SUPPLIERS = (
    ("L0101", "Papierhandel De Vries", "Zaandam", "NL", "EUR", 3, 0),
    ("L0102", "Kantoorwereld Noord", "Purmerend", "NL", "EUR", 2, 0),
    ("L0103", "Kwekerij Het Groene Hart", "Boskoop", "NL", "EUR", 10, 0),
    ("L0104", "Bouwstoffen Dijk en Duin", "Edam", "NL", "EUR", 5, 0),
    ("L0105", "ICT Partners Amstel", "Amsterdam", "NL", "EUR", 8, 0),
    ("L0106", "Schroef en Moer Techniek", "Hoorn", "NL", "EUR", 4, 0),
    ("L0107", "Feest en Sfeer Verhuur", "Alkmaar", "NL", "EUR", 3, 0),
    ("L0108", "Drukkerij Oude Haven", "Monnickendam", "NL", "EUR", 7, 1),
    ("L0109", "Boerderij De Dennen", "Broek in Waterland", "NL", "EUR", 4, 0),
    ("L0201", "Nordjysk Papir", "Aalborg", "DK", "DKK", 3, 0),
    ("L0202", "Kontorgruppen Vendsyssel", "Hjørring", "DK", "DKK", 2, 0),
    ("L0203", "Planteskolen Vest", "Brønderslev", "DK", "DKK", 12, 0),
    ("L0204", "Byg og Anlæg Nord", "Sæby", "DK", "DKK", 6, 0),
    ("L0205", "IT-Huset Limfjord", "Aalborg", "DK", "DKK", 9, 0),
    ("L0206", "Vendsyssel Teknik", "Frederikshavn", "DK", "DKK", 4, 0),
    ("L0207", "Julegården Tylstrup", "Tylstrup", "DK", "DKK", 4, 0),
)

ARTICLES = (
    ("PAP-0010", "Copy paper A4 80 g, 5 reams", "L0101", "box", 5, "21.50", "H21", 3),
    ("PAP-0020", "Copy paper A3 80 g, 3 reams", "L0101", "box", 3, "24.90", "H21", 3),
    ("PAP-0030", "Window envelopes C5", "L0101", "box", 500, "18.75", "H21", 4),
    ("KAN-0010", "Ballpoint pens blue", "L0102", "pack", 12, "3.40", "H21", 2),
    ("KAN-0020", "Office chair, ergonomic", "L0102", "piece", 1, "289.00", "H21", 10),
    ("KAN-0030", "Sit-stand desk 160 x 80", "L0102", "piece", 1, "545.00", "H21", 20),
    ("KAN-0040", "Whiteboard markers", "L0102", "set", 4, "5.95", "H21", 2),
    ("KAN-0050", "Coffee beans 1 kg", "L0102", "pack", 8, "107.20", "L9", 2),
    ("KAN-0060", "Postage stamps", "L0102", "pack", 100, "114.00", "N0", 2),
    ("GRO-0010", "Nordmann fir 200 cm", "L0103", "piece", 1, "47.50", "L9", 15),
    (
        "GRO-0020",
        "Nordmann fir 500 cm, delivered and placed",
        "L0103",
        "piece",
        1,
        "685.00",
        "L9",
        25,
    ),
    ("GRO-0030", "Planter with winter heather", "L0103", "piece", 1, "12.25", "L9", 5),
    ("BOU-0010", "Paving bricks red", "L0104", "pallet", 480, "312.00", "H21", 5),
    ("BOU-0020", "Road salt 25 kg", "L0104", "piece", 1, "6.85", "H21", 4),
    ("ICT-0010", "Laptop 14 inch", "L0105", "piece", 1, "1049.00", "H21", 10),
    ("ICT-0020", "Docking station", "L0105", "piece", 1, "179.00", "H21", 8),
    ("ICT-0030", "Systems engineer, per hour", "L0105", "hour", 1, "118.00", "H21", 10),
    ("ICT-0040", "Monitor 27 inch", "L0105", "piece", 1, "229.00", "H21", 35),
    ("TEC-0010", "Hex bolt M8 x 40", "L0106", "piece", 100, "0.1850", "H21", 4),
    ("TEC-0020", "Washer M8", "L0106", "piece", 100, "0.0425", "H21", 4),
    ("TEC-0030", "Work gloves", "L0106", "pack", 12, "31.20", "H21", 4),
    ("FEE-0010", "Artificial fir 210 cm, hired", "L0107", "piece", 1, "96.00", "H21", 3),
    ("FEE-0020", "String lights 20 m", "L0107", "piece", 1, "14.95", "H21", 3),
    ("FEE-0030", "Garlands", "L0107", "set", 6, "10.50", "H21", 3),
    ("DRU-0010", "Flyers A5", "L0108", "box", 1000, "64.00", "H21", 7),
    ("DEN-0010", "Nordmann fir 200 cm", "L0109", "piece", 1, "58.00", "L9", 4),
    ("NJP-0010", "Copy paper A4 80 g, 5 reams", "L0201", "box", 5, "164.50", "M25", 3),
    ("NJP-0020", "Exercise books lined", "L0201", "pack", 25, "98.75", "M25", 3),
    ("KON-0010", "Office chair, ergonomic", "L0202", "piece", 1, "2150.00", "M25", 10),
    ("KON-0020", "Felt-tip pens", "L0202", "set", 24, "74.95", "M25", 2),
    ("KON-0030", "Postage stamps", "L0202", "pack", 50, "600.00", "M0", 2),
    ("PLA-0010", "Nordmann fir 200 cm", "L0203", "piece", 1, "349.00", "M25", 15),
    ("PLA-0020", "Spring bulbs mixed", "L0203", "box", 250, "415.00", "M25", 6),
    ("BYG-0010", "Paving stones grey", "L0204", "pallet", 320, "2380.00", "M25", 6),
    ("BYG-0020", "Road salt 25 kg", "L0204", "piece", 1, "52.40", "M25", 4),
    ("ITH-0010", "Tablet for pupils", "L0205", "piece", 1, "2795.00", "M25", 12),
    ("ITH-0020", "Protective sleeve", "L0205", "piece", 1, "119.00", "M25", 9),
    ("ITH-0030", "Interactive screen 75 inch", "L0205", "piece", 1, "14950.00", "M25", 30),
    ("VEN-0010", "Hex bolt M8 x 40", "L0206", "piece", 100, "1.3875", "M25", 4),
    ("VEN-0020", "Hearing protection", "L0206", "piece", 1, "189.00", "M25", 4),
    ("JUL-0010", "Nordmann fir 200 cm", "L0207", "piece", 1, "429.00", "M25", 4),
)


def seed_cost_centres(database: sqlite3.Connection, today: date) -> None:
    """Cost centres and their budgets of this year and the next."""
    for organisation, code, name, budget, committed, spent, following in COST_CENTRES:
        database.execute("INSERT INTO cost_centre VALUES (?, ?, ?)", (organisation, code, name))
        database.executemany(
            "INSERT INTO budget VALUES (?, ?, ?, ?, ?, ?)",
            (
                (organisation, code, today.year, f"{Decimal(budget):.2f}", committed, spent),
                (organisation, code, today.year + 1, f"{Decimal(following):.2f}", "0.00", "0.00"),
            ),
        )


def seed(database: sqlite3.Connection, today: date) -> None:
    """Fill the purchasing tables."""
    database.executemany("INSERT INTO vat VALUES (?, ?, ?, ?)", VAT)
    database.executemany("INSERT INTO delivery_address VALUES (?, ?, ?, ?, ?)", ADDRESSES)
    database.executemany("INSERT INTO supplier VALUES (?, ?, ?, ?, ?, ?, ?)", SUPPLIERS)
    database.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ARTICLES)
    _seed_contracts(database, today)
    _seed_orders(database, today)


def _seed_contracts(database: sqlite3.Connection, today: date) -> None:
    year = today.year
    start, end = f"{year}-01-01", f"{year}-12-31"
    last_month = (today.replace(day=1) - timedelta(days=1)).isoformat()
    fortnight = (today + timedelta(days=14)).isoformat()
    longer = f"{year + 1}-12-31"
    rows = (
        ("001", "waterland", "L0101", "Paper and envelopes", start, longer, "40000", "12250.75"),
        ("002", "waterland", "L0102", "Office supplies", start, longer, "25000", "9830.20"),
        ("003", "waterland", "L0103", "Trees and plants", start, longer, "15000", "3120.00"),
        ("004", "waterland", "L0104", "Road materials", start, end, "60000", "59640.00"),
        ("005", "waterland", "L0105", "Workplaces and hours", start, longer, "120000", "71250.00"),
        ("006", "waterland", "L0106", "Fasteners", f"{year - 1}-01-01", last_month, "9000", "6410.35"),
        ("007", "waterland", "L0106", "Fasteners", f"{year + 1}-01-01", longer, "9000", "0"),
        ("008", "waterland", "L0107", "Festive decoration", start, fortnight, "8000", "1200.00"),
        ("101", "nordvig", "L0201", "Paper and school books", start, longer, "300000", "88420.00"),
        ("102", "nordvig", "L0202", "Office supplies", start, longer, "250000", "61200.50"),
        ("103", "nordvig", "L0203", "Trees and plants", start, longer, "120000", "18750.00"),
        ("104", "nordvig", "L0204", "Road materials", start, longer, "500000", "498500.00"),
        ("105", "nordvig", "L0205", "Tablets and screens", start, longer, "900000", "310400.00"),
        ("106", "nordvig", "L0206", "Tools", f"{year - 1}-01-01", last_month, "80000", "70110.00"),
    )  # fmt: skip
    database.executemany(
        "INSERT INTO contract VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (f"RC-{year}-{number}", organisation, supplier, subject, begins, ends,
             f"{Decimal(ceiling):.2f}", f"{Decimal(used):.2f}")
            for number, organisation, supplier, subject, begins, ends, ceiling, used in rows
        ],
    )  # fmt: skip


def _seed_orders(database: sqlite3.Connection, today: date) -> None:
    """Thirty-eight orders of the past quarter, IO-YEAR-00085 to 00122, made by people."""
    blocked = {code for code, *_, flag in SUPPLIERS if flag}
    currency = {row[0]: row[4] for row in SUPPLIERS}
    year_start = today.replace(month=1, day=1)
    for index in range(38):
        organisation = "nordvig" if index % 3 == 1 else "waterland"
        wanted = "DKK" if organisation == "nordvig" else "EUR"
        suppliers = [s for s, c in currency.items() if c == wanted and s not in blocked]
        supplier = suppliers[index % len(suppliers)]
        centres = [row[1] for row in COST_CENTRES if row[0] == organisation]
        addresses = [row[1] for row in ADDRESSES if row[0] == organisation]
        placed = max(today - timedelta(days=(38 - index) * 2), year_start)
        state = SHIPPED if index < 28 else PLACED
        if index in (9, 21):
            state = CANCELLED
        need_by = placed + timedelta(days=21 + index % 9)
        confirmed = "" if state == CANCELLED or index > 33 else need_by - timedelta(days=index % 4)
        order_id = database.execute(
            "INSERT INTO purchase_order (organisation, number, state, supplier, delivery_address,"
            " need_by, budget_year, reference, drafted_by, drafted_at, placed_by, placed_at,"
            " confirmed_date, cancelled_at, cancel_reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'office', ?, 'office', ?, ?, ?, ?)",
            (
                organisation,
                f"IO-{today.year}-{85 + index:05d}",
                state,
                supplier,
                addresses[index % len(addresses)],
                need_by.isoformat(),
                today.year,
                f"request {placed:%y%m}/{index + 1:02d}",
                f"{placed}T09:05:00+01:00",
                f"{placed}T15:40:00+01:00",
                str(confirmed),
                f"{placed}T16:20:00+01:00" if state == CANCELLED else "",
                "Ordered twice" if state == CANCELLED else "",
            ),
        ).lastrowid
        offered = [row for row in ARTICLES if row[2] == supplier]
        for position, article in enumerate(offered[: 1 + index % 3], start=1):
            code, _, _, unit, pack, price, vat, _ = article
            quantity = (1 + index % 4) * (100 if price.startswith("0.") else 1)
            database.execute(
                "INSERT INTO order_line (order_id, position, article, unit, pack_size, quantity,"
                " price, currency, vat, cost_centre) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    order_id, position, code, unit, pack, str(quantity), price, wanted, vat,
                    centres[index % len(centres)],
                ),
            )  # fmt: skip
