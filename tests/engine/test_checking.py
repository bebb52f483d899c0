"""Reviewed files: all that is wrong in all of them is told together, each place with its line."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, SETTINGS, Bureau

from paraplu.cli.clients import paths_of
from paraplu.domain.schedule import Schedule
from paraplu.engine.clientfile import CalendarFile, ClientFile, json_schema
from paraplu.engine.reviewed import given, read, require_right
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
    heading, *told = str(caught.value).splitlines()
    assert heading == f"{len(told)} places are wrong, nothing was changed:"
    missing = [
        (where, what)
        for where, what in wanted()
        if not any(line.startswith(where + what) for line in told)
    ]
    assert missing == []
    unexpected = [line for line in told if not any(line.startswith(w + x) for w, x in wanted())]
    assert unexpected == []
    assert len(bureau.entries()) == before


def test_what_is_right_beside_something_wrong_is_not_complained_of(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        '[client]\nid = "x-y"\nname = 1\n\n[[schedule]]\nname = "a"\nservice = "b"\nwhen = "by hand"\n'
        'timezone = "Europe/Amsterdam"\n',
        "utf-8",
    )
    told = [wrong.what for wrong in read(path).wrong]
    assert told == ["client: name: input should be a valid string"]


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
