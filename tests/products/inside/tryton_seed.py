"""Makes and fills a Tryton database for purchasing. Runs inside the product's own environment.

A company in euro with VAT of 21 and 9 %, two places to deliver to, suppliers of which two are nearly
namesakes, and articles with codes, supplier prices, lead times and, for some, a pack as purchase unit.
Everything goes through the product's own modules and its scripting client, proteus.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

_MODULES = ("purchase", "purchase_request", "purchase_requisition")

# Name, city, days until delivery.
_SUPPLIERS = {
    "acme-fasteners": ("Acme Fasteners GmbH", "Hamburg", 5),
    "acme-fluids": ("Acme Fluids Ltd", "Bristol", 12),
    "borealis": ("Borealis Office Supply", "Oslo", 3),
    "cobalt": ("Cobalt Safety Gear", "Leeds", 7),
    "delta": ("Delta Packaging SA", "Lyon", 10),
    "evergreen": ("Evergreen Paper Co", "Utrecht", 2),
}
# Code, name, supplier, net price of a purchase unit, purchase unit, VAT.
_ARTICLES = (
    ("FAS-0010", "Hex bolt M8x40 zinc", "acme-fasteners", "0.1850", "Unit", "21"),
    ("FAS-0020", "Washer M8 DIN125", "acme-fasteners", "0.0420", "Unit", "21"),
    ("FLU-5001", "Hydraulic oil ISO46 20 l", "acme-fluids", "64.00", "Unit", "21"),
    ("OFF-1001", "Toner cartridge 26X", "borealis", "112.50", "Unit", "21"),
    ("OFF-1002", "Desk lamp LED", "borealis", "34.90", "Unit", "21"),
    ("SAF-2001", "Safety helmet EN397", "cobalt", "18.75", "Unit", "21"),
    ("SAF-2002", "Nitrile gloves M", "cobalt", "9.60", "Box of 100", "21"),
    ("PAC-3001", "Carton 400x300x200", "delta", "19.50", "Bundle of 25", "21"),
    ("PAC-3002", "Stretch film 23my", "delta", "6.45", "Unit", "21"),
    ("PAP-4001", "A4 paper 80 g", "evergreen", "21.30", "Box of 5", "21"),
    ("BOO-6001", "Reading book group 3", "evergreen", "12.95", "Unit", "9"),
)
_PACKS = {"Box of 100": 100, "Bundle of 25": 25, "Box of 5": 5}
_PLACES = {"Warehouse East": ("Havenstraat 12", "Zutphen"), "School West": ("Laan 3", "Deventer")}


def make(database: str, folder: Path, password: str) -> None:
    """An empty database with the modules, whose administrator has that password."""
    secret = folder / "password"
    secret.write_text(password + "\n")
    secret.chmod(0o600)
    (folder / f"{database}.sqlite").touch()
    command = [sys.executable, "-m", "trytond.cli.admin", "-d", database]
    command += ["--email", "admin@example.com", "--activate-dependencies"]
    try:
        subprocess.run(
            [*command, "-u", "ir", *_MODULES],
            env={**os.environ, "TRYTONPASSFILE": str(secret)},
            check=True,
        )
    finally:
        secret.unlink()


def fill(database: str, users: list[dict[str, str]], today: dt.date) -> None:
    """Everything that a buyer finds when the system is there."""
    from proteus import Model, config

    os.environ["DB_NAME"] = database
    session = config.set_trytond()
    taxes, accounts, company = found_company(today)
    units = add_units()
    add_places()
    suppliers = add_suppliers()
    for article in _ARTICLES:
        add_article(article, suppliers, units, taxes, accounts)
    add_users(users, company, session.user)
    item = Model.get("ir.module.config_wizard.item")
    for step in item.find([("state", "!=", "done")]):
        step.state = "done"
        step.save()


def found_company(today: dt.date) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """The company with its chart of accounts and fiscal year: (taxes by rate, accounts, company)."""
    from proteus import Model
    from trytond.modules.account.tests.tools import (
        create_chart,
        create_fiscalyear,
        create_tax,
        get_accounts,
    )
    from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
    from trytond.modules.company.tests.tools import create_company, get_company

    party = Model.get("party.party")(name="Gemeente Voorbeeld")
    party.save()
    create_company(party=party, currency="EUR")
    create_chart()
    year = set_fiscalyear_invoice_sequences(create_fiscalyear(today=today))
    year.click("create_period")
    taxes = {}
    for rate in ("21", "9"):
        tax = create_tax(Decimal(rate) / 100)
        tax.name = tax.description = f"VAT {rate}%"
        tax.save()
        taxes[rate] = tax
    return taxes, get_accounts(), get_company()


def add_units() -> dict[str, Any]:
    """The units of measure by name, the packs among them."""
    from proteus import Model

    unit_of_measure = Model.get("product.uom")
    (piece,) = unit_of_measure.find([("name", "=", "Unit")])
    units = {"Unit": piece}
    for name, pieces in _PACKS.items():
        pack = unit_of_measure(name=name, symbol=f"x{pieces}", category=piece.category)
        pack.factor, pack.rate = float(pieces), round(1 / pieces, 12)
        pack.digits, pack.rounding = 0, 1
        pack.save()
        units[name] = pack
    return units


def add_places() -> None:
    """Two warehouses with addresses, beside the product's own without one."""
    from proteus import Model

    location, party = Model.get("stock.location"), Model.get("party.party")
    (given,) = location.find([("type", "=", "warehouse")])
    (company,) = party.find([("name", "=", "Gemeente Voorbeeld")])
    for name, (street, city) in _PLACES.items():
        address = company.addresses.new()
        address.street_name, address.city = street, city
        company.save()
        inside = {}
        for use, kind in (("input", "storage"), ("output", "storage"), ("storage", "storage")):
            inside[use] = location(name=f"{name} {use}", type=kind)
            inside[use].save()
        warehouse = location(name=name, type="warehouse", parent=given.parent)
        warehouse.input_location = inside["input"]
        warehouse.output_location = inside["output"]
        warehouse.storage_location = inside["storage"]
        warehouse.address = company.addresses[-1]
        warehouse.save()


def add_suppliers() -> dict[str, Any]:
    """The suppliers by key, each with an address and 30 days to pay."""
    from proteus import Model

    term = Model.get("account.invoice.payment_term")(name="30 days net")
    remainder = term.lines.new()
    remainder.type = "remainder"
    remainder.relativedeltas.new().days = 30
    term.save()
    suppliers = {}
    for key, (name, city, _) in _SUPPLIERS.items():
        supplier = Model.get("party.party")(name=name)
        address = supplier.addresses[0] if supplier.addresses else supplier.addresses.new()
        address.city = city
        supplier.supplier_payment_term = term
        supplier.save()
        suppliers[key] = supplier
    return suppliers


def add_article(
    article: tuple[str, str, str, str, str, str],
    suppliers: dict[str, Any],
    units: dict[str, Any],
    taxes: dict[str, Any],
    accounts: dict[str, Any],
) -> None:
    """One article with its supplier's price and lead time."""
    from proteus import Model

    code, name, supplier, price, unit, rate = article
    category = Model.get("product.category")
    found = category.find([("name", "=", f"Purchases {rate}%")])
    if not found:
        made = category(name=f"Purchases {rate}%", accounting=True)
        made.account_expense, made.account_revenue = accounts["expense"], accounts["revenue"]
        made.supplier_taxes.append(taxes[rate])
        made.save()
        found = [made]
    template = Model.get("product.template")(name=name, type="goods")
    template.default_uom, template.purchasable = units["Unit"], True
    template.purchase_uom = units[unit]
    template.list_price = Decimal(price) * 2
    template.account_category = found[0]
    template.products[0].suffix_code = code
    template.products[0].cost_price = Decimal(price) / _PACKS.get(unit, 1)
    template.save()
    offer = Model.get("purchase.product_supplier")(template=template, party=suppliers[supplier])
    offer.lead_time = dt.timedelta(days=_SUPPLIERS[supplier][2])
    line = offer.prices.new()
    line.quantity, line.unit_price = 0, Decimal(price)
    offer.save()


def add_users(users: list[dict[str, str]], company: Any, administrator: int) -> None:
    """Who signs in: `login`, `password`, `role` (group names, separated by ` + `)."""
    from proteus import Model

    person, employee = Model.get("party.party"), Model.get("company.employee")
    user, group = Model.get("res.user"), Model.get("res.group")
    (english,) = Model.get("ir.lang").find([("code", "=", "en")])
    for given in [{"login": "admin"}, *users]:
        party = person(name=given["login"])
        party.save()
        works = employee(party=party)
        works.save()
        account = user(administrator) if given["login"] == "admin" else user(login=given["login"])
        account.language = english
        if "password" in given:
            account.name = given["login"]
            account.password, account.email = given["password"], f"{given['login']}@example.com"
            for name in given["role"].split(" + "):
                (member,) = group.find([("name", "=", name)])
                account.groups.append(member)
            account.companies.append(Model.get("company.company")(company.id))
        account.company = company
        account.employees.append(works)
        account.save()
        account.employee = employee(works.id)
        account.save()


def main() -> None:
    """Make and fill the database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True, help="its name, without .sqlite")
    parser.add_argument("--folder", type=Path, required=True, help="TRYTOND_DATABASE__PATH")
    parser.add_argument("--today", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--password", required=True, help="of the administrator")
    parser.add_argument("--users", type=json.loads, required=True)
    given = parser.parse_args()
    make(given.database, given.folder, given.password)
    fill(given.database, given.users, given.today)
    with contextlib.closing(sqlite3.connect(given.folder / f"{given.database}.sqlite")) as settled:
        settled.execute("pragma wal_checkpoint(truncate)")


if __name__ == "__main__":
    main()
