"""Zip files that mean harm, or came to harm, are refused; good ones are rewritten without loss."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from paraplu import Form, WorkbookRefused
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.container import LARGEST_FILE, Container

Make = Callable[..., bytes]


def code_of(data: bytes) -> str:
    with pytest.raises(WorkbookRefused) as refused:
        Container(data)
    return refused.value.message.code


def test_a_part_that_unpacks_beyond_the_limit_is_refused_without_unpacking_it(
    make_zip: Make,
) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = piece * 300 + packer.flush()
    data = bytearray(make_zip({"xl/worksheets/sheet1.xml": b""}, compression=zipfile.ZIP_STORED))
    whole = _with_content(bytes(data), packed, 0, 300 << 20)
    tracemalloc.start()
    try:
        assert code_of(whole) == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def _with_content(data: bytes, packed: bytes, crc: int, size: int) -> bytes:
    """`data`, a zip of one empty stored entry, with deflated content put into it."""
    name = data[30 : 30 + struct.unpack_from("<H", data, 26)[0]]
    head = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0
    )
    local = head + name + packed
    central = struct.pack(
        "<4s6H3L5H2L",
        *(b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0, 0, 0, 0, 0, 0),
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central + name), len(local), 0)
    return local + central + name + end


def test_a_part_that_shrank_to_almost_nothing_is_refused(make_zip: Make) -> None:
    cells = b'<c r="A1" s="1"/>' * 2_000_000
    assert code_of(make_zip({"xl/worksheets/sheet1.xml": cells})) == "too-large"


def test_a_size_that_lies_is_seen(make_zip: Make) -> None:
    data = bytearray(make_zip({"a.xml": b"<a>" + b"x" * 5000 + b"</a>"}))
    at = data.index(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<L", 10)
    assert code_of(bytes(data)) == "damaged"


def test_an_entry_that_stands_twice_is_refused() -> None:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("xl/workbook.xml", b"<a/>")
            archive.writestr("XL/workbook.xml", b"<b/>")
    assert code_of(out.getvalue()) == "entry-twice"


def test_an_encrypted_entry_is_refused(make_zip: Make) -> None:
    data = bytearray(make_zip({"a.xml": b"<a/>"}))
    at = data.index(b"PK\1\2") + 8
    data[at] |= 1
    assert code_of(bytes(data)) == "password"


def test_a_flipped_bit_in_packed_bytes_is_seen(make_zip: Make) -> None:
    content = b"<a>" + bytes(range(65, 90)) * 40 + b"</a>"
    data = bytearray(make_zip({"a.xml": content}, compression=zipfile.ZIP_STORED))
    data[200] ^= 4
    assert code_of(bytes(data)) == "damaged"


def test_a_truncated_file_is_refused(make_zip: Make) -> None:
    data = make_zip({"a.xml": b"<a>" + bytes(range(65, 90)) * 40 + b"</a>"})
    for length in range(1, len(data) - 1, 37):
        assert code_of(data[:length]) == "damaged"


def test_a_file_beyond_the_limit_is_refused_without_being_read_whole(
    tmp_path: Path, form: Form
) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(LARGEST_FILE * 50)
    tracemalloc.start()
    try:
        with pytest.raises(WorkbookRefused, match="20 MB"):
            connector.read(path, form, "en")
        assert tracemalloc.get_traced_memory()[1] < 3 * LARGEST_FILE
    finally:
        tracemalloc.stop()


def test_a_cell_in_each_corner_of_the_sheet_costs_nothing(
    form: Form, handmade: Callable[..., Path]
) -> None:
    path = handmade(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    assert path.stat().st_size < 3000
    tracemalloc.start()
    try:
        with pytest.raises(WorkbookRefused):
            connector.read(path, form, "en")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000  # no row or column in between exists
    finally:
        tracemalloc.stop()


def test_rewriting_keeps_every_other_byte_and_the_comment(make_zip: Make) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"kept"
        archive.writestr("one.xml", b"<one/>" * 50)
        archive.writestr("two.xml", b"<two/>" * 50)
        stored = zipfile.ZipInfo("three.bin", (2020, 2, 2, 2, 2, 2))
        stored.extra = b"\x99\x99\x02\x00hi"
        archive.writestr(stored, b"three" * 50)
    before = out.getvalue()
    after = Container(before).rewritten({"TWO.xml": b"<other/>"})
    old, new = zipfile.ZipFile(io.BytesIO(before)), zipfile.ZipFile(io.BytesIO(after))
    assert new.testzip() is None
    assert new.namelist() == old.namelist()
    assert new.comment == b"kept"
    assert new.read("two.xml") == b"<other/>"
    assert new.read("three.bin") == b"three" * 50
    assert new.getinfo("three.bin").extra == b"\x99\x99\x02\x00hi"
    two = old.getinfo("two.xml").header_offset
    assert after[:two] == before[:two]
    three_old, three_new = (z.getinfo("three.bin").header_offset for z in (old, new))
    length = len(b"three" * 50) + 30 + 9 + 6
    assert after[three_new : three_new + length] == before[three_old : three_old + length]


def test_entries_written_as_a_stream_with_trailing_sizes_are_kept(make_zip: Make) -> None:
    class Pipe(io.RawIOBase):
        """What cannot be sought makes zipfile write sizes behind the content."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.xml", "b.xml", "c.xml"):
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                entry.write(name.encode() * 100)
    after = Container(bytes(pipe.data)).rewritten({"b.xml": b"changed"})
    archive = zipfile.ZipFile(io.BytesIO(after))
    assert archive.testzip() is None
    assert [archive.read(name) for name in archive.namelist()] == [
        b"a.xml" * 100,
        b"changed",
        b"c.xml" * 100,
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text("abcxyz/._", min_size=1, max_size=12), st.binary(max_size=300), min_size=1
    ),
    st.data(),
)
def test_rewriting_any_entries_gives_a_whole_file(
    parts: dict[str, bytes], data: st.DataObject
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(parts)), st.binary(max_size=300)))
    after = zipfile.ZipFile(io.BytesIO(Container(out.getvalue()).rewritten(changed)))
    assert after.testzip() is None
    assert {name: after.read(name) for name in after.namelist()} == parts | changed
