"""The purchasing side's pages for ordering: the list, the form, the order and its stages."""

import secrets
import sqlite3
from collections.abc import Mapping

from paraplu.practice import order_form, orders, payroll, purchasing
from paraplu.practice.fields import Fields
from paraplu.practice.listing import listing
from paraplu.practice.numbers import written_date
from paraplu.practice.visit import Answer, Moved, Page, Saved, Visit, refused


def order_list(visit: Visit) -> Answer:
    """The paged list of orders, searched by number and reference, latest first."""
    org = payroll.organisation(visit)
    found = listing(
        visit,
        "SELECT purchase_order.*, supplier.name AS supplier_name FROM purchase_order"
        " JOIN supplier ON supplier.code = supplier WHERE organisation = ?",
        "id DESC",
        (org["code"],),
        ("number", "reference"),
    )
    return Page("purchasing/orders.html", {"org": org, "listing": found})


def new(visit: Visit) -> Answer:
    """The empty order form."""
    values = {
        "budget_year": str(visit.clock.today().year),
        "supplier": visit.asked("supplier"),
        "contract": visit.asked("contract"),
    }
    return _form_page(visit, None, values, {}, order_form.EMPTY_LINES)


def edit(visit: Visit) -> Answer:
    """The order form of a draft."""
    order = purchasing.order(visit)
    orders.expect(order, purchasing.DRAFT)
    values = {name: str(order[name]) for name in ("supplier", "contract", "delivery_address")}
    values |= {name: str(order[name]) for name in ("budget_year", "reference", "remark")}
    values["need_by"] = written_date(order["need_by"])
    lines = purchasing.order_lines(visit.database, order["id"])
    for number, line in enumerate(lines, start=1):
        for name in order_form.LINE_FIELDS:
            values[f"{name}_{number}"] = str(line[name])
        values[f"pack_size_{number}"] = visit.notation.quantity(str(line["pack_size"]))
        values[f"quantity_{number}"] = visit.notation.quantity(line["quantity"])
        values[f"price_{number}"] = visit.notation.price(line["price"])
    return _form_page(visit, order, values, {}, max(len(lines), order_form.EMPTY_LINES))


def _form_page(
    visit: Visit,
    order: sqlite3.Row | None,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    lines: int,
) -> Page:
    org = payroll.organisation(visit)
    context = {
        "org": org,
        "order": order,
        "values": values,
        "errors": errors,
        "lines": min(lines, order_form.MOST_LINES),
        "token": visit.sent("form_token") or secrets.token_hex(8),
        **order_form.choices(visit, org),
    }
    return Page("purchasing/order_form.html", context, 422 if errors else 200)


def save(visit: Visit) -> Answer:
    """Save a new draft."""
    earlier = visit.database.execute(
        "SELECT location FROM used_form WHERE token = ?", (visit.sent("form_token"),)
    ).fetchone()
    if earlier and visit.moods.take("double-submit") is None:
        return Moved(earlier["location"])
    return _save(visit, None)


def save_changed(visit: Visit) -> Answer:
    """Save a changed draft."""
    return _save(visit, purchasing.order(visit))


def _save(visit: Visit, order: sqlite3.Row | None) -> Answer:
    org = payroll.organisation(visit)
    values = {name: visit.sent(name) for name in visit.form}
    count = order_form.line_count(visit)
    if visit.sent("more"):
        return _form_page(visit, order, values, {}, count + 1)
    fields = Fields(visit)
    read = order_form.read(visit, fields, org)
    if read is None:
        return _form_page(visit, order, values, fields.errors, count)
    home = f"/purchasing/{org['code']}/orders"
    if order is None:
        order_id = orders.save(visit, *read)
        location = f"{home}/{order_id}"
        visit.database.execute(
            "INSERT OR REPLACE INTO used_form VALUES (?, ?)", (visit.sent("form_token"), location)
        )
        return Saved(f"Order saved as draft {order_id}.", location, home)
    orders.change(visit, order, *read)
    return Saved(f"Draft {order['id']} saved.", f"{home}/{order['id']}", home)


def order(visit: Visit) -> Answer:
    """One order: head, lines, totals, and what can be done with it."""
    org, found = payroll.organisation(visit), purchasing.order(visit)
    lines = purchasing.order_lines(visit.database, found["id"])
    return Page(
        "purchasing/order.html",
        {
            "org": org,
            "order": found,
            "lines": lines,
            "totals": purchasing.order_totals(lines),
            "line_net": purchasing.line_net,
            "errors": {},
        },
    )


def submit(visit: Visit) -> Answer:
    """Hand a draft in."""
    found = purchasing.order(visit)
    orders.submit(visit, found)
    return _stay(found, f"Order {found['id']} submitted.")


def approve(visit: Visit) -> Answer:
    """Approve what was handed in."""
    found = purchasing.order(visit)
    orders.approve(visit, found)
    return _stay(found, f"Order {found['id']} approved.")


def place(visit: Visit) -> Answer:
    """Send an approved order to the supplier; it gets its number."""
    found = purchasing.order(visit)
    number = orders.place(visit, found)
    return _stay(found, f"Order placed as {number}.")


def cancel(visit: Visit) -> Answer:
    """Cancel an order, with a reason."""
    found = purchasing.order(visit)
    reason = visit.sent("cancel_reason")[:200]
    if not reason:
        raise refused("Say why the order is cancelled.")
    orders.cancel(visit, found, reason)
    return _stay(found, f"Order {found['number'] or found['id']} cancelled.")


def confirm(visit: Visit) -> Answer:
    """Record the date that the supplier confirmed (the administrator's work)."""
    found = purchasing.order(visit)
    fields = Fields(visit)
    day = fields.date("confirmed_date", "Confirmed date")
    if day is None:
        raise refused(fields.errors["confirmed_date"])
    if not orders.confirm(visit.database, found["id"], day, visit.clock.stamp()):
        raise refused("Only a placed order can be confirmed.")
    return _stay(found, f"Order {found['number']} confirmed for {written_date(day.isoformat())}.")


def ship(visit: Visit) -> Answer:
    """Record that the supplier has shipped (the administrator's work)."""
    found = purchasing.order(visit)
    if not orders.ship(visit.database, found["id"]):
        raise refused("Only a placed order can be shipped.")
    return _stay(found, f"Order {found['number']} shipped.")


def _stay(found: sqlite3.Row, notice: str) -> Saved:
    address = f"/purchasing/{found['organisation']}/orders/{found['id']}"
    return Saved(notice, address, address)
