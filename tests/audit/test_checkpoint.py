"""Heads of the log: the three lines, and by whom they must be signed."""

from __future__ import annotations

import base64

import pytest

from paraplu.audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note, Signer, sign

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
WITNESS = Signer("witness.example", b"W" * 32)
HEAD = Checkpoint(LOG.name, 42, bytes(range(32)))

# The example of c2sp.org/tlog-checkpoint (its key is not published).
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1"
    "gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def test_the_published_head_is_read_and_written_back() -> None:
    note = Note.parse(PUBLISHED.encode())
    head = Checkpoint.parse(note.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert head.root == base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert head.body + "\n" + note.signatures[0].line() == PUBLISHED


def test_a_signed_head_opens() -> None:
    message = sign_checkpoint(HEAD, [LOG, WITNESS])
    assert open_checkpoint(message, [LOG.verifier], LOG.name) == HEAD


def test_a_head_of_another_log_is_refused() -> None:
    other = Signer("ssc.example/audit/2025", b"O" * 32)
    message = sign_checkpoint(Checkpoint(other.name, 1, bytes(32)), [other])
    with pytest.raises(NotProved, match="another log"):
        open_checkpoint(message, [LOG.verifier, other.verifier], LOG.name)


def test_a_head_that_only_a_witness_signed_is_refused() -> None:
    message = sign(HEAD.body, [WITNESS])
    with pytest.raises(NotProved, match="itself has not signed"):
        open_checkpoint(message, [LOG.verifier, WITNESS.verifier], LOG.name)


def test_a_head_is_not_signed_without_the_key_of_the_log() -> None:
    with pytest.raises(Malformed, match="must be signed"):
        sign_checkpoint(HEAD, [WITNESS])


@pytest.mark.parametrize("part", ["origin", "size", "root"])
def test_a_head_with_a_changed_line_is_refused(part: str) -> None:
    message = sign_checkpoint(HEAD, [LOG]).decode()
    changed = {
        "origin": message.replace("audit/2026\n42", "audit/2027\n42"),
        "size": message.replace("\n42\n", "\n43\n"),
        "root": message.replace("AAECAwQ", "AAECAwU"),
    }[part]
    assert changed != message
    with pytest.raises(NotProved):
        open_checkpoint(changed.encode(), [LOG.verifier], LOG.name)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "origin\n1\n",
        f"origin\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n1_0\n{ROOT}\n",
        f"origin\n１\n{ROOT}\n",
        f"origin\n{2**63}\n{ROOT}\n",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{ROOT[:-2]}B=\n",
        f"origin\n1\n{ROOT}\n\n",
        f"origin\n1\n{ROOT}\n\nextension\n",
        f"origin\n1\n!{ROOT}\n",
    ],
)
def test_a_head_that_is_not_written_in_the_one_right_way_is_not_read(body: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(body)


def test_extension_lines_of_others_are_kept() -> None:
    body = f"origin\n0\n{ROOT}\nsomething else\n"
    assert Checkpoint.parse(body).extensions == ("something else",)
    assert Checkpoint.parse(body).body == body
