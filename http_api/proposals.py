"""Client functions: submit a project design proposal, and look at proposals."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.durable_functions as df
import azure.functions as func

from adapters.durable import ensure_started
from approvals import layout
from approvals.model import Proposal, ProposalState
from approvals.record import style_hash
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from http_api.bodies import ProposalBody, parse, receive
from http_api.handling import Call, answer, handle
from services import views
from services.assignment import is_operator
from services.cases import load_proposal
from services.submission import ORCHESTRATION_VERSION, submit

bp = df.Blueprint()

MAX_WAIT_SECONDS = 30
POLL_SECONDS = 0.3
RETRY_AFTER_SECONDS = "2"
_KEY = re.compile(r"[\x21-\x7e]{1,128}\Z")
# What is served is somebody's file: it may do nothing in the reader's browser.
FILE_POLICY = "sandbox; default-src 'none'"


@bp.route(route="api/proposals", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def submit_proposal(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Submit a proposal: 202 and where to look, or with ``?wait=SECONDS`` 200 and the outcome if it comes in time."""

    async def work(call: Call) -> func.HttpResponse:
        wait = _seconds(call)
        key = _idempotency_key(call)
        received = receive(call.request)
        draft = parse(ProposalBody, received.fields).draft()
        stored = await asyncio.to_thread(submit, call.ports, call.person.id, draft, received.uploads, key)
        await ensure_started(client, stored, ORCHESTRATION_VERSION)
        return await accepted(call, stored, wait)

    return await handle(req, work)


async def accepted(call: Call, stored: Proposal, wait: float) -> func.HttpResponse:
    """202 with the address of the status; 200 where the proposal is over within ``wait`` seconds."""
    deadline = asyncio.get_running_loop().time() + wait
    while stored.state is not ProposalState.CLOSED and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        stored, _ = await asyncio.to_thread(load_proposal, call.ports.store, stored.proposal)
    address = f"/api/proposals/{stored.proposal}"
    body = {
        "proposal": stored.proposal,
        "revision": stored.revision,
        "state": views.shown_state(stored),
        "outcome": stored.outcome,
        "instance": stored.instance,
        "links": {"self": address, "status": f"{address}/status", "page": f"/#/proposals/{stored.proposal}"},
    }
    if stored.state is ProposalState.CLOSED:
        return answer(body)
    headers = {"Location": f"{address}/status", "Retry-After": RETRY_AFTER_SECONDS}
    return answer(body, HTTPStatus.ACCEPTED, headers)


def _seconds(call: Call) -> float:
    text = call.request.params.get("wait", "0")
    if not text.isdecimal() or int(text) > MAX_WAIT_SECONDS:
        raise invalid(
            "The query is wrong.", FieldError("wait", f"must be 0 to {MAX_WAIT_SECONDS} whole seconds")
        )
    return float(text)


def _idempotency_key(call: Call) -> str | None:
    key = call.header("idempotency-key")
    if key is not None and not _KEY.match(key):
        text = "must be 1 to 128 visible ASCII characters, like a UUID"
        raise invalid("A header is wrong.", FieldError("Idempotency-Key", text))
    return key


@bp.route(route="api/proposals", methods=["GET"])
async def list_proposals(req: func.HttpRequest) -> func.HttpResponse:
    """My proposals; with ``?scope=open`` everything that is open, for operators."""

    async def work(call: Call) -> func.HttpResponse:
        continuation = call.request.params.get("continuation")
        scope = call.request.params.get("scope", "mine")
        if scope == "mine":
            return answer(await asyncio.to_thread(views.mine, call.ports, call.person.id, continuation))
        if scope != "open":
            raise invalid("The query is wrong.", FieldError("scope", "use mine or open"))
        if not is_operator(call.ports, call.person.id):
            raise Refusal(RefusalKind.NOT_ALLOWED, "Only operators may list everything that is open.")
        return answer(await asyncio.to_thread(views.everything_open, call.ports, continuation))

    return await handle(req, work)


@bp.route(route="api/proposals/{proposal}", methods=["GET"])
async def show_proposal(req: func.HttpRequest) -> func.HttpResponse:
    """The whole picture: stages, tasks, findings, timeline, outcome, and what the viewer can do."""

    async def work(call: Call) -> func.HttpResponse:
        return answer(
            await asyncio.to_thread(views.picture, call.ports, call.person.id, call.route("proposal"))
        )

    return await handle(req, work)


@bp.route(route="api/proposals/{proposal}/status", methods=["GET"])
async def show_status(req: func.HttpRequest) -> func.HttpResponse:
    """Where it stands: 202 with ``Retry-After`` while it runs, 200 when it is over."""

    async def work(call: Call) -> func.HttpResponse:
        await _see(call)
        found = await asyncio.to_thread(views.status, call.ports, call.route("proposal"))
        if found.over:
            return answer(found)
        return answer(found, HTTPStatus.ACCEPTED, {"Retry-After": RETRY_AFTER_SECONDS})

    return await handle(req, work)


@bp.route(route="api/proposals/{proposal}/audit", methods=["GET"])
async def show_audit(req: func.HttpRequest) -> func.HttpResponse:
    """The audit trail as it lies in storage, for the offline verifier."""

    async def work(call: Call) -> func.HttpResponse:
        await _see(call)
        name = layout.audit(call.route("proposal"))
        return await _file(call, name, "application/x-ndjson", f"{call.route('proposal')}-audit.jsonl")

    return await handle(req, work)


@bp.route(route="api/proposals/{proposal}/record", methods=["GET"])
async def show_record(req: func.HttpRequest) -> func.HttpResponse:
    """The sealed decision record: a page that prints, or with ``?format=json`` the bytes that were sealed."""

    async def work(call: Call) -> func.HttpResponse:
        current = await _see(call)
        form = call.request.params.get("format", "html")
        if form not in ("html", "json"):
            raise invalid("The query is wrong.", FieldError("format", "use html or json"))
        name = layout.record(current.proposal, current.revision, form)
        if form == "json":
            return await _file(call, name, "application/json", f"{current.proposal}-record.json")
        policy = f"default-src 'none'; style-src '{style_hash()}'; frame-ancestors 'none'"
        return await _file(call, name, "text/html; charset=utf-8", None, policy)

    return await handle(req, work)


@bp.route(route="api/proposals/{proposal}/documents/{sha256}", methods=["GET"])
async def show_document(req: func.HttpRequest) -> func.HttpResponse:
    """A document, as an attachment."""

    async def work(call: Call) -> func.HttpResponse:
        picture = await asyncio.to_thread(views.picture, call.ports, call.person.id, call.route("proposal"))
        for revision in picture.revisions:
            given = [e for view in revision.conditions for e in view.file.evidence]
            for document in (*revision.submission.documents, *(d for e in given for d in e.documents)):
                if document.sha256 == call.route("sha256"):
                    name = layout.document(
                        picture.proposal.proposal, revision.submission.revision, document.sha256
                    )
                    return await _file(call, name, "application/octet-stream", document.name)
        raise Refusal(RefusalKind.NOT_FOUND, "This proposal has no such document.")

    return await handle(req, work)


async def _see(call: Call) -> Proposal:
    return await asyncio.to_thread(views.require_sight, call.ports, call.person.id, call.route("proposal"))


async def _file(
    call: Call, name: str, content_type: str, attachment: str | None, policy: str = FILE_POLICY
) -> func.HttpResponse:
    blob: Any = await asyncio.to_thread(call.ports.store.read, name)
    if blob is None:
        raise Refusal(
            RefusalKind.NOT_FOUND, "It does not exist yet: it is written when the proposal is decided."
        )
    headers = {
        "Content-Type": content_type,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
    }
    if attachment is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(attachment, safe='')}"
    return func.HttpResponse(blob.data, headers=headers)
