"""HTTP functions: routes as the Functions host matches them, requests in, responses out."""

from __future__ import annotations

import logging
import re
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from devhost.functions.worker import Function, FunctionFailed, Request, Worker
from devhost.problems import Problem

log = logging.getLogger("devhost")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_SEGMENT = re.compile(r"\{(\*{0,2})(\w+)((?::[\w()|,.]+)*)(\??)\}\Z")
CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9a-fA-F-]{36}",
    "alpha": r"[A-Za-z]+",
    "bool": r"true|false",
}


@dataclass(frozen=True)
class Route:
    """An HTTP function at a template; ``rank`` puts literal segments before parameters."""

    function: Function
    template: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    rank: tuple[int, ...]

    def serves(self, method: str) -> bool:
        return method in self.methods or (method == "HEAD" and "GET" in self.methods)

    def is_open_to(self, request: web.Request, key: str) -> bool:
        """Anonymous, or asked with the key."""
        level = getattr(self.function.trigger, "auth_level", None)
        if str(getattr(level, "value", level)).lower() == "anonymous":
            return True
        given = request.query.get("code") or request.headers.get("x-functions-key") or ""
        return secrets.compare_digest(given.encode(), key.encode())


def routes_of(functions: list[Function], prefix: str) -> list[Route]:
    """The routes of all HTTP functions, best match first. Raises Problem for two of the same."""
    found: list[Route] = []
    for function in functions:
        if function.kind == "httpTrigger":
            found.append(_route(function, prefix))
    seen: dict[tuple[str, str], Route] = {}
    for route in found:
        for method in route.methods:
            key = (re.sub(r"\{\w+", "{", route.template.lower()), method)
            if key in seen:
                raise Problem(
                    f"the functions '{seen[key].function.name}' and '{route.function.name}' share the route"
                    f" {method} /{route.template}: change one of them."
                )
            seen[key] = route
    return sorted(found, key=lambda route: route.rank)


def _route(function: Function, prefix: str) -> Route:
    trigger = function.trigger
    own = trigger.route if trigger.route is not None else function.name
    template = "/".join(filter(None, [prefix.strip("/"), own.strip("/")]))
    pattern, rank = "", []
    for segment in filter(None, template.split("/")):
        part = _SEGMENT.match(segment)
        if part is None and "{" in segment:
            raise Problem(
                f"the route of '{function.name}', {own!r}, has {segment!r}: a parameter must be a whole segment, like"
                " {name}, {name:int?} or {*rest}."
            )
        if part is None:
            pattern += "/" + re.escape(segment)
            rank.append(0)
            continue
        catch_all, name, constraints, optional = part.groups()
        inner = (
            ".*"
            if catch_all
            else next((CONSTRAINTS[word] for word in constraints.split(":") if word in CONSTRAINTS), "[^/]+")
        )
        pattern += f"(?:/(?P<{name}>{inner}))" + ("?" if optional or catch_all else "")
        rank.append(3 if catch_all else 1 if constraints else 2)
    methods = tuple(str(getattr(method, "value", method)).upper() for method in trigger.methods or METHODS)
    return Route(function, template, re.compile(pattern + r"/?\Z", re.IGNORECASE), methods, (*rank, -1))


class FunctionRoutes:
    """The handler for everything that is not the host's own. ``key`` opens functions that are not anonymous."""

    def __init__(
        self, worker: Worker, routes: list[Route], client: Callable[[], str], key: str | None = None
    ) -> None:
        self._worker, self._routes, self._client, self._key = worker, routes, client, key

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        for route in self._routes:
            found = route.pattern.match(path)
            if found is None or not route.serves(request.method):
                continue
            if self._key is not None and not route.is_open_to(request, self._key):
                return web.Response(status=401)
            values = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
            return await self._call(route.function, request, values)
        return web.Response(status=404)

    async def _call(
        self, function: Function, request: web.Request, route: dict[str, str]
    ) -> web.StreamResponse:
        invocation, began = str(uuid.uuid4()), time.perf_counter()
        query: dict[str, str] = {}
        for name, value in request.query.items():
            query[name] = f"{query[name]},{value}" if name in query else value
        body = await request.read()
        headers = {name: ", ".join(request.headers.getall(name)) for name in request.headers}
        given = Request(request.method, str(request.url), headers, query, body)
        try:
            answer = await self._worker.answer(function, given, route, self._client(), invocation)
            response = _response(answer)
        except (FunctionFailed, ValueError, TypeError, KeyError) as failure:
            stack, took = getattr(failure, "stack", ""), (time.perf_counter() - began) * 1000
            log.warning("%s failed (%.0f ms): %s [%s]\n%s", function.name, took, failure, invocation, stack)
            return web.Response(status=500)
        took = (time.perf_counter() - began) * 1000
        what = f"{request.method} {request.path} {response.status}"
        log.info("%s %s (%.0f ms) [%s]", function.name, what, took, invocation)
        return response


def _response(answer: Any) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    if answer.type == "string":
        return web.Response(text=answer.value)
    value = answer.value
    response = web.Response(
        status=int(value["status_code"].value),
        body=value["body"].value,
        headers=[(name, header.value) for name, header in value["headers"].items()],
    )
    for jar in value["cookies"] or ():
        for morsel in jar.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
