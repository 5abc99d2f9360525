"""A small task engine: what an orchestration awaits, settled by events, its continuations run at once and in order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any


class WalkError(Exception):
    """An action failed; the text is what the extension would say."""


class UnknownFunction(WalkError):
    """No function of this kind and name: the call is never scheduled, and Python waits for it for ever."""


class NonDeterministic(Exception):
    """History holds something that this replay did not schedule."""


class Future:
    """A TaskCompletionSource whose continuations run at once, in order."""

    def __init__(self) -> None:
        self.done = False
        self.value: Any = None
        self.error: Exception | None = None
        self._continuations: list[Callable[[], None]] = []

    def settle(self, value: Any = None, error: Exception | None = None) -> None:
        if self.done:
            return
        self.done, self.value, self.error = True, value, error
        continuations, self._continuations = self._continuations, []
        for continuation in continuations:
            continuation()

    def then(self, continuation: Callable[[], None]) -> None:
        if self.done:
            continuation()
        else:
            self._continuations.append(continuation)

    def __await__(self) -> Generator[Future, None, Any]:
        if not self.done:
            yield self
        if self.error is not None:
            raise self.error
        return self.value


def settled(value: Any = None) -> Future:
    future = Future()
    future.settle(value)
    return future


def run(work: Coroutine[Future, None, Any]) -> Future:
    """Drive a coroutine over Futures; the result is a Future itself."""
    outcome = Future()

    def step() -> None:
        try:
            awaited = work.send(None)
        except StopIteration as stop:
            outcome.settle(stop.value)
        except NonDeterministic:
            raise
        except Exception as error:  # noqa: BLE001 - an action's failure is its Future's error
            outcome.settle(error=error)
        else:
            awaited.then(step)

    step()
    return outcome


def any_of(futures: list[Future]) -> Future:
    outcome = Future()
    for future in futures:
        future.then(lambda future=future: outcome.settle(future))  # type: ignore[misc]  # binds the loop's variable
    return outcome


def all_of(futures: list[Future]) -> Future:
    outcome = Future()
    left = len(futures)

    def one_less() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            error = next((future.error for future in futures if future.error), None)
            outcome.settle([future.value for future in futures], error)

    if not futures:
        outcome.settle([])
    for future in futures:
        future.then(one_less)
    return outcome
