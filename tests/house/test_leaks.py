"""What goes wrong in settings, databases, files and on the command line repeats no secret and no case."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import Workbook

from leaks import SECRET, leaks
from paraplu.bootstrap import create_home, open_centre
from paraplu.domain.person import Person, Role
from paraplu.engine.reviewed import read, require_right
from paraplu.errors import ParapluError
from paraplu.logging import log_to, told, unexpected
from paraplu.settings import load_home
from paraplu.store.database import Database
from paraplu.store.tables import persons

NAME, BSN, SALARY = "Zbigniew Wörnstrød", "123456782", Decimal("4321.09")
PRIVATE = (SECRET, NAME, BSN, str(SALARY))

Fails = Callable[[Path], Any]


def home(folder: Path) -> Path:
    """A home with one person, bound to whoever runs the tests."""
    from paraplu.cli.session import system_user

    user = system_user()
    person = Person(handle="admin", name="Ada", roles=(Role.ADMINISTRATOR,), system_user=user)
    create_home(folder / "home", person)
    return folder / "home"


def _credentials(text: str, mode: int = 0o600) -> Fails:
    def fail(folder: Path) -> Any:
        path = home(folder) / "secrets" / "credentials.toml"
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return load_home(folder / "home").credential("robot")

    return fail


def _database_named(url: str) -> Fails:
    def fail(folder: Path) -> Any:
        settings = home(folder) / "settings.toml"
        text = settings.read_text("utf-8")
        settings.write_text(f"database = {json.dumps(url)}\n{text}", "utf-8")
        return open_centre(folder / "home")

    return fail


def _insert(**values: Any) -> Fails:
    def fail(folder: Path) -> Any:
        database = Database(f"sqlite:///{folder / 'x.db'}")
        database.create()
        with database.write() as connection:
            connection.execute(persons.insert().values(**values))

    return fail


def _client_file(text: str) -> Fails:
    def fail(folder: Path) -> Any:
        (folder / "client.toml").write_text(text, "utf-8")
        file = read(folder / "client.toml")
        return require_right([(file, file.wrong)])

    return fail


FAILURES: dict[str, Fails] = {
    "credentials that are no TOML": _credentials(f"[robot]\npassword = {SECRET}\n"),
    "credentials without end": _credentials(f'[robot]\npassword = "{SECRET}\n'),
    "credentials that all may read": _credentials(f"[robot]\npassword = '{SECRET}'\n", 0o644),
    "credentials of another robot": _credentials(f"[other]\nuser='x'\npassword = '{SECRET}'\n"),
    "credentials in another shape": _credentials(f"robot = '{SECRET}'\n"),
    "a database that does not answer": _database_named(
        f"postgresql+psycopg://robot:{quote(SECRET, safe='')}@127.0.0.1:1/x"
    ),
    "a database of an unknown kind": _database_named(
        f"oracel://robot:{quote(SECRET, safe='')}@h/x"
    ),
    "a row that breaks a rule": _insert(uid=NAME, handle_hash=SECRET, sealed=None, changed_at=1),
    "a value of a wrong kind": _insert(uid=[NAME, BSN], handle_hash={SECRET: SALARY}),
    "a client file with wrong values": _client_file(
        f"[client]\nid = '{NAME}'\nname = 'x'\ncountry = '{SECRET}'\n"
    ),
    "a client file with a wrong person": _client_file(
        f"[[person]]\nhandle = '{NAME}'\nname = '{BSN}'\nroles = ['{SECRET}']\n"
    ),
    "a client file with a wrong limit": _client_file(
        f"[client]\nid = 'x-y'\nname = 'x'\n[[agreement]]\nservice = 's'\nvalid_from = '{NAME}'\n"
        f"limits = {{ many = '{BSN}', act_minutes = '{SECRET}' }}\n"
    ),
}


@pytest.mark.parametrize("what", FAILURES)
def test_no_log_and_no_sentence_repeats_what_was_private(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = log_to(tmp_path / "paraplu.log")
    with pytest.raises(Exception) as caught:
        FAILURES[what](tmp_path)
    log.error("failed", exc_info=caught.value, name=NAME, number=int(BSN))
    out, err = capfd.readouterr()
    said = [
        tmp_path / "paraplu.log",
        out,
        err,
        unexpected(caught.value),
        json.dumps(told(caught.value)),
    ]
    if isinstance(caught.value, ParapluError):
        said.append(str(caught.value))
    assert leaks(PRIVATE, said) == []


def _book(path: Path, *rows: tuple[Any, ...]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def _damaged(path: Path) -> Path:
    path.write_bytes(b"PK\3\4" + f"{NAME} {BSN} {SECRET}".encode() * 20)
    return path


WORKBOOKS: dict[str, Callable[[Path], Path]] = {
    "damaged": _damaged,
    "no zip": lambda path: (path.write_text(f"{NAME};{BSN};{SALARY}") and path) or path,
    "other headings": lambda path: _book(path, (NAME, BSN), (SECRET, SALARY)),
    "empty": _book,
}


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("what", WORKBOOKS)
def test_the_command_line_repeats_nothing_of_a_workbook_that_it_refuses(
    what: str, as_json: bool, tmp_path: Path, root: Path
) -> None:
    place = home(tmp_path)
    book = WORKBOOKS[what](tmp_path / "delivery.xlsx")
    rest = ["--home", str(place), *(["--json"] if as_json else [])]
    settings = tmp_path / "schedules"  # a copy: the revision is written into what was applied
    shutil.copytree(root / "schedules", settings)
    assert _paraplu("apply", str(settings), *rest)[0] == 0
    code, out, err = _paraplu(
        *("receive", str(book), "--client", "example-gemeente", "--service", "payroll-correction"),
        *rest,
    )
    assert code == 3, (code, out, err)
    assert b"Traceback" not in err
    logs = list((place / "logs").rglob("*"))
    assert leaks(PRIVATE, [out, err, *logs]) == []


def test_what_is_missing_is_said_in_json_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAPLU_ROBOT_PASSWORD", SECRET)
    code, out, err = _paraplu("export", "x", "--home", str(tmp_path / "nowhere"), "--json")
    assert code == 1
    assert json.loads(out)["exit_code"] == 1
    assert leaks([SECRET], [out, err]) == []


def _paraplu(*arguments: str) -> tuple[int, bytes, bytes]:
    ended = subprocess.run(
        [sys.executable, "-m", "paraplu.cli.main", *arguments], capture_output=True, timeout=120
    )
    return ended.returncode, ended.stdout, ended.stderr
