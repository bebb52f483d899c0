#!/usr/bin/env python3
"""Check what Paraplu handed out, without Paraplu, without its servers and without a network.

    python verify.py FILE.zip [--vkey KEY]             an evidence zip
    python verify.py HEADS.txt FOLDER [--vkey KEY]     whole logs as files, against heads that you kept

KEY is a verifier key (name+id+base64) or a file with one on each line: of the log, and of witnesses whose
lines should be checked as well. Get it from somewhere else than the file that it is to prove. Without
--vkey the key that came along is used, and shown for you to compare.

Needs Python 3.9 or newer and the package `cryptography`. Exit code 0: everything holds; 1: something does
not; 2: used wrongly. Formats: RFC 6962, RFC 9901, C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-tiles,
tlog-cosignature.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "paraplu-evidence-zip@v1"
DASH = "\N{EM DASH} "
ED25519, COSIGNATURE = 1, 4
MOST_BYTES = 2 << 30
FIXED = {"README.txt", "head.txt", "log.vkey", "verify.html", "verify.py"}
READING = {"names.json", "reading/entries.csv", "reading/values.csv", "reading/entries.xlsx"}
KEYS = {"format", "log", "size", "language", "disclosed", "files"}
DISCLOSED, LANGUAGES = ("none", "fields", "all"), ("en", "nl", "da")
PLACED = re.compile(r"(entries|proofs|disclosures)/([0-9]{10})\.(json|tlog-proof|txt)")
KEPT = re.compile(r"evidence/([0-9a-f]{64})\.(sealed|salt|png|xlsx|bin)")
TILE_WIDTH = 256


class Wrong(Exception):
    """Something does not hold; the text says what."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def from_base64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong(f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Wrong(f"{what} is not base64 in its one right spelling")
    return raw


class Key:
    """A public key that signs notes: of a log (Ed25519) or of a witness (tlog-cosignature)."""

    def __init__(self, text: str) -> None:
        parts = text.split("+", 2)
        raw = from_base64(parts[2], "a verifier key") if len(parts) == 3 else b""
        if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise Wrong("a verifier key has the form name+id+base64, of Ed25519")
        self.text, self.name, self.kind = text, parts[0], raw[0]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Wrong("a verifier key whose id does not fit its name and key")
        self.public = Ed25519PublicKey.from_public_bytes(raw[1:])

    def check(self, text: str, signature: bytes) -> None:
        message = text.encode()
        if self.kind == COSIGNATURE:
            time = int.from_bytes(signature[:8], "big")
            message = f"cosignature/v1\ntime {time}\n".encode() + message
            signature = signature[8:]
        try:
            self.public.verify(signature, message)
        except InvalidSignature:
            raise Wrong(f"the signature of {self.name} does not fit the head") from None


def keys_in(text: str) -> list[Key]:
    return [Key(line.strip()) for line in text.splitlines() if line.strip()]


class Head:
    """A signed head: what it says, and who of the known keys has signed it."""

    def __init__(self, message: bytes, keys: Sequence[Key]) -> None:
        try:
            whole = message.decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong("the head is not UTF-8") from None
        text, gap, lines = whole.rpartition("\n\n")
        text += "\n"
        said = text.split("\n")
        plain = all(character >= " " or character == "\n" for character in whole)
        if (
            not gap
            or not lines.endswith("\n")
            or not plain
            or len(said) < 4
            or not re.fullmatch(r"0|[1-9][0-9]{0,17}", said[1])
        ):
            raise Wrong("the head is not three lines and its signatures")
        self.log, self.size, self.root = said[0], int(said[1]), from_base64(said[2], "a root hash")
        self.signed: list[Key] = []
        self.unknown: list[str] = []
        for line in lines[:-1].split("\n"):
            name, _, coded = line[len(DASH) :].partition(" ")
            if not line.startswith(DASH) or not name or " " in coded:
                raise Wrong("the head has a line that is no signature")
            raw = from_base64(coded, "a signature")
            known = [key for key in keys if key.name == name and key.id == raw[:4]]
            if known:
                known[0].check(text, raw[4:])
                self.signed.append(known[0])
            else:
                self.unknown.append(name)
        if not any(key.name == self.log and key.kind == ED25519 for key in self.signed):
            raise Wrong(f"no key that you trust has signed the head of {self.log}")


def root_by_path(index: int, size: int, leaf: bytes, path: Iterable[bytes]) -> bytes:
    """The root that an inclusion path leads to (RFC 9162, 2.1.3.2)."""
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise Wrong("a proof is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("a proof is too short for the tree")
    return found


def check_proof(data: bytes, place: int, entry: bytes, head: Head, head_bytes: bytes) -> None:
    """One C2SP tlog-proof: it must be for this place, under this very head."""
    lines, gap, checkpoint = data.partition(b"\n\n")
    parts = lines.decode("ascii", "replace").split("\n")
    if not gap or parts[:2] != ["c2sp.org/tlog-proof@v1", f"index {place}"]:
        raise Wrong("its proof is not one for this place")
    if checkpoint != head_bytes:
        raise Wrong("its proof is under another head than head.txt")
    path = [from_base64(step, "a step of its proof") for step in parts[2:]]
    if place >= head.size or root_by_path(place, head.size, leaf_hash(entry), path) != head.root:
        raise Wrong(
            "it is not what the log holds at this place: it was changed, or never stood there"
        )


def opened(line: str) -> tuple[str, list[Any]]:
    """A disclosure: its digest, and salt, name and value (RFC 9901)."""
    try:
        raw = base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)
        array = json.loads(raw)
    except ValueError:
        raise Wrong("a disclosed value cannot be read") from None
    spelled = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    if spelled != line or not isinstance(array, list) or len(array) != 3:
        raise Wrong("a disclosed value cannot be read")
    digest = hashlib.sha256(line.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("="), array


class Zip:
    """An evidence zip that is being checked: `wrong` gathers what does not hold."""

    def __init__(self, path: str, keys: Sequence[Key]) -> None:
        self.wrong: list[str] = []
        self.archive = zipfile.ZipFile(path)
        self.names = [one.filename for one in self.archive.infolist()]
        if len(set(self.names)) != len(self.names):
            raise Wrong("a file stands in the zip twice")
        if sum(one.file_size for one in self.archive.infolist()) > MOST_BYTES:
            raise Wrong("the zip unpacks to more than 2 GB")
        self.manifest = json.loads(self.read("manifest.json"))
        if not isinstance(self.manifest, dict) or self.manifest.get("format") != FORMAT:
            raise Wrong(f"the zip is not of the format {FORMAT}")
        self.came = keys_in(self.read("log.vkey").decode("utf-8", "replace"))
        self.head_bytes = self.read("head.txt")
        self.head = Head(self.head_bytes, keys or self.came)
        self.entries = self.disclosed = self.files = 0

    def read(self, name: str) -> bytes:
        if name not in self.names:
            raise Wrong(f"{name} is missing")
        try:
            return self.archive.read(name)
        except Exception as error:  # zlib and zipfile raise many kinds
            raise Wrong(f"{name} is damaged ({error})") from None

    def check(self) -> None:
        self._check_list()
        listed: dict[str, int] = {}
        for place in sorted(self._places("entries")):
            try:
                document = self._check_entry(place)
            except Wrong as error:
                self.wrong.append(f"entry {place}: {error}")
                continue
            self.entries += 1
            for file in document["rpa"].get("evidence", ()):
                listed[file["hash"]] = place
        for kind in ("proofs", "disclosures"):
            for place in sorted(self._places(kind) - self._places("entries")):
                self.wrong.append(f"{kind}/{place:010d} belongs to no entry of this zip")
        for name in sorted(name for name in self.names if KEPT.fullmatch(name)):
            try:
                self._check_evidence(name, listed)
            except Wrong as error:
                self.wrong.append(f"{name}: {error}")

    def _places(self, kind: str) -> set[int]:
        found = (PLACED.fullmatch(name) for name in self.names)
        return {int(match[2]) for match in found if match and match[1] == kind}

    def _check_list(self) -> None:
        manifest = self.manifest
        files = manifest.get("files")
        if not isinstance(files, dict):
            raise Wrong("manifest.json lists no files")
        plain = manifest.get("disclosed") in DISCLOSED and manifest.get("language") in LANGUAGES
        if set(manifest) != KEYS or not plain:
            self.wrong.append("manifest.json is not as it was written")
        for said, found in (("log", self.head.log), ("size", self.head.size)):
            if manifest.get(said) != found:
                self.wrong.append(f"manifest.json and head.txt differ about the {said}")
        if json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n" != (
            self.read("manifest.json")
        ):
            self.wrong.append("manifest.json is not as it was written")
        for name in sorted({*self.names, *files} - {"manifest.json"}):
            known = name in FIXED | READING or PLACED.fullmatch(name) or KEPT.fullmatch(name)
            if name not in files or not known:
                self.wrong.append(f"{name} was put into the zip: manifest.json does not list it")
            elif name not in self.names:
                self.wrong.append(f"{name} was taken out of the zip")
            else:
                try:
                    same = hashlib.sha256(self.read(name)).hexdigest() == files[name]
                except Wrong as error:
                    self.wrong.append(str(error))
                    continue
                if not same:
                    self.wrong.append(f"{name} is not the file that was put into the zip")

    def _check_entry(self, place: int) -> dict[str, Any]:
        entry = self.read(f"entries/{place:010d}.json")
        proof = self.read(f"proofs/{place:010d}.tlog-proof")
        check_proof(proof, place, entry, self.head, self.head_bytes)
        document: dict[str, Any] = json.loads(entry)
        states = [document.get(name, {}) for name in ("entity", "entity_result", "rpa")]
        digests = {digest for state in states for digest in state.get("_sd", ())}
        name = f"disclosures/{place:010d}.txt"
        if name in self.names:
            lines = self.read(name).decode("ascii", "replace").split("\n")
            if lines.pop():
                raise Wrong("its disclosed values are cut off")
            for line in lines:
                if opened(line)[0] not in digests:
                    raise Wrong(
                        "a disclosed value is not the one of which the log holds the digest"
                    )
            if not lines or len(set(lines)) != len(lines):
                raise Wrong("its disclosed values are not each there once")
            self.disclosed += len(lines)
        return document

    def _check_evidence(self, name: str, listed: dict[str, int]) -> None:
        hash_, kind = name[9:73], name[74:]
        sealed = self.read(f"evidence/{hash_}.sealed")
        if kind == "sealed":
            if hash_ not in listed:
                raise Wrong("no entry of this zip lists it")
            if hashlib.sha256(sealed).hexdigest() != hash_:
                raise Wrong("it is not the file that the log lists")
        elif kind == "salt":
            salt = self.read(name).decode("ascii", "replace")
            if not re.fullmatch(r"[0-9a-f]{64}\n", salt):
                raise Wrong("it is not 32 bytes in hexadecimal")
        else:
            salted = bytes.fromhex(self.read(f"evidence/{hash_}.salt").decode("ascii", "replace"))
            shown = hashlib.sha256(salted + self.read(name)).digest()
            if sealed[:1] != b"\x02" or sealed[1:33] != shown:
                raise Wrong("it is not the content that the file in the log was made of")
            self.files += 1


class Edge:
    """The right edge of a growing tree (RFC 6962): peaks from the left, each with its level."""

    def __init__(self, peaks: Iterable[tuple[int, bytes]] = ()) -> None:
        self.peaks = list(peaks)

    def add(self, hash_: bytes, level: int = 0) -> None:
        while self.peaks and self.peaks[-1][0] == level:
            hash_, level = node_hash(self.peaks.pop()[1], hash_), level + 1
        self.peaks.append((level, hash_))

    def root(self) -> bytes:
        found: bytes | None = None
        for _level, peak in reversed(self.peaks):
            found = peak if found is None else node_hash(peak, found)
        return found or hashlib.sha256(b"").digest()


def tile_path(folder: Path, level: str, index: int, width: int) -> Path:
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return folder / "tile" / level / ("/".join(groups) + partial)


def read_tile(folder: Path, level: str, index: int, width: int) -> bytes:
    path = tile_path(folder, level, index, width)
    try:
        return path.read_bytes()
    except OSError:
        raise Wrong(f"{path.relative_to(folder)} is missing") from None


def leaves_of(folder: Path, index: int, width: int) -> list[bytes]:
    """The leaf hashes of one bundle of entries, compared with those kept beside it."""
    data = read_tile(folder, "entries", index, width)
    at, leaves = 0, []
    sha256 = hashlib.sha256
    while at < len(data):
        end = at + 2 + (data[at] << 8 | data[at + 1]) if at + 2 <= len(data) else len(data) + 1
        if end > len(data):
            break
        leaves.append(sha256(b"\x00" + data[at + 2 : end]).digest())
        at = end
    if at != len(data) or len(leaves) != width:
        raise Wrong(f"entries from {index * TILE_WIDTH} on: not {width} entries, or cut off")
    kept = read_tile(folder, "0", index, width)
    if b"".join(leaves) != kept:
        odd = [at for at in range(width) if leaves[at] != kept[32 * at : 32 * at + 32]]
        raise Wrong(
            f"entry {index * TILE_WIDTH + odd[0] if odd else index * TILE_WIDTH} was altered"
        )
    return leaves


def check_log(folder: Path, heads: Sequence[Head]) -> int:
    """Every entry against its hash, every hash tile, the root against every head."""
    size, edge = max(head.size for head in heads), Edge()
    rows: list[list[bytes]] = [[]]
    by_size: dict[int, list[Head]] = {}
    for head in heads:
        by_size.setdefault(head.size, []).append(head)
    fits = 0

    def compare(at: int, root: bytes) -> int:
        for head in by_size.get(at, ()):
            if head.root != root:
                raise Wrong(
                    f"the head over {at} entries does not fit: between entry {fits} and {at - 1} the log "
                    "was changed since it was signed"
                )
        return at if at in by_size else fits

    fits = compare(0, edge.root())
    for index in range(-(-size // TILE_WIDTH)):
        first = index * TILE_WIDTH
        width = min(TILE_WIDTH, size - first)
        leaves = leaves_of(folder, index, width)
        within = Edge(edge.peaks)
        for at in range(width) if any(first < cut < first + width for cut in by_size) else ():
            within.add(leaves[at])
            fits = compare(first + at + 1, within.root())
        if width < TILE_WIDTH:
            edge = Edge(edge.peaks)
            for leaf in leaves:
                edge.add(leaf)
        else:
            row = leaves
            while len(row) > 1:
                row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
            edge.add(row[0], 8)
            rows[0].append(row[0])
        fits = compare(first + width, edge.root())
    level = 1
    while rows[level - 1]:
        row = rows[level - 1]
        above: list[bytes] = []
        for index in range(-(-len(row) // TILE_WIDTH)):
            part = row[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            if read_tile(folder, str(level), index, len(part)) != b"".join(part):
                raise Wrong(f"tile/{level}, number {index}, does not hold the hashes of the tree")
            if len(part) == TILE_WIDTH:
                tree = Edge()
                for hash_ in part:
                    tree.add(hash_)
                above.append(tree.root())
        rows.append(above)
        level += 1
    return size


def heads_in(data: bytes, keys: Sequence[Key]) -> list[Head]:
    """Heads that were kept one after another in a file."""
    found = re.findall(r"(?:[^\n]+\n){3,}\n(?:" + DASH + r"[^\n]*\n)+", data.decode("utf-8") + "\n")
    if not found:
        raise Wrong("there is no signed head in the file of heads")
    return [Head(note.encode(), keys) for note in found]


def given_keys(values: Iterable[str]) -> list[Key]:
    found: list[Key] = []
    for value in values:
        path = Path(value)
        found += keys_in(path.read_text("utf-8") if path.is_file() else value)
    return found


def check_zip(path: str, keys: Sequence[Key]) -> list[str]:
    found = Zip(path, keys)
    found.check()
    print(f"Log      {found.head.log}, {found.head.size:,} entries under the head of this file")
    tell_keys(found.head, keys, found.came)
    print(f"Entries  {found.entries:,} proved, {found.disclosed:,} disclosed values, ", end="")
    print(f"{found.files:,} opened files of evidence")
    print(f"SHA-256  {hashlib.sha256(Path(path).read_bytes()).hexdigest()} (of the whole zip)")
    print(
        "Not proved: that more entries do not exist, what the names in names.json and the tables in"
    )
    print("reading/ say, and that what was recorded is all that happened. See README.txt.")
    return found.wrong


def check_folder(heads_path: Path, folder: Path, keys: Sequence[Key]) -> list[str]:
    """The logs in a folder, or the one that it is: each against its heads, and each link to the next."""
    folders = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    folders = [path for path in folders if (path / "checkpoint").is_file()]
    if not folders:
        raise Wrong(f"{folder} holds no log: there is no file named checkpoint")
    came = [key for path in folders for key in keys_in((path / "log.vkey").read_text("utf-8"))]
    kept = heads_in(heads_path.read_bytes(), keys or came)
    lasts = {path: Head((path / "checkpoint").read_bytes(), keys or came) for path in folders}
    for head in kept:
        if head.log not in {last.log for last in lasts.values()}:
            raise Wrong(f"you kept a head of {head.log}, and that log is not here")
    for path, last in lasts.items():
        heads = [*(head for head in kept if head.log == last.log), last]
        tell_keys(last, keys, came)
        longest = max(head.size for head in heads)
        if longest > last.size:
            raise Wrong(
                f"the tail was cut off: you kept a head over {longest}, the log has {last.size}"
            )
        check_log(path, heads)
        print(f"Entries  {last.size:,} of {last.log}; {len(heads)} heads fit")
    check_links(lasts)
    return []


def check_links(lasts: dict[Path, Head]) -> None:
    """The first entry of a log names the end of the one before, all but the very first."""
    ends = {last.log: (last.size, last.root.hex()) for last in lasts.values()}
    begins: list[str] = []
    for path, last in lasts.items():
        data = read_tile(path, "entries", 0, min(TILE_WIDTH, last.size))
        named = json.loads(data[2 : 2 + (data[0] << 8 | data[1])])["rpa"].get("detail", {})
        before = named.get("before")
        if before is None:
            begins.append(last.log)
        elif before not in ends:
            print(f"NOTE     the log before {last.log}, {before}, is not here")
        elif (named.get("before_size"), named.get("before_root")) != ends[before]:
            raise Wrong(f"{last.log} does not follow on {before} as it lies here")
        else:
            print(f"Link     {last.log} follows on {before}")
    if len(begins) > 1:
        raise Wrong(f"{' and '.join(begins)} both begin with nothing before them")


def tell_keys(head: Head, keys: Sequence[Key], came: Sequence[Key]) -> None:
    for key in head.signed:
        print(f"Signed   {key.text}")
    for name in head.unknown:
        print(f"Unknown  {name} has signed too; its key was not given, so its line is not checked")
    if not keys:
        print("COMPARE  the key above came with the file: compare it with the one that you hold")
    elif came and not any(key.text == one.text for key in came for one in head.signed):
        print("NOTE     the key that came with the file is not the one that you gave")


def main(arguments: Sequence[str]) -> int:
    sentence = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=sentence[0],
        epilog=sentence[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="FILE.zip, or a file of heads that you kept")
    parser.add_argument("folder", nargs="?", help="the log as a folder of tiles")
    parser.add_argument("--vkey", action="append", default=[], help="a verifier key, or a file")
    given = parser.parse_args(arguments)
    try:
        keys = given_keys(given.vkey)
        if given.folder is None:
            wrong = check_zip(given.file, keys)
        else:
            wrong = check_folder(Path(given.file), Path(given.folder), keys)
    except (Wrong, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        wrong = [str(error) or type(error).__name__]
    for text in wrong[:20]:
        print(f"WRONG    {text}")
    if len(wrong) > 20:
        print(f"WRONG    and {len(wrong) - 20} more")
    print("DO NOT RELY ON THIS." if wrong else "Everything holds.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
