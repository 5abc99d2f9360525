"""`DirectorySource` over Microsoft Graph: read once, kept, read again beside the work; never kept for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Lock, Thread

from azure.core.credentials import TokenCredential

from adapters.graph.client import GraphClient, GraphError
from adapters.graph.people import Malformed
from adapters.graph.reader import read_directory
from adapters.graph.supplement import Supplement
from approvals.policy.directory import Directory, DirectoryError

log = logging.getLogger("greenlight.graph")
STALE = {"directory": "stale"}  # an attribute of the line: infra/queries/stale-directory.kql asks for it

# How long one reading of the directory may take, all requests and all waiting for a busy Graph together.
PATIENCE_SECONDS = 120.0
# Between two tries while Graph fails: requests would make a busy Graph busier.
REST = timedelta(seconds=30)


class KeptDirectory:
    """A directory that is read at the first use and again when it is older than ``refresh_after``, by one thread; until
    that is done, and while it fails, everybody gets the one before, with a warning in the log for each failure.

    What is older than ``usable_for`` is given to nobody: who was dismissed since must not decide. Safe to use from many
    threads. ``read`` raises DirectoryError.
    """

    def __init__(
        self,
        read: Callable[[], Directory],
        refresh_after: timedelta,
        usable_for: timedelta,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._refresh_after, self._usable_for = refresh_after.total_seconds(), usable_for.total_seconds()
        self._monotonic = monotonic
        self._reading = Lock()
        # one tuple, written at once, so that it can be read without the lock
        self._kept: tuple[Directory, float] | None = None
        self._failed: tuple[DirectoryError, float] | None = None

    def current(self) -> Directory:
        """The directory. Waits for Graph only where there is none, or none that is young enough.

        Raises DirectoryError where Graph cannot be read then; for REST the same one again, without asking.
        """
        kept = self._usable()
        if kept is None:
            return self._wait_for_one()
        directory, age = kept
        if age > self._refresh_after and not self._resting() and self._reading.acquire(blocking=False):
            self._start_refresh()
        return directory

    def _usable(self) -> tuple[Directory, float] | None:
        """What is kept and its age in seconds; None where that is too much."""
        if self._kept is None:
            return None
        directory, since = self._kept
        age = self._monotonic() - since
        return None if age > self._usable_for else (directory, age)

    def _wait_for_one(self) -> Directory:
        with self._reading:
            kept = self._usable()
            if kept is not None:  # another thread was faster
                return kept[0]
            if self._failed is not None and self._resting():
                raise self._failed[0]
            return self._attempt()

    def _start_refresh(self) -> None:
        """Let another thread, which takes over the lock, read the directory."""
        try:
            Thread(target=self._refresh, name="graph-refresh", daemon=True).start()
        except RuntimeError:  # no more threads; the next request tries again
            self._reading.release()
            log.warning("the directory is not read again: no thread can be started", exc_info=True)

    def _refresh(self) -> None:
        try:
            with suppress(DirectoryError):  # _attempt has logged it
                self._attempt()
        finally:
            self._reading.release()

    def _attempt(self) -> Directory:
        begun = self._monotonic()
        try:
            directory = self._read()
        except DirectoryError as error:
            self._note(error, None)
            raise
        except Exception as bug:
            unforeseen = DirectoryError([f"{type(bug).__name__}: {bug}"])
            self._note(unforeseen, bug)
            raise unforeseen from bug
        if self._kept is not None:
            _tell_new_ids(self._kept[0], directory)
        self._kept, self._failed = (directory, begun), None
        return directory

    def _note(self, error: DirectoryError, bug: Exception | None) -> None:
        """Rest, and say so. ``bug`` is what nobody foresaw, whose traceback is worth a look."""
        now = self._monotonic()
        self._failed = (error, now)
        if self._kept is None:
            text = "Microsoft Graph cannot be read, and there is no directory of before: %s"
            log.warning(text, error, exc_info=bug, extra=STALE)
            return
        age = now - self._kept[1]
        log.warning(
            "Microsoft Graph cannot be read; the directory of %.0f minutes ago stays in force for %.0f minutes"
            " more: %s",
            age / 60,
            max(0.0, self._usable_for - age) / 60,
            error,
            exc_info=bug,
            extra=STALE,
        )

    def _resting(self) -> bool:
        return self._failed is not None and self._monotonic() - self._failed[1] < REST.total_seconds()


def _tell_new_ids(before: Directory, after: Directory) -> None:
    """Whose id changed with their nickname does not find their tasks and proposals until it is pinned."""
    known = {person.object_id: person.id for person in before.people}
    for person in after.people:
        old = known.get(person.object_id, person.id)
        if old != person.id:
            text = "%s is %s now, and finds nothing of before; to pin the id, add [people.%s] object_id = %r"
            log.warning(text, old, person.id, f'"{old}"', person.object_id)


def graph_directory(
    supplement: Callable[[], Supplement], credential: TokenCredential, app_id: str | None
) -> KeptDirectory:
    """The directory of Graph as ``supplement()`` says; how long it is kept is read once, at the start."""

    def read() -> Directory:
        wanted = supplement()
        client = GraphClient(wanted.graph, credential, patience_seconds=PATIENCE_SECONDS)
        try:
            return read_directory(client, wanted, app_id)
        except (GraphError, Malformed) as error:
            raise DirectoryError([str(error)]) from error
        finally:
            client.close()

    first = supplement()
    return KeptDirectory(read, first.refresh_after, first.usable_for)
