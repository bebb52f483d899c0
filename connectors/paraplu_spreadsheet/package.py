"""A client's workbook, opened safely: its parts, its sheets and what they refer to.

Open Packaging Conventions (ECMA-376 part 2) and the workbook part (part 1, 18.2); transitional and
strict files alike.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from paraplu import Message, WorkbookRefused
from paraplu_spreadsheet import fileformat, lockfile
from paraplu_spreadsheet.container import LARGEST_FILE, Container, too_large
from paraplu_spreadsheet.formats import NumberFormat, number_formats
from paraplu_spreadsheet.markup import RELATIONSHIPS, Markup, damaged, local_names
from paraplu_spreadsheet.strings import shared_strings

_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_SIGNATURES = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/"
_WORKBOOK = local_names("sheet", "workbookPr", "calcPr")


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship of a part: `kind` is the last word of its type, `target` an entry's name."""

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet of the workbook, in the order of its tabs."""

    name: str
    part: str
    visible: bool


class Package:
    """An opened workbook. `sha256` is of the whole file. Raises `WorkbookRefused`."""

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST_FILE:
            raise too_large()
        fileformat.refuse_other_formats(data)
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.container = Container(data)
        names = self.container.names
        mimetype = self.container.read("mimetype") if "mimetype" in self.container else b""
        fileformat.refuse_other_zips(names, mimetype)
        office = [r.target for r in self.relations("").values() if r.kind == "officeDocument"]
        if not office:
            raise fileformat.not_a_workbook()
        self.workbook = office[0]
        self._workbook_relations = self.relations(self.workbook)
        self.date1904 = False
        self.sheets: tuple[SheetPart, ...] = self._read_workbook()
        self._strings: list[str] | None = None
        self._formats: list[NumberFormat] | None = None

    @classmethod
    def open(cls, path: Path) -> Package:
        """The workbook at `path`. Raises `WorkbookRefused`, also when somebody has it open."""
        lockfile.refuse_open(path)
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                data = file.read(min(size, LARGEST_FILE) + 1)
        except PermissionError:
            raise lockfile.in_use(path, "") from None
        except (OSError, ValueError):
            raise WorkbookRefused(
                Message(
                    "file-missing",
                    "The file {file} cannot be read. Check that it is there and try again.",
                    {"file": path.name},
                )
            ) from None
        return cls(data)

    def _read_workbook(self) -> tuple[SheetPart, ...]:
        sheets: list[SheetPart] = []

        def take(name: str, attributes: dict[str, str]) -> None:
            match _WORKBOOK.get(name):
                case "workbookPr":
                    self.date1904 = attributes.get("date1904") in ("1", "true", "on")
                case "sheet":
                    key = next(
                        (attributes[f"{r} id"] for r in RELATIONSHIPS if f"{r} id" in attributes),
                        "",
                    )
                    relation = self._workbook_relations.get(key)
                    if relation is not None and relation.kind == "worksheet":
                        visible = attributes.get("state", "visible") == "visible"
                        sheets.append(SheetPart(attributes["name"], relation.target, visible))

        self.markup(self.workbook).each(take)
        return tuple(sheets)

    def markup(self, part: str) -> Markup:
        """An XML part. Raises `WorkbookRefused` when it is missing."""
        try:
            return Markup.of(part, self.container.read(part))
        except KeyError:
            raise damaged(part) from None

    def relations(self, part: str) -> dict[str, Relation]:
        """What `part` (``""`` for the package itself) refers to inside the workbook, by id."""
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, Relation] = {}
        if path not in self.container:
            return found

        def take(element: str, attributes: dict[str, str]) -> None:
            if element != _RELATIONSHIP or attributes.get("TargetMode") == "External":
                return
            target = unquote(attributes.get("Target", ""))
            full = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = attributes.get("Type", "")
            if kind.startswith(_SIGNATURES):
                kind = "signature"
            found[attributes.get("Id", "")] = Relation(kind.rpartition("/")[2], full)

        self.markup(path).each(take)
        return found

    def related(self, kind: str) -> str | None:
        """The workbook's own part of a kind (``styles``), None when there is none."""
        for relation in self._workbook_relations.values():
            if relation.kind == kind and relation.target in self.container:
                return relation.target
        return None

    @property
    def signed(self) -> bool:
        """Whether the workbook carries a digital signature, which any change would break."""
        if any(relation.kind == "signature" for relation in self.relations("").values()):
            return True
        return any(name.lower().startswith("_xmlsignatures/") for name in self.container.names)

    @property
    def strings(self) -> list[str]:
        """The shared strings, read when first asked for."""
        if self._strings is None:
            part = self.related("sharedStrings")
            self._strings = shared_strings(self.markup(part)) if part else []
        return self._strings

    @property
    def formats(self) -> list[NumberFormat]:
        """The number format of each cell style, read when first asked for."""
        if self._formats is None:
            part = self.related("styles")
            self._formats = number_formats(self.markup(part)) if part else []
        return self._formats
