"""The texts of an evidence zip: its README, and the two verifiers with what they need to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from paraplu.assurance.handout.kinds import LANGUAGES, kinds_in

_KINDS_HERE = '<script type="application/json" id="kinds">{}</script>'


def readme(language: str, counts: Mapping[str, Any]) -> bytes:
    """README.txt in a language, in English where there is none in it."""
    text = _file(f"README.{language if language in LANGUAGES else 'en'}.txt").format_map(counts)
    return text.replace("\n", "\r\n").encode("utf-8")


def verifiers(language: str) -> dict[str, bytes]:
    """verify.html, which begins in `language`, and verify.py."""
    page = _file("verify.html")
    labels = {name: kinds_in(name) for name in LANGUAGES}
    words = json.dumps(labels, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    page = page.replace(_KINDS_HERE, _KINDS_HERE.replace("{}", words))
    page = page.replace('<html lang="en">', f'<html lang="{language}">')
    return {"verify.html": page.encode(), "verify.py": _file("verify.py").encode()}


def _file(name: str) -> str:
    return files("paraplu.assurance.handout").joinpath(name).read_text(encoding="utf-8")
