"""Each attack on the audit log, which layer finds it, and that the page about it says the same.

Layers: `paraplu audit verify` with what is in the home alone, with a copy of heads on another disk, and with
a witness. The marks of the lived home: the copy has heads up to `kept`, the witness up to `seen`, which
covers an intent; what came after is signed in the home only.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attacks import LAYERS, TABLE, Attack, early, facts, outcome
from bureau import START, Bureau, booking, moved_in
from intruder import Intruder, Marks
from test_witnessing import serving
from tricks import EARLY, cut_with_heads, rewrite

from paraplu.assurance.questions.question import Question
from paraplu.assurance.verifying.proof import Proof
from paraplu.audit import notefile
from paraplu.domain.custody import AuditSettings
from paraplu.settings import load_home
from paraplu.store import entries, heads, logs
from paraplu.witness.memory import Memory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "attacks.md"
EVE = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)  # ten seconds before Amsterdam's year ends


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A witness that answers all the time."""

    memory: Memory
    port: int

    def settings(self, folder: Path) -> AuditSettings:
        """Heads go to a file in `folder` once an hour, and to the witness."""
        return AuditSettings.model_validate(
            {
                "copies": [{"name": "share", "kind": "file", "path": str(folder / "heads.txt")}],
                "witnesses": [
                    {
                        "name": "dk-ssc",
                        "url": f"http://127.0.0.1:{self.port}",
                        "vkey": self.memory.cosigner.verifier.vkey,
                        "minutes": 0,
                    }
                ],
            }
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A home that was lived in, with its copy of heads, backups of it, and a witness; closed."""

    folder: Path
    marks: Marks
    witness: Witnessed


def witness_of(folder: Path, founded: Path) -> Memory:
    memory = Memory.create(folder, "witness.example")
    home = load_home(founded / "home")
    memory.trust(home.signing().verifiers(home.log)[0].vkey, later_years=True)
    return memory


def give(bureau: Bureau) -> None:
    """Sign, and give the head to the copy and the witness."""
    bureau.centre.parts.journal.sign_head()
    assert [one.why for one in bureau.centre.custody.send(at_once=True)] in ([""] * 2, [""] * 4)


def something(bureau: Bureau, times: int = 1) -> None:
    """Entries more."""
    for _ in range(times):
        bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)


def marks_of(bureau: Bureau, **more: int) -> Marks:
    """The marks of a home as it stands."""
    copied = (bureau.folder / "heads.txt").read_bytes()
    kept = max(int(note.split(b"\n")[1]) for note in notefile.read(copied).notes)
    with bureau.centre.parts.database.read() as connection:
        names = tuple(one.log for one in logs.every(connection))
        sizes = [int(note.split(b"\n")[1]) for note in entries.all_heads(connection, names[0])]
        seen = heads.cosigned(connection, names[-1])[-1].size
        size = entries.count(connection)
    return Marks(size, tuple(sorted(sizes)), kept, seen, names, **more)


@pytest.fixture(scope="session")
def lived_in(
    lived: Path, founded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Template]:
    """A story; backups before and after the copy was given a head; then a change that a witness has seen."""
    folder = tmp_path_factory.mktemp("attacked")
    memory = witness_of(folder / "witness", founded)
    with serving(memory) as port:
        witness = Witnessed(memory, port)
        bureau = moved_in(lived, folder, audit=witness.settings(folder))
        bureau.time.now = START + timedelta(days=1)
        give(bureau)
        bureau.close()
        shutil.copytree(bureau.home, folder / "before")
        something(bureau, 5)
        give(bureau)
        bureau.settings(intent="witnessed")
        bureau.close()
        shutil.copytree(bureau.home, folder / "between")
        bureau.story(booking("KENMERK-780", now="2600", wanted="2700"))
        assert bureau.state("KENMERK-780") == "done"
        bureau.close()  # signs what came after the intent
        kinds, last = bureau.kinds(), len(bureau.kinds())
        intent = last - 1 - kinds[::-1].index("intent")
        marks = marks_of(bureau, intent=intent, outcome=kinds.index("outcome-confirmed", intent))
        bureau.close()
        assert EARLY < marks.kept < marks.intent < marks.seen <= marks.outcome < marks.size
        yield Template(folder, marks, witness)


@pytest.fixture(scope="session")
def turned(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """A home in its second year, with two logs."""
    folder = tmp_path_factory.mktemp("turned")
    memory = witness_of(folder / "witness", founded)
    with serving(memory) as port:
        witness = Witnessed(memory, port)
        bureau = moved_in(founded, folder, audit=witness.settings(folder))
        bureau.time.now = EVE
        something(bureau, 3)
        bureau.time.go_on(seconds=20)
        something(bureau, 3)
        give(bureau)
        with bureau.centre.parts.database.read() as connection:
            until = logs.every(connection)[0].until
        marks = marks_of(bureau, until=until)
        bureau.close()
        yield Template(folder, marks, witness)


def said(bureau: Bureau, settings: AuditSettings, given: dict[str, bytes] | None = None) -> str:
    """What `paraplu audit verify` says with these copies and witnesses; nothing when all is well."""
    custody = replace(bureau.centre.custody, settings=settings)
    checked = Proof(bureau.centre.parts, custody).check(given, opened=True, newest=None)
    found = [
        *(one.message for one in checked.verdict.findings),
        *checked.wrong_files,
        *checked.vouched.troubles,
        *checked.values.findings,
    ]
    assert checked.intact == (found == [])
    return "\n".join(found)


def layers(bureau: Bureau) -> dict[str, str]:
    """What each layer says."""
    settings = bureau.centre.home.audit
    heads_file = (bureau.folder / "heads.txt").read_bytes()
    found = {
        "alone": said(bureau, AuditSettings()),
        "copy": said(bureau, settings.model_copy(update={"witnesses": ()})),
        "witness": said(bureau, settings.model_copy(update={"copies": ()})),
    }
    given = said(bureau, AuditSettings(), {"heads.txt": heads_file})
    assert (given == "") == (found["copy"] == ""), given
    return found


def opened(template: Template, folder: Path) -> Bureau:
    """A copy of a home, with its copy of heads and its backups."""
    return moved_in(template.folder, folder, audit=template.witness.settings(folder))


Row = tuple[dict[str, bool], str]


def page() -> dict[str, Row]:
    """The rows of the tables of attacks on the page, by attack: which layers find it, and what is named."""
    rows: dict[str, Row] = {}
    inside = False
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or set(cells[0]) == {"-"}:
            inside = inside and line.startswith("|")
        elif cells[0] == "attack":
            assert cells[1:] == ["home alone", "and a copy", "and a witness", "it names"]
            inside = True
        elif inside:
            name, *found, names = cells
            assert name not in rows
            assert set(found) <= {"found", "no"}
            rows[name] = (dict(zip(LAYERS, [one == "found" for one in found], strict=True)), names)
    return rows


def test_the_page_has_one_row_for_each_attack_in_the_same_order() -> None:
    assert list(page()) == [attack.name for attack in TABLE]


@pytest.mark.parametrize("attack", TABLE, ids=lambda one: one.name)
def test_each_attack_is_found_by_the_layers_that_the_page_names(
    attack: Attack, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    template: Template = request.getfixturevalue("turned" if attack.turned else "lived_in")
    bureau = opened(template, tmp_path / "bureau")
    known = facts(template.marks) | (attack.act(Intruder(bureau.folder, template.marks)) or {})
    found = layers(bureau)
    bureau.close()
    for layer, patterns in attack.expected.items():
        for pattern in patterns:
            assert re.search(pattern.format(**known), found[layer]), (layer, found[layer])
    seen = {layer: text != "" for layer, text in found.items()}
    assert seen == {layer: patterns != () for layer, patterns in attack.expected.items()}, found
    assert (seen, attack.names) == page()[attack.name]


@pytest.mark.parametrize("template", ["lived_in", "turned"])
def test_in_a_home_that_nobody_attacked_no_layer_finds_anything(
    template: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    bureau = opened(request.getfixturevalue(template), tmp_path / "bureau")
    assert layers(bureau) == dict.fromkeys(LAYERS, "")
    bureau.close()


def test_what_has_lost_its_heads_is_signed_by_the_next_command(
    lived_in: Template, tmp_path: Path
) -> None:
    # So whoever may write to the database needs no key: somebody else must have a head.
    bureau = opened(lived_in, tmp_path / "bureau")
    rewrite(early)(Intruder(bureau.folder, lived_in.marks))
    unsigned = bureau.centre.proof.check(ask=False).verdict.unsigned
    assert unsigned == lived_in.marks.size - lived_in.marks.around(EARLY)[0]
    something(bureau)
    bureau.close()
    found = layers(bureau)
    assert (found["alone"], found["copy"] != "", found["witness"] != "") == ("", True, True)
    bureau.close()


def test_who_takes_away_what_came_after_a_witnessed_intent_leaves_it_without_an_outcome(
    lived_in: Template, tmp_path: Path
) -> None:
    bureau = opened(lived_in, tmp_path / "bureau")
    ines = bureau.who("ines")
    assert list(bureau.centre.intents.open(ines, Question())) == []
    bureau.close()
    cut_with_heads(outcome, key=True)(Intruder(bureau.folder, lived_in.marks))
    assert set(layers(bureau).values()) == {""}
    (one,) = bureau.centre.intents.open(ines, Question())
    assert one.place == lived_in.marks.intent
    bureau.close()
