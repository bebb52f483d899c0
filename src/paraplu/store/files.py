"""Evidence files: encrypted, named by the SHA-256 of the stored bytes, so that a name proves a file.

A stored file begins with a commitment to its content: ``1 byte version 2, 32 bytes SHA-256(salt ||
content)``, then the sealed bytes of ``32 bytes salt, content``. Whoever is given salt and content can check
them against the name in the log without any key; the commitment alone tells nothing, because the salt is
secret. Files of before have no commitment.

In a cluster the folder is one that all machines share.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from paraplu.errors import IntegrityBroken, NotFound
from paraplu.store.failures import StorageDown
from paraplu.store.keys import KeyStore

_COMMITTED = b"\x02"
_SALT_BYTES = _HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as stored, and its content. `salt` opens the commitment in `stored`; None: it has none."""

    stored: bytes = field(repr=False)
    content: bytes = field(repr=False)
    salt: bytes | None = field(repr=False)


class Files:
    """A folder of encrypted files, ``ab/abcdef...``. Nothing in it is ever rewritten."""

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        self.folder = folder
        self._keys = keys

    def keep(self, data: bytes, key: str, media_type: str) -> tuple[str, int]:
        """Store `data` under `key`, durably. Gives the name (SHA-256, hex) and the size in bytes."""
        salted = secrets.token_bytes(_SALT_BYTES) + data
        commitment = hashlib.sha256(salted).digest()
        sealed = _COMMITTED + commitment + self._keys.seal(key, salted, f"evidence:{media_type}")
        name = hashlib.sha256(sealed).hexdigest()
        path = self._path(name)
        try:
            self._write(path, sealed)
        except OSError as error:
            raise StorageDown(
                f"The evidence cannot be kept: {error.strerror}. Make room in {self.folder} or put it "
                "right; nothing was listed."
            ) from None
        return name, len(sealed)

    def open(self, name: str, media_type: str) -> bytes:
        """The content of a file. Raises `NotFound`, or `IntegrityBroken` when it was altered."""
        return self.opened(name, media_type).content

    def opened(self, name: str, media_type: str) -> Opened:
        """A file with its content and what proves that they belong together; raises as `open` does."""
        stored, about = self.stored(name), f"evidence:{media_type}"
        if stored[:1] != _COMMITTED:
            return Opened(stored, self._keys.open(stored, about), None)
        salted = self._keys.open(stored[1 + _HASH_BYTES :], about)
        if hashlib.sha256(salted).digest() != stored[1 : 1 + _HASH_BYTES]:
            raise IntegrityBroken(f"The evidence file {name[:12]} does not hold what it says.")
        return Opened(stored, salted[_SALT_BYTES:], salted[:_SALT_BYTES])

    def stored(self, name: str) -> bytes:
        """The stored bytes, proved by their name."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"The evidence file {name[:12]} is missing.")
        sealed = path.read_bytes()
        if hashlib.sha256(sealed).hexdigest() != name:
            raise IntegrityBroken(f"The evidence file {name[:12]} was altered.")
        return sealed

    def key_of(self, name: str) -> str | None:
        """The uid of the key that a file is sealed under; None when the file is not there."""
        try:
            with self._path(name).open("rb") as file:
                head = file.read(1 + _HASH_BYTES + 17)
            sealed = head[1 + _HASH_BYTES :] if head[:1] == _COMMITTED else head
            return self._keys.key_of(sealed)
        except (FileNotFoundError, ValueError):
            return None

    def remove(self, name: str) -> bool:
        """Delete a file whose key was destroyed. False when it is not there."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync(path.parent)
        return True

    def _write(self, path: Path, sealed: bytes) -> None:
        """Durable when it returns, name and all: only then an entry may list it."""
        folder = path.parent
        fresh = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        # No two machines and no two threads write the same draft.
        draft = folder / f"{path.name}.{secrets.token_hex(6)}.part"
        try:
            with draft.open("xb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync(folder)
        if fresh:
            _sync(folder.parent)

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def _sync(folder: Path) -> None:
    """Make the names in a folder durable. Windows has no such thing: there a rename is."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
