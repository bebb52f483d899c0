"""The keys that sign heads of the log: their bytes in a file here, or a command that is asked.

The name of a key in a signature line is the name of the log. So one key signs the logs of several years,
under the name of each.
"""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Signature, Signer, Signs, Verifier
from paraplu.audit.tree import Frontier
from paraplu.errors import ParapluError, SettingsWrong
from paraplu.store.keys import secret_bytes

_SECONDS = 10.0
_SIGNATURE_BYTES = 64


class CannotSign(ParapluError):
    """The key cannot be used now: the log goes on, and is signed when it can."""


class Key(Protocol):
    """Something that signs: the bytes of a key, or a command."""

    @property
    def public_key(self) -> bytes:
        """Its 32 public bytes."""

    @property
    def quick(self) -> bool:
        """Whether it may be used many times a second."""

    def signer(self, log: str) -> Signs:
        """It, signing under the name of a log."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key whose 32 secret bytes are here."""

    seed: bytes = field(repr=False)
    quick: bool = True

    @property
    def public_key(self) -> bytes:
        """See `Key`."""
        return Signer("key", self.seed).verifier.public_key

    def signer(self, log: str) -> Signs:
        """See `Key`."""
        return Signer(log, self.seed)


@dataclass(frozen=True, slots=True)
class CommandKey:
    """A key that lies elsewhere: `command` gets the bytes on standard input and writes the signature.

    It writes the 64 bytes of an Ed25519 signature (RFC 8032) as they are or as base64.
    """

    command: tuple[str, ...]
    public_key: bytes
    quick: bool = False

    def signer(self, log: str) -> Signs:
        """See `Key`."""
        return _Asked(log, self)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    key: CommandKey

    def sign(self, text: str) -> Signature:
        """Ask the command. Raises `CannotSign` when it gives no signature that holds."""
        first = self.key.command[0]
        try:
            done = subprocess.run(  # noqa: S603 - what the settings name
                self.key.command,
                input=text.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise CannotSign(
                f"The command that signs the log ({first}) cannot be run, or does not end within "
                f"{_SECONDS:.0f} s: look at sign_command in [audit]."
            ) from None
        if done.returncode != 0:
            raise CannotSign(
                f"The command that signs the log ({first}) failed with exit code {done.returncode}."
            )
        signature = _signature_in(done.stdout)
        verifier = Verifier(self.name, self.key.public_key)
        try:
            verifier.verify(text, signature)
        except NotProved:
            raise CannotSign(
                f"The command that signs the log ({first}) gives no signature of the key in log.vkey: is it "
                "another key, or was there something else on its standard output?"
            ) from None
        return Signature(self.name, verifier.key_id, signature)


@dataclass(frozen=True, slots=True)
class Signing:
    """The keys of an installation. `keys` sign each head, all of them; empty where none is at hand.

    `trusted` are the public keys that verify heads, the current one first, former ones after it.
    """

    keys: tuple[Key, ...]
    trusted: tuple[bytes, ...]

    @classmethod
    def of_seed(cls, seed: bytes) -> Signing:
        """One key by its secret bytes."""
        key = FileKey(seed)
        return cls((key,), (key.public_key,))

    @property
    def at_hand(self) -> bool:
        """Whether heads can be signed here."""
        return bool(self.keys)

    @property
    def quick(self) -> bool:
        """Whether heads may be signed many times a second."""
        return all(key.quick for key in self.keys)

    def verifiers(self, log: str) -> tuple[Verifier, ...]:
        """The keys that are trusted for a log, the current one first."""
        return tuple(Verifier(log, public) for public in self.trusted)

    def sign(self, log: str, frontier: Frontier) -> bytes:
        """Give the signed head of a log. Raises `CannotSign`."""
        signers: Sequence[Signs] = [key.signer(log) for key in self.keys]
        head = Checkpoint(log, frontier.size, frontier.root())
        return sign_checkpoint(head, signers)


def read_signing(key: Path, former: Path, vkeys: Path, *, command: tuple[str, ...] = ()) -> Signing:
    """The keys in these files, as far as they are there; `vkeys` has a verifier key a line, the newest last.

    With a `command` that is asked instead of the file `key`, and must be of the newest verifier key. Raises
    `SettingsWrong` when there is neither a key nor a verifier key.
    """
    known: list[bytes] = []
    if vkeys.is_file():
        try:
            lines = vkeys.read_text(encoding="utf-8").split()
            known = [Verifier.from_vkey(line).public_key for line in lines]
        except (Malformed, UnicodeDecodeError) as error:
            raise SettingsWrong(f"{vkeys} cannot be read: {error}.") from None
    keys: list[Key] = []
    if command:
        if not known:
            raise SettingsWrong(
                f"{vkeys} is missing: it must hold the vkey of the key that sign_command signs with."
            )
        keys.append(CommandKey(command, known[-1]))
    files = (former,) if command else (key, former)
    keys += [FileKey(secret_bytes(path)) for path in files if path.exists()]
    if not keys and not known:
        raise SettingsWrong(f"Neither {key} nor {vkeys} is there: the log cannot be verified.")
    trusted = dict.fromkeys([*(one.public_key for one in keys[:1]), *reversed(known)])
    return Signing(tuple(keys), tuple(trusted))


def _signature_in(output: bytes) -> bytes:
    if len(output) == _SIGNATURE_BYTES:
        return output
    try:
        return base64.b64decode(output.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
