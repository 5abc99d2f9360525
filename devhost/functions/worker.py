"""Loading a function app and running its functions, as the Python worker does."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
import threading
import traceback
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions import meta

from devhost.functions.moments import hasten_replays
from devhost.problems import Problem
from devhost.protocol.events import clean, compact, parse

CONVERTERS: Any = meta.get_binding_registry()  # type: ignore[no-untyped-call]  # the SDK's, not typed
REPLAY_THREADS, REPLAY_THREADS_NAME = 2, "orchestrator"
THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
# Frames between the host and the function, which say nothing to who wrote it.
OWN_FILES = (str(Path(__file__).parents[1]), str(Path(threading.__file__).parent / "concurrent"))
DATA_LABEL = "\n\n$OutOfProcData$:"


class FunctionFailed(Exception):
    """A user's function raised; ``stack`` is its trace."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(clean(f"{type(error).__name__}: {error}"))
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if not frame.filename.startswith(OWN_FILES)
        ]
        self.stack = clean("".join(traceback.format_list(frames)))


@dataclass
class Function:
    """An indexed function. ``durable_name`` is what orchestrations call it by, for durable triggers."""

    name: str
    call: Any
    bindings: dict[str, Any]
    trigger: Any
    is_async: bool
    wants_context: bool

    @property
    def kind(self) -> str:
        return str(self.trigger.type)

    @property
    def durable_name(self) -> str:
        for attribute in ("orchestration", "activity", "entity_name"):
            if getattr(self.trigger, attribute, None):
                return str(getattr(self.trigger, attribute))
        return self.name


@dataclass
class TraceContext:
    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class InvocationContext:
    """What a function gets that asks for ``context``."""

    function_name: str
    function_directory: str
    invocation_id: str
    trace_context: TraceContext = field(default_factory=TraceContext)
    retry_context: None = None
    thread_local_storage: threading.local = field(default_factory=threading.local)


KINDS = {"orchestrationTrigger": "orchestrator", "activityTrigger": "activity", "entityTrigger": "entity"}


class Worker:
    """The functions of one app. Async ones run on a loop of their own, so that they cannot hold up the host."""

    def __init__(self, folder: Path) -> None:
        hasten_replays()
        self.folder = folder
        self.functions = load(folder)
        self._durable = {
            (KINDS[function.kind], function.durable_name.lower()): function
            for function in self.functions
            if function.kind in KINDS
        }
        threads = _thread_count(os.environ.get(THREADS_SETTING, ""))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        # Functions that block must not hold up the orchestrations that they wait for.
        self._replays = ThreadPoolExecutor(REPLAY_THREADS, thread_name_prefix=REPLAY_THREADS_NAME)
        self._in_threads = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="async functions", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """A function runs in a thread: it cannot be stopped, and Python would wait for it."""
        return self._in_threads > 0

    def close(self) -> None:
        """Start nothing more; what runs in a thread runs to its end."""
        for pool in (self._pool, self._replays):
            pool.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def knows(self, kind: str, name: str) -> bool:
        return (kind, name.lower()) in self._durable

    def durable(self, kind: str, name: str) -> Function | None:
        return self._durable.get((kind, name.lower()))

    async def invoke(self, function: Function, arguments: dict[str, Any], invocation_id: str = "") -> Any:
        """Call it with bound arguments. Raises FunctionFailed."""
        if function.wants_context:
            invocation = invocation_id or str(uuid.uuid4())
            context = InvocationContext(function.name, str(self.folder), invocation)
            arguments = {**arguments, "context": context}
        try:
            if function.is_async:
                running = asyncio.run_coroutine_threadsafe(function.call(**arguments), self._loop)
                return await asyncio.wrap_future(running)
            pool = self._pool if function.kind != "orchestrationTrigger" else self._replays
            self._in_threads += 1
            calling = asyncio.get_running_loop().run_in_executor(pool, partial(function.call, **arguments))
            calling.add_done_callback(self._thread_done)
            return await asyncio.shield(calling)
        except (Exception, SystemExit) as error:
            raise FunctionFailed(error) from error

    def _thread_done(self, call: asyncio.Future[Any]) -> None:
        self._in_threads -= 1
        if not call.cancelled():
            call.exception()  # looked at: who called may have been cancelled

    async def orchestrate(self, name: str, context: str) -> tuple[dict[str, Any] | None, str | None]:
        """Replay an orchestrator over a history: the SDK's answer, or why there is none."""
        function = self.durable("orchestrator", name)
        if function is None:
            known = ", ".join(
                f"'{each.durable_name}'" for each in self.functions if each.kind == "orchestrationTrigger"
            )
            return None, (
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function. Additional"
                f" info: The following are the known orchestrator functions: {known}."
            )
        try:
            answer = await self.invoke(function, {function.trigger.name: _decode(function.trigger, context)})
            return parse(answer), None
        except FunctionFailed as failure:
            _, label, data = str(failure).partition(DATA_LABEL)
            return (parse(data), None) if label else (None, str(failure))
        except (TypeError, ValueError) as error:  # a decorator of the user's own answers something else
            return None, f"the orchestrator's answer is not JSON: {error}"

    async def run_activity(self, name: str, text: str, invocation_id: str = "") -> str | None:
        """Run an activity on its framework input, a JSON list of one. Returns JSON. Raises FunctionFailed."""
        function = self.durable("activity", name)
        if function is None:
            raise LookupError(name)
        (given,) = json.loads(text)
        datum = "" if given is None else given if isinstance(given, str) else compact(given)
        arguments = {function.trigger.name: _decode(function.trigger, datum)}
        result = await self.invoke(function, arguments, invocation_id)
        try:
            encoded = CONVERTERS.get(function.kind).encode(result, expected_type=None)
            value = json.loads(encoded.value)
        except Exception as error:
            raise FunctionFailed(error) from error
        return None if value is None else compact(value)

    async def run_entity(self, name: str, context: str, invocation_id: str = "") -> dict[str, Any]:
        """Run a batch of operations. Raises FunctionFailed."""
        function = self.durable("entity", name)
        if function is None:
            raise LookupError(name)
        arguments = {function.trigger.name: _decode(function.trigger, context)}
        answer = await self.invoke(function, arguments, invocation_id)
        found: dict[str, Any] = parse(answer)
        return found

    async def answer(
        self, function: Function, request: Request, route: Mapping[str, str], client: str, invocation_id: str
    ) -> Any:
        """Run an HTTP function; returns what the HTTP converter makes of its answer. Raises FunctionFailed."""
        arguments = {}
        for name, binding in function.bindings.items():
            if binding.type == "httpTrigger":
                arguments[name] = _converted(binding, request.datum(route))
            elif binding.type == "durableClient":
                arguments[name] = _decode(binding, client)
        result = await self.invoke(function, arguments, invocation_id)
        if result is None:
            return None
        try:
            return CONVERTERS.get("http").encode(result, expected_type=None)
        except Exception as error:
            raise FunctionFailed(error) from error

    async def tick(self, function: Function, timer: str, client: str, invocation_id: str) -> None:
        """Run a timer function. Raises FunctionFailed."""
        arguments = {}
        for name, binding in function.bindings.items():
            if binding.type == "timerTrigger":
                arguments[name] = _converted(binding, meta.Datum(type="json", value=timer))
            elif binding.type == "durableClient":
                arguments[name] = _decode(binding, client)
        await self.invoke(function, arguments, invocation_id)


@dataclass
class Request:
    """An HTTP request as the host hands it over."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def datum(self, route: Mapping[str, str]) -> meta.Datum:
        return meta.Datum(
            type="http",
            value={
                "method": _text(self.method),
                "url": _text(self.url),
                "headers": {name.lower(): _text(value) for name, value in self.headers.items()},
                "query": {name: _text(value) for name, value in self.query.items()},
                "params": {name: _text(value) for name, value in route.items()},
                "body": meta.Datum(type="bytes", value=self.body),
            },
        )


def _thread_count(text: str) -> int | None:
    if not text:
        return None
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise Problem(f"{THREADS_SETTING} must be a number above zero, not {text!r}.")


def _text(value: str) -> meta.Datum:
    return meta.Datum(type="string", value=value)


def _decode(binding: Any, text: str) -> Any:
    return _converted(binding, _text(text))


def _converted(binding: Any, datum: meta.Datum) -> Any:
    """What a function gets for a trigger's or binding's data. Raises FunctionFailed."""
    try:
        return CONVERTERS.get(binding.type).decode(datum, trigger_metadata={})
    except Exception as error:
        raise FunctionFailed(error) from error


def load(folder: Path) -> list[Function]:
    """Import ``function_app`` and index its functions. Raises Problem."""
    if not (folder / "function_app.py").is_file():
        raise Problem(f"{folder} has no function_app.py: give the folder of a function app with --app.")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("function_app")
    except (Exception, SystemExit) as error:
        trace = traceback.format_exc(limit=-3)
        raise Problem(
            f"function_app.py cannot be imported: {type(error).__name__}: {error}\n{trace}"
        ) from error
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise Problem(f"function_app.py must hold exactly one FunctionApp, not {len(apps)}.")
    try:
        found = apps[0].get_functions()
    except ValueError as error:
        raise Problem(f"the functions cannot be indexed: {error}") from error
    return [_index(each) for each in found]


def _index(found: Any) -> Function:
    name, call = found.get_function_name(), found.get_user_function()
    bindings = {binding.name: binding for binding in found.get_bindings()}
    parameters = set(inspect.signature(call).parameters)
    wants_context = "context" in parameters and "context" not in bindings
    expected = {binding for binding in bindings if binding != "$return"}
    if parameters - {"context"} != expected - {"context"}:
        raise Problem(
            f"the function '{name}' takes {sorted(parameters)}, but its bindings are {sorted(expected)}: name its"
            " parameters as its decorators do."
        )
    return Function(
        name, call, bindings, found.get_trigger(), inspect.iscoroutinefunction(call), wants_context
    )
