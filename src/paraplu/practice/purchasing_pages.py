"""The purchasing side's pages for looking: suppliers, contracts, articles, budgets, addresses."""

from paraplu.practice import payroll, purchasing
from paraplu.practice.listing import listing
from paraplu.practice.visit import Answer, Page, Visit, missing


def suppliers(visit: Visit) -> Answer:
    """The paged list of suppliers in the organisation's currency."""
    org = payroll.organisation(visit)
    found = listing(
        visit,
        "SELECT * FROM supplier WHERE currency = ?",
        "code",
        (org["currency"],),
        ("code", "name", "city"),
    )
    return Page("purchasing/suppliers.html", {"org": org, "listing": found})


def supplier(visit: Visit) -> Answer:
    """One supplier with its contracts and articles."""
    org = payroll.organisation(visit)
    code = visit.places["supplier"]
    row = visit.database.execute("SELECT * FROM supplier WHERE code = ?", (code,)).fetchone()
    if row is None:
        raise missing(f"Supplier “{code}”")
    contracts = visit.database.execute(
        "SELECT * FROM contract WHERE supplier = ? AND organisation = ? ORDER BY number",
        (code, org["code"]),
    ).fetchall()
    articles = visit.database.execute(
        "SELECT * FROM article WHERE supplier = ? ORDER BY code", (code,)
    ).fetchall()
    return Page(
        "purchasing/supplier.html",
        {"org": org, "supplier": row, "contracts": contracts, "articles": articles},
    )


def contracts(visit: Visit) -> Answer:
    """The paged list of framework contracts."""
    org = payroll.organisation(visit)
    found = listing(
        visit,
        "SELECT contract.*, supplier.name AS supplier_name FROM contract"
        " JOIN supplier ON supplier.code = supplier WHERE organisation = ?",
        "number",
        (org["code"],),
        ("number", "subject", "supplier.name"),
    )
    return Page(
        "purchasing/contracts.html",
        {"org": org, "listing": found, "contract_left": purchasing.contract_left},
    )


def articles(visit: Visit) -> Answer:
    """The paged catalogue of articles."""
    org = payroll.organisation(visit)
    found = listing(
        visit,
        "SELECT article.*, supplier.name AS supplier_name, currency FROM article"
        " JOIN supplier ON supplier.code = supplier WHERE currency = ?",
        "code",
        (org["currency"],),
        ("article.code", "article.name", "supplier.name"),
    )
    return Page("purchasing/articles.html", {"org": org, "listing": found})


def article(visit: Visit) -> Answer:
    """One article."""
    org = payroll.organisation(visit)
    code = visit.places["article"]
    row = visit.database.execute(
        "SELECT article.*, supplier.name AS supplier_name, currency, vat.name AS vat_name"
        " FROM article JOIN supplier ON supplier.code = supplier JOIN vat ON vat.code = vat"
        " WHERE article.code = ?",
        (code,),
    ).fetchone()
    if row is None:
        raise missing(f"Article “{code}”")
    return Page("purchasing/article.html", {"org": org, "article": row})


def cost_centres(visit: Visit) -> Answer:
    """Cost centres with their budgets per year, all on one page."""
    org = payroll.organisation(visit)
    rows = visit.database.execute(
        "SELECT budget.*, cost_centre.name FROM budget JOIN cost_centre"
        " ON cost_centre.organisation = budget.organisation AND code = cost_centre"
        " WHERE budget.organisation = ? ORDER BY year, cost_centre",
        (org["code"],),
    ).fetchall()
    return Page(
        "purchasing/cost_centres.html",
        {
            "org": org,
            "rows": rows,
            "years": sorted({row["year"] for row in rows}),
            "left_of": purchasing.left_of,
        },
    )


def delivery_addresses(visit: Visit) -> Answer:
    """The addresses where an organisation receives goods."""
    org = payroll.organisation(visit)
    rows = visit.database.execute(
        "SELECT * FROM delivery_address WHERE organisation = ? ORDER BY code", (org["code"],)
    ).fetchall()
    return Page("purchasing/delivery_addresses.html", {"org": org, "rows": rows})
