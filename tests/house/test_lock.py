"""The lock pins everything by hash, names no place to get it from, and fits pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture
def pins(root: Path) -> dict[Requirement, list[str]]:
    """Each pinned requirement with its hashes."""
    text = (root / "requirements" / "dev.txt").read_text("utf-8").replace("\\\n", " ")
    found: dict[Requirement, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        pinned, *hashes = re.split(r"\s+--hash=", line)
        found[Requirement(pinned)] = hashes
    return found


def test_every_line_pins_one_version_by_hash(pins: dict[Requirement, list[str]]) -> None:
    assert len(pins) > 40
    for requirement, hashes in pins.items():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


def test_no_line_says_where_to_get_it(root: Path) -> None:
    lock = (root / "requirements" / "dev.txt").read_text("utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|-[if] | @ ", lock) == []


def test_what_the_project_asks_for_is_pinned_in_a_version_it_takes(
    root: Path, pins: dict[Requirement, list[str]]
) -> None:
    """Red after a change of pyproject.toml or dev.in until `python3 dev lock` has been run."""
    file = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    project = file["project"]
    asked = [*file["build-system"]["requires"], *project["dependencies"]]
    asked += [one for extra in project["optional-dependencies"].values() for one in extra]
    for line in (root / "requirements" / "dev.in").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            asked.append(line)
    pinned = {canonicalize_name(one.name): one for one in pins}
    for requirement in map(Requirement, asked):
        pin = pinned.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement} is not in the lock"
        version = str(pin.specifier).removeprefix("==")
        assert requirement.specifier.contains(version), f"{requirement}, and the lock has {version}"
