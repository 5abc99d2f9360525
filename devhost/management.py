"""The extension's HTTP API, under ``/runtime/webhooks/durabletask`` and, for the SDK's client, ``/durabletask``."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import quote

from aiohttp import web

from devhost.engine import AlreadyExists, Engine
from devhost.events import Event, Kind, compact, kind_of, parse_time
from devhost.hub import Instance

PREFIXES = ("/runtime/webhooks/durabletask", "/durabletask")
START_RETRY_SECONDS, STATUS_RETRY_SECONDS = "10", "5"
HIDDEN_EVENTS = frozenset(
    {Kind.OrchestratorStarted, Kind.OrchestratorCompleted, Kind.TaskScheduled, Kind.TimerFired}
)
JSON = "application/json"


class ManagementApi:
    """Handlers over one engine. ``key`` is the system key; it is checked only with ``check_key``."""

    def __init__(self, engine: Engine, base: str, key: str | None = None, *, check_key: bool = False) -> None:
        self._engine, self._base, self._check = engine, base, check_key
        self.key = key or secrets.token_urlsafe(24)

    def add_to(self, app: web.Application) -> None:
        """Register every route, under both prefixes."""
        for prefix in PREFIXES:
            for method, path, handler in (
                ("POST", "/orchestrators/{name}", self._start),
                ("POST", "/orchestrators/{name}/{id}", self._start),
                ("GET", "/instances", self._list),
                ("GET", "/instances/{id}", self._status),
                ("DELETE", "/instances/{id}", self._purge),
                ("POST", "/instances/{id}/raiseEvent/{event}", self._raise),
                ("POST", "/instances/{id}/terminate", self._terminate),
                ("POST", "/instances/{id}/suspend", self._suspend),
                ("POST", "/instances/{id}/resume", self._resume),
            ):
                app.router.add_route(
                    method, prefix + path, self._guarded(handler, checked=prefix == PREFIXES[0])
                )

    def _guarded(self, handler: Any, *, checked: bool) -> Any:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.query.get("code") or request.headers.get("x-functions-key") or ""
            if checked and self._check and not secrets.compare_digest(given, self.key):
                return web.Response(status=401)
            answer: web.StreamResponse = await handler(request)
            return answer

        return guarded

    def client_binding(self) -> str:
        """What a ``durableClient`` binding gets."""
        base, hub = f"{self._base}{PREFIXES[0]}", self._engine.hub.name
        create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        return compact(
            {
                "taskHubName": hub,
                "connectionName": None,
                "creationUrls": {
                    "createNewInstancePostUri": f"{create}?code={self.key}",
                    "createAndWaitOnNewInstancePostUri": f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
                    f"?timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}&code={self.key}",
                },
                "managementUrls": {"id": "INSTANCEID", **self._urls("INSTANCEID", "binding")},
                "baseUrl": base,
                "requiredQueryStringParameters": f"code={self.key}",
                "rpcBaseUrl": f"{self._base}{PREFIXES[1]}/",
                "httpBaseUrl": None,
                "maxGrpcMessageSizeInBytes": None,
                "grpcHttpClientTimeout": None,
            }
        )

    def _urls(self, instance_id: str, purpose: str = "start") -> dict[str, str]:
        instance = f"{self._base}{PREFIXES[0]}/instances/{instance_id}"
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
        if purpose == "start":
            del urls["rewindPostUri"]
        return urls

    # -- start and status --------------------------------------------------------------------------------

    async def _start(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode("utf-8-sig")
        if body and not _is_json(body):
            return _error(400, "Invalid JSON content")
        try:
            instance = await self._engine.start(
                request.match_info["name"], request.match_info.get("id"), body or None
            )
        except AlreadyExists as error:
            return _error(409, str(error))
        urls = self._urls(quote(instance.id, safe=""))
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": START_RETRY_SECONDS}
        return _json(202, {"id": instance.id, **urls}, headers)

    async def _status(self, request: web.Request) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        body = _status_of(instance, with_input=_flag(request, "showInput", default=True))
        if _flag(request, "showHistory"):
            history = await self._engine.history(instance)
            body["historyEvents"] = _shown(history, with_output=_flag(request, "showHistoryOutput"))
        if not instance.is_over:
            headers = {"Location": f"{self._base}{request.path_qs}", "Retry-After": STATUS_RETRY_SECONDS}
            return _json(202, body, headers)
        failed = instance.status == "Failed" and _flag(request, "returnInternalServerErrorOnFailure")
        return _json(500 if failed else 200, body)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        statuses = {word for word in request.query.get("runtimeStatus", "").split(",") if word}
        prefix = request.query.get("instanceIdPrefix", "")
        shown = _flag(request, "showInput", default=True)
        found = [
            _status_of(instance, with_input=shown)
            for _, instance in sorted(self._engine.instances.items())
            if instance.id.startswith(prefix) and (not statuses or instance.status in statuses)
        ]
        top = int(request.query.get("top", "100"))
        begin = int(request.headers.get("x-ms-continuation-token", "0") or "0")
        following = str(begin + top) if begin + top < len(found) else ""
        headers = {"x-ms-continuation-token": following} if following else {}
        return _json(200, found[begin : begin + top], headers)

    # -- moves -------------------------------------------------------------------------------------------

    async def _raise(self, request: web.Request) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        if instance.is_over:
            return web.Response(status=410)
        if request.content_type != JSON or "Content-Type" not in request.headers:
            return _error(400, "Only application/json request content is supported")
        body = (await request.read()).decode("utf-8-sig")
        if not _is_json(body):
            return _error(400, "Invalid JSON content")
        await self._engine.raise_event(instance.id, request.match_info["event"], _normal(body))
        return web.Response(status=202)

    async def _terminate(self, request: web.Request) -> web.StreamResponse:
        return await self._move(request, self._engine.terminate)

    async def _suspend(self, request: web.Request) -> web.StreamResponse:
        return await self._move(request, self._engine.suspend)

    async def _resume(self, request: web.Request) -> web.StreamResponse:
        return await self._move(request, self._engine.resume)

    async def _move(self, request: web.Request, move: Any) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        if instance.is_over:
            return web.Response(status=410)
        await move(instance.id, request.query.get("reason"))
        return web.Response(status=202)

    async def _purge(self, request: web.Request) -> web.StreamResponse:
        instance = self._engine.instances.get(request.match_info["id"])
        if instance is None:
            return web.Response(status=404)
        if not instance.is_over:
            return web.Response(status=412)
        await self._engine.hub.purge(instance)
        del self._engine.instances[instance.id]
        return _json(200, {"instancesDeleted": 1})


def _flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _normal(text: str) -> str:
    return compact(json.loads(text))


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, text=compact(body), content_type=JSON, charset="utf-8", headers=headers or {}
    )


def _error(status: int, message: str) -> web.Response:
    return _json(status, {"Message": message})


def _loose(text: str | None) -> Any:
    """A stored text as JSON, or as it is where it is none."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _status_of(instance: Instance, *, with_input: bool) -> dict[str, Any]:
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": _loose(instance.input) if with_input else None,
        "customStatus": _loose(instance.custom_status),
        "output": _loose(instance.output),
        "createdTime": instance.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": instance.updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _shown(history: list[Event], *, with_output: bool) -> list[dict[str, Any]]:
    """``historyEvents``: endings carry the name and time of what they end; bookkeeping is left out."""
    scheduled = {found["EventId"]: found for found in history if found["EventId"] >= 0}
    shown = []
    for found in history:
        kind = kind_of(found)
        if kind in HIDDEN_EVENTS or kind is Kind.SubOrchestrationInstanceCreated:
            continue
        shown.append(_shown_event(kind, found, scheduled, with_output=with_output))
    return shown


def _shown_event(
    kind: Kind, found: Event, scheduled: dict[int, Event], *, with_output: bool
) -> dict[str, Any]:
    hidden = {
        "EventType",
        "EventId",
        "IsPlayed",
        "OrchestrationInstance",
        "ParentInstance",
        "Version",
        "Tags",
    }
    shown: dict[str, Any] = {"EventType": kind.name}
    shown |= {name: value for name, value in found.items() if name not in hidden}
    if "Result" in shown:
        shown["Result"] = _loose(shown["Result"]) if with_output else None
    if kind is Kind.ExecutionStarted:
        shown["FunctionName"] = shown.pop("Name")
    begun = scheduled.get(shown.pop("TaskScheduledId", shown.get("TimerId", -1)))
    if begun is not None:
        shown["ScheduledTime"] = parse_time(begun["Timestamp"]).isoformat()
        if "Name" in begun:
            shown["FunctionName"] = begun["Name"]
    return shown
