"""Evidence files: encrypted, named by the SHA-256 of the stored bytes, so that a name proves a file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from paraplu.errors import IntegrityBroken, NotFound
from paraplu.store.keys import KeyStore


class Files:
    """A folder of encrypted files, ``ab/abcdef...``. Nothing in it is ever rewritten."""

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        self.folder = folder
        self._keys = keys

    def keep(self, data: bytes, key: str, media_type: str) -> tuple[str, int]:
        """Store `data` under `key`, durably. Gives the name (SHA-256, hex) and the size in bytes."""
        sealed = self._keys.seal(key, data, f"evidence:{media_type}")
        name = hashlib.sha256(sealed).hexdigest()
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.part")
        with draft.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return name, len(sealed)

    def open(self, name: str, media_type: str) -> bytes:
        """The content of a file. Raises `NotFound`, or `IntegrityBroken` when it was altered."""
        return self._keys.open(self.stored(name), f"evidence:{media_type}")

    def stored(self, name: str) -> bytes:
        """The stored bytes, proved by their name."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"The evidence file {name[:12]} is missing.")
        sealed = path.read_bytes()
        if hashlib.sha256(sealed).hexdigest() != name:
            raise IntegrityBroken(f"The evidence file {name[:12]} was altered.")
        return sealed

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name
