"""Where the databases, the keys and the evidence of a home lie: in it, or where its settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from paraplu.errors import SettingsWrong
from paraplu.settings import Home, load_home


def test_everything_lies_in_the_home_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    Home(tmp_path, "log").save()
    home = load_home(tmp_path)
    assert home.database_url == f"sqlite:///{tmp_path / 'paraplu.db'}"
    assert home.keys_url == f"sqlite:///{tmp_path / 'keys.db'}"
    assert home.evidence == tmp_path / "evidence"


def test_a_cluster_says_where_they_lie(tmp_path: Path) -> None:
    url = "postgresql+psycopg://ssc@db.example"
    shared = tmp_path / "shared"
    home = Home(
        tmp_path, "log", database=f"{url}/paraplu", keys=f"{url}/keys", evidence_folder=str(shared)
    )
    home.save()
    assert load_home(tmp_path) == home
    assert (home.database_url, home.keys_url) == (f"{url}/paraplu", f"{url}/keys")
    assert home.evidence == shared


def test_keys_among_the_cases_and_a_folder_that_is_not_the_same_everywhere_are_refused(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, "log", database="postgresql+psycopg://db.example/one")
    replace(home, keys=home.database).save()
    with pytest.raises(SettingsWrong, match="the keys need one of their own"):
        load_home(tmp_path)
    replace(home, evidence_folder="evidence").save()
    with pytest.raises(SettingsWrong, match="evidence must be a whole path"):
        load_home(tmp_path)
