"""What is not as it should be after a change, in words for a person."""

from __future__ import annotations

from collections.abc import Sequence

from paraplu.domain.look import Difference, split

_MOST = 8  # differences in one sentence


def in_words(differences: Sequence[Difference]) -> tuple[str, ...]:
    """The first differences, and how many more; a line that is gone as a whole is one, not one a field."""
    told: list[str] = []
    parents = list(dict.fromkeys(split(one.path)[:-1] for one in differences))
    for parent in parents:
        group = [one for one in differences if split(one.path)[:-1] == parent]
        name = " ".join(parent)
        if parent and all(one.found is None and one.before is not None for one in group):
            was = ", ".join(f"{split(one.path)[-1]} {one.before}" for one in group)
            told.append(f"{name} is gone (was: {was})")
        elif parent and all(one.found is not None and one.before is None for one in group):
            now = ", ".join(f"{split(one.path)[-1]} {one.found}" for one in group)
            told.append(f"{name} has appeared ({now})")
        else:
            told += [_one_in_words(one) for one in group]
    if len(told) > _MOST:
        told[_MOST:] = [f"and {len(told) - _MOST} more"]
    return tuple(told)


def _one_in_words(one: Difference) -> str:
    expected = "not there" if one.expected is None else one.expected
    found = "not there" if one.found is None else one.found
    return f"{' '.join(split(one.path))} is {found}, expected {expected}"
