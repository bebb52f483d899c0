"""Keys of personal data: one per person, retention class and year, in a store of their own.

Destroying a key makes everything sealed under it unreadable, in every copy and backup; the audit log
stays whole. A key is durable before anything is sealed under it. Keys stand wrapped by a master key that
is a file of its own. Sealed bytes are ``1 byte version, 16 bytes key uid, 12 bytes nonce, AES-256-GCM``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    select,
)

from paraplu.errors import IntegrityBroken, SettingsWrong
from paraplu.store.database import Database, add_missing

_VERSION = b"\x01"

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("uid", String(36), primary_key=True),
    Column("scope_hash", String(64), nullable=False),
    Column("retention", String(20), nullable=False),
    Column("year", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    UniqueConstraint("scope_hash", "retention", "year"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data it is: a person of a client, the client as a whole, or a person who works with us.

    `owner` is a text that is unique for that (``waterland/person/00412``); it stands nowhere in clear.
    `retention` is the class (``nl.payroll.7y``), `year` the calendar year in which it begins.
    """

    owner: str
    retention: str
    year: int


class Erased(IntegrityBroken):
    """The key is gone: what was sealed under it cannot be read by anybody any more."""


class KeyStore:
    """The keys behind one database URL, wrapped by the master key, found by the index key.

    Never the database of the cases, so that backups of those hold no keys: a file of its own, or on
    PostgreSQL a database of its own.
    """

    def __init__(self, url: str, master: bytes, index: bytes) -> None:
        self._database = Database(url)
        self._master = AESGCM(master)
        self._index = index
        self._known: dict[str, AESGCM] = {}
        self._by_scope: dict[Scope, str] = {}

    def create(self) -> None:
        """Make the table in an empty store."""
        with self._database.write() as connection:
            metadata.create_all(connection)

    def hash(self, *parts: str) -> str:
        """A keyed hash by which something personal is found again without standing there."""
        text = "\x1f".join(parts).encode()
        return hmac.new(self._index, text, hashlib.sha256).hexdigest()

    def key_for(self, scope: Scope) -> str:
        """The uid of the scope's key, made and durable if it is new."""
        return self.keys_for([scope])[scope]

    def keys_for(self, scopes: Iterable[Scope]) -> dict[Scope, str]:
        """The uids of all these keys; those that are new are made in one durable transaction."""
        wanted = set(scopes)
        missing = [scope for scope in wanted if scope not in self._by_scope]
        if missing:
            found: dict[Scope, tuple[str, AESGCM]] = {}
            with self._database.write() as connection:
                for scope in missing:
                    found[scope] = self._found_or_made(connection, scope)
            for scope, (uid, cipher) in found.items():  # only what was committed may be used
                self._known[uid] = cipher
                self._by_scope[scope] = uid
        return {scope: self._by_scope[scope] for scope in wanted}

    def _found_or_made(self, connection: Connection, scope: Scope) -> tuple[str, AESGCM]:
        owner = self.hash("scope", scope.owner)
        query = select(keys.c.uid, keys.c.wrapped).where(
            keys.c.scope_hash == owner,
            keys.c.retention == scope.retention,
            keys.c.year == scope.year,
        )
        row = connection.execute(query).first()
        if row is None:
            uid, nonce = str(uuid.uuid4()), os.urandom(12)
            key = AESGCM.generate_key(256)
            made = {
                "uid": uid,
                "scope_hash": owner,
                "retention": scope.retention,
                "year": scope.year,
                "wrapped": nonce + self._master.encrypt(nonce, key, uid.encode()),
            }
            if add_missing(connection, keys, [made]):
                return uid, AESGCM(key)
            row = connection.execute(query).one()  # somebody else made it just now
        return str(row.uid), AESGCM(self._unwrap(row.uid, row.wrapped))

    def seal(self, key: str, data: bytes, about: str) -> bytes:
        """Encrypt `data` under `key`; `about` says what it is and must be the same when opened."""
        nonce = os.urandom(12)
        body = self._cipher(key).encrypt(nonce, data, about.encode())
        return _VERSION + uuid.UUID(key).bytes + nonce + body

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt. Raises `Erased` when the key is gone, `IntegrityBroken` when the bytes were altered."""
        if sealed[:1] != _VERSION or len(sealed) < 45:
            raise IntegrityBroken("Sealed bytes have no shape that this program knows.")
        key = str(uuid.UUID(bytes=sealed[1:17]))
        try:
            return self._cipher(key).decrypt(sealed[17:29], sealed[29:], about.encode())
        except InvalidTag:
            raise IntegrityBroken(
                "Sealed bytes do not open under their key: they were altered or moved."
            ) from None

    @staticmethod
    def key_of(sealed: bytes) -> str:
        """The uid of the key that bytes are sealed under."""
        return str(uuid.UUID(bytes=sealed[1:17]))

    def close(self) -> None:
        """Let go of the store."""
        self._database.close()

    def _cipher(self, uid: str) -> AESGCM:
        cipher = self._known.get(uid)
        if cipher is None:
            with self._database.read() as connection:
                wrapped = connection.execute(
                    select(keys.c.wrapped).where(keys.c.uid == uid)
                ).scalar()
            if wrapped is None:
                raise Erased("The key of this personal data was destroyed.")
            cipher = self._known[uid] = AESGCM(self._unwrap(uid, wrapped))
        return cipher

    def _unwrap(self, uid: str, wrapped: bytes) -> bytes:
        try:
            return self._master.decrypt(wrapped[:12], wrapped[12:], uid.encode())
        except InvalidTag:
            raise SettingsWrong(
                "The master key does not open the key store: put back the one that belongs to it."
            ) from None


def secret_bytes(path: Path, *, make: bool = False) -> bytes:
    """32 random bytes kept in a file that only its owner reads (mode 600), made if `make`.

    Raises `SettingsWrong` when it is missing, of another length or readable by others.
    """
    if make and not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
    require_private(path)
    data = path.read_bytes()
    if len(data) != 32:
        raise SettingsWrong(f"The key file {path.name} is damaged: put back a copy of it.")
    return data


def require_private(path: Path) -> None:
    """Raise `SettingsWrong` unless `path` is there and only its owner can read it."""
    if not path.is_file():
        raise SettingsWrong(
            f"The file {path} is missing. Put it back, or start a new home: paraplu init"
        )
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise SettingsWrong(f"Others can read {path}. Run: chmod 600 '{path}'")
