"""The way of every request: who is asking, is the request ours, may they; then the work; refusals become problems."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from adapters import bootstrap
from adapters.log_lines import DIMENSIONS, within
from approvals.model import Proposal
from approvals.policy.directory import DirectoryError, Person
from approvals.ports import Ports
from approvals.refusals import Refusal, RefusalKind
from approvals.stored import codec
from http_api import problems
from http_api.access import admit
from http_api.identity import identify, require_local_name
from http_api.problems import HttpProblem

log = logging.getLogger("greenlight.http")

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What a request may hold beyond its documents: the fields, and multipart's own lines.
OVERHEAD_BYTES = 1_000_000
# When to ask again after the directory could not be read.
RETRY_SECONDS = "30"
# Who was answered; in a request, whom the caller believes to be: another window may have signed in as somebody else.
PERSON_HEADER = "X-Greenlight-Person"
_NUMBER = re.compile(r"[0-9]{1,6}\Z")


@dataclass(frozen=True)
class Call:
    """A request of a known person. ``seen`` is the route's proposal, where the access rule looked at it."""

    request: func.HttpRequest
    person: Person
    ports: Ports
    seen: Proposal | None = None

    @property
    def proposal(self) -> Proposal:
        """The proposal that this is about, as it was when the request came. Raises LookupError where there is none."""
        if self.seen is None:
            raise LookupError(f"{self.request.url} is about no proposal")
        return self.seen

    def route(self, name: str) -> str:
        return str(self.request.route_params[name])

    def number(self, name: str) -> int:
        """A small whole number of the route. Raises Refusal (NOT_FOUND)."""
        if not _NUMBER.match(self.route(name)):
            raise Refusal(RefusalKind.NOT_FOUND, f"There is no {name} {self.route(name)[:20]}.")
        return int(self.route(name))

    def header(self, name: str) -> str | None:
        value = self.request.headers.get(name)
        return None if value is None else str(value)


Work = Callable[[Call], Awaitable[func.HttpResponse]]


async def handle(function: str, request: func.HttpRequest, work: Work) -> func.HttpResponse:
    """Do the work of ``function`` for who may ask for it; every refusal and failure becomes problem details.

    Whatever is answered to a known person says in a header who they are.
    """

    async def identified() -> func.HttpResponse:
        ports = bootstrap.ports()
        # in a thread: a directory that is asked for over the network may keep its first caller waiting
        directory = await asyncio.to_thread(ports.directory.current)
        person = identify(bootstrap.settings().identity, request.headers, directory)
        answered = await _answered(request, lambda: _admitted(function, request, work, person, ports))
        answered.headers[PERSON_HEADER] = person.id
        return answered

    with within(function=function):
        return await guarded(request, identified)


async def _admitted(
    function: str, request: func.HttpRequest, work: Work, person: Person, ports: Ports
) -> func.HttpResponse:
    _refuse_other_person(request.headers, person)
    if request.method in UNSAFE:
        _refuse_other_origins(request.headers)
        _refuse_large(request, ports)
    proposal = request.route_params.get("proposal")
    seen = await asyncio.to_thread(admit, function, ports, person.id, proposal)
    return await work(Call(request, person, ports, seen))


async def guarded(
    request: func.HttpRequest, work: Callable[[], Awaitable[func.HttpResponse]]
) -> func.HttpResponse:
    """Do work that is for everybody; what it raises becomes problem details."""

    async def here() -> func.HttpResponse:
        require_local_name(bootstrap.settings().identity, request.headers)
        return await work()

    with within(**{name: value for name, value in request.route_params.items() if name in DIMENSIONS}):
        return await _answered(request, here)


async def _answered(
    request: func.HttpRequest, work: Callable[[], Awaitable[func.HttpResponse]]
) -> func.HttpResponse:
    instance = urlsplit(request.url).path
    try:
        return await work()
    except Refusal as refusal:
        return problems.of_refusal(refusal, instance)
    except HttpProblem as found:
        return problems.of_problem(found, instance)
    except DirectoryError as error:
        return problems.of_problem(_directory_is_away(error), instance)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the story
        return problems.of_failure(error, instance)


def _directory_is_away(error: DirectoryError) -> HttpProblem:
    """What is wrong is the operators' business: it goes to the log."""
    log.error("the directory cannot be read: %s", error)
    text = "Who is who cannot be found out at the moment, so nobody is let in. Nothing is lost; try again."
    return HttpProblem(HTTPStatus.SERVICE_UNAVAILABLE, "no-directory", text, {"Retry-After": RETRY_SECONDS})


def _refuse_other_person(headers: Mapping[str, str], person: Person) -> None:
    """A window that was opened before somebody else signed in must not act as who is there now."""
    believed = headers.get(PERSON_HEADER)
    if believed is not None and believed != person.id:
        text = f"You are {person.name} now, and somebody else when this page was opened. Reload it."
        raise HttpProblem(HTTPStatus.CONFLICT, "other-person", text)


def _refuse_other_origins(headers: Mapping[str, str]) -> None:
    """A browser says where a request comes from; a program says nothing and is let through."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:  # no page can set this one, and no proxy rewrites it, as some do with Host
        own = site in ("same-origin", "none")
    else:
        own = origin is None or origin.partition("://")[2] == headers.get("host")
    if not own:
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
        raise Refusal(RefusalKind.TOO_LARGE, text)


def answer(
    body: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """A JSON answer, made by the domain's codec; not to be cached unless it says so."""
    # a raised event can hold half a character, which UTF-8 cannot say
    text = json.dumps(codec.encode(body), ensure_ascii=False).encode("utf-8", "replace")
    sent = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return func.HttpResponse(text, status_code=int(status), mimetype="application/json", headers=sent)


def versions(header: str | None) -> set[str]:
    """The ETags of an If-None-Match; a proxy that compresses makes them weak."""
    return {part.strip().removeprefix("W/") for part in (header or "").split(",")}
