"""A work paper: the sampled cases with what an auditor looks at, and room for what they find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paraplu.assurance.questions.story import Step, Story

HEADINGS = (
    "No.",
    "Case",
    "Reference",
    "Client",
    "Service",
    "Asked by",
    "Decided by",
    "Before -> after",
    "Outcome",
    "Finished (UTC)",
    "Bot and code",
    "Evidence",
    "Entries",
    "Seen right? (yes/no)",
    "Remark",
    "Looked at by, on",
)


def rows(stories: Sequence[Story]) -> list[tuple[str, ...]]:
    """One row for each story, in the order in which they were drawn; the last three cells are empty."""
    return [(str(number), *_row(one)) for number, one in enumerate(stories, start=1)]


def _row(story: Story) -> tuple[str, ...]:
    ended = next((one for one in reversed(story.steps) if one.kind == story.outcome), None)
    decided = [
        f"{one.decision} by {one.name}"
        for step in story.steps
        if step.kind in ("approved", "declined")
        for one in step.decisions
    ]
    places = [step.place for step in story.steps]
    return (
        story.case,
        story.reference or "",
        story.client,
        story.service,
        story.requested_by or "",
        "; ".join(decided),
        "" if ended is None else "\n".join(_changes(ended)),
        story.outcome or "open",
        "" if ended is None else f"{ended.time:%Y-%m-%d %H:%M:%S}",
        "" if ended is None or ended.code is None else f"{ended.bot}, {ended.code}",
        "\n".join(name for step in story.steps for name in step.evidence),
        f"{min(places)} to {max(places)}",
        "",
        "",
        "",
    )


def _changes(step: Step) -> list[str]:
    return [
        f"{name}: {_cell(before)} -> {_cell(after)}"
        for name, before, after in step.differences
        if before != after
    ]


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)
