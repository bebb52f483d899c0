"""Reviewed files: all that is wrong in all of them is told together, each place with its line."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, SETTINGS, Bureau
from paraplu_ledger import BookingBot

from paraplu.cli.clients import paths_of
from paraplu.domain.schedule import Schedule
from paraplu.engine.checking import wrong_places
from paraplu.engine.clientfile import CalendarFile, ClientFile, json_schema
from paraplu.engine.reviewed import Reviewed, given, read, require_right, told
from paraplu.errors import SettingsWrong

ROOT = Path(__file__).parents[2]
BAD = Path(__file__).parent / "bad"
MORE = (
    (BAD / "syntax.toml", 3, "this is no TOML: Illegal character '\\n' in column 10"),
    (BAD / "twice.toml", 2, f"client: 'noordwijk' stands in {BAD / 'noordwijk.toml'} already"),
)
"""What cannot be written behind its line."""


def wanted() -> list[tuple[str, str]]:
    """Where something must be said, and what, from the marks in the bad files."""
    found = []
    for path in paths_of([BAD]):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            _, mark, what = line.partition("#! ")
            if mark:
                found.append((f"{path}:{number}: ", what))
    return found + [(f"{path}:{number}: ", what) for path, number, what in MORE]


def test_all_that_is_wrong_in_all_files_is_told_together_with_what_to_write_instead(
    bureau: Bureau,
) -> None:
    files = [read(path) for path in paths_of([BAD])]
    before = len(bureau.entries())
    with pytest.raises(SettingsWrong) as caught:
        bureau.centre.parts.records.apply(files, bureau.who("ines"), force=True)
    heading, *said = str(caught.value).splitlines()
    assert heading == f"{len(said)} places are wrong, nothing was changed:"
    missing = [
        (where, what)
        for where, what in wanted()
        if not any(line.startswith(where + what) for line in said)
    ]
    assert missing == []
    unexpected = [line for line in said if not any(line.startswith(w + x) for w, x in wanted())]
    assert unexpected == []
    assert len(bureau.entries()) == before


def test_what_is_right_beside_something_wrong_is_not_complained_of(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        '[client]\nid = "x-y"\nname = 1\n\n[[schedule]]\nname = "a"\nservice = "b"\nwhen = "by hand"\n'
        'timezone = "Europe/Amsterdam"\n',
        "utf-8",
    )
    said = [wrong.what for wrong in read(path).wrong]
    assert said == ["client: name: input should be a valid string"]


def test_a_table_in_single_brackets_is_told_to_be_one_of_several(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('[client]\nid = "x-y"\nname = "X"\n[schedule]\nname = "a"\n', "utf-8")
    (wrong,) = read(path).wrong
    assert wrong.what == "[schedule] is one; write: [[schedule]], in double brackets, above each"


def test_a_file_that_is_no_text_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes('name = "Gemeente Zuidwijk é"'.encode("utf-16"))
    with pytest.raises(SettingsWrong, match=r"x\.toml:1: this is not UTF-8 text; save it as UTF-8"):
        require_right([(read(path), read(path).wrong)])


def chained(tmp_path: Path, *pairs: tuple[str, str]) -> Reviewed:
    """A client file with a schedule for each pair: the first service after the second has finished."""
    lines = ['[client]\nid = "x-y"\nname = "X"']
    lines += [
        f'[[agreement]]\nservice = "{service}"\nversion = 1\nvalid_from = 2026-01-01\n'
        'target = "ledger"\ncredential = "robot"'
        for service in ("a-a", "b-b", "c-c")
    ]
    lines += [
        f'[[schedule]]\nname = "{one}-after-{other}"\nservice = "{one}"\n'
        f'when = "after {other} has finished"\ntimezone = "Europe/Amsterdam"'
        for one, other in pairs
    ]
    path = tmp_path / "x.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read(path)


def test_bots_that_would_set_each_other_off_for_ever_are_refused_with_what_to_write(
    tmp_path: Path,
) -> None:
    bots = dict.fromkeys(("a-a", "b-b", "c-c"), BookingBot)
    chain = chained(tmp_path, ("b-b", "a-a"), ("c-c", "b-b"))
    assert told(wrong_places([chain], bots)) == []
    loop = chained(tmp_path, ("b-b", "a-a"), ("c-c", "b-b"), ("a-a", "c-c"))
    (said,) = told(wrong_places([loop], bots))
    where = next(
        number
        for number, line in enumerate((tmp_path / "x.toml").read_text("utf-8").splitlines(), 1)
        if line == 'when = "after a-a has finished"'
    )
    assert said == (
        f"{tmp_path / 'x.toml'}:{where}: schedule 'b-b-after-a-a': \"after a-a has finished\": with "
        "'c-c-after-b-b', 'a-a-after-c-c' runs would set each other off for ever "
        "(b-b -> c-c -> a-a -> b-b); write a time in one of them, for instance: "
        'when = "every working day at 07:30"'
    )


def test_a_bot_after_itself_is_refused_with_what_to_write(tmp_path: Path) -> None:
    bots = dict.fromkeys(("a-a", "b-b", "c-c"), BookingBot)
    (said,) = told(wrong_places([chained(tmp_path, ("a-a", "a-a"))], bots))
    assert (
        "schedule 'a-a-after-a-a': a run of a-a that waits for a run of a-a would never end" in said
    )
    assert said.endswith("name another service, or write a time")


def test_a_calendar_may_not_become_shorter_than_a_schedule_that_uses_it(bureau: Bureau) -> None:
    calendar = CalendarFile(id="pay", name="Pay days", dates=(date(2027, 1, 25), date(2027, 6, 25)))
    schedule = Schedule(
        client=CLIENT,
        name="before-pay-day",
        service=BOOKING,
        when="on the dates of pay at 09:00",
        timezone="Europe/Amsterdam",
        valid_until=date(2027, 6, 25),
    )
    client = SETTINGS.model_copy(update={"schedule": (schedule,)})
    records, ines = bureau.centre.parts.records, bureau.who("ines")
    records.apply([given(calendar), given(client)], ines, force=True)
    shorter = calendar.model_copy(update={"dates": calendar.dates[:1]})
    says = "'noordwijk/before-pay-day' uses it, and calendar 'pay' ends on 2027-01-25"
    with pytest.raises(SettingsWrong, match=says):
        records.apply([given(shorter)], ines, force=True)
    less = client.model_copy(
        update={"schedule": (schedule.model_copy(update={"valid_until": date(2027, 1, 25)}),)}
    )
    assert records.apply([given(shorter), given(less)], ines, force=True)[0].lines


@pytest.mark.parametrize(
    ("model", "name"), [(ClientFile, "client-file"), (CalendarFile, "calendar-file")]
)
def test_the_published_schema_is_the_current_one(
    model: type[ClientFile] | type[CalendarFile], name: str
) -> None:
    published = ROOT / "docs" / "reference" / f"{name}.schema.json"
    kind = name.removesuffix("-file")
    assert json.loads(published.read_text("utf-8")) == json_schema(model), (
        f"renew it: paraplu schedules schema {kind} --out docs/reference/{name}.schema.json"
    )


def test_the_schema_knows_each_key_of_the_example_files() -> None:
    """No validator of JSON Schema is needed for that: every object in it forbids other keys."""
    for path in paths_of([ROOT / "schedules"]):
        file = read(path)
        assert file.content is not None
        schema = json_schema(type(file.content))
        data = tomllib.loads(path.read_text("utf-8"))
        assert unknown(data, schema, schema["$defs"]) == []


def unknown(data: Any, schema: Any, parts: Any) -> list[str]:
    """Keys of `data` that the schema does not allow, and keys that it demands and that are not there."""
    schema = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for other in schema.get("anyOf", ()):
        if "$ref" in other:
            return unknown(data, other, parts)
    if isinstance(data, list):
        return [key for one in data for key in unknown(one, schema.get("items", {}), parts)]
    if not isinstance(data, dict) or schema.get("additionalProperties") is not False:
        return []
    known = schema["properties"]
    found = [key for key in data if key not in known]
    found += [key for key in schema.get("required", ()) if key not in data]
    return found + [
        key for name in data.keys() & known for key in unknown(data[name], known[name], parts)
    ]
