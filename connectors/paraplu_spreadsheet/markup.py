"""XML as bytes: safe to read, and with the byte offset of every tag, so that it can be spliced.

Expat of the standard library is the tokenizer: it knows quotes, comments, CDATA, namespace prefixes and
encodings, refuses what is not well formed, and tells the offset of each tag. A document type is refused
in every part (entity bombs, external entities); Office writes none (ECMA-376 part 2 forbids them).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape

from paraplu import Message, WorkbookRefused

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # strict (ISO/IEC 29500-1)
)
RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)

_DECLARED = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_START_TAG = re.compile(
    rb"""<[^\s/>"']+(?:\s+[^\s=/>"']+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""",
)


class Enough(Exception):
    """Raised by a reader's own event when it has seen what it wanted."""


def local_names(*names: str) -> dict[str, str]:
    """Expat's names of main-namespace elements, transitional and strict, to the short ones."""
    return {f"{space} {name}": name for space in MAIN for name in names}


def damaged(part: str) -> WorkbookRefused:
    """The refusal for a part of the workbook that cannot be understood."""
    return WorkbookRefused(
        Message(
            "damaged",
            "The workbook is damaged (in {part}). Open it in Excel, save it again and send it again.",
            {"part": part},
        )
    )


@dataclass(frozen=True, slots=True)
class Markup:
    """One XML part. `data` is its text in an encoding in which ASCII characters are single bytes:
    the very bytes of the part, except for UTF-16, which is worked on as UTF-8 and put back.
    """

    part: str
    data: bytes
    wide: str = ""
    unicode: bool = True

    @classmethod
    def of(cls, part: str, data: bytes) -> Markup:
        """From the bytes of a part. Raises `WorkbookRefused` for text that is not in its encoding."""
        for codec, marks in (
            ("utf-16-le", (codecs.BOM_UTF16_LE, b"<\0")),
            ("utf-16-be", (codecs.BOM_UTF16_BE, b"\0<")),
        ):
            if data.startswith(marks):
                try:
                    return cls(part, data.decode(codec).encode(), codec)
                except UnicodeError:
                    raise damaged(part) from None
        declared = _DECLARED.search(data[:200])
        encoding = declared[1].lower() if declared else b"utf-8"
        return cls(part, data, "", encoding in (b"utf-8", b"utf8"))

    def restored(self, data: bytes) -> bytes:
        """Changed `data` in the encoding that the part came in."""
        return data.decode().encode(self.wide) if self.wide else data

    def fragment(self, text: str) -> bytes:
        """`text`, markup of ours, as bytes that fit into `data`."""
        return text.encode() if self.unicode else text.encode("ascii", "xmlcharrefreplace")

    def reader(self) -> XMLParserType:
        """An expat parser for `read`, with names as ``namespace local``."""
        parser = expat.ParserCreate("utf-8" if self.wide else None, namespace_separator=" ")
        parser.buffer_text = True
        part = self.part

        def refuse(*_: object) -> None:
            raise WorkbookRefused(
                Message(
                    "document-type",
                    "The workbook holds a document type definition (in {part}), which no spreadsheet "
                    "program writes. Save it again from Excel or LibreOffice and send that file.",
                    {"part": part},
                )
            )

        parser.StartDoctypeDeclHandler = refuse
        return parser

    def read(self, parser: XMLParserType) -> None:
        """Run `parser` over all of it. Raises `WorkbookRefused` when it is not well formed.

        A ValueError of a handler (a number that is none) counts as damage, `Enough` as the end.
        """
        try:
            parser.Parse(self.data, True)
        except Enough:
            return
        except (expat.ExpatError, ValueError, LookupError):
            raise damaged(self.part) from None

    def each(self, take: Callable[[str, dict[str, str]], None]) -> None:
        """Call `take(name, attributes)` for every start tag."""
        parser = self.reader()
        parser.StartElementHandler = take
        self.read(parser)

    def tag_end(self, start: int) -> int:
        """The offset behind the start tag that begins at `start`."""
        found = _START_TAG.match(self.data, start)
        if found is None:
            raise damaged(self.part)
        return found.end()


def set_attribute(tag: bytes, name: str, value: str) -> bytes:
    """`tag` (one start tag) with attribute `name` set to `value`, which needs no escaping."""
    pattern = re.compile(rb"(\s" + name.encode() + rb"""\s*=\s*)("[^"]*"|'[^']*')""")
    changed, count = pattern.subn(lambda found: found[1] + b'"' + value.encode() + b'"', tag)
    if count:
        return changed
    closing = b"/>" if tag.endswith(b"/>") else b">"
    return tag[: -len(closing)].rstrip() + f' {name}="{value}"'.encode() + closing


def drop_attribute(tag: bytes, name: str) -> bytes:
    """`tag` without attribute `name`."""
    return re.sub(rb"\s" + name.encode() + rb"""\s*=\s*("[^"]*"|'[^']*')""", b"", tag)


def prefix_of(tag: bytes) -> str:
    """The namespace prefix of a start tag with its colon: ``x:`` or nothing."""
    name = tag[1:].split(None, 1)[0].rstrip(b"/>")
    head, colon, _ = name.rpartition(b":")
    return (head + colon).decode()


def quoted(text: str) -> str:
    """`text` as the content of an element."""
    return escape(text)
