"""Suppliers, articles, contracts and budgets as the practice office's pages show them."""

from __future__ import annotations

import re

from paraplu_procurement.system import Article, Budget, Contract, Supplier
from paraplu_procurement.targets.document import Document, Row
from paraplu_procurement.targets.notation import day, integer, money, number

_PERCENT = re.compile(r"(\d{1,2}(?:,\d{1,2})?)\s?%")


def supplier_of(page: Document, code: str) -> Supplier:
    """The page of a supplier."""
    facts = page.facts
    return Supplier(
        code=code,
        name=name_on(page, code),
        currency=facts.text("currency"),
        lead_time=integer(facts.text("lead_time"), "The lead time of a supplier"),
        blocked=facts.text("state") == "blocked",
    )


def article_of(page: Document, code: str) -> Article:
    """The page of an article; the rate stands in the name of its VAT code."""
    facts = page.facts
    rate = _PERCENT.search(facts.text("vat_name"))
    return Article(
        code=code,
        name=name_on(page, code),
        supplier=facts.part("supplier").attributes.get("data-supplier", ""),
        supplier_name=facts.text("supplier"),
        unit=facts.text("unit"),
        pack_size=integer(facts.text("pack_size"), "The pack size of an article"),
        price=money(facts.text("price"), "The price of an article"),
        vat_code=facts.text("vat"),
        vat_rate=number(rate[1], "The VAT rate of an article") if rate else None,
        lead_time=integer(facts.text("lead_time"), "The lead time of an article"),
    )


def offer_of(row: Row) -> Article:
    """An article as a row of the list: everything but its VAT rate."""
    supplier = row.part("supplier")
    return Article(
        code=row.attribute("data-article"),
        name=row.text("name"),
        supplier=supplier.attributes.get("data-supplier", ""),
        supplier_name=supplier.text,
        unit=row.text("unit"),
        pack_size=integer(row.text("pack_size"), "A pack size in the list"),
        price=money(row.text("price"), "A price in the list"),
        vat_code=row.text("vat"),
        lead_time=integer(row.text("lead_time"), "A lead time in the list"),
    )


def contract_of(row: Row) -> Contract:
    """A framework contract as a row of the list."""
    return Contract(
        number=row.attribute("data-contract"),
        supplier=row.part("supplier").attributes.get("data-supplier", ""),
        valid_from=day(row.text("valid_from"), "The first day of a contract"),
        valid_until=day(row.text("valid_until"), "The last day of a contract"),
        ceiling=money(row.text("ceiling"), "The ceiling of a contract"),
        used=money(row.text("used"), "What is used of a contract"),
    )


def budget_of(row: Row, year: int) -> Budget:
    """A cost centre as a row of the year's table."""
    return Budget(
        cost_centre=row.attribute("data-cost-centre"),
        year=year,
        budget=money(row.text("budget"), "A budget"),
        committed=money(row.text("committed"), "What is committed of a budget"),
        spent=money(row.text("spent"), "What is spent of a budget"),
    )


def name_on(page: Document, code: str) -> str:
    """The name in a page's title: ``L0101 Papierhandel De Vries – Practice office``."""
    return page.title.rpartition("–")[0].strip().removeprefix(code).strip()
