"""Starting, stopping and killing the office, and what it says when it cannot begin."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from paraplu.practice.office import Office, OfficeDidNotStart

TODAY = date(2026, 11, 21)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "paraplu.practice", *map(str, arguments)]


def passwords_file(folder: Path, text: str = "office=only-here\n", mode: int = 0o600) -> Path:
    path = folder / "passwords"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_serve_prints_one_line_of_json_and_ends_when_its_input_closes(tmp_path: Path) -> None:
    arguments = command(
        "serve", "--database", tmp_path / "a b.db", "--passwords", passwords_file(tmp_path),
        "--until-stdin-closes",
    )  # fmt: skip
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        said = json.loads(process.stdout.readline())
        assert said["pid"] == process.pid
        with socket.create_connection(("127.0.0.1", int(said["address"].rpartition(":")[2]))):
            pass
        process.stdin.close()
        assert process.stdout.read() == ""
        process.wait(10)


def test_a_killed_office_goes_on_where_it_was(
    tmp_path: Path, passwords: Any, sign_in_at: Any, order_fields: Any
) -> None:
    with Office.start(tmp_path, today=TODAY, passwords=passwords) as office:
        client = sign_in_at(office, "purchasing-robot")
        client.post("/purchasing/waterland/orders", order_fields("K-1"))
        office.kill()
    with Office.start(tmp_path, today=TODAY, passwords=passwords) as again:
        assert len(again.truth.orders("K-1")) == 1
        client = sign_in_at(again, "purchasing-robot")
        assert "K-1" in client.get("/purchasing/waterland/orders").text


def test_passwords_are_stored_hashed(running_office: Office, passwords: Any) -> None:
    running_office.truth.run_state("waterland", "2026-11")
    stored = b"".join(path.read_bytes() for path in running_office.database.parent.glob("office.*"))
    assert not any(password.encode() in stored for password in passwords.values())
    assert stored.count(b"$argon2id$") >= 3


def refusal(*arguments: str | Path, **environment: str) -> str:
    ended = subprocess.run(
        command("serve", *arguments),
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **environment},
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ("--database", tmp_path / "x.db", "--port", str(port))
        said = refusal(*arguments, "--passwords", passwords_file(tmp_path))
    assert said.startswith(f"Port {port} cannot be used")
    assert not (tmp_path / "x.db").exists()


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    database = tmp_path / "no such folder" / "x.db"
    said = refusal("--database", database, "--passwords", passwords_file(tmp_path))
    assert "cannot be written" in said


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE letters (x)")
    theirs.close()
    said = refusal("--database", path, "--passwords", passwords_file(tmp_path))
    assert "not a practice office" in said
    (tmp_path / "text.db").write_text("dear diary " * 100)
    said = refusal("--database", tmp_path / "text.db", "--passwords", passwords_file(tmp_path))
    assert "file is not a database" in said


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("office=x\n", 0o644, "mode 600"),
        ("office x\n", 0o600, "Line 1"),
        ("# nobody\n", 0o600, "Nobody could sign in"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX systems")
def test_passwords_that_will_not_do_are_said_in_one_sentence(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    file = passwords_file(tmp_path, text, mode)
    assert words in refusal("--database", tmp_path / "x.db", "--passwords", file)


def test_an_office_that_cannot_begin_says_why(tmp_path: Path) -> None:
    with pytest.raises(OfficeDidNotStart, match="Nobody could sign in"):
        Office.start(tmp_path, today=TODAY)


def test_moods_are_set_and_cleared_on_the_command_line(office: Office) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        whole = command("mood", *arguments, "--database", office.database)
        return subprocess.run(whole, capture_output=True, text=True, check=False)

    assert run("set", "slow", "--value", "1", "--times", "2").returncode == 0
    assert office.truth.bites() == {"slow": 0}
    assert run("clear").returncode == 0
    assert office.truth.bites() == {}
    wrong = run("set", "grumpy")
    assert (wrong.returncode, "There is no mood" in wrong.stderr) == (2, True)
    assert "cut-after-save" in run("list").stdout
