"""The host: an app's functions, the management API, timer triggers and the clock, in one aiohttp application."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from aiohttp import web

from devhost.engine.clock import RealClock, VirtualClock
from devhost.engine.engine import Engine
from devhost.engine.faults import Faults, FaultyEngine
from devhost.engine.ports import Store
from devhost.engine.recovery import recover
from devhost.functions import schedule
from devhost.functions.bodies import MAX_BODY_BYTES, MEMORY_BYTES, Budget, bounded
from devhost.functions.config import Config, with_settings
from devhost.functions.routes import FunctionRoutes, Route, routes_of
from devhost.functions.worker import Function, FunctionFailed, Worker
from devhost.management.api import ManagementApi
from devhost.protocol.events import compact, net_time

log = logging.getLogger("devhost")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")
JSON = "application/json"
CLOCK_PATH = "/admin/clock"
BINDINGS = frozenset(
    {
        "httpTrigger",
        "http",
        "timerTrigger",
        "orchestrationTrigger",
        "activityTrigger",
        "entityTrigger",
        "durableClient",
    }
)
STATUS_PATHS = ("/admin/host/ping", "/admin/host/status")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Host:
    """Everything that runs. ``base`` is the address that it is reached at, ``id`` names this run of it."""

    def __init__(
        self,
        worker: Worker,
        hub: Store,
        config: Config,
        base: str,
        clock: RealClock | VirtualClock,
        *,
        check_key: bool = False,
        key: str | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.worker, self.clock, self.id = worker, clock, str(uuid.uuid4())
        make = partial(FaultyEngine, faults=faults) if faults is not None else Engine
        self.engine: Engine = make(
            worker,
            hub,
            clock,
            max_activities=config.max_activities,
            max_orchestrators=config.max_orchestrators,
            versions=config.versions,
        )
        self.management = ManagementApi(self.engine, base, key, check_key=check_key)
        self.routes: list[Route] = routes_of(worker.functions, config.prefix)
        self._timers = [
            (function, schedule.parse(with_settings(function.trigger.schedule)))
            for function in worker.functions
            if function.kind == "timerTrigger"
        ]
        self._is_stopping = False
        self._ready = asyncio.Event()

    @property
    def base(self) -> str:
        return self.management.base

    @base.setter
    def base(self, address: str) -> None:
        self.management.base = address

    def application(self) -> web.Application:
        app = web.Application(
            client_max_size=MAX_BODY_BYTES, middlewares=[self._when_ready, bounded(Budget(MEMORY_BYTES))]
        )
        self.management.add_to(app)
        for path in STATUS_PATHS:
            app.router.add_get(path, self._ping)
        app.router.add_get(CLOCK_PATH, self._clock)
        app.router.add_post(CLOCK_PATH, self._advance)
        functions = FunctionRoutes(
            self.worker, self.routes, self.management.client_binding, self.management.checked_key
        )
        app.router.add_route("*", r"/{path:[\s\S]*}", functions.handle)
        return app

    async def start(self) -> None:
        """Take up what was under way, then start the timers."""
        self._tell_what_is_not_run()
        await recover(self.engine)
        for function, times in self._timers:
            if function.trigger.run_on_startup:
                self.engine.spawn(self._tick(function, None))
            self._arm(function, times, times.after(self.clock.now()))
        self._ready.set()

    async def stop(self) -> None:
        """Start nothing more; what is under way is taken up by the next start."""
        self._is_stopping = True
        await self.engine.stop()

    def _tell_what_is_not_run(self) -> None:
        for function in self.worker.functions:
            for binding in function.bindings.values():
                if binding.type not in BINDINGS:
                    log.warning(
                        "%s uses a binding of type %s, which devhost does not run: HTTP, timer and durable ones only",
                        function.name,
                        binding.type,
                    )

    # -- timer triggers ----------------------------------------------------------------------------------

    def _arm(self, function: Function, times: schedule.Cron | schedule.Interval, due: datetime) -> None:
        def fire() -> None:
            if self._is_stopping:
                return
            self.engine.spawn(self._tick(function, due))
            self._arm(function, times, times.after(max(due, self.clock.now())))

        self.clock.call_at(due, fire, lazy=True)

    async def _tick(self, function: Function, due: datetime | None) -> None:
        now = self.clock.now()
        is_past_due = due is not None and now - due > timedelta(minutes=1)
        status = {"Last": net_time(due or now), "Next": net_time(due or now), "LastUpdated": net_time(now)}
        timer = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status,
            "IsPastDue": is_past_due,
        }
        invocation, began = str(uuid.uuid4()), time.perf_counter()
        try:
            await self.worker.tick(function, compact(timer), self.management.client_binding(), invocation)
            took = (time.perf_counter() - began) * 1000
            log.info("%s on its schedule (%.0f ms) [%s]", function.name, took, invocation)
        except FunctionFailed as failure:
            took = (time.perf_counter() - began) * 1000
            told = (function.name, took, failure, invocation, failure.stack)
            log.warning("%s failed (%.0f ms): %s [%s]\n%s", *told)

    # -- the host's own addresses ------------------------------------------------------------------------

    @web.middleware
    async def _when_ready(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """It answers from the beginning, so that others see it live; calls wait until it has taken everything up."""
        if request.path not in STATUS_PATHS:
            await self._ready.wait()
        return await handler(request)

    async def _ping(self, _request: web.Request) -> web.Response:
        state = "Running" if self._ready.is_set() else "Starting"
        return _json(200 if self._ready.is_set() else 503, {"id": self.id, "state": state})

    async def _clock(self, _request: web.Request) -> web.Response:
        return _json(200, {"now": net_time(self.clock.now())})

    async def _advance(self, request: web.Request) -> web.Response:
        if not isinstance(self.clock, VirtualClock):
            return _json(409, {"Message": "the clock is real: start devhost with --clock virtual to move it"})
        try:
            by = parse_duration((await request.json())["advance"])
        except (ValueError, KeyError, TypeError, OverflowError):
            text = 'send {"advance": "P3D"}: days, hours, minutes and seconds as in P1DT2H3M4S'
            return _json(400, {"Message": text})
        return _json(200, {"now": net_time(await self.clock.advance(by, self.engine.quiet))})


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, text=compact(body), content_type=JSON)


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of days and smaller. Raises ValueError."""
    found = _DURATION.match(text)
    if not found or not any(found.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
