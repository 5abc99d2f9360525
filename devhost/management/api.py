"""The extension's HTTP API, under ``/runtime/webhooks/durabletask`` and, for the SDK's client, ``/durabletask``."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import aiohttp
from aiohttp import web
from azure.core.exceptions import AzureError

from devhost.engine.engine import Engine
from devhost.hub.hub import HubLost
from devhost.hub.tables import StorageError
from devhost.management import moves
from devhost.management.answers import (
    JSON,
    entity_id,
    error_answer,
    exception_answer,
    flag,
    is_json,
    json_answer,
    moment,
    not_json,
    number,
    origin,
    read_text,
    seconds,
    text_answer,
    token,
)
from devhost.management.views import entity_of, loose, shown, status_of
from devhost.protocol.events import Kind, compact
from devhost.protocol.messages import AlreadyExists, TooLong
from devhost.protocol.rows import Instance, escape

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WEBHOOKS, RPC = "/runtime/webhooks/durabletask", "/durabletask"
START_RETRY_SECONDS, STATUS_RETRY_SECONDS = "10", "5"
PAGE = 100
STATUSES = frozenset(
    {"Running", "Completed", "ContinuedAsNew", "Failed", "Canceled", "Terminated", "Pending", "Suspended"}
)
WENT_WRONG = "Something went wrong while processing your request"
# From a message's 202 to the status that follows from it, on the official host: its queue is polled.
STATUS_LAG_SECONDS = 0.2
POLL_SECONDS, WAIT_SECONDS = 1.0, 10.0


class ManagementApi:
    """Handlers over one engine. ``key`` is the system key; it is checked only with ``check_key``."""

    def __init__(self, engine: Engine, base: str, key: str | None = None, *, check_key: bool = False) -> None:
        self._engine, self.base, self._check = engine, base, check_key
        self.key = key or secrets.token_urlsafe(24)
        self._unseen: dict[str, float] = {}  # suspended moments ago, and nobody has looked since

    @property
    def checked_key(self) -> str | None:
        """The key, where callers must have it."""
        return self.key if self._check else None

    def add_to(self, app: web.Application) -> None:
        """Register every route, under both prefixes."""
        instance = "/instances/{id}"
        for prefix in (WEBHOOKS, RPC):
            for method, path, handler in (
                ("POST", "/orchestrators/{name}", self._start),
                ("POST", "/orchestrators/{name}/{id}", self._start),
                ("GET", "/instances", self._list),
                ("GET", "/instances/", self._list),
                ("DELETE", "/instances", self._purge_many),
                ("DELETE", "/instances/", self._purge_many),
                ("GET", instance, self._status),
                ("DELETE", instance, self._purge),
                ("POST", instance + "/raiseEvent/{event}", self._raise),
                ("POST", instance + "/terminate", self._terminate),
                ("POST", instance + "/suspend", self._suspend),
                ("POST", instance + "/resume", self._resume),
                ("POST", instance + "/rewind", self._rewind),
                ("POST", instance + "/restart", self._restart),
                ("GET", "/entities", self._entities),
                ("GET", "/entities/{name}", self._entities),
                ("GET", "/entities/{name}/{key}", self._entity),
                ("POST", "/entities/{name}/{key}", self._signal),
            ):
                app.router.add_route(
                    method, prefix + path, self._guarded(handler, checked=prefix == WEBHOOKS)
                )

    def _guarded(self, handler: Handler, *, checked: bool) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.query.get("code") or request.headers.get("x-functions-key") or ""
            if checked and self._check and not secrets.compare_digest(given.encode(), self.key.encode()):
                return web.Response(status=401)
            if refusal := self._elsewhere(request):
                return refusal
            try:
                return await handler(request)
            except (HubLost, StorageError, AzureError, aiohttp.ClientError, TimeoutError) as error:
                return error_answer(503, f"not done, the storage refused it or is away: {error}")

        return guarded

    def _elsewhere(self, request: web.Request) -> web.Response | None:
        """Another connection or hub was asked for."""
        connection = request.query.get("connection", "Storage")
        if connection != "Storage" and not {connection, f"AzureWebJobs{connection}"} & os.environ.keys():
            text = f"Unable to resolve the Azure Storage connection named '{connection}'."
            return exception_answer(500, WENT_WRONG, text, "System.InvalidOperationException")
        hub = request.query.get("taskHub", self._engine.hub.name)
        return None if hub.lower() == self._engine.hub.name.lower() else web.Response(status=404)

    def client_binding(self) -> str:
        """What a ``durableClient`` binding gets."""
        base = f"{self.base}{WEBHOOKS}"
        create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        waiting = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return compact(
            {
                "taskHubName": self._engine.hub.name,
                "connectionName": None,
                "creationUrls": {
                    "createNewInstancePostUri": f"{create}?code={self.key}",
                    "createAndWaitOnNewInstancePostUri": f"{create}?{waiting}&code={self.key}",
                },
                "managementUrls": {"id": "INSTANCEID", **self._urls(self.base, "INSTANCEID", rewind=True)},
                "baseUrl": base,
                "requiredQueryStringParameters": f"code={self.key}",
                "rpcBaseUrl": f"{self.base}{RPC}/",
                "httpBaseUrl": None,
                "maxGrpcMessageSizeInBytes": None,
                "grpcHttpClientTimeout": None,
            }
        )

    def _urls(self, base: str, instance_id: str, *, rewind: bool = False) -> dict[str, str]:
        instance = f"{base}{WEBHOOKS}/instances/{instance_id}"
        query = f"taskHub={self._engine.hub.name}&connection=Storage&code={self.key}"
        urls = {
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{instance}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
            "restartPostUri": f"{instance}/restart?{query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
        }
        if not rewind:
            del urls["rewindPostUri"]
        return urls

    # -- start and status --------------------------------------------------------------------------------

    async def _start(self, request: web.Request) -> web.StreamResponse:
        instance_id = request.match_info.get("id")
        if "/" in (instance_id or ""):
            return web.Response(status=404)
        body = await read_text(request)
        if body and not is_json(body):
            return not_json()
        try:
            instance = await self._engine.start(
                request.match_info["name"], instance_id, body or None, request.query.get("version")
            )
        except AlreadyExists as error:
            return error_answer(409, str(error))
        except TooLong as error:
            return error_answer(400, str(error))
        if "timeout" in request.query or "pollingInterval" in request.query:
            return await self._answer_in_time(request, instance)
        return self._accepted(request, instance)

    def _accepted(self, request: web.Request, instance: Instance) -> web.Response:
        urls = self._urls(origin(request), quote(instance.id, safe=""))
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": START_RETRY_SECONDS}
        return json_answer(202, {"id": instance.id, **urls}, headers)

    async def _answer_in_time(self, request: web.Request, instance: Instance) -> web.Response:
        """The instance's output, if it ends within ``timeout`` seconds."""
        poll = seconds(request, "pollingInterval", POLL_SECONDS)
        deadline = time.monotonic() + seconds(request, "timeout", WAIT_SECONDS)
        while not instance.is_over and time.monotonic() < deadline:  # noqa: ASYNC110 - clients poll, as officially
            await asyncio.sleep(min(poll, max(deadline - time.monotonic(), 0)))
        if instance.status == "Completed":
            return json_answer(200, loose(instance.output))
        return (
            json_answer(200, status_of(instance, with_input=True))
            if instance.is_over
            else self._accepted(request, instance)
        )

    async def _status(self, request: web.Request) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        self._unseen.pop(instance.id, None)
        with_input = flag(request, "showInput", default=True)
        body = status_of(instance, with_input=with_input)
        if flag(request, "showHistory") and instance.status != "Pending":
            history, with_output = await self._engine.history(instance), flag(request, "showHistoryOutput")
            body["historyEvents"] = shown(history, with_input=with_input, with_output=with_output)
        if not instance.is_over:
            location = f"{origin(request)}{request.rel_url}"
            return json_answer(202, body, {"Location": location, "Retry-After": STATUS_RETRY_SECONDS})
        failed = instance.status == "Failed" and flag(request, "returnInternalServerErrorOnFailure")
        return json_answer(500 if failed else 200, body)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        found = self._matching(request)
        begin = token(request.headers.get("x-ms-continuation-token", ""))
        rest = [instance for instance in found if escape(instance.id) >= begin]
        top = number(request, "top", PAGE)
        following = ""
        if len(rest) > top:
            following = base64.b64encode(escape(rest[top].id).encode()).decode()
        with_input = flag(request, "showInput", default=True)
        page = [status_of(instance, with_input=with_input) for instance in rest[:top]]
        return json_answer(200, page, {"x-ms-continuation-token": following})

    def _matching(self, request: web.Request) -> list[Instance]:
        """Instances by the query's filters, in storage's order; what cannot be read is not a filter."""
        query = request.query
        wanted = _Filter(
            prefix=query.get("instanceIdPrefix", ""),
            statuses=frozenset(query.get("runtimeStatus", "").split(",")) & STATUSES,
            begin=moment(query.get("createdTimeFrom")),
            end=moment(query.get("createdTimeTo")),
        )
        found = [instance for instance in self._engine.instances.values() if wanted.fits(instance)]
        return sorted(found, key=lambda instance: escape(instance.id))

    # -- moves -------------------------------------------------------------------------------------------

    async def _raise(self, request: web.Request) -> web.StreamResponse:
        instance, refusal = self._live(request)
        if instance is None:
            return refusal
        if "Content-Type" not in request.headers or request.content_type != JSON:
            return error_answer(400, "Only application/json request content is supported")
        body = await read_text(request)
        if not is_json(body):
            return not_json()
        name = request.match_info["event"]
        await self._engine.send(instance.id, Kind.EventRaised, Name=name, Input=compact(json.loads(body)))
        return web.Response(status=202)

    async def _terminate(self, request: web.Request) -> web.StreamResponse:
        instance, refusal = self._live(request)
        if instance is None:
            return refusal
        await self._engine.send(instance.id, Kind.ExecutionTerminated, Input=request.query.get("reason"))
        return web.Response(status=202)

    async def _suspend(self, request: web.Request) -> web.StreamResponse:
        return await self._switch(request, Kind.ExecutionSuspended, "suspend", "Suspended")

    async def _resume(self, request: web.Request) -> web.StreamResponse:
        return await self._switch(request, Kind.ExecutionResumed, "resume", "Running")

    async def _switch(self, request: web.Request, kind: Kind, verb: str, already: str) -> web.StreamResponse:
        instance, refusal = self._live(request)
        if instance is None:
            return refusal
        if self._is_already(instance, already):
            text = f"Cannot {verb} the orchestration instance {instance.id} because instance is in the {already} state."
            return exception_answer(500, WENT_WRONG, text, "System.InvalidOperationException")
        await self._engine.send(instance.id, kind, Reason=request.query.get("reason"))
        if kind is Kind.ExecutionSuspended:
            self._unseen[instance.id] = time.monotonic() + STATUS_LAG_SECONDS
        return web.Response(status=202)

    def _is_already(self, instance: Instance, state: str) -> bool:
        """Officially the status that is checked here lags: a resume right after the suspend is refused."""
        lags = time.monotonic() < self._unseen.pop(instance.id, 0.0)
        return instance.status == state or (lags and state == "Running")

    def _live(self, request: web.Request) -> tuple[Instance | None, web.Response]:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None or instance.is_over:
            return None, web.Response(status=404 if instance is None else 410)
        return instance, web.Response(status=202)

    async def _rewind(self, request: web.Request) -> web.StreamResponse:
        instance_id = request.match_info["id"]
        instance = self._engine.instances.get(instance_id)
        if instance is None:
            return text_answer(404, f'No orchestration with instance ID "${instance_id}" found.')
        if instance.status != "Failed":
            text = f'This orchestration has status {instance.status}, but only orchestrations in the "Failed" state'
            return text_answer(412, f"{text} can be rewound.")
        await moves.rewind(self._engine, instance, request.query.get("reason"))
        return web.Response(status=202)

    async def _restart(self, request: web.Request) -> web.StreamResponse:
        instance_id = request.match_info["id"]
        instance = self._engine.instances.get(instance_id)
        if instance is None:
            text = f"No instance with ID '{instance_id}' was found. (Parameter 'instanceId')"
            message = "InstanceId does not match a valid orchestration instance."
            return exception_answer(400, message, text, "System.ArgumentException")
        try:
            with_new_id = flag(request, "restartWithNewInstanceId", default=True)
            return self._accepted(
                request, await moves.restart(self._engine, instance, with_new_id=with_new_id)
            )
        except AlreadyExists as error:
            message = "A non-terminal instance with this instance ID already exists."
            kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"
            return exception_answer(409, message, str(error), kind)

    async def _purge(self, request: web.Request) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        if not instance.is_over:
            text = "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID"
            return text_answer(412, f"{text} {instance.id} has status {instance.status}")
        await self._engine.purge(instance)
        return json_answer(200, {"instancesDeleted": 1})

    async def _purge_many(self, request: web.Request) -> web.StreamResponse:
        """As officially, live instances too, unless ``runtimeStatus`` says otherwise."""
        if moment(request.query.get("createdTimeFrom")) is None:
            return text_answer(400, "Please provide value for 'createdTimeFrom' parameter.")
        found = self._matching(request)
        for instance in found:
            await self._engine.purge(instance)
        return json_answer(200, {"instancesDeleted": len(found)}) if found else web.Response(status=404)

    # -- entities ----------------------------------------------------------------------------------------

    async def _entity(self, request: web.Request) -> web.StreamResponse:
        entity = self._engine.instances.get(entity_id(request))
        if entity is None or not json.loads(entity.input or "{}").get("exists"):
            return web.Response(status=404)
        return json_answer(200, entity_of(entity, with_state=True)["state"])

    async def _entities(self, request: web.Request) -> web.StreamResponse:
        prefix = f"@{request.match_info.get('name', '').lower()}"
        with_state = flag(request, "fetchState")
        found = [
            entity_of(instance, with_state=with_state)
            for _, instance in sorted(self._engine.instances.items())
            if instance.is_entity and f"{instance.id}@".startswith(prefix if prefix == "@" else prefix + "@")
        ]
        return json_answer(200, found, {"x-ms-continuation-token": ""})

    async def _signal(self, request: web.Request) -> web.StreamResponse:
        body = await read_text(request)
        if body and not is_json(body):
            return not_json()
        operation = request.query.get("op", "")
        await self._engine.entities.signal(entity_id(request), operation, body or None)
        return web.Response(status=202)


@dataclass(frozen=True)
class _Filter:
    prefix: str
    statuses: frozenset[str]
    begin: datetime | None
    end: datetime | None

    def fits(self, instance: Instance) -> bool:
        return (
            instance.id.startswith(self.prefix)
            and (not self.statuses or instance.status in self.statuses)
            and (self.begin is None or instance.created >= self.begin)
            and (self.end is None or instance.created <= self.end)
        )
