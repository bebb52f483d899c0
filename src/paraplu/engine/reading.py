"""From the rows of a sheet to typed requests, with everything that is wrong said per field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from paraplu.domain.form import Form
from paraplu.domain.message import Message
from paraplu.domain.request import Request
from paraplu.domain.workbook import CellValue, SheetRow
from paraplu.engine.casefile import Said


@dataclass(frozen=True, slots=True)
class Delivered:
    """One request as delivered: the rows it fills, and the request or what is wrong with it."""

    rows: tuple[int, ...]
    reference: str | None
    request: Request | None
    said: tuple[Said, ...] = ()


def read_requests(model: type[Request], form: Form, rows: Sequence[SheetRow]) -> list[Delivered]:
    """All requests of a sheet, in its order.

    Rows that follow each other with the same reference, or with an empty one, are the lines of one
    request when the model has lines.
    """
    return [_read_one(model, form, group) for group in _groups(model, rows)]


def _groups(model: type[Request], rows: Sequence[SheetRow]) -> list[list[SheetRow]]:
    if model.lines_field() is None:
        return [[row] for row in rows]
    groups: list[list[SheetRow]] = []
    for row in rows:
        reference = _value(row, "reference")
        if groups and (reference is None or reference == _value(groups[-1][0], "reference")):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _value(row: SheetRow, field: str) -> CellValue:
    cell = row.cells.get(field)
    return None if cell is None or cell.value == "" else cell.value


def _read_one(model: type[Request], form: Form, rows: list[SheetRow]) -> Delivered:
    said: list[Said] = []
    head: dict[str, Any] = {}
    for column in form.columns:
        if column.repeats:
            continue
        values = {value for row in rows if (value := _value(row, column.field)) is not None}
        if len(values) > 1:
            said.append(
                Said(
                    column.field,
                    Message(
                        "lines-disagree",
                        "The rows of one request say different things here: write it on the first row only.",
                    ),
                )
            )
        elif values:
            head[column.field] = values.pop()
    for row in rows:
        for name, cell in row.cells.items():
            if cell.problem is not None and not any(one.field == name for one in said):
                said.append(Said(name, cell.problem))
    lines = model.lines_field()
    if lines is not None:
        repeated = [column.field for column in form.columns if column.repeats]
        head[lines[0]] = [
            {name: value for name in repeated if (value := _value(row, name)) is not None}
            for row in rows
        ]
    reference = head.get("reference")
    numbers = tuple(row.number for row in rows)
    try:
        request = model.model_validate(head)
    except ValidationError as error:
        known = {one.field for one in said}
        said += [one for one in _explain(error, model) if one.field not in known]
        request = None
    if said:
        return Delivered(numbers, None if reference is None else str(reference), None, tuple(said))
    return Delivered(numbers, str(reference), request)


_EXPLANATIONS: Mapping[str, Message] = {
    "missing": Message("field-missing", "This must be filled in."),
    "string_too_short": Message("field-missing", "This must be filled in."),
    "string_too_long": Message("text-too-long", "This text is too long."),
    "string_pattern_mismatch": Message(
        "wrong-form", "This does not have the form that is asked for."
    ),
    "enum": Message("not-a-choice", "This is not one of the possible answers."),
    "greater_than": Message("too-small", "This number is too small."),
    "greater_than_equal": Message("too-small", "This number is too small."),
    "less_than": Message("too-large", "This number is too large."),
    "less_than_equal": Message("too-large", "This number is too large."),
    "decimal_max_places": Message("too-many-decimals", "This number has too many decimals."),
    "too_short": Message("no-lines", "At least one line is needed."),
}
_OTHERWISE = Message(
    "not-understood", "This could not be understood: see the explanation of the column."
)


def _explain(error: ValidationError, model: type[Request]) -> list[Said]:
    """Each broken rule once per field, in words; a line's rule stands beside the line's own column."""
    lines = model.lines_field()
    said: list[Said] = []
    for item in error.errors(include_url=False, include_input=False):
        location = [part for part in item["loc"] if isinstance(part, str)]
        if lines is not None and len(location) > 1 and location[0] == lines[0]:
            location = location[1:]
        field = location[0] if location else None
        if item["type"] == "value_error":
            message = Message("rule-broken", str(item["ctx"]["error"]))
        else:
            message = _EXPLANATIONS.get(item["type"], _OTHERWISE)
        if not any(one.field == field and one.message == message for one in said):
            said.append(Said(field, message))
    return said
