"""A home: the folder where everything of one installation lies, and what its settings file says.

``settings.toml`` holds where things are, never a secret. Credentials come by name from the environment
or from a file that only its owner can read. Settings of record (clients, mandates, agreements) are in
the database, not here.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from paraplu.audit.cosignature import CosignatureVerifier
from paraplu.audit.errors import Malformed
from paraplu.domain.agreement import STALL_LIMIT
from paraplu.domain.credential import Credential, Secret
from paraplu.domain.custody import AuditSettings
from paraplu.domain.mail import PORTS, MailSettings
from paraplu.engine.signing import Signing, read_signing
from paraplu.errors import SettingsWrong
from paraplu.store.keys import require_private

SETTINGS = "settings.toml"
_BACKUPS = ("database_days", "keys_days")
_STALL = int(STALL_LIMIT.total_seconds())


@dataclass(frozen=True, slots=True)
class Home:
    """One installation. `log` is the origin of its audit log, `targets` the address of each target.

    `mail` is the server by which notices go out, None for none. `audit` says where heads of the log are kept
    elsewhere.

    `backups` says for how many days backups of the database and of the keys are kept, None where nobody has
    stated that.

    `database`, `keys` and `evidence_folder` say where those are when they are not in the home: in a cluster
    on PostgreSQL, on PostgreSQL in a database of its own, and in a folder that all machines share.
    """

    path: Path
    log: str
    demo: bool = False
    database: str = ""
    stall_seconds: int = _STALL
    targets: Mapping[str, str] = field(default_factory=dict)
    keys: str = ""
    evidence_folder: str = ""
    mail: MailSettings | None = None
    audit: AuditSettings = field(default_factory=AuditSettings)
    backups: tuple[int | None, int | None] = (None, None)

    @property
    def stall(self) -> timedelta:
        """How long a worker may be silent before its runs are taken over."""
        return timedelta(seconds=self.stall_seconds)

    @property
    def database_url(self) -> str:
        """The main database: a file in the home unless the settings name another."""
        return self.database or f"sqlite:///{self.path / 'paraplu.db'}"

    @property
    def keys_url(self) -> str:
        """The store of keys: a file of its own unless the settings name another place."""
        return self.keys or f"sqlite:///{self.path / 'keys.db'}"

    @property
    def secrets(self) -> Path:
        """The folder of keys and credentials, for its owner only."""
        return self.path / "secrets"

    @property
    def evidence(self) -> Path:
        """The folder of evidence files."""
        return Path(self.evidence_folder) if self.evidence_folder else self.path / "evidence"

    @property
    def answers(self) -> Path:
        """The folder of answered workbooks."""
        return self.path / "answers"

    @property
    def locks(self) -> Path:
        """The folder of this machine's locks."""
        return self.path / "locks"

    @property
    def log_file(self) -> Path:
        """The operational log: may be lost, holds no case content."""
        return self.path / "logs" / "paraplu.log"

    def address(self, target: str) -> str:
        """Where a target lies. Raises `SettingsWrong` when the settings do not say."""
        address = self.targets.get(target)
        if not address:
            raise SettingsWrong(
                f"Where the target '{target}' lies is not known: add to {self.path / SETTINGS}\n"
                f'[targets.{target}]\naddress = "https://..."'
            )
        return address

    def credential(self, name: str) -> Credential:
        """A robot account by its name. Raises `SettingsWrong` when it is nowhere or not private."""
        variable = "PARAPLU_" + name.upper().replace("-", "_")
        user, password = os.environ.get(f"{variable}_USER"), os.environ.get(f"{variable}_PASSWORD")
        if user and password:
            return Credential(name, user, Secret(password))
        path = self.secrets / "credentials.toml"
        if path.exists():
            require_private(path)
            entry = read_toml(path).get(name)
            if isinstance(entry, dict) and entry.get("user") and entry.get("password"):
                return Credential(name, str(entry["user"]), Secret(str(entry["password"])))
        raise SettingsWrong(
            f"The credential '{name}' is missing: set {variable}_USER and {variable}_PASSWORD, or add "
            f"[{name}] with user and password to {path} (mode 600)."
        )

    @property
    def log_key(self) -> Path:
        """The file of the key that signs the log."""
        return self.secrets / "log.key"

    @property
    def former_key(self) -> Path:
        """The file of the key that signed before, while both sign."""
        return self.secrets / "log-before.key"

    @property
    def vkeys(self) -> Path:
        """The file of the keys that verify the log, one a line, the newest last."""
        return self.path / "log.vkey"

    def signing(self) -> Signing:
        """The keys that sign the log, as far as they are at hand here, and those that verify it.

        Raises `SettingsWrong` when there is neither.
        """
        return read_signing(
            self.log_key, self.former_key, self.vkeys, command=self.audit.sign_command
        )

    def expiries(self, names: Collection[str]) -> dict[str, date]:
        """When the passwords of these credentials, and of the one for mail, expire, as far as that is said.

        Raises `SettingsWrong` for a day that is none.
        """
        if self.mail is not None and self.mail.credential:
            names = {*names, self.mail.credential}
        path = self.secrets / "credentials.toml"
        entries: dict[str, Any] = {}
        if path.exists():
            require_private(path)
            entries = read_toml(path)
        found: dict[str, date] = {}
        for name in sorted(names):
            variable = "PARAPLU_" + name.upper().replace("-", "_") + "_EXPIRES"
            entry = entries.get(name)
            said = os.environ.get(variable) or (isinstance(entry, dict) and entry.get("expires"))
            if not said:
                continue
            try:
                day = said if isinstance(said, date) else date.fromisoformat(said)
            except (TypeError, ValueError):
                raise SettingsWrong(
                    f"When the password of '{name}' expires cannot be read: write expires = 2027-01-31 in "
                    f"{path}, or {variable}=2027-01-31."
                ) from None
            found[name] = day.date() if isinstance(day, datetime) else day
        return found

    def save(self) -> None:
        """Write the settings file, in one step."""
        data: dict[str, Any] = {"log": self.log, "demo": self.demo}
        for name, value in (
            ("database", self.database),
            ("keys", self.keys),
            ("evidence", self.evidence_folder),
        ):
            if value:
                data[name] = value
        if self.stall_seconds != _STALL:
            data["stall_seconds"] = self.stall_seconds
        data["targets"] = {name: {"address": address} for name, address in self.targets.items()}
        if self.mail is not None:
            kept = {
                name.replace("sender", "from"): value for name, value in asdict(self.mail).items()
            }
            data["mail"] = {name: value for name, value in kept.items() if value != ""}
        if audit := self.audit.model_dump(exclude_defaults=True):
            data["audit"] = audit
        if self.backups != (None, None):
            data["backups"] = dict(zip(_BACKUPS, self.backups, strict=True))
        write_whole(self.path / SETTINGS, to_toml(data))


def home_folder(given: str | None) -> Path:
    """The home's folder: as given, else ``PARAPLU_HOME``, else ``~/.paraplu``."""
    return (
        Path(given or os.environ.get("PARAPLU_HOME") or Path.home() / ".paraplu")
        .expanduser()
        .resolve()
    )


def load_home(path: Path) -> Home:
    """Read a home. Raises `SettingsWrong` when there is none or its settings file is wrong."""
    file = path / SETTINGS
    if not file.is_file():
        raise SettingsWrong(f"There is no home of Paraplu in {path}. Make one with: paraplu init")
    data = read_toml(file)
    targets = data.get("targets", {})
    places = {"database", "keys", "evidence"}
    tables = {"targets", "mail", "audit", "backups"}
    unknown = set(data) - places - tables - {"log", "demo", "stall_seconds"}
    if unknown or not isinstance(data.get("log"), str) or not isinstance(targets, dict):
        what = (
            f"unknown: {', '.join(sorted(unknown))}"
            if unknown
            else "log or targets is missing or wrong"
        )
        raise SettingsWrong(f"{file} is wrong ({what}).")
    stall = data.get("stall_seconds", _STALL)
    if not isinstance(stall, int) or stall < 1:
        raise SettingsWrong(
            f"{file} is wrong (stall_seconds must be a whole number, 600 by default)."
        )
    home = Home(
        path=path,
        log=data["log"],
        demo=bool(data.get("demo", False)),
        database=str(data.get("database", "")),
        stall_seconds=stall,
        targets={name: str(entry.get("address", "")) for name, entry in targets.items()},
        keys=str(data.get("keys", "")),
        evidence_folder=str(data.get("evidence", "")),
        mail=_mail(data["mail"], file) if "mail" in data else None,
        audit=_audit(data.get("audit", {}), file),
        backups=_backups(data.get("backups", {}), file),
    )
    check_places(home)
    return home


def _audit(data: Any, file: Path) -> AuditSettings:
    """The table [audit]. Raises `SettingsWrong` that says what to write."""
    try:
        found = AuditSettings.model_validate(data)
        for witness in found.witnesses:
            CosignatureVerifier.from_vkey(witness.vkey)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsWrong(
            f"[audit] in {file} is wrong: {f'{where}: ' if where else ''}{said}."
        ) from None
    except Malformed as error:
        raise SettingsWrong(
            f"[audit] in {file} is wrong: vkey of the witness '{witness.name}': {error}."
        ) from None
    return found


def _backups(data: Any, file: Path) -> tuple[int | None, int | None]:
    """The table [backups]. Raises `SettingsWrong` that says what to write."""
    given = data if isinstance(data, dict) else {"": None}
    if set(given) - set(_BACKUPS) or any(
        type(value) is not int or not 0 <= value <= 36_500 for value in given.values()
    ):
        raise SettingsWrong(
            f"[backups] in {file} is wrong: write database_days = 30 and keys_days = 30, for how many days "
            "backups of each are kept."
        )
    return given.get(_BACKUPS[0]), given.get(_BACKUPS[1])


def _mail(data: Any, file: Path) -> MailSettings:
    """The table [mail]. Raises `SettingsWrong` that says what to write."""
    texts = ("host", "from", "security", "credential", "ca_file", "link")
    wrong: str | None = "it must be a table"
    if isinstance(data, dict):
        unknown = sorted(set(data) - {*texts, "port"})
        security = data.get("security", "starttls")
        port = data.get("port", PORTS.get(security, 0) if isinstance(security, str) else 0)
        strange = [name for name in texts if not isinstance(data.get(name, ""), str)]
        if unknown:
            wrong = f"unknown: {', '.join(unknown)}"
        elif strange or not isinstance(port, int):
            wrong = f"{', '.join(strange) or 'port'} must be {'a text' if strange else 'a number'}"
        else:
            found = MailSettings(
                host=data.get("host", ""),
                sender=data.get("from", ""),
                port=port,
                security=security,
                credential=data.get("credential", ""),
                ca_file=data.get("ca_file", ""),
                link=data.get("link", "").rstrip("/"),
            )
            wrong = found.wrong()
            if wrong is None:
                return found
    raise SettingsWrong(f"[mail] in {file} is wrong: {wrong}.")


def check_places(home: Home) -> None:
    """Raise `SettingsWrong` when databases and evidence cannot lie where this home says."""
    file = home.path / SETTINGS
    if home.keys_url == home.database_url:
        raise SettingsWrong(
            f"{file} names one database for cases and keys: the keys need one of their own, so that no "
            "copy of the cases holds what opens them."
        )
    if home.evidence_folder and not home.evidence.is_absolute():
        raise SettingsWrong(f"{file}: evidence must be a whole path, the same on every machine.")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises `SettingsWrong` that says where it is wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise SettingsWrong(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"{path} cannot be read: {error}") from None


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one step: a reader sees the old or the new one, never half."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def to_toml(data: Mapping[str, Any]) -> str:
    """Plain data as TOML: values first, then tables and arrays of tables. None is left out."""
    lines: list[str] = []
    _table(data, "", lines)
    return "\n".join(lines).strip() + "\n"


def _table(data: Mapping[str, Any], prefix: str, lines: list[str]) -> None:
    tables: list[tuple[str, Any]] = []
    for key, value in data.items():
        if value is None:
            continue
        if isinstance(value, Mapping) or (
            isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping)
        ):
            tables.append((key, value))
        else:
            lines.append(f"{_key(key)} = {_scalar(value)}")
    for key, value in tables:
        name = f"{prefix}{_key(key)}"
        if isinstance(value, Mapping):
            if value:
                lines += ["", f"[{name}]"]
                _table(value, f"{name}.", lines)
            continue
        for item in value:
            lines += ["", f"[[{name}]]"]
            _table(item, f"{name}.", lines)


def _key(key: str) -> str:
    plain = key and all(
        character.isascii() and (character.isalnum() or character in "-_") for character in key
    )
    return key if plain else json.dumps(key)


def _scalar(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case Decimal():
            return json.dumps(str(value))
        case list() | tuple():
            return "[" + ", ".join(_scalar(item) for item in value) + "]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
