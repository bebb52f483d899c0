"""The practice office as a web application: its pages, their forms, labels and buttons.

Everything is server-rendered. `ORG` is `waterland` or `nordvig`, `PERIOD` is `2026-11`, `SLIP` is
employee code and employment number, `00412-1`. Numbers are 1.234,56, dates dd-mm-jjjj. A form with
something wrong comes back (422) with an alert that lists it and `aria-invalid` fields; what cannot
be done in the present state is a page with an alert (409), a missing right 403, a missing thing
404. What was done is said once, in the next page's `role=status`. Lists have ten rows, a search
field with the button "Search", and a navigation "Pages" with "Previous", numbers and "Next". Find
by exact names: there is a "line 1" and a "line 10", and a component may stand on a slip twice, the
second time with its corrected period in the name ("Change 1000 Base salary (2026-08)").

Everybody
---------
/sign-in                text fields "User name", "Password"; button "Sign in"; wrong: alert. When a
                        session has ended every page leads here, with an alert that says so, and
                        after signing in back to where one was (a form that was sent is lost).
                        Signing out: button "Sign out" in the page's head.
/                       table "Organisations" with links to both sides.

Payroll (payroll-robot, office)
-------------------------------
/payroll/ORG/employees?q=&page=
                        search "Code or name"; table "Employees", tr[data-employee=00412].
/payroll/ORG/employees/00412
                        table "Employments" tr[data-employment=1] with td[data-field=...] function,
                        cost_centre, valid_from, valid_until (empty: still running), part_time,
                        hours_per_week; table "Slips" tr[data-period][data-employment]: state, net.
/payroll/ORG/employees/00412/bank-account
                        office only; a robot gets 403 and the visit is noted.
/payroll/ORG/components table "Components" tr[data-component]: name, unit, kind, taxable,
                        pensionable, factor.
/payroll/ORG/periods    table "Periods" tr[data-period]: state, version, calculated_at, pay_date.
/payroll/ORG/periods/PERIOD
                        the cheap list: [data-field=run-state], run-version, calculated-at; table
                        "People in this run" tr[data-employee][data-employment] td[data-field=net],
                        everybody on one page. Button "Recalculate" (native confirm). Office: the
                        button that moves the run on.
/payroll/ORG/periods/PERIOD/slips/SLIP
                        [data-field=run-state], run-version, calculated-at; "Garnishment",
                        "Recovery" and "Negative net" stand as [data-mark]; table "Lines"
                        tr#line-ID[data-line][data-component][data-unit] with td[data-field=name],
                        unit, amount, cost_centre, corrected, reason, reference and links "Change
                        1000 Base salary", "End 1000 Base salary"; table "Totals"
                        tr[data-component] 9000 gross, 9100 pension, 9200 tax, 9900 net; table
                        "Corrections not applied yet"; link "Add a line". Corrected is `2026-08` or
                        `2026-08 to 2026-10`.
/payroll/ORG/periods/PERIOD/slips/SLIP/mutations/new?kind=change&line=ID (end; add without line)
                        "Component" (select, add only), "New amount" (not for end), "Cost centre"
                        (select), "Corrected period" and "Corrected until" (selects, may be empty),
                        "Reason" (select), "Reference" (free text); button "Save draft", link
                        "Back to the slip". Options have codes as values.
/payroll/ORG/mutations/ID
                        [data-field=state] draft, approved, applied, discarded; before and after;
                        button "Approve" opens the dialog "Approve this correction?" with "Yes,
                        approve" and "No, go back"; "Apply" asks by native confirm; "Discard".
/payroll/ORG/periods/PERIOD/mutations?q=&page=
/payroll/ORG/periods/PERIOD/mutations.csv
                        search "Reference or employee"; table "Mutations" tr[data-mutation].

Purchasing (purchasing-robot, office)
-------------------------------------
/purchasing/ORG/suppliers and /suppliers/CODE
                        tr[data-supplier]: name, city, lead_time (working days), blocked.
/purchasing/ORG/contracts
                        tr[data-contract]: supplier, valid_from, valid_until, ceiling, used, left.
/purchasing/ORG/articles and /articles/CODE
                        search "Code, name or supplier"; tr[data-article]: unit, pack_size, price,
                        vat, lead_time.
/purchasing/ORG/cost-centres
                        one table a year, "Budgets YEAR" tr[data-cost-centre][data-year]: budget,
                        committed, spent, left.
/purchasing/ORG/delivery-addresses
                        tr[data-address].
/purchasing/ORG/orders?q=&page=
                        search "Number or reference"; tr[data-order]: number, reference, supplier,
                        need_by, confirmed_date, state. Link "New order".
/purchasing/ORG/orders/new (and /orders/ID/edit for a draft)
                        "Supplier", "Framework contract", "Delivery address", "Budget year"
                        (selects), "Need by", "Our reference", "Remark"; per line "Article, line 1",
                        "Unit, line 1", "Pack size, line 1", "Quantity, line 1", "Net price, line
                        1", "Currency, line 1", "VAT code, line 1", "Cost centre, line 1"; four
                        lines, button "Add a line" for more; button "Save draft". Unit, pack size,
                        price, currency and VAT code left empty are the catalogue's.
/purchasing/ORG/orders/ID
                        [data-field=...] state, number, supplier, contract, delivery_address,
                        need_by, budget_year, reference, remark, confirmed_date; table "Order lines"
                        tr[data-line] with td[data-field=article], unit, pack_size, quantity, price,
                        currency, vat, cost_centre, net; table "Totals" tr[data-total]: net,
                        vat-CODE, gross. Buttons by state: "Submit"; "Approve"; "Place order", which
                        opens the dialog "Place this order?" with "Yes, place it" and "No, go back";
                        "Cancel order" with the field "Why it is cancelled" (native confirm). Link
                        "Change draft". Office: "Confirmed date" with "Record confirmation", and
                        "Record shipment".

Office administrator
--------------------
/moods                  form "Set a mood": "Mood", "Value", "Path", "Times"; button "Set mood"; table
                        "Moods that are set" with "Clear"; "Clear all moods"; form "Time of day".
"""

import hashlib
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from paraplu.practice import (
    mutation_pages,
    office_pages,
    order_pages,
    payroll_pages as pay,
    purchasing_pages as buy,
)
from paraplu.practice.accounts import OFFICE, PAYROLL, PURCHASING
from paraplu.practice.answering import Handler, endpoint
from paraplu.practice.clock import Clock
from paraplu.practice.visit import House

HERE = Path(__file__).parent
STATIC = {"office.css": "text/css", "office.js": "text/javascript"}

EMPLOYEE = "/payroll/{organisation}/employees/{employee}"
PERIOD = "/payroll/{organisation}/periods/{period}"
MUTATION = "/payroll/{organisation}/mutations/{mutation:int}"
BUY = "/purchasing/{organisation}"
ORDER = BUY + "/orders/{order:int}"

GET, POST = "GET", "POST"
PAGES: tuple[tuple[str, str, str, Handler], ...] = (
    (GET, "/sign-in", "", office_pages.sign_in_form),
    (POST, "/sign-in", "", office_pages.sign_in),
    (POST, "/sign-out", "", office_pages.sign_out),
    (GET, "/", "any", office_pages.home),
    (GET, "/redraw", "any", office_pages.redraw),
    (GET, "/moods", OFFICE, office_pages.mood_list),
    (POST, "/moods/set", OFFICE, office_pages.set_mood),
    (POST, "/moods/clear", OFFICE, office_pages.clear_mood),
    (POST, "/moods/time", OFFICE, office_pages.set_time),
    (GET, "/payroll/{organisation}/employees", PAYROLL, pay.employees),
    (GET, EMPLOYEE, PAYROLL, pay.employee),
    (GET, EMPLOYEE + "/bank-account", OFFICE, pay.bank_account),
    (POST, EMPLOYEE + "/bank-account", OFFICE, pay.save_bank_account),
    (GET, "/payroll/{organisation}/components", PAYROLL, pay.components),
    (GET, "/payroll/{organisation}/periods", PAYROLL, pay.periods),
    (GET, PERIOD, PAYROLL, pay.run),
    (POST, PERIOD + "/recalculate", PAYROLL, pay.recalculate),
    (POST, PERIOD + "/state", OFFICE, pay.set_run_state),
    (GET, PERIOD + "/mutations", PAYROLL, mutation_pages.mutation_list),
    (GET, PERIOD + "/mutations.csv", PAYROLL, mutation_pages.mutation_file),
    (GET, PERIOD + "/slips/{slip}", PAYROLL, pay.slip),
    (GET, PERIOD + "/slips/{slip}/mutations/new", PAYROLL, mutation_pages.form),
    (POST, PERIOD + "/slips/{slip}/mutations", PAYROLL, mutation_pages.save_draft),
    (GET, MUTATION, PAYROLL, mutation_pages.mutation),
    (POST, MUTATION + "/approve", PAYROLL, mutation_pages.approve),
    (POST, MUTATION + "/apply", PAYROLL, mutation_pages.apply),
    (POST, MUTATION + "/discard", PAYROLL, mutation_pages.discard),
    (GET, BUY + "/suppliers", PURCHASING, buy.suppliers),
    (GET, BUY + "/suppliers/{supplier}", PURCHASING, buy.supplier),
    (GET, BUY + "/contracts", PURCHASING, buy.contracts),
    (GET, BUY + "/articles", PURCHASING, buy.articles),
    (GET, BUY + "/articles/{article}", PURCHASING, buy.article),
    (GET, BUY + "/cost-centres", PURCHASING, buy.cost_centres),
    (GET, BUY + "/delivery-addresses", PURCHASING, buy.delivery_addresses),
    (GET, BUY + "/orders", PURCHASING, order_pages.order_list),
    (GET, BUY + "/orders/new", PURCHASING, order_pages.new),
    (POST, BUY + "/orders", PURCHASING, order_pages.save),
    (GET, ORDER, PURCHASING, order_pages.order),
    (GET, ORDER + "/edit", PURCHASING, order_pages.edit),
    (POST, ORDER + "/edit", PURCHASING, order_pages.save_changed),
    (POST, ORDER + "/submit", PURCHASING, order_pages.submit),
    (POST, ORDER + "/approve", PURCHASING, order_pages.approve),
    (POST, ORDER + "/place", PURCHASING, order_pages.place),
    (POST, ORDER + "/cancel", PURCHASING, order_pages.cancel),
    (POST, ORDER + "/confirm", OFFICE, order_pages.confirm),
    (POST, ORDER + "/ship", OFFICE, order_pages.ship),
)


def create_app(
    database: sqlite3.Connection, clock: Clock, idle: timedelta, drop: Callable[[Any], None]
) -> Starlette:
    """The application on an open office file; `drop` aborts a client's connection (host, port)."""
    files = {name: (HERE / "static" / name).read_bytes() for name in STATIC}
    house = House(
        database=database,
        clock=clock,
        templates=Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        ),
        idle=idle,
        static_tag=hashlib.sha256(b"".join(files.values())).hexdigest()[:12],
        drop=drop,
    )

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response(status_code=404)
        caching = {"Cache-Control": "max-age=31536000, immutable"}
        return Response(files[name], media_type=STATIC[name], headers=caching)

    routes = [Route("/static/{name}", static)]
    routes += [
        Route(address, endpoint(house, handler, side), methods=[method])
        for method, address, side, handler in PAGES
    ]
    return Starlette(routes=routes)
