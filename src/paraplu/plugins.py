"""Bots, targets and connectors, found by entry point: ours are plugins like a stranger's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from paraplu.domain.bot import Bot
from paraplu.domain.target import Target
from paraplu.errors import PluginWrong, SettingsWrong

BOTS, TARGETS, CONNECTORS = "paraplu.bots", "paraplu.targets", "paraplu.connectors"


class Group(Mapping[str, Any]):
    """The plugins of one group by name; each is loaded when it is asked for.

    `given` adds plugins that no distribution registers: an author's tests bring their own. Raises
    `PluginWrong` when two distributions register one name, or one cannot be loaded.
    """

    def __init__(self, group: str, given: Mapping[str, Any] | None = None) -> None:
        self.group = group
        self._points: dict[str, EntryPoint] = {}
        self._loaded: dict[str, Any] = dict(given or {})
        for point in entry_points(group=group):
            known = self._points.get(point.name)
            if known is not None and known.value != point.value:
                raise PluginWrong(
                    f"Two plugins are called '{point.name}' ({known.value} and {point.value}): uninstall one."
                )
            self._points[point.name] = point

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            point = self._points[name]  # KeyError: as any mapping
            try:
                self._loaded[name] = point.load()
            except Exception as error:
                raise PluginWrong(
                    f"The plugin '{name}' ({point.value}) cannot be loaded: {type(error).__name__}: {error}"
                ) from error
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._points, *self._loaded}))

    def __len__(self) -> int:
        return len({*self._points, *self._loaded})

    def package(self, name: str) -> str:
        """The top-level package that registers `name`."""
        if name in self._points:
            return self._points[name].value.partition(":")[0].partition(".")[0]
        return str(
            getattr(self._loaded[name], "__module__", type(self._loaded[name]).__module__)
        ).partition(".")[0]

    def distribution(self, name: str) -> str:
        """The distribution that registers `name`, with its version (``paraplu 0.1.0``)."""
        point = self._points.get(name)
        found = None if point is None else point.dist
        return "given" if found is None else f"{found.name} {found.version}"


class Bots(Mapping[str, Bot[Any]]):
    """One instance of each bot, by the name of its service."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._made: dict[str, Bot[Any]] = {}

    def __getitem__(self, service: str) -> Bot[Any]:
        if service not in self._made:
            kind = self._group[service]
            if not (isinstance(kind, type) and issubclass(kind, Bot)):
                raise PluginWrong(f"The plugin '{service}' is not a Bot.")
            if kind.service != service:
                raise PluginWrong(
                    f"The bot registered as '{service}' says that its service is '{kind.service}'."
                )
            self._made[service] = kind()
        return self._made[service]

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)


class Plugins:
    """Everything that is installed, and what is given besides."""

    def __init__(
        self,
        *,
        bots: Mapping[str, type[Bot[Any]]] | None = None,
        targets: Mapping[str, type[Target]] | None = None,
        connectors: Mapping[str, Any] | None = None,
    ) -> None:
        self.bot_group = Group(BOTS, bots)
        self.target_group = Group(TARGETS, targets)
        self.connector_group = Group(CONNECTORS, connectors)
        self.bots = Bots(self.bot_group)

    def target(self, name: str) -> type[Target]:
        """The class of a target. Raises `SettingsWrong` when none has this name."""
        if name not in self.target_group:
            raise SettingsWrong(
                f"No target is called '{name}'. Installed are: {', '.join(self.target_group)}."
            )
        kind = self.target_group[name]
        if not (isinstance(kind, type) and issubclass(kind, Target)):
            raise PluginWrong(f"The plugin '{name}' is not a Target.")
        return kind

    def connector(self, name: str) -> Any:
        """A connector. Raises `SettingsWrong` when none has this name."""
        if name not in self.connector_group:
            raise SettingsWrong(
                f"No connector is called '{name}'. Installed are: {', '.join(self.connector_group)}."
            )
        return self.connector_group[name]

    @cached_property
    def catalogues(self) -> tuple[Traversable, ...]:
        """The folders of translations: ours first, then those of the plugins that are packages."""
        packages = ["paraplu"]
        for group in (self.bot_group, self.target_group, self.connector_group):
            packages += [group.package(name) for name in group]
        return tuple(
            files(package) / "locale"
            for package in dict.fromkeys(packages)
            if hasattr(import_module(package), "__path__")
        )

    def code_hash(self, service: str, target: str) -> str:
        """SHA-256 of the code that a run of this bot on this target uses.

        It covers the path and the SHA-256 of every Python file of Paraplu, the bot's, the target's and
        the connectors' packages, sorted by path.
        """
        packages = {"paraplu", self.bot_group.package(service), self.target_group.package(target)}
        packages |= {self.connector_group.package(name) for name in self.connector_group}
        lines = [line for package in sorted(packages) for line in _hashes(package)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _hashes(package: str) -> list[str]:
    module = import_module(package)
    if module.__file__ is None:
        return []
    place = Path(module.__file__)
    its = sorted(place.parent.rglob("*.py")) if hasattr(module, "__path__") else [place]
    hashes = [(file.relative_to(place.parent), hashlib.sha256(file.read_bytes())) for file in its]
    return [f"{package}/{path.as_posix()} {digest.hexdigest()}" for path, digest in hashes]
