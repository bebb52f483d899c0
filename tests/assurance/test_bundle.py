"""An evidence zip proves itself to a stranger: with Python and nothing of ours, and says what was changed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from bureau import BOOKING, CLIENT, Bureau, booking, moved_in
from openpyxl import load_workbook

from paraplu.assurance.handout.bundle import Exported
from paraplu.assurance.handout.revealing import Choice, Disclose
from paraplu.assurance.questions.question import Question
from paraplu.audit.entry import Entry
from paraplu.audit.note import Signer
from paraplu.bootstrap.rotation import retire_key, rotate_key
from paraplu.domain.person import Role
from paraplu.errors import NotAllowed, Refused
from paraplu.store import entries, logs

ALL = Choice(Disclose.ALL)
VERIFY = files("paraplu.assurance.handout").joinpath("verify.py").read_text("utf-8")


def export(
    bureau: Bureau,
    question: Question,
    out: Path,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    language: str = "en",
) -> Exported:
    (done,) = bureau.centre.bundles.export(bureau.who("ines"), question, out, choice, language)
    return done


def of_case(bureau: Bureau, reference: str) -> Question:
    return Question(cases=(bureau.case(reference).uid,))


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def relisted(content: dict[str, bytes]) -> dict[str, bytes]:
    """The same with a manifest that fits: what somebody does who knows how a zip is made."""
    manifest = json.loads(content["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in content.items()
        if name != "manifest.json"
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return {**content, "manifest.json": text.encode()}


@pytest.fixture(scope="module")
def told(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A bureau in which a few things happened, whose zips are made once."""
    bureau = moved_in(founded, tmp_path_factory.mktemp("told"))
    bureau.books.fault("pictures", left=-1)
    bureau.send(
        booking("KENMERK-771"),
        booking("KENMERK-772", "10002", now="3100", wanted="7654.32", remark="bel Jolanda eerst"),
        booking("KENMERK-774", "10004", now="2000", wanted="2000"),
    )
    bureau.rehearse()
    bureau.run()
    yield bureau
    bureau.close()


@pytest.fixture(scope="module")
def zips(told: Bureau, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of one case: nothing disclosed, all disclosed."""
    folder = tmp_path_factory.mktemp("zips")
    case = of_case(told, "KENMERK-771")
    made = {"none": folder / "none.zip", "all": folder / "all.zip"}
    export(told, case, made["none"])
    export(told, case, made["all"], ALL, "nl")
    return made


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`verify.py` alone in a folder, run by a Python that sees nothing of ours."""
    script = tmp_path / "verify.py"
    script.write_text(VERIFY, "utf-8")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(script), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=tmp_path,
        )

    return run


def checks_in_here() -> Callable[[Path], list[str]]:
    """The same check in this process: hundreds of altered zips would take too many processes."""
    space: dict[str, object] = {"__name__": "verify"}
    exec(compile(VERIFY, "verify.py", "exec"), space)  # noqa: S102 - our own file, as a stranger has it
    known = (space["Wrong"], ValueError, KeyError, TypeError, zipfile.BadZipFile)

    def check(path: Path) -> list[str]:
        try:
            found = space["Zip"](str(path), [])  # type: ignore[operator]
            found.check()
        except known as error:  # type: ignore[misc]
            return [str(error) or "x"]
        return list(found.wrong)

    return check


def test_a_strangers_python_accepts_the_zip_and_shows_the_key(
    told: Bureau, zips: dict[str, Path], verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    vkey = told.centre.parts.journal.verifier.vkey
    for path in zips.values():
        done = verify(path)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert vkey in done.stdout
        assert "COMPARE" in done.stdout
        assert "Everything holds." in done.stdout
    held = verify(zips["all"], "--vkey", vkey)
    assert held.returncode == 0
    assert "COMPARE" not in held.stdout


def test_another_key_than_the_one_that_the_auditor_holds_is_refused(
    told: Bureau, zips: dict[str, Path], verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    other = Signer(told.centre.parts.journal.log, b"z" * 32).verifier.vkey
    done = verify(zips["all"], "--vkey", other)
    assert done.returncode == 1
    assert "no key that you trust has signed" in done.stdout


def test_python_3_9_can_read_the_verifier_and_it_needs_nothing_of_ours() -> None:
    import ast

    tree = ast.parse(VERIFY, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [one.name for one in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def test_every_file_in_the_zip_altered_in_turn_is_refused(
    zips: dict[str, Path], tmp_path: Path
) -> None:
    check = checks_in_here()
    for which, path in zips.items():
        content = contents(path)
        assert check(path) == []
        for name, data in content.items():
            for at in {0, len(data) // 2, len(data) - 1}:
                altered = bytearray(data)
                altered[at] ^= 1
                odd = packed(tmp_path / "odd.zip", {**content, name: bytes(altered)})
                assert check(odd), f"{which}: {name}, byte {at}"
            gone = {other: kept for other, kept in content.items() if other != name}
            assert check(packed(tmp_path / "odd.zip", gone)), f"{which}: without {name}"
        more = {**content, "entries/0000000000.json": b"{}"}
        assert check(packed(tmp_path / "odd.zip", more))


def test_what_the_log_proves_cannot_be_altered_by_somebody_who_makes_the_manifest_fit(
    zips: dict[str, Path], tmp_path: Path
) -> None:
    check = checks_in_here()
    content = contents(zips["all"])
    proved = ("entries/", "proofs/", "disclosures/", "evidence/", "head.txt", "log.vkey")
    tried = 0
    for name, data in content.items():
        if not name.startswith(proved):
            continue
        for at in {0, len(data) // 3, len(data) // 2, len(data) - 2}:
            altered = bytearray(data)
            altered[at] ^= 1
            odd = relisted({**content, name: bytes(altered)})
            assert check(packed(tmp_path / "odd.zip", odd)), f"{name}, byte {at}"
            tried += 1
    assert tried > 100
    assert not check(packed(tmp_path / "odd.zip", relisted(content)))


def test_no_flipped_byte_of_the_zip_itself_passes_with_another_content(
    zips: dict[str, Path], tmp_path: Path
) -> None:
    check = checks_in_here()
    data = zips["none"].read_bytes()
    same = contents(zips["none"])
    odd = tmp_path / "odd.zip"
    for at in range(0, len(data), 211):
        altered = bytearray(data)
        altered[at] ^= 0x10
        odd.write_bytes(bytes(altered))
        assert check(odd) or contents(odd) == same, f"byte {at}"


def test_entries_proofs_and_values_of_two_entries_cannot_be_swapped(
    zips: dict[str, Path], tmp_path: Path
) -> None:
    check = checks_in_here()
    content = contents(zips["all"])
    for folder in ("entries", "proofs", "disclosures", "evidence"):
        one, two = [name for name in content if name.startswith(f"{folder}/")][:2]
        swapped = {**content, one: content[two], two: content[one]}
        assert check(packed(tmp_path / "odd.zip", relisted(swapped))), folder


def test_without_disclosure_no_personal_value_is_in_the_zip(zips: dict[str, Path]) -> None:
    personal = (b"KENMERK", b"10001", b"2600", b"Carla", b"Ines")
    for name, data in contents(zips["none"]).items():
        if name in ("verify.html", "verify.py"):
            continue
        # Among the digits of a hash anything may stand.
        words = set(re.split(rb"[^0-9A-Za-z+/_-]+", data))
        assert not words & set(personal), name
    with zipfile.ZipFile(io.BytesIO(contents(zips["none"])["reading/entries.xlsx"])) as book:
        text = b"".join(map(book.read, book.namelist()))
    assert not [value for value in personal if value in text]
    assert not any(name.startswith("evidence/") for name in contents(zips["none"]))


def test_with_all_disclosed_the_values_and_the_opened_evidence_are_there_and_bound_to_the_log(
    zips: dict[str, Path],
) -> None:
    content = contents(zips["all"])
    lines = [
        line
        for name, data in content.items()
        if name.startswith("disclosures/")
        for line in data.decode().splitlines()
    ]
    values = [json.loads(base64.urlsafe_b64decode(line + "=" * (-len(line) % 4))) for line in lines]
    assert "2600.00" in [value for _salt, _name, value in values]
    pictures = [name for name in content if name.endswith(".png")]
    assert pictures
    assert all(content[name].startswith(b"\x89PNG") for name in pictures)
    assert b"KENMERK-771" in content["reading/values.csv"]
    assert "Regels" in load_workbook(io.BytesIO(content["reading/entries.xlsx"])).sheetnames
    assert "Zo controleert u het" in content["README.txt"].decode()
    assert "Carla Visser" in content["names.json"].decode()


def test_chosen_fields_alone_are_disclosed_and_no_picture(
    told: Bureau, tmp_path: Path, verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    case = of_case(told, "KENMERK-771")
    choice = Choice(Disclose.FIELDS, frozenset(["lines.1000.amount"]))
    done = export(told, case, tmp_path / "some.zip", choice)
    content = contents(tmp_path / "some.zip")
    assert done.disclosed > 1
    assert b";2500;2600;" in content["reading/values.csv"]
    assert b"KENMERK" not in b"".join(content.values())
    assert not any(name.startswith("evidence/") for name in content)
    assert verify(tmp_path / "some.zip").returncode == 0


def test_the_same_entries_under_the_same_head_give_the_same_bytes(
    told: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles = told.centre.bundles
    places = bundles._chosen(told.who("ines"), of_case(told, "KENMERK-774"))
    with told.centre.parts.database.read() as connection:
        log = logs.current(connection)
        _cases, one, _told = bundles._gather(connection, log, places, ALL, "da")
        _cases, two, _told = bundles._gather(connection, log, places, ALL, "da")
    assert one == two
    from paraplu.assurance.handout.archive import write_zip

    write_zip(tmp_path / "1.zip", one)
    write_zip(tmp_path / "2.zip", two)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_what_was_handed_out_and_read_is_in_the_log_with_the_hash_of_the_zip(
    told: Bureau, tmp_path: Path
) -> None:
    case = told.case("KENMERK-772").uid
    done = export(told, of_case(told, "KENMERK-772"), tmp_path / "it.zip", ALL)
    with told.centre.parts.database.read() as connection:
        newest = [Entry(one.data) for one in entries.in_order(connection)][:-3:-1]
    exported, read = newest
    assert (exported.kind, read.kind) == ("bundle-exported", "personal-data-read")
    detail = exported.rpa["detail"]
    assert detail["zip"] == hashlib.sha256((tmp_path / "it.zip").read_bytes()).hexdigest()
    assert detail["zip"] == done.sha256
    assert detail["cases"] == [case]
    assert exported.case == case
    assert detail["entries"] == done.entries > 5
    assert exported.actor == told.who("ines").uid


def test_an_erased_value_is_counted_and_the_rest_still_proved(
    founded: Path, tmp_path: Path, verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    import sqlite3

    bureau = moved_in(founded, tmp_path / "erased")
    bureau.story(booking("A-1"))
    case = bureau.case("A-1")
    bureau.close()
    db = sqlite3.connect(bureau.home / "keys.db")
    with db:
        db.execute("DELETE FROM keys WHERE uid = ?", (case.key,))
    db.close()
    done = export(bureau, of_case(bureau, "A-1"), tmp_path / "e.zip", ALL)
    assert (done.disclosed, done.files) == (0, 0)
    assert done.erased > 5
    assert verify(tmp_path / "e.zip").returncode == 0
    bureau.close()


def test_the_entries_in_the_zip_are_those_that_are_found_with_the_same_question(
    told: Bureau, tmp_path: Path
) -> None:
    with told.centre.parts.database.read() as connection:
        log = [(one.place, Entry(one.data)) for one in entries.in_order(connection)]
    wanted: dict[str, tuple[Question, Callable[[Entry], bool]]] = {
        "client": (Question(client=CLIENT), lambda e: e.rpa.get("client") == CLIENT),
        "service": (Question(service=BOOKING), lambda e: e.rpa.get("service") == BOOKING),
        "kind": (Question(kinds=frozenset({"intent"})), lambda e: e.kind == "intent"),
        "bot": (Question(bot=BOOKING), lambda e: e.document["actor"].get("app_name") == BOOKING),
    }
    for name, (question, test) in wanted.items():
        done = export(told, question, tmp_path / f"{name}.zip")
        places = {f"entries/{place:010d}.json" for place, entry in log if test(entry)}
        assert {one for one in contents(done.file) if one.startswith("entries/")} >= places
        assert done.entries - len(places) in (0, 1, 2, 3)  # the exports before are entries, too
        assert places


def test_who_works_for_other_clients_neither_chooses_nor_exports(
    told: Bureau, tmp_path: Path
) -> None:
    known = told.who("ines")
    stranger = known.person.model_copy(update={"clients": ("elsewhere",)})
    reader = type(known)(known.uid, stranger)
    with pytest.raises(NotAllowed, match="do not work for"):
        told.centre.bundles.export(reader, Question(client=CLIENT), tmp_path / "x.zip")
    with pytest.raises(Refused, match="No entry fits"):
        told.centre.bundles.export(reader, Question(), tmp_path / "x.zip")
    operator = type(known)(known.uid, known.person.model_copy(update={"roles": (Role.OPERATOR,)}))
    with pytest.raises(NotAllowed):
        told.centre.bundles.export(operator, Question(client=CLIENT), tmp_path / "x.zip")
    assert not list(tmp_path.iterdir())


def test_nothing_chosen_and_a_name_that_is_taken_are_refused(told: Bureau, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No entry fits"):
        export(told, Question(actor="nobody"), tmp_path / "x.zip")
    (tmp_path / "y.zip").write_bytes(b"mine")
    with pytest.raises(Refused, match="there already"):
        export(told, Question(), tmp_path / "y.zip")
    assert (tmp_path / "y.zip").read_bytes() == b"mine"


def test_entries_of_two_years_go_into_a_zip_for_each_of_their_logs(
    founded: Path, tmp_path: Path, verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    bureau = moved_in(founded, tmp_path / "turn")
    bureau.time.now = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)
    bureau.send(booking("A-1"))
    bureau.time.go_on(seconds=20)
    bureau.run()
    case = of_case(bureau, "A-1")
    (tmp_path / "case-2027.zip").write_bytes(b"mine")
    ines = bureau.who("ines")
    log = bureau.centre.parts.journal.log.rpartition("/")[2]
    (tmp_path / f"taken-{log}.zip").write_bytes(b"mine")
    with pytest.raises(Refused, match="there already"):
        bureau.centre.bundles.export(ines, case, tmp_path / "taken.zip", ALL)
    old, new = bureau.centre.bundles.export(ines, case, tmp_path / "case.zip", ALL)
    assert new.file == tmp_path / f"case-{log}.zip"
    assert old.file.name.startswith("case-2026")
    assert not (tmp_path / "case.zip").exists()
    for one in (old, new):
        done = verify(one.file, "--vkey", one.vkeys[0])
        assert done.returncode == 0, done.stdout
        assert one.log in done.stdout
    assert b'"request' in b"".join(contents(old.file).values()).lower()
    told_of = [one for one in bureau.entries() if one.kind == "bundle-exported"]
    assert [one.rpa["detail"]["zip"] for one in told_of] == [old.sha256, new.sha256]
    bureau.close()


def test_a_closed_log_goes_out_under_the_key_that_signed_it_when_that_is_long_retired(
    founded: Path, tmp_path: Path, verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    bureau = moved_in(founded, tmp_path / "rotated")
    bureau.time.now = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)
    bureau.story(booking("A-1"))
    before = bureau.centre.parts.journal.verifier
    bureau.time.go_on(seconds=20)
    bureau.story(booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.centre.parts.journal.sign_head()
    ines = bureau.who("ines")
    rotate_key(bureau.centre.home, bureau.centre.parts.journal, ines)
    bureau.close()
    retire_key(bureau.centre.home, bureau.centre.parts.journal, ines)
    bureau.close()
    after = bureau.centre.parts.journal.verifier
    assert after.public_key != before.public_key
    old = export(bureau, of_case(bureau, "A-1"), tmp_path / "old.zip", ALL)
    new = export(bureau, of_case(bureau, "A-2"), tmp_path / "new.zip", ALL)
    assert (old.vkeys, new.vkeys) == ((before.vkey,), (after.vkey,))
    for one in (old, new):
        assert verify(one.file).returncode == 0
        assert verify(one.file, "--vkey", one.vkeys[0]).returncode == 0
    bureau.close()


def test_nothing_in_the_tables_for_reading_is_a_formula(told: Bureau, tmp_path: Path) -> None:
    from paraplu.assurance.handout.readingcopy import to_csv
    from paraplu.domain.workbook import Table

    row = ('=HYPERLINK("x")', "+1", "-1+2", "@SUM(A1)", "\tx", "plain\x00")
    table = Table("T", tuple("abcdef"), (row,))
    book = load_workbook(io.BytesIO(told.centre.parts.workbooks().tables([table])))
    cells = next(iter(book.worksheets[0].iter_rows(min_row=2)))
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].value == row[0]
    assert to_csv(table).decode("utf-8-sig").splitlines()[1].startswith("\"'=HYPERLINK")
    assert "'+1;'-1+2;'@SUM(A1)" in to_csv(table).decode("utf-8-sig")


def test_the_command_writes_a_zip_that_verifies(
    told: Bureau, tmp_path: Path, verify: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    told.close()
    program = [sys.executable, "-c", "from paraplu.cli.main import main; main()", "audit", "export"]

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, "--home", str(told.home), *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    out = tmp_path / "march.zip"
    done = run("--client", CLIENT, "--from", "2026-11-17", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    (said,) = json.loads(done.stdout.splitlines()[-1])["zips"]
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert said["entries"] > 20
    assert said["disclosed"] == 0
    assert verify(out, "--vkey", said["vkeys"][0]).returncode == 0
    assert run("--out", str(tmp_path / "n.zip")).returncode == 2
    assert run("--client", CLIENT, "--disclose", "fields", "--out", "n.zip").returncode == 2
    assert run("--client", CLIENT, "--to", "soon", "--out", "n.zip").returncode == 2
