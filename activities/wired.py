"""The activities' end of the durable wire: what `approvals.wire` declares is decoded and encoded here, and fenced."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from adapters.bootstrap import ports
from adapters.log_lines import within
from approvals.ports import Ports
from approvals.stored import ids
from approvals.stored.codec import decode, encode
from approvals.wire import About, Activity, Heard, LateEvents
from services.store import fence

Request = dict[str, Any]
I = TypeVar("I")  # noqa: E741 - what goes in
O = TypeVar("O")  # noqa: E741 - what comes out
log = logging.getLogger("greenlight.activities")


def wired(
    activity: Activity[I, O],
) -> Callable[[Callable[[Ports, I], O] | Callable[[Ports, I], Awaitable[O]]], Callable[[Request], Any]]:
    """Make an activity function of ``work``: it gets the ports and what was asked, as ``activity`` declares it.

    An execution that has no business with the revision gets ``activity.fenced`` and nothing is done. Lines logged
    within carry what the request is about; what fails is logged with them, then raised.
    """

    def decorate(
        work: Callable[[Ports, I], O] | Callable[[Ports, I], Awaitable[O]],
    ) -> Callable[[Request], Any]:
        def wrapped(request: Request) -> Any:
            with _about(request, activity.name):
                asked = decode(activity.takes, request)
                fenced = _fenced(activity, asked)
                return encode(
                    cast("Callable[[Ports, I], O]", work)(ports(), asked) if fenced is None else fenced
                )

        async def awaited(request: Request) -> Any:
            with _about(request, activity.name):
                asked = decode(activity.takes, request)
                fenced = await asyncio.to_thread(_fenced, activity, asked)
                answer = cast("Callable[[Ports, I], Awaitable[O]]", work)
                return encode(await answer(ports(), asked) if fenced is None else fenced)

        function: Callable[[Request], Any] = awaited if inspect.iscoroutinefunction(work) else wrapped
        # the worker reads the signature, so it must stay that of a plain dictionary: no functools.wraps
        function.__name__, function.__doc__, function.__module__ = (
            activity.name,
            work.__doc__,
            work.__module__,
        )
        return function

    return decorate


def _fenced(activity: Activity[I, O], asked: I) -> O | None:
    """What an execution gets that may not ask; None where it may."""
    if activity.fenced is None or not isinstance(asked, About):
        return None
    if fence.admits(ports(), asked, activity.name, activity.states):
        return None
    if isinstance(asked, Heard | LateEvents):  # it has heard all: it does not ask again
        return cast("O", replace(cast("Any", activity.fenced), handled=asked.handled + len(asked.events)))
    return activity.fenced


@contextmanager
def _about(request: Request, function: str) -> Iterator[None]:
    """Lines within carry the ids of ``request``; what fails is logged with them, then raised."""
    proposal, revision = request.get("proposal"), request.get("revision")
    about = {"proposal": proposal} if proposal is not None else {}
    if revision is not None:
        about |= {"revision": revision, "instance": ids.instance_id(str(proposal), revision)}
    with within(function=function, **about):
        try:
            yield
        except Exception:
            log.warning("%s failed", function, exc_info=True)
            raise
