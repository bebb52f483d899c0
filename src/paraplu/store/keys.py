"""Keys of personal data: one per person, retention class and year, in a store of their own.

Destroying a key makes everything sealed under it unreadable, in every copy and backup; the audit log
stays whole. A key is durable before anything is sealed under it. Keys stand wrapped by a master key that
is a file of its own. Sealed bytes are ``1 byte version, 16 bytes key uid, 12 bytes nonce, AES-256-GCM``.

A process keeps keys that it has opened for a minute at most, so that a key that another one destroys
opens nothing here either.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
import uuid
from collections.abc import Iterable, Sequence
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
_REMEMBERED = 60.0  # seconds for which a process keeps an opened key in memory
_MOST = 500  # values in one statement

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


@dataclass(frozen=True, slots=True)
class Held:
    """A key that is there: its uid, retention class and year. Whose it is does not stand there."""

    uid: str
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
        self._known: dict[str, tuple[AESGCM, float]] = {}  # and until when (monotonic seconds)
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
        # One that was destroyed since must not be used again: what is sealed under it is lost.
        there = self.there([self._by_scope[one] for one in wanted if one in self._by_scope])
        missing = [scope for scope in wanted if self._by_scope.get(scope) not in there]
        if missing:
            found: dict[Scope, tuple[str, AESGCM]] = {}
            with self._database.write() as connection:
                for scope in missing:
                    found[scope] = self._found_or_made(connection, scope)
            for scope, (uid, cipher) in found.items():  # only what was committed may be used
                self._remember(uid, cipher)
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

    def there(self, uids: Iterable[str]) -> set[str]:
        """Those of these keys that have not been destroyed."""
        wanted, found = sorted(set(uids)), set[str]()
        if not wanted:
            return found
        with self._database.read() as connection:
            for start in range(0, len(wanted), _MOST):
                query = select(keys.c.uid).where(keys.c.uid.in_(wanted[start : start + _MOST]))
                found.update(connection.execute(query).scalars())
        return found

    def held(self, owner: str | None = None, retention: str | None = None) -> list[Held]:
        """The keys of an owner or of everybody, of a class or of all, by class and year."""
        query = select(keys.c.uid, keys.c.retention, keys.c.year)
        if owner is not None:
            query = query.where(keys.c.scope_hash == self.hash("scope", owner))
        if retention is not None:
            query = query.where(keys.c.retention == retention)
        query = query.order_by(keys.c.retention, keys.c.year, keys.c.uid)
        with self._database.read() as connection:
            return [Held(*row) for row in connection.execute(query)]

    def destroy(self, uids: Sequence[str]) -> bool:
        """Destroy these keys, for good. Those that are gone already are passed over.

        Their bytes are overwritten in the file (SQLite ``secure_delete``) and the write-ahead log is emptied;
        on PostgreSQL the table is rewritten. False when somebody was reading just then, so that bytes may
        be left: `scrub` does that part again.
        """
        with self._database.write() as connection:
            for start in range(0, len(uids), _MOST):
                some = list(uids[start : start + _MOST])
                connection.execute(keys.delete().where(keys.c.uid.in_(some)))
        gone = set(uids)
        for uid in gone:
            self._known.pop(uid, None)
        self._by_scope = {one: uid for one, uid in self._by_scope.items() if uid not in gone}
        return self.scrub()

    def scrub(self) -> bool:
        """Leave no bytes of destroyed keys in the store's own files. False when some may be left."""
        return self._database.scrub(keys)

    @staticmethod
    def key_of(sealed: bytes) -> str:
        """The uid of the key that bytes are sealed under."""
        return str(uuid.UUID(bytes=sealed[1:17]))

    def close(self) -> None:
        """Let go of the store."""
        self._database.close()

    def _cipher(self, uid: str) -> AESGCM:
        known = self._known.get(uid)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        with self._database.read() as connection:
            wrapped = connection.execute(select(keys.c.wrapped).where(keys.c.uid == uid)).scalar()
        if wrapped is None:
            self._known.pop(uid, None)
            raise Erased("The key of this personal data was destroyed.")
        return self._remember(uid, AESGCM(self._unwrap(uid, wrapped)))

    def _remember(self, uid: str, cipher: AESGCM) -> AESGCM:
        self._known[uid] = (cipher, time.monotonic() + _REMEMBERED)
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
