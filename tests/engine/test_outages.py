"""A watched folder that is away for some time is told of once, and once when it is back."""

from __future__ import annotations

import json
from pathlib import Path

from bureau import Bureau
from desk import Desk
from post import LINK, rows, told

from paraplu.engine.letters import Letters
from paraplu.engine.outages import PATIENCE

ALMOST, LONG = PATIENCE - 1, PATIENCE + 1


def kinds(bureau: Bureau) -> list[str]:
    """What was told of folders, each notice once however many hear of it."""
    found = [(row.kind, row.about) for row in rows(bureau) if row.kind.startswith("folder-")]
    return [kind for kind, _about in dict.fromkeys(found)]


def gone(desk: Desk) -> Path:
    """The folder is away."""
    away = desk.path.with_name("away")
    desk.look()
    desk.path.rename(away)
    desk.look(1)
    return away


def test_operators_are_told_when_a_folder_has_been_away_for_some_minutes_and_when_it_is_back(
    desk: Desk,
) -> None:
    bureau = desk.bureau
    away = gone(desk)
    desk.look(ALMOST)
    assert kinds(bureau) == []
    since = f"{bureau.time.now:%Y-%m-%dT%H:%M}"
    bureau.time.go_on(minutes=5)
    desk.look(1)
    assert told(bureau, "folder-away") == {"Olga", "Ines"}
    said = json.loads(rows(bureau, "folder-away")[0].facts)
    assert (said["why"], said["since"][:16]) == ("folder-missing", since)
    for _hour in range(5):
        desk.look(3600)
    away.rename(desk.path)
    desk.look(1)
    desk.look(ALMOST)
    assert kinds(bureau) == ["folder-away"]
    desk.look(1)
    assert kinds(bureau) == ["folder-away", "folder-back"]
    assert told(bureau, "folder-back") == {"Olga", "Ines"}
    assert json.loads(rows(bureau, "folder-back")[0].facts)["since"] == said["since"]
    for _hour in range(5):
        desk.look(3600)
    assert len(rows(bureau)) == 4
    gone(desk)
    bureau.time.go_on(minutes=5)
    desk.look(LONG)
    assert kinds(bureau) == ["folder-away", "folder-back", "folder-away"]


def test_a_folder_that_is_away_for_a_moment_is_told_to_nobody(desk: Desk) -> None:
    for _often in range(20):
        away = gone(desk)
        desk.look(ALMOST)
        away.rename(desk.path)
        desk.look(1)
    assert kinds(desk.bureau) == []


def test_a_folder_that_comes_and_goes_is_one_outage_until_it_stays(desk: Desk) -> None:
    away = gone(desk)
    desk.look(LONG)
    for _often in range(20):
        away.rename(desk.path)
        desk.look(1)
        desk.look(ALMOST)
        gone(desk)
        desk.look(LONG)
    assert kinds(desk.bureau) == ["folder-away"]
    away.rename(desk.path)
    desk.look(1)
    desk.look(LONG)
    assert kinds(desk.bureau) == ["folder-away", "folder-back"]


def test_a_restart_in_an_outage_tells_nobody_anew_and_is_told_when_it_is_over(desk: Desk) -> None:
    away = gone(desk)
    desk.look(LONG)
    for _restart in range(3):
        desk.bureau.close()
        desk.look(1)
        desk.look(LONG)
    assert kinds(desk.bureau) == ["folder-away"]
    away.rename(desk.path)
    desk.bureau.close()
    desk.look(1)
    desk.look(LONG)
    assert kinds(desk.bureau) == ["folder-away", "folder-back"]


def test_an_out_folder_that_is_away_is_an_outage_of_its_own(bureau: Bureau, tmp_path: Path) -> None:
    out = tmp_path / "out"
    desk = Desk(bureau, tmp_path / "in", answered=str(out))
    desk.look()
    desk.look(LONG)
    assert json.loads(rows(bureau, "folder-away")[0].facts)["why"] == "out-folder-missing"
    out.mkdir()
    desk.look(1)
    desk.look(LONG)
    assert kinds(bureau) == ["folder-away", "folder-back"]


def test_a_mail_says_why_it_is_away_and_what_to_run(desk: Desk) -> None:
    bureau = desk.bureau
    gone(desk)
    desk.look(LONG)
    parts = bureau.centre.parts
    with parts.database.read() as connection:
        clients = parts.clients.every(connection)
    found = rows(bureau, "folder-away")[:1]
    mail = Letters(parts.wording, clients, "").write("x", "y@z", "nl", found, bureau.time.now)
    assert mail.subject == "Paraplu: Een bewaakte map is weg"
    assert "een bewaakte map is weg sinds 17-11-2026 10:" in mail.text
    assert "De map bestaat niet. Er gaat niets verloren" in mail.text
    assert "paraplu folders look" in mail.text
    assert str(desk.path) not in mail.text
    with_link = Letters(parts.wording, clients, LINK)
    assert f"{LINK}/health" in with_link.write("x", "y@z", "en", found, bureau.time.now).text
