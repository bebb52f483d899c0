"""Whether an order can still arrive in time, and what could be done instead when it cannot.

A case that is about to miss its latest order moment is put before a person while there is still time
for approvals, never after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from paraplu import Finding, to_client, to_person
from paraplu_procurement.catalogue import Catalogue
from paraplu_procurement.deadline import Deadline, is_after
from paraplu_procurement.request import ProcurementOrder
from paraplu_procurement.system import Article, PurchasingSystem
from paraplu_procurement.variants import OrderVariants, Unkept


def address_findings(
    request: ProcurementOrder, known: Mapping[str, str] | None, variants: OrderVariants
) -> Iterator[Finding]:
    """The delivery address is one of the client's own list."""
    address = request.delivery_address or ""
    allowed = variants.delivery_addresses or (None if known is None else tuple(known))
    if allowed is None:
        if Unkept.ADDRESSES not in variants.accept_unchecked:
            yield to_person(
                "address-unchecked",
                "There is no list of this client's delivery addresses: check {address} by hand.",
                address=address,
            )
    elif address not in allowed or (known is not None and address not in known):
        yield to_client(
            "delivery_address",
            "address-unknown",
            "{address} is not on your list of delivery addresses; there are: {known}.",
            address=address,
            known=tuple(one for one in allowed if known is None or one in known),
        )


def timing_findings(
    request: ProcurementOrder,
    catalogue: Catalogue,
    system: PurchasingSystem,
    variants: OrderVariants,
    deadline: Deadline,
    now: datetime,
) -> Iterator[Finding]:
    """Need-by against lead time on working days, with time left for approvals."""
    need_by = request.need_by
    if need_by is None or any(line.article not in catalogue.articles for line in request.lines):
        return
    lead_time = catalogue.lead_time(request, variants.lead_time)
    if lead_time is None:
        yield to_person(
            "lead-time-unknown",
            "No lead time is known: ask the supplier whether {need_by} can be met.",
            need_by=need_by,
        )
        return
    latest = deadline.latest_order(need_by, lead_time)
    call_by = deadline.call_by(latest, variants.approval_days)
    if not is_after(now, call_by):
        return
    routes = routes_in_time(request, catalogue, system, variants, deadline, now)
    earliest = deadline.earliest_delivery(now, lead_time)
    if is_after(now, latest):
        yield _too_late(need_by, lead_time, latest, earliest, routes)
    else:
        yield _almost_too_late(need_by, lead_time, latest, earliest, routes)


def _too_late(
    need_by: date, lead_time: int, latest: datetime, earliest: date, routes: tuple[str, ...]
) -> Finding:
    if routes:
        return to_person(
            "too-late",
            "It was needed by {need_by} and had to be ordered before {latest} (lead time {days} working "
            "days). Ordered now it arrives on {earliest} at the earliest. In time would be: {routes}.",
            key=_matter(need_by, lead_time),
            need_by=need_by,
            latest=latest,
            days=lead_time,
            earliest=earliest,
            routes=routes,
        )
    return to_person(
        "too-late",
        "It was needed by {need_by} and had to be ordered before {latest} (lead time {days} working "
        "days). Ordered now it arrives on {earliest} at the earliest. Nobody else in the catalogue "
        "would be in time.",
        key=_matter(need_by, lead_time),
        need_by=need_by,
        latest=latest,
        days=lead_time,
        earliest=earliest,
    )


def _almost_too_late(
    need_by: date, lead_time: int, latest: datetime, earliest: date, routes: tuple[str, ...]
) -> Finding:
    if routes:
        return to_person(
            "almost-too-late",
            "To arrive by {need_by} it must be ordered before {latest} (lead time {days} working days), "
            "open approvals included. Ordered now it arrives on {earliest} at the earliest. "
            "Also in time would be: {routes}.",
            before=latest,
            key=_matter(need_by, lead_time),
            need_by=need_by,
            latest=latest,
            days=lead_time,
            earliest=earliest,
            routes=routes,
        )
    return to_person(
        "almost-too-late",
        "To arrive by {need_by} it must be ordered before {latest} (lead time {days} working days), "
        "open approvals included. Ordered now it arrives on {earliest} at the earliest. "
        "Nobody else in the catalogue would be faster.",
        before=latest,
        key=_matter(need_by, lead_time),
        need_by=need_by,
        latest=latest,
        days=lead_time,
        earliest=earliest,
    )


def _matter(need_by: date, lead_time: int) -> str:
    """What a person's word about lateness is about: the earliest day and the routes change daily."""
    return f"{need_by.isoformat()}, {lead_time}"


def routes_in_time(
    request: ProcurementOrder,
    catalogue: Catalogue,
    system: PurchasingSystem,
    variants: OrderVariants,
    deadline: Deadline,
    now: datetime,
) -> tuple[str, ...]:
    """Who else sells the late articles and would be there by the need-by date, fastest first.

    Each as ``supplier, article, day`` with the day as ISO 8601.
    """
    need_by = request.need_by
    found: set[tuple[date, str, str]] = set()
    for line in request.lines:
        article = catalogue.articles.get(line.article)
        if article is None or need_by is None:
            continue
        own = _arrival(article, catalogue, variants, deadline, now)
        for offer in system.offers(variants.organisation, article):
            time = offer.lead_time
            if time is None:
                continue
            day = deadline.earliest_delivery(now, time)
            if day <= need_by and (own is None or day <= own):
                found.add((day, offer.supplier_name, offer.code))
    return tuple(f"{supplier}, {code}, {day.isoformat()}" for day, supplier, code in sorted(found))


def _arrival(
    article: Article,
    catalogue: Catalogue,
    variants: OrderVariants,
    deadline: Deadline,
    now: datetime,
) -> date | None:
    time = catalogue.lead_time_of(article, variants.lead_time)
    return None if time is None else deadline.earliest_delivery(now, time)
