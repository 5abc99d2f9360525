"""The API's description, OpenAPI 3.1, put together from the models and the table of operations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from approvals import __version__
from approvals.refusals import FieldError, RefusalKind
from http_api.access import RULES, Who
from http_api.handling import UNSAFE, guarded
from http_api.identity import LOCAL_COOKIE, require_identity
from http_api.openapi.parts import IN_PATH, PERSON, PROBLEM_STATUS, RETRY_AFTER, Answer, Header, Operation
from http_api.openapi.schemas import Answers, Schema, bodies, form, ref
from http_api.openapi.table import OPERATIONS

bp = df.Blueprint()

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
# What every request can run into, by who may call and how.
BODY_PROBLEMS = ("unsupported-media-type", "not-json", "not-multipart", "invalid")
UNSAFE_PROBLEMS = ("other-origin", "too-large")


@bp.route(route="api/openapi.json", methods=["GET"])
async def describe_api(req: func.HttpRequest) -> func.HttpResponse:
    """The API's description. For everybody: it tells nothing about anybody."""

    async def work() -> func.HttpResponse:
        require_identity(bootstrap.settings().identity)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return func.HttpResponse(_text(), mimetype="application/json", headers=headers)

    return await guarded(req, work)


@cache
def _text() -> str:
    return json.dumps(document(), ensure_ascii=False)


def document() -> dict[str, Any]:
    """The whole description as plain JSON data."""
    answers = Answers()
    models = {each.body for each in OPERATIONS if each.body is not None}
    requests = bodies(sorted(models, key=lambda model: model.__name__))
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        described = _operation(operation, answers, requests)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
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
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": requests | {"Problem": _problem(answers)} | answers.found,
            "securitySchemes": SECURITY,
        },
    }


def _operation(operation: Operation, answers: Answers, requests: dict[str, Schema]) -> dict[str, Any]:
    who = RULES[operation.function]
    described: dict[str, Any] = {
        "operationId": operation.function,
        "tags": [operation.tag],
        "summary": operation.text,
        "description": f"For {who.value}.",
        "responses": _responses(operation, who, answers),
    }
    if who is Who.EVERYBODY:
        described["security"] = []
    parameters = [*_parameters(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        name = operation.body.__name__
        content = {
            "application/json": {"schema": ref(name)},
            "multipart/form-data": {"schema": form(name, requests[name])},
        }
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", operation.path):
        text, schema = IN_PATH[name]
        yield {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
    for query in operation.queries:
        yield {"name": query.name, "in": "query", "description": query.text, "schema": query.schema}
    for header in operation.headers:
        yield {"name": header.name, "in": "header", "required": header.always} | _described(header)


def _described(header: Header) -> dict[str, Any]:
    return {"description": header.text, "schema": header.schema}


def _responses(operation: Operation, who: Who, answers: Answers) -> dict[str, Any]:
    named = () if who is Who.EVERYBODY else (PERSON,)
    found = {str(int(answer.status)): _answer(answer, answers, named) for answer in operation.answers}
    by_status: dict[str, list[str]] = {}
    for kind in problem_kinds(operation, who):
        by_status.setdefault(str(int(PROBLEM_STATUS[kind])), []).append(f"/problems/{kind}")
    for status, kinds in by_status.items():
        narrowed = {"allOf": [ref("Problem"), {"properties": {"type": {"enum": sorted(kinds)}}}]}
        found[status] = {
            "description": "A problem: " + ", ".join(f"`{kind}`" for kind in sorted(kinds)),
            "content": {PROBLEM_JSON: {"schema": narrowed}},
        }
        if HTTPStatus(int(status)) is HTTPStatus.SERVICE_UNAVAILABLE:
            found[status]["headers"] = _headers(RETRY_AFTER)
        if who is not Who.EVERYBODY and HTTPStatus(int(status)) not in UNKNOWN:
            found[status]["headers"] = _headers(replace(PERSON, always=False))
    return dict(sorted(found.items()))


def problem_kinds(operation: Operation, who: Who) -> set[str]:
    """Every kind of problem that an operation can answer with."""
    kinds = {each.value if isinstance(each, RefusalKind) else each for each in operation.problems}
    if who is not Who.EVERYBODY:
        kinds |= {"unauthenticated", "other-person", "internal", "no-directory", "other-host"}
    if who is Who.INVOLVED:
        kinds.add("not-found")
    if who is Who.OPERATORS:
        kinds.add("not-allowed")
    if operation.method in UNSAFE:
        kinds.update(UNSAFE_PROBLEMS)
    if operation.body is not None:
        kinds.update(BODY_PROBLEMS)
    return kinds


def _answer(answer: Answer, answers: Answers, named: tuple[Header, ...]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text}
    if answer.content:
        described["content"] = {
            media_type: {"schema": kind if isinstance(kind, dict) else answers.schema(kind)}
            for media_type, kind in answer.content.items()
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
