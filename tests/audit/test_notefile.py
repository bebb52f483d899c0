"""A file of signed notes gives back every whole one, whatever happened to the piece beside it."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from paraplu.audit import notefile
from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.cosignature import Cosigner
from paraplu.audit.note import Signer

LOG = Signer("ssc.example/audit/2026", b"L" * 32)


def note(size: int) -> bytes:
    return sign_checkpoint(Checkpoint(LOG.name, size, bytes([size]) * 32), [LOG])


NOTES = [note(size) for size in range(1, 6)]


def appended(data: bytes, one: bytes) -> bytes:
    return data + notefile.record(one, data[-2:])


def test_notes_come_back_as_they_went_in() -> None:
    data = b""
    for one in NOTES:
        data = appended(data, one)
    assert notefile.read(data) == notefile.Read(tuple(NOTES), 0)


@given(cut=st.integers(min_value=0, max_value=len(NOTES[1]) + 1))
@settings(max_examples=60)
def test_a_note_that_was_cut_short_spoils_itself_only(cut: int) -> None:
    data = appended(b"", NOTES[0])
    whole = appended(data, NOTES[1])
    torn = whole[: len(data) + cut]
    read = notefile.read(appended(torn, NOTES[2]))
    rest = whole[len(data) + cut :]
    if rest in (b"", b"\n", b"\n\n"):  # nothing of the note itself is missing
        assert read == notefile.Read(tuple(NOTES[:3]), 0)
    else:
        assert read.notes == (NOTES[0], NOTES[2])
        assert (read.pieces > 0) == bool(torn[len(data) :].strip(b"\n"))


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_anything_at_all_can_be_read(data: bytes) -> None:
    notefile.read(data)
    assert notefile.read(appended(data, NOTES[0])).notes[-1:] == (NOTES[0],)


def test_a_note_in_a_mail_with_other_text_and_other_line_ends_is_found() -> None:
    mail = (
        b"Dear auditor,\r\n\r\n"
        + NOTES[0].replace(b"\n", b"\r\n")
        + b"\r\n-- \r\nKeep this mail.\r\n"
    )
    assert notefile.read(mail).notes == (NOTES[0],)


def test_lines_of_witnesses_stay_with_their_note() -> None:
    line = Cosigner("w.example", b"W" * 32).sign("x\n", 5).line().encode()
    data = appended(appended(b"", NOTES[0] + line), NOTES[1])
    assert notefile.read(data).notes == (NOTES[0] + line, NOTES[1])
