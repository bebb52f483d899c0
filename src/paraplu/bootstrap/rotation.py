"""The key that signs the log is changed for another one, and the former one destroyed later."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from paraplu.audit.note import Verifier
from paraplu.engine.journal import Journal
from paraplu.engine.people import Known
from paraplu.engine.signing import FileKey
from paraplu.errors import Refused, SettingsWrong
from paraplu.settings import Home, write_whole
from paraplu.store.keys import secret_bytes


def rotate_key(home: Home, journal: Journal, by: Known, public: bytes = b"") -> Verifier:
    """Make a new key that signs from the next head on; the former one signs beside it until `retire_key`.

    With `public` (PEM) the new key lies elsewhere: `sign_command` must ask it from now on. An entry names
    both. Gives the new key's verifier. Broken off in the middle it is gone on with when called again. Raises
    `Refused`.
    """
    log = journal.log
    if home.former_key.exists():
        raise Refused(
            f"The key before this one still signs ({home.former_key}). Run first: paraplu audit key retire"
        )
    if bool(public) != bool(home.audit.sign_command):
        raise Refused(
            "Where sign_command signs, make the new key where it lies, and give its public key here "
            "(--public-key); where it does not, the new key is made here."
        )
    draft = home.secrets / "log-next.key"
    if public:
        new = Verifier(log, _ed25519(public))
    else:
        if not home.log_key.exists():
            raise Refused(
                f"The key that signs is not on this machine ({home.log_key}): change it where it is."
            )
        new = Verifier(log, FileKey(secret_bytes(draft, make=True)).public_key)
    old = journal.verifier
    _add_vkey(home, old, new)
    detail = {"old_key": f"k-{old.key_id.hex()}", "new_key": f"k-{new.key_id.hex()}", "log": log}
    journal.write_alone("key-rotated", by.hand, detail=detail)
    if not public:
        _copy(home.log_key, home.former_key)
        draft.replace(home.log_key)
    return new


def retire_key(home: Home, journal: Journal, by: Known) -> Verifier:
    """Destroy the former key: only the new one signs from now on. Raises `Refused` when there is none."""
    if not home.former_key.exists():
        raise Refused("No former key signs here: nothing is to be done.")
    former = Verifier(journal.log, FileKey(secret_bytes(home.former_key)).public_key)
    journal.write_alone(
        "key-retired",
        by.hand,
        detail={"key": f"k-{former.key_id.hex()}", "log": journal.log},
    )
    home.former_key.unlink()
    return former


def _ed25519(pem: bytes) -> bytes:
    """The 32 bytes of a public key in PEM form."""
    try:
        found = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise Refused("--public-key: a file with an Ed25519 public key in PEM form is needed.")
    return found.public_bytes_raw()


def _add_vkey(home: Home, old: Verifier, new: Verifier) -> None:
    """The newest verifier key stands last; what stood there stays."""
    text = home.vkeys.read_text(encoding="utf-8") if home.vkeys.is_file() else f"{old.vkey}\n"
    lines = [line for line in text.split() if line != new.vkey]
    write_whole(home.vkeys, "\n".join([*lines, new.vkey]) + "\n")


def _copy(source: Path, target: Path) -> None:
    """A durable copy, for its owner only; there as a whole or not at all."""
    draft = target.with_name(target.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(source.read_bytes())
            file.flush()
            os.fsync(descriptor)
        draft.replace(target)
    except OSError as error:
        raise SettingsWrong(f"{target} cannot be written: {error.strerror}.") from None
