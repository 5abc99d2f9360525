"""The way of every request: who is asking, is the request ours, may they; then the work; refusals become problems."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import update_wrapper
from http import HTTPStatus
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any, get_type_hints
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
from http_api.access import Who, admit
from http_api.bodies import receive
from http_api.declaration import PERSON_HEADER, UNSAFE, Answer, Declaration, Header, Schema, Work
from http_api.identity import identify, require_identity, require_local_name
from http_api.problems import HttpProblem, say
from services.submitting.submission import Upload
from services.validation import parse

log = logging.getLogger("greenlight.http")

# What a request may hold beyond its documents: the fields, and multipart's own lines.
OVERHEAD_BYTES = 1_000_000
# When to ask again after the directory could not be read.
RETRY_SECONDS = "30"
_NUMBER = re.compile(r"[0-9]{1,6}\Z")


@dataclass(frozen=True)
class Call:
    """A request of a known person. ``seen`` is the route's proposal, where the access rule looked at it.

    ``uploads`` are the documents that came with the body.
    """

    request: func.HttpRequest
    person: Person
    ports: Ports
    seen: Proposal | None = None
    uploads: tuple[Upload, ...] = ()

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
            text = say("problem.no-such-number", place=name, number=self.route(name)[:20])
            raise Refusal(RefusalKind.NOT_FOUND, text)
        return int(self.route(name))

    def header(self, name: str) -> str | None:
        value = self.request.headers.get(name)
        return None if value is None else str(value)


def describes(
    who: Who,
    tag: str = "",
    *,
    answers: tuple[Answer, ...] = (),
    problems: tuple[str | RefusalKind, ...] = (),
    headers: tuple[Header, ...] = (),
    places: Mapping[str, tuple[str, Schema]] = MappingProxyType({}),
) -> Callable[[Work], Work]:
    """Declare a route, beside the method and path of its ``@bp.route``, and make the handler a function of the app.

    A handler takes a `Call`, or the request where its route is for everybody. Its parameters ``query`` and ``body``
    are parsed into what their annotations say, ``client`` is the durable client. It returns a dataclass, which is
    answered as JSON, or a whole response. Its docstring is the description's summary, its name the operation's id.
    """

    def declare(work: Work) -> Work:
        hints = get_type_hints(work)
        body, query = hints.get("body"), hints.get("query")
        given = (who, tag, answers, problems, headers, places, body, query, hints.get("return"))
        return _function(Declaration(work, *given), takes_client="client" in hints)

    return declare


def _function(declared: Declaration, *, takes_client: bool) -> Work:
    """What the worker calls: it looks at names and annotations of parameters, so these are those of the bindings."""

    async def run(req: func.HttpRequest, **client: Any) -> func.HttpResponse:
        return await serve(declared, req, client)

    annotations = {"req": func.HttpRequest} | ({"client": str} if takes_client else {})
    parameters = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for name, kind in annotations.items()
    ]
    signed: Any = update_wrapper(
        run, declared.work, assigned=("__module__", "__name__", "__qualname__", "__doc__")
    )
    signed.__signature__ = Signature(parameters, return_annotation=func.HttpResponse)
    signed.__annotations__ = annotations | {"return": func.HttpResponse}
    signed.declared = declared
    return run


async def serve(
    declared: Declaration, request: func.HttpRequest, client: Mapping[str, Any]
) -> func.HttpResponse:
    """Do the work of a route for who may ask for it; every refusal and failure becomes problem details."""
    named = {name: value for name, value in request.route_params.items() if name in DIMENSIONS}
    with within(**named, function=declared.name):
        return await _answered(request, lambda: _received(declared, request, client))


async def _received(
    declared: Declaration, request: func.HttpRequest, client: Mapping[str, Any]
) -> func.HttpResponse:
    """Whatever is answered to a known person says in a header who they are."""
    mode = bootstrap.settings().identity
    require_local_name(mode, request.headers)
    if declared.who is not Who.ALWAYS:
        require_identity(mode)
    if not declared.who.is_known:
        return await _worked(declared, request, request, client)
    ports = bootstrap.ports()
    # in a thread: a directory that is asked for over the network may keep its first caller waiting
    directory = await asyncio.to_thread(ports.directory.current)
    person = identify(mode, request.headers, directory)
    answered = await _answered(request, lambda: _admitted(declared, Call(request, person, ports), client))
    answered.headers[PERSON_HEADER] = person.id
    return answered


async def _admitted(declared: Declaration, call: Call, client: Mapping[str, Any]) -> func.HttpResponse:
    request, person, ports = call.request, call.person, call.ports
    _refuse_other_person(request.headers, person)
    if request.method in UNSAFE:
        _refuse_other_origins(request.headers)
        _refuse_large(request, ports)
    proposal = request.route_params.get("proposal")
    seen = await asyncio.to_thread(admit, declared.who, ports, person.id, proposal)
    return await _worked(declared, replace(call, seen=seen), request, client)


async def _worked(
    declared: Declaration, first: Call | func.HttpRequest, request: func.HttpRequest, given: Mapping[str, Any]
) -> func.HttpResponse:
    """Parse what the handler takes, in the order query, headers, body, and call it."""
    given = dict(given)
    if declared.query is not None:
        given["query"] = parse(declared.query, dict(request.params), say("sent.query-wrong"))
    for header in declared.headers:
        header.check(request.headers.get(header.name))
    if declared.body is not None:
        received = receive(request)
        given["body"] = parse(declared.body, received.fields)
        if isinstance(first, Call):
            first = replace(first, uploads=received.uploads)
    made = await declared.work(first, **given)
    return made if isinstance(made, func.HttpResponse) else answer(made)


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
    return HttpProblem("no-directory", say("problem.no-directory"), {"Retry-After": RETRY_SECONDS})


def _refuse_other_person(headers: Mapping[str, str], person: Person) -> None:
    """A window that was opened before somebody else signed in must not act as who is there now."""
    believed = headers.get(PERSON_HEADER)
    if believed is not None and believed != person.id:
        raise HttpProblem("other-person", say("problem.other-person", name=person.name))


def _refuse_other_origins(headers: Mapping[str, str]) -> None:
    """A browser says where a request comes from; a program says nothing and is let through."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:  # no page can set this one, and no proxy rewrites it, as some do with Host
        own = site in ("same-origin", "none")
    else:
        own = origin is None or origin.partition("://")[2] == headers.get("host")
    if not own:
        raise HttpProblem("other-origin", say("problem.other-origin"))


def _refuse_large(request: func.HttpRequest, ports: Ports) -> None:
    limit = ports.policy.current().limits.max_total_bytes + OVERHEAD_BYTES
    size = len(request.get_body())
    if size > limit:
        raise Refusal(RefusalKind.TOO_LARGE, say("problem.too-large", size=size, limit=limit))


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
