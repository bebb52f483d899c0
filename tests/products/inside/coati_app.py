"""coati-payroll as its makers ship it, with a database of our choice. Runs inside the product's own
environment.

`DATABASE_URL` is set before the product is imported: without it the product picks an in-memory
database wherever it sees CI or pytest.
"""

import os
from pathlib import Path

from flask import Flask


def application(database: Path, **settings: object) -> Flask:
    """The product's Flask application on the SQLite file `database`."""
    address = f"sqlite:///{database.resolve().as_posix()}"
    # Development: the cookies must travel over plain HTTP on loopback.
    os.environ.update(DATABASE_URL=address, FLASK_ENV="development", QUEUE_ENABLED="0")
    from coati_payroll import create_app
    from coati_payroll.config import configuration

    return create_app({**configuration, "SQLALCHEMY_DATABASE_URI": address, **settings})
