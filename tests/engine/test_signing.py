"""Heads are signed by a key in a file, by a command, by two keys while one follows the other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from bureau import Bureau, moved_in

from paraplu.audit.checkpoint import open_checkpoint
from paraplu.audit.note import Note, Signer, Verifier
from paraplu.audit.tree import Frontier
from paraplu.bootstrap.rotation import retire_key, rotate_key
from paraplu.domain.custody import AuditSettings
from paraplu.engine.signing import CannotSign, CommandKey, Signing
from paraplu.errors import Refused, SettingsWrong
from paraplu.settings import load_home
from paraplu.store import entries

SEED = b"k" * 32
PUBLIC = Signer("x", SEED).verifier.public_key
LOG = "ssc.example/audit/2026"


def program(folder: Path, last: str) -> tuple[str, ...]:
    """A command that signs what it reads; `last` says what it does with the signature."""
    path = folder / "sign.py"
    path.write_text(
        "import base64, sys\n"
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n"
        f"signature = Ed25519PrivateKey.from_private_bytes({SEED!r}).sign(sys.stdin.buffer.read())\n"
        f"{last}\n"
    )
    return (sys.executable, str(path))


@pytest.mark.parametrize(
    "last",
    ["sys.stdout.buffer.write(signature)", "print(base64.b64encode(signature).decode())"],
    ids=["bytes", "base64"],
)
@pytest.mark.slow
def test_a_command_signs_and_its_word_is_checked(tmp_path: Path, last: str) -> None:
    signing = Signing((CommandKey(program(tmp_path, last), PUBLIC),), (PUBLIC,))
    note = signing.sign(LOG, Frontier())
    assert open_checkpoint(note, signing.verifiers(LOG), LOG).size == 0
    assert not signing.quick


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ("sys.exit(3)", "exit code 3"),
        ("print('Enter PIN:'); sys.stdout.buffer.write(signature)", "gives no signature"),
        ("sys.stdout.buffer.write(signature[::-1])", "gives no signature"),
        ("pass", "gives no signature"),
    ],
)
@pytest.mark.slow
def test_a_command_that_does_not_sign_says_so(tmp_path: Path, last: str, why: str) -> None:
    signing = Signing((CommandKey(program(tmp_path, last), PUBLIC),), (PUBLIC,))
    with pytest.raises(CannotSign, match=why):
        signing.sign(LOG, Frontier())


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    signing = Signing((CommandKey((str(tmp_path / "none"),), PUBLIC),), (PUBLIC,))
    with pytest.raises(CannotSign, match="cannot be run"):
        signing.sign(LOG, Frontier())


def number(bureau: Bureau) -> int:
    with bureau.centre.parts.database.read() as connection:
        return entries.count(connection)


def newest(bureau: Bureau) -> bytes:
    with bureau.centre.parts.database.read() as connection:
        return entries.all_heads(connection)[-1]


@pytest.mark.slow
def test_a_home_whose_key_lies_elsewhere_goes_on_when_that_is_away(
    founded: Path, tmp_path: Path
) -> None:
    command = program(tmp_path, "sys.stdout.buffer.write(signature)")
    bureau = moved_in(founded, tmp_path / "b", audit=AuditSettings(sign_command=command))
    log = load_home(bureau.home).log
    (bureau.home / "secrets" / "log.key").unlink()
    old = (bureau.home / "log.vkey").read_text()
    (bureau.home / "log.vkey").write_text(old + Verifier(log, PUBLIC).vkey + "\n")
    bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)
    bureau.centre.parts.journal.sign_head()
    assert open_checkpoint(newest(bureau), [Verifier(log, PUBLIC)], log).size == number(bureau)
    Path(command[1]).unlink()
    bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)
    bureau.close()  # says nothing; what was done stands
    checked = bureau.centre.proof.check()
    assert checked.intact
    assert checked.verdict.unsigned == 1


def test_a_new_key_signs_beside_the_former_one_until_that_is_retired(bureau: Bureau) -> None:
    journal, by = bureau.centre.parts.journal, bureau.who("ines")
    old = journal.verifier
    new = rotate_key(bureau.centre.home, journal, by)
    bureau.close()
    bureau.centre.search.readings.tell(by, "entries", 1)
    bureau.centre.parts.journal.sign_head()
    names = {line.key_id for line in Note.parse(newest(bureau)).signatures}
    assert names == {old.key_id, new.key_id}
    log = journal.log
    for one in (old, new):  # whoever knows only one of them goes on
        assert open_checkpoint(newest(bureau), [one], log).size == number(bureau)
    with pytest.raises(Refused, match="key retire"):
        rotate_key(bureau.centre.home, bureau.centre.parts.journal, by)
    retire_key(bureau.centre.home, bureau.centre.parts.journal, by)
    bureau.close()
    bureau.centre.search.readings.tell(by, "entries", 1)
    bureau.centre.parts.journal.sign_head()
    assert {line.key_id for line in Note.parse(newest(bureau)).signatures} == {new.key_id}
    assert bureau.centre.parts.journal.verifier == new
    bureau.assert_intact()  # heads of all three times
    assert [kind for kind in bureau.kinds() if kind.startswith("key-")] == [
        "key-rotated",
        "key-retired",
    ]
    with pytest.raises(Refused, match="nothing is to be done"):
        retire_key(bureau.centre.home, bureau.centre.parts.journal, by)


def test_a_change_of_key_that_broke_off_is_gone_on_with(bureau: Bureau) -> None:
    home, journal, by = bureau.centre.home, bureau.centre.parts.journal, bureau.who("ines")
    draft = home.secrets / "log-next.key"
    draft.write_bytes(SEED)  # it was made, and then the machine died
    draft.chmod(0o600)
    assert rotate_key(home, journal, by).public_key == PUBLIC
    assert home.log_key.read_bytes() == SEED
    assert not draft.exists()
    bureau.close()
    bureau.assert_intact()


SCRIPT = """#!/bin/sh
file=$(mktemp) && trap 'rm -f "$file"' EXIT && cat > "$file"
openssl pkeyutl -sign -rawin -in "$file" -inkey {key}
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
def test_a_key_of_openssl_takes_over_as_the_docs_say(founded: Path, tmp_path: Path) -> None:
    key, script = tmp_path / "log.pem", tmp_path / "sign-head"
    script.write_text(SCRIPT.format(key=key))
    script.chmod(0o700)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    public = subprocess.run(
        ["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True
    ).stdout
    bureau = moved_in(founded, tmp_path / "b", audit=AuditSettings(sign_command=(str(script),)))
    by = bureau.who("ines")
    new = rotate_key(bureau.centre.home, bureau.centre.parts.journal, by, public)
    (bureau.home / "secrets" / "log.key").unlink()
    bureau.close()
    bureau.centre.parts.journal.sign_head()
    assert {line.key_id for line in Note.parse(newest(bureau)).signatures} == {new.key_id}
    bureau.assert_intact()
    bureau.close()


def test_a_key_that_lies_elsewhere_is_for_homes_whose_command_signs(bureau: Bureau) -> None:
    journal, by = bureau.centre.parts.journal, bureau.who("ines")
    with pytest.raises(Refused, match="sign_command"):
        rotate_key(bureau.centre.home, journal, by, b"x")
    away = replace(bureau.centre.home, audit=AuditSettings(sign_command=("sign",)))
    with pytest.raises(Refused, match="PEM"):
        rotate_key(away, journal, by, b"x")
    home = load_home(bureau.home)
    home.vkeys.write_text("nonsense")
    with pytest.raises(SettingsWrong, match=r"log\.vkey cannot be read"):
        home.signing()
