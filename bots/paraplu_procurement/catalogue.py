"""What the supplier sells, against what the order says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paraplu import Finding, to_client, to_person
from paraplu_procurement.request import OrderLine, ProcurementOrder
from paraplu_procurement.system import Article, PurchasingSystem, Supplier
from paraplu_procurement.variants import OrderVariants, Unkept


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the purchasing system knows of one order's supplier and articles, read once."""

    supplier: Supplier | None
    articles: Mapping[str, Article]

    @classmethod
    def read(
        cls, system: PurchasingSystem, request: ProcurementOrder, organisation: str
    ) -> Catalogue:
        """Read what `request` needs."""
        code = request.supplier or ""
        found: dict[str, Article] = {}
        for wanted in sorted({line.article for line in request.lines}):
            article = system.article(organisation, code, wanted)
            if article is not None:
                found[wanted] = article
        return cls(system.supplier(organisation, code), found)

    @property
    def vat_rates(self) -> dict[str, Decimal]:
        """The percentages of the VAT codes that occur, as far as the product shows them."""
        return {
            one.vat_code: one.vat_rate
            for one in self.articles.values()
            if one.vat_code is not None and one.vat_rate is not None
        }

    def lead_time(self, request: ProcurementOrder, otherwise: int | None) -> int | None:
        """The longest lead time of the lines in working days; None when one is not known."""
        times: list[int] = []
        for line in request.lines:
            time = self.lead_time_of(self.articles.get(line.article), otherwise)
            if time is None:
                return None
            times.append(time)
        return max(times, default=None)

    def lead_time_of(self, article: Article | None, otherwise: int | None) -> int | None:
        """The article's own lead time, else its supplier's, else `otherwise`."""
        if article is not None and article.lead_time is not None:
            return article.lead_time
        if self.supplier is not None and self.supplier.lead_time is not None:
            return self.supplier.lead_time
        return otherwise


def catalogue_findings(
    request: ProcurementOrder, catalogue: Catalogue, variants: OrderVariants
) -> Iterator[Finding]:
    """Supplier and every line: known, the supplier's own, unit, pack, price, currency and VAT code."""
    supplier = catalogue.supplier
    if supplier is None:
        yield to_client(
            "supplier",
            "supplier-unknown",
            "The purchasing system knows no supplier {supplier}.",
            supplier=request.supplier or "",
        )
    elif supplier.blocked:
        yield to_person(
            "supplier-blocked",
            "Supplier {supplier} is blocked in the purchasing system: nothing may be ordered there.",
            supplier=supplier.name,
        )
    codes_shown = all(one.vat_code is not None for one in catalogue.articles.values())
    if not codes_shown and Unkept.VAT not in variants.accept_unchecked:
        yield to_person(
            "vat-unchecked",
            "The purchasing system does not show VAT codes: check those of this order by hand.",
        )
    for line in request.lines:
        article = catalogue.articles.get(line.article)
        if article is None:
            yield to_client(
                "article",
                "article-unknown",
                "The catalogue has no article {article}.",
                article=line.article,
            )
        elif article.supplier != request.supplier:
            yield to_client(
                "article",
                "article-elsewhere",
                "Article {article} is sold by {found}, not by the supplier of this order.",
                article=line.article,
                found=article.supplier_name,
            )
        else:
            yield from _line_findings(line, article, catalogue, variants)


def _line_findings(
    line: OrderLine, article: Article, catalogue: Catalogue, variants: OrderVariants
) -> Iterator[Finding]:
    if line.unit != article.unit:
        yield to_client(
            "unit",
            "unit-differs",
            "Article {article} is ordered per {found}, not per {asked}.",
            article=line.article,
            found=article.unit,
            asked=line.unit,
        )
    if article.pack_size is not None and line.pack_size != article.pack_size:
        yield to_client(
            "pack_size",
            "pack-size-differs",
            "One unit of article {article} holds {found}, not {asked}.",
            article=line.article,
            found=article.pack_size,
            asked=line.pack_size,
        )
    if not within(line.net_price, article.price, variants.price_tolerance):
        yield to_client(
            "net_price",
            "price-differs",
            "The price of article {article} is {found} in the catalogue and {asked} in the order; "
            "a difference of {tolerance} % is agreed.",
            article=line.article,
            found=article.price,
            asked=line.net_price,
            tolerance=variants.price_tolerance,
        )
    currency = article.currency or (catalogue.supplier.currency if catalogue.supplier else None)
    if currency is not None and line.currency != currency:
        yield to_client(
            "currency",
            "currency-differs",
            "Article {article} is sold in {found}, not in {asked}.",
            article=line.article,
            found=currency,
            asked=line.currency,
        )
    if article.vat_code is not None and line.vat_code != article.vat_code:
        yield to_client(
            "vat_code",
            "vat-code-differs",
            "The VAT code of article {article} is {found}, not {asked}.",
            article=line.article,
            found=article.vat_code,
            asked=line.vat_code,
        )


def within(price: Decimal, catalogue_price: Decimal, tolerance: Decimal) -> bool:
    """Whether `price` differs by at most `tolerance` percent, up or down: far too cheap is wrong too."""
    return abs(price - catalogue_price) * 100 <= catalogue_price * tolerance
