"""The client function that links in messages lead to: it shows the way to the page and changes nothing, ever."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from approvals.ports import Ports
from approvals.writing.links import BadLink, page, verify
from http_api.access import Who
from http_api.handling import describes
from http_api.identity import identify
from http_api.problems import HttpProblem

bp = df.Blueprint()

# A token names a person: it goes to no other site, and lies in no shared cache.
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@bp.route(route="link/{token}", methods=["GET", "HEAD"])
@describes(Who.EVERYBODY)
async def follow_link(request: func.HttpRequest) -> func.HttpResponse:
    """303 to the page that a message is about, with a note where the link is not what it should be.

    For everybody, scanners of mail above all. Being named in a link gives no right: the page asks who is there.
    """
    found = await asyncio.to_thread(_landing, bootstrap.ports(), request)
    return func.HttpResponse(status_code=int(HTTPStatus.SEE_OTHER), headers={"Location": found, **HEADERS})


def _landing(ports: Ports, request: func.HttpRequest) -> str:
    try:
        link = verify(ports.link_keys, str(request.route_params["token"]))
    except BadLink:
        return "/#/?note=bad-link"
    note = None
    if link.expires_at < ports.clock.now():
        note = "expired"
    elif _somebody_else(ports, request, link.person):
        return page(link.proposal, link.task, "not-yours", link.person)
    return page(link.proposal, link.task, note)


def _somebody_else(ports: Ports, request: func.HttpRequest, named: str) -> bool:
    """Who has not signed in yet may well be the one."""
    try:
        person = identify(bootstrap.settings().identity, request.headers, ports.directory.current())
    except HttpProblem:
        return False
    return person.id != named
