"""Policy and directory from TOML files, read again when they change. After a broken change the last good one stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger("greenlight.config")


class WatchedFile(Generic[T]):
    """The parsed content of a file. The first read must succeed; after that a broken file is logged, once a change.

    Raises OSError where the file cannot be read at first, and whatever ``parse`` raises.
    """

    def __init__(self, path: Path, parse: Callable[[str], T]) -> None:
        self._path, self._parse = path, parse
        self._lock = Lock()
        self._seen = self._stamp()
        self._value = parse(path.read_text(encoding="utf-8"))

    def current(self) -> T:
        with self._lock:
            try:
                stamp = self._stamp()
                if stamp != self._seen:
                    self._seen = stamp
                    self._value = self._parse(self._path.read_text(encoding="utf-8"))
                    log.warning("%s has changed and is in force now", self._path)
            except (OSError, ValueError) as error:
                log.warning("%s cannot be used, the version before stays in force: %s", self._path, error)
            return self._value

    def _stamp(self) -> tuple[int, int] | None:
        """What differs after a change; None where there is no file, which reading it will say."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
