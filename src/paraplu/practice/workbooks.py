"""The material of the demo: client files, and two workbooks as the clients themselves would send them.

`lay_out` writes them into a folder. What is there already is left alone, so that a demo that was
interrupted goes on with the same files.
"""

import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from paraplu.practice import accounts, correction_requests, order_requests, schema
from paraplu.practice.client_overview import Sums, lay_overview
from paraplu.practice.client_workbook import Column, Dress, Laid, Row, Value, lay_rows
from paraplu.practice.facts import FactMissing, Facts

CLIENTS = ("ssc", "waterland", "nordvig")
"""The client files in the order in which they are applied."""

TARGETS = ("practice-payroll", "practice-purchasing")
ROBOTS = ("payroll-robot", "purchasing-robot")


class CannotLayOut(Exception):
    """The material cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class Delivery:
    """A workbook, whose it is, what it asks for, and the user name of who hands it in."""

    file: str
    client: str
    service: str
    by: str


@dataclass(frozen=True)
class LaidOut:
    """Where everything is. `credentials` are the robots' accounts: user and password by name."""

    clients: tuple[Path, ...]
    deliveries: tuple[Delivery, ...]
    credentials: Mapping[str, Mapping[str, str]]

    def to_json(self) -> dict[str, Any]:
        """As the command prints it. Holds passwords."""
        return {
            "clients": [str(path) for path in self.clients],
            "deliveries": [asdict(one) for one in self.deliveries],
            "targets": dict.fromkeys(TARGETS, True),
            "credentials": {name: dict(account) for name, account in self.credentials.items()},
        }


WATERLAND = Dress(
    sheet="Mutaties",
    mark="WZ",
    title="Salariscorrecties",
    subtitle="Gemeente Waterland aan Zee  ·  Team Personeel en Organisatie",
    explanation=(
        "Eén regel per correctie. Bedragen per maand, in euro of in uren.",
        "De blauwe kolommen gaan naar het servicecentrum; de lichte zijn van onszelf.",
    ),
    rows_label="Aantal regels",
    total_label="Controletotaal",
    dark="FF1B4F72",
    pale="FFD9E8F2",
)
NORDVIG = Dress(
    sheet="Bestillinger",
    mark="NK",
    title="Bestillinger til indkøb",
    subtitle="Nordvig Kommune  ·  Fælles indkøb",
    explanation=(
        "Én række pr. varelinje. En bestilling med flere linjer har samme reference på dem alle.",
        "De mørke kolonner går til servicecentret; de lyse er vores egne.",
    ),
    rows_label="Antal linjer",
    total_label="Kontrolsum",
    dark="FF7B241C",
    pale="FFF6E3DF",
)


def lay_out(folder: Path, database: Path, today: date, passwords: Mapping[str, str]) -> LaidOut:
    """Write client files and workbooks into `folder`, true to the office in `database`.

    `passwords` are the accounts' as the office was given them; a robot without one gets a new one, in
    the office as well. Raises CannotLayOut, also for a database without an office.
    """
    office = _open(database)
    try:
        clients = tuple(folder / "clients" / f"{name}.toml" for name in CLIENTS)
        corrections = folder / "workbooks" / "salariscorrecties.xlsx"
        orders = folder / "workbooks" / "bestillinger.xlsx"
        for path in clients:
            _unless_there(path, partial(Path.write_bytes, data=_client_file(path.name)))
        _unless_there(corrections, lambda draft: corrections_workbook(office).save(draft))
        _unless_there(orders, lambda draft: orders_workbook(office, today).save(draft))
        given = {name: passwords.get(name) or secrets.token_urlsafe(24) for name in ROBOTS}
        with schema.transaction(office):
            accounts.set_passwords(office, given)
    except OSError as problem:
        raise CannotLayOut(f"The folder {folder} cannot be written: {problem.strerror}.") from None
    except (sqlite3.Error, FactMissing) as problem:
        raise CannotLayOut(
            f"The practice office in {database} cannot be used: {problem} Begin with a new one."
        ) from None
    finally:
        office.close()
    return LaidOut(
        clients,
        (
            Delivery(str(corrections), "waterland", "payroll-correction", "anneke.vos"),
            Delivery(str(orders), "nordvig", "procurement-order", "dorthe.kjeldgaard"),
        ),
        {name: {"user": name, "password": word} for name, word in given.items()},
    )


def corrections_workbook(office: sqlite3.Connection) -> Workbook:
    """The workbook of Gemeente Waterland aan Zee."""
    rows = correction_requests.rows(Facts(office, correction_requests.ORGANISATION))
    total = sum((_number(row.get("amount_wanted")) or Decimal(0) for row in rows), Decimal(0))
    book, laid = _book(WATERLAND, correction_requests.COLUMNS, rows, total)
    centres = sorted({str(row["cost_centre"]) for row in rows})
    sums = Sums(
        sheet="Overzicht",
        title="Overzicht voor het teamoverleg",
        headings=("Kostenplaats", "Aantal", "Gewenst per maand"),
        lines=[_counted(laid, centre, "amount_wanted") for centre in centres],
        total="Samen",
        money="€ #,##0.00",
        chart="Correcties per kostenplaats",
    )
    lay_overview(book, WATERLAND, sums)
    return book


def orders_workbook(office: sqlite3.Connection, today: date) -> Workbook:
    """The workbook of Nordvig Kommune."""
    rows = order_requests.rows(Facts(office, order_requests.ORGANISATION), today)
    total = Decimal(0)
    for row in rows:
        quantity, price = _number(row.get("quantity")), _number(row.get("net_price"))
        total += Decimal(0) if quantity is None or price is None else quantity * price
    book, laid = _book(NORDVIG, order_requests.COLUMNS, rows, total)
    centres = sorted({str(row["cost_centre"]) for row in rows})
    sums = Sums(
        sheet="Oversigt",
        title="Oversigt til ledelsen",
        headings=("Omkostningssted", "Linjer", "Beløb uden moms"),
        lines=[_counted(laid, centre, "quantity", "net_price") for centre in centres],
        total="Tilsammen",
        money='#,##0.00 "kr."',
        chart="Varelinjer pr. omkostningssted",
    )
    lay_overview(book, NORDVIG, sums)
    return book


def _book(
    dress: Dress, columns: Sequence[Column], rows: Sequence[Row], total: Decimal
) -> tuple[Workbook, Laid]:
    book = Workbook()
    book.properties.creator = dress.subtitle.partition("  ")[0]
    book.properties.title = dress.title
    return book, lay_rows(book, dress, columns, rows, total)


def _counted(laid: Laid, centre: str, *factors: str) -> tuple[str, str, str]:
    """Label, number of rows and sum of products of one cost centre, texts counting as nothing."""
    centres = laid.cells("cost_centre")
    products = ",".join(laid.cells(key) for key in factors)
    return (
        centre,
        f'COUNTIF({centres},"{centre}")',
        f'SUMPRODUCT(--({centres}="{centre}"),{products})',
    )


def _number(value: Value) -> Decimal | None:
    """What the client adds up: numbers, and the ones that are texts in its own notation."""
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    digits = str(value or "").replace(".", "").replace(",", ".")
    return Decimal(digits) if digits.replace(".", "").isdigit() else None


def _client_file(name: str) -> bytes:
    return resources.files(__package__).joinpath("clients", name).read_bytes()


def _unless_there(path: Path, write: Callable[[Path], object]) -> None:
    """Make a file in one step, unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    write(draft)
    draft.replace(path)


def _open(database: Path) -> sqlite3.Connection:
    if not database.is_file():
        raise CannotLayOut(
            f"There is no practice office in {database}: start it first with "
            f"python -m paraplu.practice serve --database {database}"
        )
    try:
        office = schema.connect(database)
        if not schema.is_new(office):
            return office
        office.close()
    except sqlite3.Error as problem:
        raise CannotLayOut(f"The database {database} cannot be read: {problem}.") from None
    raise CannotLayOut(f"The database {database} is not that of a practice office.")
