"""Replaying the action list that the SDK returns, the way the extension does.

The list is not a to-do list: it holds every action since the start. The extension invokes an action, awaits it,
swallows its error and takes the next; event ids come from that walk. It runs here over past and new events with a
small task engine, so that ids, and every way in which extension and SDK can fall out of step, are the official ones.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

from devhost.protocol.events import Event, Kind, compact, parse_time
from devhost.protocol.framework import Framework
from devhost.protocol.futures import Future, UnknownFunction, WalkError, all_of, any_of, run, settled
from devhost.protocol.messages import Decision
from devhost.protocol.steps import ALL, ANY, EVENT, Note, Step, describe, notes_of

# Of the framework's deterministic GUIDs.
GUID_NAMESPACE = uuid.UUID("9e952959-5e33-4daf-827f-2fa12937b875")
ASSEMBLY = "Microsoft.Azure.WebJobs.Extensions.DurableTask"
REQUEST_MESSAGE = f"{ASSEMBLY}.RequestMessage, {ASSEMBLY}"
FIRST_STAMP = "0001-01-01T00:00:00"
HTTP_ACTIVITY = "BuiltIn::HttpActivity"
MAX_RETRY_INTERVAL_MS = 6 * 86_400_000
HTTP_POLL_MS = 30_000
MAX_STATUS_KB = 16  # of a custom status
ACCEPTED = 202


@dataclass
class Execution:
    """What the walk must know of the instance. ``knows`` tells whether a function of a kind and name is there.

    ``child_version`` is what children get that are called without a version: host.json's defaultVersion.
    """

    instance_id: str
    execution_id: str
    name: str
    knows: Callable[[str, str], bool]
    child_version: str | None = None


@dataclass
class Outcome:
    """What an episode comes to.

    ``decisions`` go into the history, in order of their ids; ``open_decisions`` are scheduled and not over;
    ``carried_over`` are events for the next execution; ``notes`` say where SDK and extension are out of step;
    ``waits_for`` is the action, in words, that the walk has come to and that is not over;
    ``awaited`` names the events that the code has waited for.
    """

    decisions: list[Decision]
    custom_status: str | None
    continued_as_new: str | None = None
    is_new_execution: bool = False
    carried_over: list[Event] = field(default_factory=list)
    open_decisions: dict[int, Decision] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    waits_for: str | None = None
    awaited: frozenset[str] = frozenset()


class Walk:
    """One episode's walk over ``answer``, the SDK's JSON, or the text of why there is none."""

    def __init__(self, execution: Execution, answer: dict[str, Any] | None, error: str | None) -> None:
        self._execution, self._answer, self._error = execution, answer or {}, error
        self._framework = Framework(execution.name, self._main)
        self._guids = 0
        self._stamps: dict[str, str] = {}
        self._continue_with: str | None = None
        self._custom_status: str | None = None
        self._steps: list[Step] = []

    def over(self, past: list[Event], new: list[Event]) -> Outcome:
        """Walk over the history. Marks the new events as played."""
        framework = self._framework
        framework.feed(past, new)
        return Outcome(
            decisions=framework.decisions,
            custom_status=self._custom_status,
            continued_as_new=self._continue_with,
            is_new_execution=framework.continues and not framework.is_completed and framework.is_over,
            carried_over=framework.carried,
            open_decisions=framework.open_decisions,
            notes=notes_of(framework, self._answer, self._steps),
            waits_for=next((describe(step.action) for step in self._steps if not step.future.done), None),
            awaited=frozenset(
                str(part.action["externalEventName"])
                for step in self._steps
                for part in step.all_parts
                if part.action["actionType"] == EVENT
            ),
        )

    async def _main(self) -> str | None:
        if self._error is not None:
            raise WalkError(f"Orchestrator function '{self._execution.name}' failed: {self._error}")
        answer = self._answer
        if answer.get("customStatus") is not None:
            self._custom_status = self._checked_status(compact(answer["customStatus"]))
        for action in answer["actions"][0]:
            step = self._invoke(action)
            self._steps.append(step)
            try:
                await step.future
            except WalkError:
                continue  # the extension swallows it: the SDK has seen it already
        if answer.get("error"):
            raise WalkError(f"Orchestrator function '{self._execution.name}' failed: {answer['error']}")
        if not answer["isDone"]:
            await Future()
        return compact(answer["output"]) if answer.get("output") is not None else None

    def _checked_status(self, text: str) -> str:
        kilobytes = len(text.encode("utf-16-le", "surrogatepass")) // 1024
        if kilobytes > MAX_STATUS_KB:
            raise WalkError(
                f"Orchestrator function '{self._execution.name}' failed: The UTF-16 size of the JSON-serialized"
                f" payload must not exceed {MAX_STATUS_KB} KB. The current payload size is {kilobytes} KB."
            )
        return text

    # -- actions -----------------------------------------------------------------------------------------

    def _invoke(self, action: dict[str, Any]) -> Step:
        kind = action["actionType"]
        if kind in (ANY, ALL):
            # Every child anew, also where Python used one task twice.
            parts = [self._invoke(part) for part in action["compoundActions"]]
            futures = [part.future for part in parts]
            return Step(action, any_of(futures) if kind == ANY else all_of(futures), parts)
        try:
            return Step(action, self._actions.get(kind, _unexpected)(action))
        except WalkError as error:
            failed = Future()
            failed.settle(error=error)
            return Step(action, failed)

    @property
    def _actions(self) -> dict[int, Callable[[dict[str, Any]], Future]]:
        """Action types, as numbered by the extension."""
        framework = self._framework
        return {
            0: lambda a: self._activity(a["functionName"], a.get("input")),
            1: lambda a: run(self._retried(lambda: self._activity(a["functionName"], a.get("input")), a)),
            2: self._call_child,
            3: lambda a: run(self._retried(lambda: self._call_child(a), a)),
            4: self._continue_as_new,
            5: lambda a: framework.timer(parse_time(a["fireAt"]), cancelled=bool(a.get("isCanceled"))),
            6: lambda a: framework.wait(a["externalEventName"]),
            7: lambda a: run(self._call_entity(a)),
            8: lambda a: run(self._call_http(a["httpRequest"])),
            9: self._signal_entity,
        }

    def _activity(self, name: str, text: str | None) -> Future:
        self._must_know("activity", name)
        return self._framework.schedule(Kind.TaskScheduled, compact([text]), Name=name, Version="")

    def _call_child(self, action: dict[str, Any]) -> Future:
        name = action["functionName"]
        self._must_know("orchestrator", name)
        instance_id = action.get("instanceId") or f"{self._execution.execution_id}:{self._framework.next_id}"
        version = action.get("version") or self._execution.child_version
        members = {"Name": name, "Version": version, "InstanceId": instance_id}
        text = compact(action.get("input"))
        return self._framework.schedule(Kind.SubOrchestrationInstanceCreated, text, **members)

    def _must_know(self, kind: str, name: str) -> None:
        if not self._execution.knows(kind, name):
            raise UnknownFunction(
                f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function."
            )

    def _continue_as_new(self, action: dict[str, Any]) -> Future:
        self._framework.continues, self._continue_with = True, compact(action.get("input"))
        return settled()

    async def _retried(self, call: Callable[[], Awaitable[Any]], action: dict[str, Any]) -> Any:
        """Retries belong to the host: a timer, then the same call again; the last failure has a timer too."""
        options = action["retryOptions"]
        attempts, interval = options["maxNumberOfAttempts"], options["firstRetryIntervalInMilliseconds"]
        for attempt in range(1, attempts + 1):
            try:
                return await call()
            except UnknownFunction:
                raise  # before the framework's retries
            except WalkError:
                last = attempt == attempts
                delay = 0 if last else min(interval, MAX_RETRY_INTERVAL_MS)
                await self._framework.timer(self._framework.now + timedelta(milliseconds=delay))
                if last:
                    raise
        return None

    # -- entities and HTTP -------------------------------------------------------------------------------

    def _guid(self) -> str:
        name = f"{self._execution.instance_id}_{ticks(self._framework.now_text)}Z_{self._guids}"
        self._guids += 1
        return str(uuid.uuid5(GUID_NAMESPACE, name))

    def _send_operation(self, action: dict[str, Any], *, signal: bool) -> str:
        guid = self._guid()
        message: dict[str, Any] = {"$type": REQUEST_MESSAGE, "op": action["operation"]}
        if signal:
            message["signal"] = True
        if action.get("input") is not None:
            message["input"] = compact(action["input"])
        stamp, before = self._stamp(action["instanceId"])
        message |= {
            "id": guid,
            "parent": self._execution.instance_id,
            "parentExecution": self._execution.execution_id,
            "Timestamp": stamp,
            "Predecessor": before,
            "requestTime": self._framework.now.isoformat(),
        }
        members = {"InstanceId": action["instanceId"], "Name": "op", "Input": compact(message)}
        _ = self._framework.schedule(Kind.EventSent, None, **members)  # nobody awaits a message
        return guid

    def _signal_entity(self, action: dict[str, Any]) -> Future:
        self._send_operation(action, signal=True)
        return settled()

    def _stamp(self, entity: str) -> tuple[str, str]:
        """The order of messages to one entity: each is later than the one before, by a tick if need be."""
        before, now = self._stamps.get(entity, FIRST_STAMP), ticks(self._framework.now_text)
        stamp = self._framework.now_text
        if ticks(before) >= now:
            head, _, fraction = ticks(before).partition(".")
            stamp = f"{head}.{int(fraction) + 1:07}"  # the framework writes these without a zone
        self._stamps[entity] = stamp
        return stamp, before

    async def _call_entity(self, action: dict[str, Any]) -> Any:
        guid = self._send_operation(action, signal=False)
        answer = json.loads(await self._framework.wait(guid))
        if answer.get("exceptionType"):
            raise WalkError(answer["result"])
        return answer.get("result")

    async def _call_http(self, request: dict[str, Any]) -> Any:
        """Durable HTTP: an activity of the host's own, and while it answers 202, timers and polls of its Location."""
        answer = json.loads(await self._http(request))
        while answer["statusCode"] == ACCEPTED and request.get("asynchronousPatternEnabled", True):
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            if "location" not in headers:
                return answer
            wait = int(headers["retry-after"]) * 1000 if "retry-after" in headers else HTTP_POLL_MS
            await self._framework.timer(self._framework.now + timedelta(milliseconds=wait))
            address = urljoin(request["uri"], headers["location"])
            poll = {"method": "GET", "uri": address, "headers": request.get("headers") or {}}
            answer = json.loads(await self._http(poll))
        return answer

    def _http(self, request: dict[str, Any]) -> Future:
        return self._framework.schedule(
            Kind.TaskScheduled, compact([request]), Name=HTTP_ACTIVITY, Version=""
        )


def _unexpected(action: dict[str, Any]) -> Future:
    raise WalkError(
        f"Received an unexpected action type from the out-of-proc function: '${action['actionType']}'."
    )


def ticks(text: str) -> str:
    """A moment with all 7 digits of its fraction and no zone: texts that sort like moments."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return f"{head}.{fraction.ljust(7, '0')}"
