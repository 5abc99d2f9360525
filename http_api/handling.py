"""The way of every request: who is asking, is the request ours, do the work, turn refusals into problems."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from adapters import bootstrap
from approvals import codec
from approvals.directory import Person
from approvals.ports import Ports
from approvals.refusals import Refusal
from http_api import problems
from http_api.identity import identify
from http_api.problems import HttpProblem

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What a request may hold beyond its documents: the fields, and multipart's own lines.
OVERHEAD_BYTES = 1_000_000


@dataclass(frozen=True)
class Call:
    """A request of a known person."""

    request: func.HttpRequest
    person: Person
    ports: Ports

    def route(self, name: str) -> str:
        return str(self.request.route_params[name])

    def number(self, name: str) -> int:
        return int(self.route(name))

    def header(self, name: str) -> str | None:
        value = self.request.headers.get(name)
        return None if value is None else str(value)


Work = Callable[[Call], Awaitable[func.HttpResponse]]


async def handle(request: func.HttpRequest, work: Work) -> func.HttpResponse:
    """Do the work for whoever is asking; every refusal and failure becomes problem details."""
    instance = urlsplit(request.url).path
    try:
        ports = bootstrap.ports()
        person = identify(bootstrap.settings().identity, request.headers, ports.directory.current())
        if request.method in UNSAFE:
            _refuse_other_origins(request.headers)
            _refuse_large(request, ports)
        return await work(Call(request, person, ports))
    except Refusal as refusal:
        return problems.of_refusal(refusal, instance)
    except HttpProblem as found:
        return problems.of_problem(found, instance)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the story
        return problems.of_failure(error, instance)


def _refuse_other_origins(headers: Mapping[str, str]) -> None:
    """A browser says where a request comes from; a program says nothing and is let through."""
    site, origin, host = headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host")
    foreign = site not in (None, "same-origin", "none") if site is not None else False
    foreign = foreign or (origin is not None and urlsplit(origin).netloc != host)
    if foreign:
        text = (
            "This request comes from another site. Use Greenlight's own page, or call the API from a program."
        )
        raise HttpProblem(HTTPStatus.FORBIDDEN, "other-origin", text)


def _refuse_large(request: func.HttpRequest, ports: Ports) -> None:
    limit = ports.policy.current().limits.max_total_bytes + OVERHEAD_BYTES
    size = len(request.get_body())
    if size > limit:
        text = (
            f"The request has {size:,} bytes; at most {limit:,} are taken. Send fewer or smaller documents."
        )
        raise HttpProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", text)


def answer(
    body: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """A JSON answer, made by the domain's codec; not to be cached unless it says so."""
    text = json.dumps(codec.encode(body), ensure_ascii=False)
    sent = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return func.HttpResponse(text, status_code=int(status), mimetype="application/json", headers=sent)
