"""The zip file around a workbook: opened with suspicion, written with every untouched byte kept.

Reading goes through `zipfile`; writing does not, because `zipfile` cannot copy an entry without
unpacking it. Layout: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory)
and 4.3.16 (its end).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from paraplu import Message, WorkbookRefused
from paraplu_spreadsheet.markup import damaged

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_PART = 200 * 1024 * 1024
LARGEST_TOTAL = 400 * 1024 * 1024
MOST_ENTRIES = 10_000
# A sheet of equal rows may shrink to a hundredth; below this size it costs nothing anyway.
SMALL_PART = 10 * 1024 * 1024
HIGHEST_RATIO = 150

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_ZIP64_EXTRA = 1


class Container:
    """The entries of a zip file that was found whole.

    Raises `WorkbookRefused` for a file that is too large or would become so, is damaged (every
    checksum is tried), names an entry twice or encrypts one.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
            raise damaged("zip") from None
        self.entries = self._zip.infolist()
        self._refuse_bombs()
        self._names: dict[str, zipfile.ZipInfo] = {}
        for entry in self.entries:
            name = _key(entry.filename)
            if name in self._names:
                raise WorkbookRefused(
                    Message(
                        "entry-twice",
                        "The workbook holds the part {part} twice, so that two programs would read "
                        "different things in it. Save it again from Excel and send that file.",
                        {"part": entry.filename},
                    )
                )
            self._names[name] = entry
        try:
            broken = self._zip.testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError):
            broken = "zip"
        if broken is not None:
            raise damaged(broken)

    def _refuse_bombs(self) -> None:
        total = 0
        if len(self.entries) > MOST_ENTRIES:
            raise too_large()
        for entry in self.entries:
            total += entry.file_size
            if entry.file_size > LARGEST_PART or total > LARGEST_TOTAL:
                raise too_large()
            if entry.file_size > SMALL_PART and (
                entry.file_size > HIGHEST_RATIO * max(entry.compress_size, 1)
            ):
                raise too_large()
            if entry.flag_bits & 1:
                raise WorkbookRefused(
                    Message(
                        "password",
                        "The workbook is protected with a password. Take the password off in Excel "
                        "and send it again.",
                    )
                )
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise damaged(entry.filename)

    @property
    def names(self) -> list[str]:
        """The names of all entries, in the file's order, folders divided by ``/``."""
        return [entry.filename.replace("\\", "/") for entry in self.entries]

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._names

    def read(self, name: str) -> bytes:
        """The unpacked bytes of an entry. Raises KeyError when there is none."""
        return self._zip.read(self._names[_key(name)])

    def rewritten(self, changed: Mapping[str, bytes]) -> bytes:
        """The file with the content of some entries changed and every other byte copied: same
        entries, same order, same packed bytes, names, dates and comments.
        """
        wanted = {self._names[_key(name)].header_offset: data for name, data in changed.items()}
        directory = self._zip.start_dir
        offsets = sorted(entry.header_offset for entry in self.entries)
        if len(set(offsets)) != len(offsets):
            raise damaged("zip")
        ends = dict(zip(offsets, [*offsets[1:], directory], strict=True))
        out = [self.data[: offsets[0]]] if offsets else []
        at = offsets[0] if offsets else 0
        moved: dict[int, tuple[int, tuple[int, int, int] | None]] = {}
        for offset in offsets:
            if offset in wanted:
                content, packed = _packed(wanted[offset], self.data, offset)
                facts = (zlib.crc32(wanted[offset]), packed, len(wanted[offset]))
                moved[offset] = (at, facts)
            else:
                content = self.data[offset : ends[offset]]
                moved[offset] = (at, None)
            out.append(content)
            at += len(content)
        records = self._central_records(moved)
        out.append(records)
        count = len(self.entries)
        comment = self._zip.comment
        out.append(
            _END.pack(b"PK\5\6", 0, 0, count, count, len(records), at, len(comment)) + comment
        )
        return b"".join(out)

    def _central_records(
        self, moved: Mapping[int, tuple[int, tuple[int, int, int] | None]]
    ) -> bytes:
        records: list[bytes] = []
        at = self._zip.start_dir
        for entry in self.entries:
            fields = list(_CENTRAL.unpack_from(self.data, at))
            name_end = at + _CENTRAL.size + fields[10]
            extra_end = name_end + fields[11]
            next_at = extra_end + fields[12]
            name = self.data[at + _CENTRAL.size : name_end]
            extra = _without_zip64(self.data[name_end:extra_end])
            offset, facts = moved[entry.header_offset]
            crc, packed, size = facts or (entry.CRC, entry.compress_size, entry.file_size)
            if facts:
                fields[3] &= ~8
                fields[4] = zipfile.ZIP_DEFLATED
            fields[7:10] = crc, packed, size
            fields[11] = len(extra)
            fields[13] = 0
            fields[16] = offset
            records.append(_CENTRAL.pack(*fields) + name + extra + self.data[extra_end:next_at])
            at = next_at
        return b"".join(records)


def _key(name: str) -> str:
    """Excel finds parts whatever their case, and some exports write ``xl\\workbook.xml``."""
    return name.replace("\\", "/").lower()


def too_large() -> WorkbookRefused:
    """The refusal for a file that is too large, packed or unpacked."""
    return WorkbookRefused(
        Message(
            "too-large",
            "The workbook is too large (the limit is {limit} MB) or grows too much when it is "
            "opened. Copy the rows into an empty workbook or divide them over several.",
            {"limit": LARGEST_FILE // (1024 * 1024)},
        )
    )


def _packed(content: bytes, data: bytes, offset: int) -> tuple[bytes, int]:
    """A new local entry for `content` under the header at `offset`, and its packed size."""
    fields = list(_LOCAL.unpack_from(data, offset))
    name_end = offset + _LOCAL.size + fields[9]
    name = data[offset + _LOCAL.size : name_end]
    extra = _without_zip64(data[name_end : name_end + fields[10]])
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    fields[2] &= ~8  # sizes stand in the header now, not behind the content
    fields[3] = zipfile.ZIP_DEFLATED
    fields[6:9] = zlib.crc32(content), len(packed), len(content)
    fields[10] = len(extra)
    return _LOCAL.pack(*fields) + name + extra + packed, len(packed)


def _without_zip64(extra: bytes) -> bytes:
    kept: list[bytes] = []
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind != _ZIP64_EXTRA:
            kept.append(extra[at : at + 4 + length])
        at += 4 + length
    return b"".join(kept) + extra[at:]
