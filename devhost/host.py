"""The host: an app's functions, the management API, timer triggers and the clock, in one aiohttp application."""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from devhost import schedule
from devhost.clock import RealClock, VirtualClock
from devhost.engine import Engine
from devhost.events import compact, net_time
from devhost.hub import Hub
from devhost.management import ManagementApi
from devhost.problems import Problem
from devhost.recovery import recover
from devhost.routes import MAX_BODY_BYTES, FunctionRoutes, Route, routes_of
from devhost.worker import Function, FunctionFailed, Worker

log = logging.getLogger("devhost")
_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}\Z")
_SETTING = re.compile(r"%([^%]+)%")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")


@dataclass(frozen=True)
class Config:
    """What host.json and local.settings.json say."""

    hub: str
    prefix: str
    max_activities: int
    max_orchestrators: int


def read_config(folder: Path, hub: str | None) -> Config:
    """Read host.json; local settings go into the environment, which wins. Raises Problem."""
    for name, value in _json_file(folder / "local.settings.json").get("Values", {}).items():
        os.environ.setdefault(name, str(value))
    extensions = _json_file(folder / "host.json").get("extensions", {})
    durable = extensions.get("durableTask", {})
    name = hub or _SETTING.sub(
        lambda found: os.environ.get(found[1], ""), durable.get("hubName", "TestHubName")
    )
    if not _HUB_NAME.match(name):
        raise Problem(
            f"the task hub's name is {name!r}: it must have 3 to 45 letters and digits, a letter first."
        )
    return Config(
        hub=name,
        prefix=extensions.get("http", {}).get("routePrefix", "api"),
        max_activities=durable.get("maxConcurrentActivityFunctions", 10),
        max_orchestrators=durable.get("maxConcurrentOrchestratorFunctions", 5),
    )


def _json_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Problem(f"{path.name} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Problem(f"{path.name} must hold a JSON object.")
    return found


class Host:
    """Everything that runs. ``base`` is the address that it is reached at."""

    def __init__(
        self,
        worker: Worker,
        hub: Hub,
        config: Config,
        base: str,
        clock: RealClock | VirtualClock,
        *,
        check_key: bool = False,
        key: str | None = None,
    ) -> None:
        self.worker, self.clock = worker, clock
        limits = {"max_activities": config.max_activities, "max_orchestrators": config.max_orchestrators}
        self.engine = Engine(worker, hub, clock, **limits)
        self.management = ManagementApi(self.engine, base, key, check_key=check_key)
        self.routes: list[Route] = routes_of(worker.functions, config.prefix)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        self.management.add_to(app)
        app.router.add_get("/admin/host/ping", self._ping)
        app.router.add_get("/admin/host/status", self._ping)
        app.router.add_get("/admin/clock", self._clock)
        app.router.add_post("/admin/clock", self._advance)
        functions = FunctionRoutes(self.worker, self.routes, lambda _: self.management.client_binding())
        app.router.add_route("*", "/{path:.*}", functions.handle)
        return app

    async def start(self) -> None:
        """Take up what was under way, then start the timers."""
        await recover(self.engine)
        for function in self.worker.functions:
            if function.kind == "timerTrigger":
                self._start_timer(function)

    def _start_timer(self, function: Function) -> None:
        text = _SETTING.sub(lambda found: os.environ.get(found[1], ""), function.trigger.schedule)
        times = schedule.parse(text)
        if function.trigger.run_on_startup:
            self.engine.spawn(self._tick(function, None))
        self._arm(function, times, times.after(self.clock.now()))

    def _arm(self, function: Function, times: schedule.Cron | schedule.Interval, due: datetime) -> None:
        def fire() -> None:
            self.engine.spawn(self._tick(function, due))
            self._arm(function, times, times.after(max(due, self.clock.now())))

        self.clock.call_at(due, fire, lazy=True)

    async def _tick(self, function: Function, due: datetime | None) -> None:
        last = net_time(due or self.clock.now())
        status = {"Last": last, "Next": last, "LastUpdated": last}
        timer = compact({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False})
        try:
            await self.worker.tick(function, timer, self.management.client_binding())
        except FunctionFailed as failure:
            log.warning("%s failed: %s\n%s", function.name, failure, failure.stack)

    # -- the host's own addresses ------------------------------------------------------------------------

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.Response(text=compact({"state": "Running"}), content_type="application/json")

    async def _clock(self, _request: web.Request) -> web.Response:
        return web.Response(
            text=compact({"now": net_time(self.clock.now())}), content_type="application/json"
        )

    async def _advance(self, request: web.Request) -> web.Response:
        if not isinstance(self.clock, VirtualClock):
            text = "the clock is real: start devhost with --clock virtual to move it"
            return web.Response(status=409, text=compact({"Message": text}), content_type="application/json")
        try:
            by = parse_duration((await request.json())["advance"])
        except (ValueError, KeyError, TypeError):
            text = 'send {"advance": "P3D"}: days, hours, minutes and seconds as in P1DT2H3M4S'
            return web.Response(status=400, text=compact({"Message": text}), content_type="application/json")
        now = await self.clock.advance(by, self.engine.quiet)
        return web.Response(text=compact({"now": net_time(now)}), content_type="application/json")


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of days and smaller. Raises ValueError."""
    found = _DURATION.match(text)
    if not found or not any(found.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
