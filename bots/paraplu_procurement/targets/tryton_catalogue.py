"""Tryton's products as its suppliers sell them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from paraplu_procurement.system import Article
from paraplu_procurement.targets.tryton_records import Records, whole


def offers(records: Records, organisation: str, code: str) -> list[Article]:
    """A product as each of its suppliers sells it, at the price for the smallest quantity."""
    products = records.find(
        "product.product",
        [["code", "=", code], ["purchasable", "=", True]],
        *("name", "template", "purchase_uom.name", "purchase_uom.factor"),
        "account_category.supplier_taxes",
    )
    if not products:
        return []
    product = products[0]
    taxes = taxes_of(records, (product.get("account_category.") or {}).get("supplier_taxes") or [])
    offers = records.find(
        "purchase.product_supplier",
        [
            ["company.rec_name", "=", organisation],
            ["template", "=", product["template"]],
            ["OR", ["product", "=", None], ["product", "=", product["id"]]],
        ],
        *("party.code", "party.name", "lead_time", "currency.code"),
    )
    found: list[Article] = []
    for offer in offers:
        prices = records.find(
            "purchase.product_supplier.price",
            [["product_supplier", "=", offer["id"]]],
            *("quantity", "unit_price"),
            order="quantity",
        )
        if prices:
            found.append(
                Article(
                    code=code,
                    name=product["name"],
                    supplier=offer["party."]["code"],
                    supplier_name=offer["party."]["name"],
                    unit=product["purchase_uom."]["name"],
                    pack_size=whole(product["purchase_uom."]["factor"]),
                    price=prices[0]["unit_price"],
                    currency=offer["currency."]["code"],
                    vat_code=" + ".join(taxes) or None,
                    vat_rate=sum(taxes.values(), Decimal(0)) if taxes else None,
                    lead_time=whole(offer["lead_time"]),
                )
            )
    return found


def taxes_of(records: Records, uids: Sequence[int]) -> dict[str, Decimal]:
    """The percentages of taxes by name."""
    if not uids:
        return {}
    taxes = records.find("account.tax", [["id", "in", list(uids)]], "name", "rate")
    return {tax["name"]: (tax["rate"] or Decimal(0)) * 100 for tax in taxes}
