"""Replaying the action list that the SDK returns, the way the extension does.

The list is not a to-do list: it holds every action since the start. The extension invokes an action, awaits it,
swallows its error and takes the next; event ids come from that walk. It runs here over past and new events with a
small task engine, so that ids, and every way in which extension and SDK can fall out of step, are the official ones.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devhost.events import Event, Kind, compact, kind_of, parse_time

# Of the framework's deterministic GUIDs.
GUID_NAMESPACE = uuid.UUID("9e952959-5e33-4daf-827f-2fa12937b875")
ASSEMBLY = "Microsoft.Azure.WebJobs.Extensions.DurableTask"
REQUEST_MESSAGE = f"{ASSEMBLY}.RequestMessage, {ASSEMBLY}"
FIRST_STAMP = "0001-01-01T00:00:00"
HTTP_ACTIVITY = "BuiltIn::HttpActivity"
MAX_RETRY_INTERVAL_MS = 6 * 86_400_000
HTTP_POLL_MS = 30_000


class WalkError(Exception):
    """An action failed; the text is what the extension would say."""


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


@dataclass
class Decision:
    """Something that this episode adds to the history. ``input`` is what the history does not keep."""

    kind: Kind
    event_id: int
    members: dict[str, Any]
    input: str | None = None


@dataclass
class Execution:
    """What the walk must know of the instance. ``knows`` tells whether a function of a kind and name is there."""

    instance_id: str
    execution_id: str
    name: str
    knows: Callable[[str, str], bool]


@dataclass
class Outcome:
    """``decisions`` in order of their ids; ``open_inputs`` are the inputs of what is scheduled and not over."""

    decisions: list[Decision]
    custom_status: str | None
    continued_as_new: str | None = None
    is_new_execution: bool = False
    carried_over: list[Event] = field(default_factory=list)
    open_decisions: dict[int, Decision] = field(default_factory=dict)
    stuck_on: str | None = None


class Walk:
    """One episode's walk over ``answer``, the SDK's JSON, or the text of why there is none."""

    def __init__(self, execution: Execution, answer: dict[str, Any] | None, error: str | None) -> None:
        self._execution, self._answer, self._error = execution, answer or {}, error
        self._now: datetime | None = None
        self._next_id = 0
        self._pending: dict[int, Decision] = {}
        self._open: dict[int, Future] = {}
        self._known: dict[int, Decision] = {}
        self._waits: dict[str, list[Future]] = {}
        self._unclaimed: dict[str, deque[str | None]] = {}
        self._guids = 0
        self._stamps: dict[str, str] = {}
        self._now_text = ""
        self._suspended = False
        self._held_events: deque[Event] = deque()
        self._held: dict[int, Decision] = {}
        self._result: Future | None = None
        self._completed = False
        self._continue_with: str | None = None
        self._continues = False
        self._carried: list[Event] = []
        self._custom_status: str | None = None
        self._awaiting: str | None = None

    def over(self, past: list[Event], new: list[Event]) -> Outcome:
        """Walk over the history. Marks the new events as played."""
        try:
            for found in past:
                self._take(found)
            for found in new:
                self._take(found)
                if kind_of(found) is not Kind.OrchestratorStarted:
                    found["IsPlayed"] = True
            if self._result is not None and self._result.done and not self._open:
                self._finish(self._result)
        except NonDeterministic as error:
            self._complete("Failed", str(error))
        decisions = [self._pending[key] for key in sorted(self._pending)]
        return Outcome(
            decisions=decisions,
            custom_status=self._custom_status,
            continued_as_new=self._continue_with,
            is_new_execution=self._continues and not self._completed and self._is_over(),
            carried_over=self._carried,
            open_decisions={key: self._known[key] for key in self._open if key in self._known},
            stuck_on=self._awaiting if self._result is not None and not self._result.done else None,
        )

    def _is_over(self) -> bool:
        return self._result is not None and self._result.done and not self._open

    def _finish(self, result: Future) -> None:
        if result.error is not None:
            self._complete("Failed", str(result.error))
        elif not self._continues:
            self._complete("Completed", result.value)

    def _complete(self, status: str, result: str | None) -> None:
        if self._completed:
            return
        self._completed = True
        members = {"OrchestrationStatus": status, "Result": result}
        self._pending[self._next_id] = Decision(Kind.ExecutionCompleted, self._next_id, members)
        self._next_id += 1

    # -- events ------------------------------------------------------------------------------------------

    def _take(self, found: Event) -> None:
        kind = kind_of(found)
        if kind is Kind.OrchestratorStarted:
            self._now, self._now_text = parse_time(found["Timestamp"]), found["Timestamp"]
        elif self._suspended and kind not in (Kind.ExecutionResumed, Kind.ExecutionTerminated):
            if kind is not Kind.ExecutionSuspended:
                self._held_events.append(found)
        else:
            self._process(kind, found)

    def _process(self, kind: Kind, found: Event) -> None:
        match kind:
            case Kind.ExecutionStarted:
                self._result = run(self._main())
            case (
                Kind.TaskScheduled | Kind.TimerCreated | Kind.SubOrchestrationInstanceCreated | Kind.EventSent
            ):
                self._confirm(kind, found)
            case Kind.TaskCompleted | Kind.SubOrchestrationInstanceCompleted:
                self._settle(found["TaskScheduledId"], found.get("Result"))
            case Kind.TaskFailed | Kind.SubOrchestrationInstanceFailed:
                self._settle(found["TaskScheduledId"], None, WalkError(found.get("Reason")))
            case Kind.TimerFired:
                self._settle(found["TimerId"], None)
            case Kind.EventRaised:
                self._raise(found)
            case Kind.ExecutionTerminated:
                self._complete("Terminated", found.get("Input"))
            case Kind.ExecutionSuspended:
                self._suspended = True
                self._held |= self._pending
                self._pending.clear()
            case Kind.ExecutionResumed:
                self._resume()

    def _resume(self) -> None:
        self._suspended = False
        self._pending |= self._held
        self._held.clear()
        while self._held_events and not self._suspended:
            found = self._held_events.popleft()
            self._process(kind_of(found), found)

    def _confirm(self, kind: Kind, found: Event) -> None:
        """An event of the past that this walk must have scheduled itself."""
        made = self._pending.pop(found["EventId"], None)
        same_name = made is not None and (
            kind is Kind.TimerCreated or str(made.members["Name"]).lower() == str(found["Name"]).lower()
        )
        if made is None or made.kind is not kind or not same_name:
            now = f"{made.kind.name} {made.members.get('Name', '')}".strip() if made else "nothing"
            raise NonDeterministic(
                f"Non-Deterministic workflow detected: an earlier execution of '{self._execution.name}' did"
                f" {kind.name} {found.get('Name') or ''} as number {found['EventId']}, this replay does {now} there."
                " The code of the orchestrator changed under a running instance, or it depends on something that"
                " differs between replays (the clock, chance, a setting, input or output)."
            )

    def _settle(self, event_id: int, value: Any, error: Exception | None = None) -> None:
        future = self._open.pop(event_id, None)
        if future is not None:
            future.settle(value, error)

    def _raise(self, found: Event) -> None:
        if self._continues:
            self._carried.append(found)
            return
        name = found["Name"].lower()
        if waits := self._waits.get(name):
            waits.pop().settle(found.get("Input"))
        else:
            self._unclaimed.setdefault(name, deque()).append(found.get("Input"))

    # -- scheduling --------------------------------------------------------------------------------------

    def _schedule(self, kind: Kind, text: str | None = None, **members: Any) -> Future:
        future = Future()
        decision = Decision(kind, self._next_id, members, text)
        self._pending[self._next_id] = self._known[self._next_id] = decision
        if kind is not Kind.EventSent:
            self._open[self._next_id] = future
        self._next_id += 1
        return future

    def _activity(self, name: str, text: str | None) -> Future:
        self._must_know("activity", name)
        return self._schedule(Kind.TaskScheduled, compact([text]), Name=name, Version="")

    def _child(self, name: str, instance_id: str | None, text: Any) -> Future:
        self._must_know("orchestrator", name)
        instance_id = instance_id or f"{self._execution.execution_id}:{self._next_id}"
        return self._schedule(
            Kind.SubOrchestrationInstanceCreated,
            compact(text),
            Name=name,
            Version=None,
            InstanceId=instance_id,
        )

    def _must_know(self, kind: str, name: str) -> None:
        if name != HTTP_ACTIVITY and not self._execution.knows(kind, name):
            raise WalkError(
                f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function."
            )

    def _timer(self, due: datetime, *, cancelled: bool = False) -> Future:
        event_id = self._next_id
        future = self._schedule(Kind.TimerCreated, FireAt=due)
        if cancelled:
            del self._open[event_id]
            future.settle()  # a cancelled timer's task completes at once
        return future

    def _wait(self, name: str) -> Future:
        future = Future()
        unclaimed = self._unclaimed.get(name.lower())
        if unclaimed:
            future.settle(unclaimed.popleft())
        else:
            self._waits.setdefault(name.lower(), []).append(future)
        return future

    # -- actions -----------------------------------------------------------------------------------------

    async def _main(self) -> str | None:
        if self._error is not None:
            raise WalkError(f"Orchestrator function '{self._execution.name}' failed: {self._error}")
        answer = self._answer
        if answer.get("customStatus") is not None:
            self._custom_status = compact(answer["customStatus"])
        for action in answer["actions"][0]:
            self._awaiting = describe(action)
            try:
                await self._invoke(action)
            except WalkError:
                continue  # the extension swallows it: the SDK has seen it already
        self._awaiting = None
        if answer.get("error"):
            raise WalkError(f"Orchestrator function '{self._execution.name}' failed: {answer['error']}")
        if not answer["isDone"]:
            self._awaiting = "the next action, which the SDK has not named yet"
            await Future()
        return compact(answer["output"]) if answer.get("output") is not None else None

    def _invoke(self, action: dict[str, Any]) -> Future:
        invoke = self._actions.get(action["actionType"])
        if invoke is None:
            raise WalkError(
                f"Received an unexpected action type from the out-of-proc function: '${action['actionType']}'."
            )
        try:
            return invoke(action)
        except WalkError as error:
            failed = Future()
            failed.settle(error=error)
            return failed

    @property
    def _actions(self) -> dict[int, Callable[[dict[str, Any]], Future]]:
        """Action types, as numbered by the extension."""
        return {
            0: lambda a: self._activity(a["functionName"], a.get("input")),
            1: lambda a: run(self._retried(lambda: self._activity(a["functionName"], a.get("input")), a)),
            2: self._call_child,
            3: lambda a: run(self._retried(lambda: self._call_child(a), a)),
            4: self._continue_as_new,
            5: lambda a: self._timer(parse_time(a["fireAt"]), cancelled=bool(a.get("isCanceled"))),
            6: lambda a: self._wait(a["externalEventName"]),
            7: lambda a: run(self._call_entity(a)),
            8: lambda a: run(self._call_http(a["httpRequest"])),
            9: self._signal_entity,
            11: lambda a: any_of([self._invoke(part) for part in a["compoundActions"]]),
            12: lambda a: all_of([self._invoke(part) for part in a["compoundActions"]]),
        }

    def _call_child(self, action: dict[str, Any]) -> Future:
        return self._child(action["functionName"], action.get("instanceId"), action.get("input"))

    def _continue_as_new(self, action: dict[str, Any]) -> Future:
        self._continues, self._continue_with = True, compact(action.get("input"))
        return settled()

    def _signal_entity(self, action: dict[str, Any]) -> Future:
        self._send_operation(action, signal=True)
        return settled()

    async def _retried(self, call: Callable[[], Awaitable[Any]], action: dict[str, Any]) -> Any:
        """Retries belong to the host: a timer, then the same call again; the last failure has a timer too."""
        options = action["retryOptions"]
        attempts, interval = options["maxNumberOfAttempts"], options["firstRetryIntervalInMilliseconds"]
        for attempt in range(1, attempts + 1):
            try:
                return await call()
            except WalkError:
                last = attempt == attempts
                factor = options.get("backoffCoefficient", 1) ** (attempt - 1)
                delay = 0 if last else min(interval * factor, MAX_RETRY_INTERVAL_MS)
                await self._timer(self._moment() + timedelta(milliseconds=delay))
                if last:
                    raise
        return None

    def _moment(self) -> datetime:
        if self._now is None:
            raise NonDeterministic("the history does not begin with OrchestratorStarted")
        return self._now

    # -- entities and HTTP -------------------------------------------------------------------------------

    def _guid(self) -> str:
        name = f"{self._execution.instance_id}_{ticks(self._now_text)}Z_{self._guids}"
        self._guids += 1
        return str(uuid.uuid5(GUID_NAMESPACE, name))

    def _send_operation(self, action: dict[str, Any], *, signal: bool) -> str:
        guid = self._guid()
        message: dict[str, Any] = {"$type": REQUEST_MESSAGE, "op": action["operation"]}
        if signal:
            message["signal"] = True
        if action.get("input") is not None:
            message["input"] = compact(action["input"])
        message |= {
            "id": guid,
            "parent": self._execution.instance_id,
            "parentExecution": self._execution.execution_id,
        }
        stamp, before = self._stamp(action["instanceId"])
        message |= {"Timestamp": stamp, "Predecessor": before}
        message["requestTime"] = self._moment().isoformat()
        members = {"InstanceId": action["instanceId"], "Name": "op", "Input": compact(message)}
        _ = self._schedule(Kind.EventSent, None, **members)  # nobody awaits a message
        return guid

    def _stamp(self, entity: str) -> tuple[str, str]:
        """The order of messages to one entity: each is later than the one before, by a tick if need be."""
        before, now = self._stamps.get(entity, FIRST_STAMP), ticks(self._now_text)
        stamp = self._now_text
        if ticks(before) >= now:
            head, _, fraction = ticks(before).partition(".")
            stamp = f"{head}.{int(fraction) + 1:07}"  # the framework writes these without a zone
        self._stamps[entity] = stamp
        return stamp, before

    async def _call_entity(self, action: dict[str, Any]) -> Any:
        guid = self._send_operation(action, signal=False)
        answer = json.loads(await self._wait(guid))
        if answer.get("exceptionType"):
            raise WalkError(answer["result"])
        return answer["result"]

    async def _call_http(self, request: dict[str, Any]) -> Any:
        answer = json.loads(await self._activity_raw(request))
        while answer["statusCode"] == 202 and request.get("asynchronousPatternEnabled", True):  # noqa: PLR2004 - HTTP
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            wait = int(headers["retry-after"]) * 1000 if "retry-after" in headers else HTTP_POLL_MS
            await self._timer(self._moment() + timedelta(milliseconds=wait))
            poll = {"method": "GET", "uri": headers["location"], "headers": request.get("headers") or {}}
            answer = json.loads(await self._activity_raw(poll))
        return answer

    def _activity_raw(self, request: dict[str, Any]) -> Future:
        return self._schedule(Kind.TaskScheduled, compact([request]), Name=HTTP_ACTIVITY, Version="")


def ticks(text: str) -> str:
    """A moment with all 7 digits of its fraction and no zone: texts that sort like moments."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return f"{head}.{fraction.ljust(7, '0')}"


NAMES = {0: "activity", 1: "activity", 2: "sub-orchestration", 3: "sub-orchestration", 5: "timer", 6: "event"}


def describe(action: dict[str, Any]) -> str:
    """An action in words, for the log."""
    kind = action["actionType"]
    if kind in (11, 12):
        parts = " or ".join if kind == 11 else " and ".join  # noqa: PLR2004 - action types
        return parts(describe(part) for part in action["compoundActions"])
    name = action.get("functionName") or action.get("externalEventName") or action.get("fireAt") or ""
    return f"{NAMES.get(kind, 'action')} {name}".strip()
