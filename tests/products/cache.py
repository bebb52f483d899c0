"""The git-ignored cache in which installed products and their seeded databases are kept.

A folder of the cache is complete or absent: it is built under a name of its own and renamed when it
is whole, so an interrupted build leaves nothing that looks finished. A lock file makes a second test
process wait for the first instead of building the same folder beside it; the operating system frees
the lock when its holder dies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock on `path` (made when missing), waiting for as long as it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.2)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Cache:
    """A folder of folders, each built once."""

    root: Path

    @classmethod
    def of_the_repository(cls) -> Cache:
        """`PARAPLU_TEST_CACHE` where it is set, else `.cache` in the repository; `products` in it."""
        chosen = os.environ.get("PARAPLU_TEST_CACHE")
        root = Path(chosen).expanduser().resolve() if chosen else REPOSITORY / ".cache"
        return cls(root / "products")

    def folder(self, name: str, build: Callable[[Path], None]) -> Path:
        """The folder `name`, filled by `build` if it does not exist yet.

        `build` gets an empty folder to fill. It must not write that folder's path into anything
        that is used later, for the folder is renamed. What `build` raises is passed on, and the
        half-built folder is removed.
        """
        final = self.root / name
        if final.is_dir():
            return final
        with locked(self.root / f"{name}.lock"):
            if final.is_dir():
                return final
            for remains in self.root.glob(f"{name}.building-*"):
                shutil.rmtree(remains, ignore_errors=True)
            building = Path(tempfile.mkdtemp(prefix=f"{name}.building-", dir=self.root))
            try:
                build(building)
                building.chmod(0o755)
                building.rename(final)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
        return final
