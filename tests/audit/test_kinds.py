"""The catalogue of kinds of entries."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from paraplu.audit import kinds
from paraplu.audit.kind import OTHER, Phase
from paraplu.audit.kinds import CATALOGUE

# OCSF 1.8.0: the activities that each class defines, besides 0 (unknown) and 99 (other).
OCSF = {1008: range(1, 11), 3002: range(1, 8), 3004: range(1, 14), 6001: range(1, 9)}
OCSF[6002] = range(1, 9)

PROMISED = [
    "log-opened",
    "person-added",
    "settings-applied",
    "receipt-taken-in",
    "receipt-stopped",
    "receipt-released",
    "row-refused",
    "row-duplicate",
    "case-received",
    "case-checked",
    "case-planned",
    "already-so",
    "approval-asked",
    "approved",
    "declined",
    "intent",
    "action",
    "outcome-confirmed",
    "outcome-nothing",
    "outcome-collateral",
    "intent-resolved",
    "returned",
    "exception-opened",
    "case-taken",
    "case-handed-back",
    "case-replied",
    "case-withdrawn",
    "closed-by-hand",
    "run-started",
    "run-ended",
    "run-paused",
    "signed-in",
    "signed-out",
    "credential-used",
    "evidence-kept",
    "answer-written",
    "rehearsed",
    "personal-data-read",
    "log-verified",
    "head-signed",
    "watch-opened",
    "watch-fulfilled",
    "watch-missed",
    "key-created",
    "settings-exported",
    "demo-claim",
    "notice-sent",
    "notice-given-up",
    "absence-noted",
    "absence-ended",
    "approval-passed-on",
    "bundle-exported",
    "log-exported",
]


def test_every_promised_kind_is_there_under_its_code() -> None:
    assert set(PROMISED) <= set(CATALOGUE)
    assert all(kind.code == code for code, kind in CATALOGUE.items())


def test_no_code_stands_twice() -> None:
    assert len(kinds._ALL) == len(CATALOGUE)


def test_every_class_and_activity_exists_in_ocsf() -> None:
    for kind in CATALOGUE.values():
        assert kind.activity_id == OTHER or kind.activity_id in OCSF[kind.class_uid], kind


def test_type_and_category_are_counted_from_class_and_activity() -> None:
    assert (CATALOGUE["intent"].type_uid, CATALOGUE["intent"].category_uid) == (300403, 3)


def test_every_kind_says_in_one_sentence_what_it_means() -> None:
    for kind in CATALOGUE.values():
        assert re.fullmatch(r"[A-Z][^.]+\.", kind.meaning), kind


def test_every_phase_is_used() -> None:
    assert {kind.phase for kind in CATALOGUE.values()} == set(Phase)


def test_the_reference_page_lists_every_kind_as_the_catalogue_has_it() -> None:
    writer = Path(__file__).resolve().parents[2] / "docs" / "reference" / "entry_kinds.py"
    made = runpy.run_path(str(writer))
    text = made["PAGE"].read_text("utf-8")
    assert [code for code in CATALOGUE if f"| `{code}` |" not in text] == []
    assert text == made["page"](), f"write it anew: python {writer.name} in docs/reference"
