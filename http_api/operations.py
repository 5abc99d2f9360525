"""Client functions around the rest: inbox, session, outbox, policy, health, running a publication again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from adapters.durable import publish_again
from adapters.settings import IdentityMode
from approvals import __version__
from approvals.stored import codec, ids
from http_api.answers import Health, Me, PublicationStarted, Session, Versions
from http_api.bodies import PreviewBody, parse, receive
from http_api.handling import Call, answer, guarded, handle, versions
from http_api.identity import require_identity
from services.closing.publishing import may_run_again
from services.deciding.assignment import is_operator
from services.reading import lists
from services.reading.inbox import inbox
from services.submitting.form import form, people
from services.submitting.preview import preview
from services.submitting.submission import ORCHESTRATION_VERSION

bp = df.Blueprint()
log = logging.getLogger("greenlight.http")

# App Service authentication's own addresses:
# learn.microsoft.com/azure/app-service/configure-authentication-customize-sign-in-out
SIGN_IN, SIGN_OUT = "/.auth/login/aad", "/.auth/logout"


@bp.route(route="api/inbox", methods=["GET"])
async def show_inbox(req: func.HttpRequest) -> func.HttpResponse:
    """What waits for me, most urgent first; 304 where nothing changed since the ETag sent along."""

    async def work(call: Call) -> func.HttpResponse:
        continuation = call.request.params.get("continuation")
        page = await asyncio.to_thread(inbox, call.ports, call.person.id, continuation)
        etag = f'"{ids.sha256(codec.canonical(page))[:24]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if etag in versions(call.header("if-none-match")):
            return func.HttpResponse(status_code=int(HTTPStatus.NOT_MODIFIED), headers=headers)
        return answer(page, headers=headers)

    return await handle("show_inbox", req, work)


@bp.route(route="api/me", methods=["GET"])
async def who_am_i(req: func.HttpRequest) -> func.HttpResponse:
    """The current person, and whether they are an operator."""

    async def work(call: Call) -> func.HttpResponse:
        return answer(Me(call.person, is_operator(call.ports, call.person.id), call.ports.clock.now()))

    return await handle("who_am_i", req, work)


@bp.route(route="api/outbox", methods=["GET"])
async def show_outbox(req: func.HttpRequest) -> func.HttpResponse:
    """The messages to me, newest first."""

    async def work(call: Call) -> func.HttpResponse:
        continuation = call.request.params.get("continuation")
        return answer(await asyncio.to_thread(lists.outbox, call.ports, call.person.id, continuation))

    return await handle("show_outbox", req, work)


@bp.route(route="api/session", methods=["GET"])
async def show_session(req: func.HttpRequest) -> func.HttpResponse:
    """How to say who you are. For everybody: people are named where a picker takes the sign-in's place alone."""

    async def work() -> func.HttpResponse:
        mode = bootstrap.settings().identity
        require_identity(mode)
        local = mode is IdentityMode.LOCAL
        named = people(await asyncio.to_thread(bootstrap.ports().directory.current)) if local else ()
        return answer(Session(mode, SIGN_IN, SIGN_OUT, named))

    return await guarded(req, work)


@bp.route(route="api/policy", methods=["GET"])
async def show_policy(req: func.HttpRequest) -> func.HttpResponse:
    """What a form needs of today's policy and directory: categories, departments, limits, verdicts, people."""

    async def work(call: Call) -> func.HttpResponse:
        return answer(await asyncio.to_thread(form, call.ports))

    return await handle("show_policy", req, work)


@bp.route(route="api/policy/preview", methods=["POST"])
async def preview_policy(req: func.HttpRequest) -> func.HttpResponse:
    """Who would have to approve this, why, and by when; nothing is stored or started."""

    async def work(call: Call) -> func.HttpResponse:
        draft = parse(PreviewBody, receive(call.request).fields).draft()
        return answer(await asyncio.to_thread(preview, call.ports, call.person.id, draft))

    return await handle("preview_policy", req, work)


@bp.route(route="api/proposals/{proposal}/publication", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def run_publication_again(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """For operators: run a failed publication again."""

    async def work(call: Call) -> func.HttpResponse:
        stored = await asyncio.to_thread(may_run_again, call.ports, call.person.id, call.route("proposal"))
        instance = await publish_again(client, stored)
        headers = {"Location": f"/api/proposals/{stored.proposal}/status", "Retry-After": "2"}
        return answer(PublicationStarted(stored.proposal, instance), HTTPStatus.ACCEPTED, headers)

    return await handle("run_publication_again", req, work)


@bp.route(route="api/health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Is the app able to work? For everybody, so it tells nothing about anybody."""
    return await guarded(req, _health)


async def _health() -> func.HttpResponse:
    ports = bootstrap.ports()
    tries = {
        "storage": lambda: ports.store.read("health"),
        "policy": lambda: ports.policy.current().digest(),
        "directory": lambda: ports.directory.current().digest(),
    }
    checks = {name: await asyncio.to_thread(_tried, attempt) for name, attempt in tries.items()}
    if bootstrap.settings().identity is IdentityMode.NONE:
        checks["identity"] = "not set up: nobody can be known, so routes answer 401; set IDENTITY"
    healthy = all(text == "ok" for text in checks.values())
    versions = Versions(__version__, ORCHESTRATION_VERSION)
    body = Health("healthy" if healthy else "unhealthy", checks, versions)
    return answer(body, HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except Exception as error:
        log.warning("a health check fails", exc_info=True)
        return f"fails: {type(error).__name__}"
    return "ok"
