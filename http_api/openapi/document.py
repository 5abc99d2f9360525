"""The API's description, OpenAPI 3.1, put together from what the routes declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from approvals import __version__
from http_api.declaration import IN_PATH, PERSON, RETRY_AFTER, Answer, Declaration, Header, Returned
from http_api.discovery import Route
from http_api.identity import LOCAL_COOKIE
from http_api.openapi.schemas import Answers, Schema, bodies, form, plain, ref
from http_api.problems import PROBLEM_STATUS, FieldError

PROBLEM_JSON = "application/problem+json"
SECURITY: dict[str, Schema] = {
    "easyAuthCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "AppServiceAuthSession",
        "description": "App Service authentication, for people in a browser: it starts at `/.auth/login/aad`.",
    },
    "easyAuthBearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of Microsoft Entra ID for the app's registration, for programs.",
    },
    "localUser": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Greenlight-User",
        "description": "An id of the directory, like `ana`. On a developer's machine alone, while IDENTITY is local.",
    },
    "localCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": LOCAL_COOKIE,
        "description": "The same for the page's picker, where that header is not sent.",
    },
}
# Nobody is known yet where these are answered.
UNKNOWN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The description of those routes that lie under ``/api``, as plain JSON data. What people open is not an API."""
    described = [route for route in routes if route.template.startswith("api/")]
    answers = Answers()
    models = {route.declared.body for route in described if route.declared.body is not None}
    requests = bodies(sorted(models, key=lambda model: model.__name__))
    paths: dict[str, Any] = {}
    for route in described:
        for method in route.methods:
            operation = _operation(route, method, answers, requests)
            paths.setdefault(f"/{route.template}", {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Greenlight",
            "version": __version__,
            "description": "Project design proposals, and the people who must approve them. Every refusal is a problem"
            " document (RFC 9457) with a stable `type`.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.declared.tag for route in described)],
        "paths": paths,
        "components": {
            "schemas": requests | {"Problem": _problem(answers)} | answers.found,
            "securitySchemes": SECURITY,
        },
    }


def _operation(route: Route, method: str, answers: Answers, requests: dict[str, Schema]) -> dict[str, Any]:
    declared = route.declared
    described: dict[str, Any] = {
        "operationId": declared.name,
        "tags": [declared.tag],
        "summary": plain(declared.work.__doc__ or "").partition("\n\n")[0],
        "description": f"For {declared.who.value}.",
        "responses": _responses(declared, method, answers),
    }
    if not declared.who.is_known:
        described["security"] = []
    parameters = [*_parameters(route)]
    if parameters:
        described["parameters"] = parameters
    if declared.body is not None:
        name = declared.body.__name__
        content = {
            "application/json": {"schema": ref(name)},
            "multipart/form-data": {"schema": form(name, requests[name])},
        }
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    declared = route.declared
    for name in re.findall(r"{(\w+)}", route.template):
        text, schema = {**IN_PATH, **declared.places}[name]
        yield {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
    if declared.query is not None:
        for name, schema in bodies([declared.query])[declared.query.__name__]["properties"].items():
            text = schema.pop("description")
            if schema.get("default", ...) is None:
                del schema["default"]
            yield {"name": name, "in": "query", "description": text, "schema": schema}
    for header in declared.headers:
        yield {"name": header.name, "in": "header", "required": header.always} | _described(header)


def _described(header: Header) -> dict[str, Any]:
    return {"description": header.text, "schema": header.schema}


def _responses(declared: Declaration, method: str, answers: Answers) -> dict[str, Any]:
    is_known = declared.who.is_known
    named = (PERSON,) if is_known else ()
    found = {str(int(each.status)): _answer(each, declared, answers, named) for each in declared.answers}
    by_status: dict[HTTPStatus, list[str]] = {}
    for kind in declared.problem_kinds(method):
        by_status.setdefault(PROBLEM_STATUS[kind], []).append(kind)
    for status, kinds in by_status.items():
        found[str(int(status))] = problem = _problem_answer(sorted(kinds))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            problem["headers"] = _headers(RETRY_AFTER)
        if is_known and status not in UNKNOWN:
            problem["headers"] = _headers(replace(PERSON, always=False))
    return dict(sorted(found.items()))


def _problem_answer(kinds: list[str]) -> dict[str, Any]:
    types = [f"/problems/{kind}" for kind in kinds]
    narrowed = {"allOf": [ref("Problem"), {"properties": {"type": {"enum": types}}}]}
    return {
        "description": "A problem: " + ", ".join(f"`{each}`" for each in types),
        "content": {PROBLEM_JSON: {"schema": narrowed}},
    }


def _answer(
    answer: Answer, declared: Declaration, answers: Answers, named: tuple[Header, ...]
) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text}
    if answer.content:
        kinds = {
            media: declared.returns if kind is Returned else kind for media, kind in answer.content.items()
        }
        described["content"] = {
            media: {"schema": kind if isinstance(kind, dict) else answers.schema(kind)}
            for media, kind in kinds.items()
        }
    if answer.headers or named:
        described["headers"] = _headers(*answer.headers, *named)
    return described


def _headers(*headers: Header) -> dict[str, Any]:
    return {header.name: {"required": header.always} | _described(header) for header in headers}


def _problem(answers: Answers) -> Schema:
    """As `http_api.problems.problem` writes it: facts for programs are further members, all of them text."""
    return {
        "type": "object",
        "description": "Problem details (RFC 9457). Further members are facts for programs.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "errors": {"type": "array", "items": answers.schema(FieldError)},
        },
        "required": ["type", "title", "status", "detail", "instance"],
        "additionalProperties": {"type": "string"},
    }
