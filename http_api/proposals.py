"""Client functions: submit a project design proposal, and look at proposals."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import azure.durable_functions as df
import azure.functions as func

from adapters.durable import ensure_started
from approvals.model import Proposal, ProposalState
from approvals.refusals import FieldError, Refusal, RefusalKind, invalid
from approvals.stored import layout
from approvals.writing.record import style_hash
from http_api.access import require_operator
from http_api.answers import Accepted, ProposalLinks
from http_api.bodies import ProposalBody, parse, receive
from http_api.handling import Call, answer, handle
from services.reading import lists, views
from services.store.cases import load_proposal, refuse_erased
from services.submitting.submission import ORCHESTRATION_VERSION, submit

bp = df.Blueprint()

MAX_WAIT_SECONDS = 30
POLL_SECONDS = 0.3
RETRY_AFTER_SECONDS = "2"
_SECONDS = re.compile(r"[0-9]{1,2}\Z")
KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,128}\Z")
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

    return await handle("submit_proposal", req, work)


async def accepted(call: Call, stored: Proposal, wait: float) -> func.HttpResponse:
    """202 with the address of the status; 200 where the proposal is over within ``wait`` seconds."""
    deadline = asyncio.get_running_loop().time() + wait
    while stored.state is not ProposalState.CLOSED and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        stored, _ = await asyncio.to_thread(load_proposal, call.ports.store, stored.proposal)
    address = f"/api/proposals/{stored.proposal}"
    body = Accepted(
        proposal=stored.proposal,
        revision=stored.revision,
        state=views.shown_state(stored),
        outcome=stored.outcome,
        instance=stored.instance,
        links=ProposalLinks(address, f"{address}/status", f"/#/proposals/{stored.proposal}"),
    )
    if stored.state is ProposalState.CLOSED:
        return answer(body)
    headers = {"Location": f"{address}/status", "Retry-After": RETRY_AFTER_SECONDS}
    return answer(body, HTTPStatus.ACCEPTED, headers)


def _seconds(call: Call) -> float:
    text = call.request.params.get("wait", "0")
    if not _SECONDS.match(text) or int(text) > MAX_WAIT_SECONDS:
        raise invalid(
            "The query is wrong.", FieldError("wait", f"must be 0 to {MAX_WAIT_SECONDS} whole seconds")
        )
    return float(text)


def _idempotency_key(call: Call) -> str | None:
    key = call.header("idempotency-key")
    if key is not None and not KEY_PATTERN.match(key):
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
            return answer(await asyncio.to_thread(lists.mine, call.ports, call.person.id, continuation))
        if scope != "open":
            raise invalid("The query is wrong.", FieldError("scope", "use mine or open"))
        require_operator(call.ports, call.person.id)
        return answer(await asyncio.to_thread(lists.everything_open, call.ports, continuation))

    return await handle("list_proposals", req, work)


@bp.route(route="api/proposals/{proposal}", methods=["GET"])
async def show_proposal(req: func.HttpRequest) -> func.HttpResponse:
    """The whole picture: stages, tasks, findings, timeline, outcome, and what the viewer can do."""

    async def work(call: Call) -> func.HttpResponse:
        return answer(
            await asyncio.to_thread(views.picture, call.ports, call.person.id, call.route("proposal"))
        )

    return await handle("show_proposal", req, work)


@bp.route(route="api/proposals/{proposal}/status", methods=["GET"])
async def show_status(req: func.HttpRequest) -> func.HttpResponse:
    """Where it stands: 202 with ``Retry-After`` while it runs, 200 when it is over."""

    async def work(call: Call) -> func.HttpResponse:
        found = await asyncio.to_thread(views.status, call.ports, call.proposal.proposal)
        if found.over:
            return answer(found)
        return answer(found, HTTPStatus.ACCEPTED, {"Retry-After": RETRY_AFTER_SECONDS})

    return await handle("show_status", req, work)


@bp.route(route="api/proposals/{proposal}/audit", methods=["GET"])
async def show_audit(req: func.HttpRequest) -> func.HttpResponse:
    """The audit trail as it lies in storage, for the offline verifier."""

    async def work(call: Call) -> func.HttpResponse:
        proposal = call.proposal.proposal
        erased = call.proposal.erased_at is not None
        missing = "Nothing is written to the trail yet. Look again in a moment."
        kind = Served("application/x-ndjson", f"{proposal}-audit.jsonl")
        return await _file(call, layout.audit(proposal, erased=erased), kind, missing)

    return await handle("show_audit", req, work)


@bp.route(route="api/proposals/{proposal}/record", methods=["GET"])
async def show_record(req: func.HttpRequest) -> func.HttpResponse:
    """The sealed decision record: a page that prints, or with ``?format=json`` the bytes that were sealed."""

    async def work(call: Call) -> func.HttpResponse:
        current = call.proposal
        form = call.request.params.get("format", "html")
        if form not in ("html", "json"):
            raise invalid("The query is wrong.", FieldError("format", "use html or json"))
        refuse_erased(current)
        name = layout.record(current.proposal, current.revision, form)
        policy = f"default-src 'none'; style-src '{style_hash()}'; frame-ancestors 'none'"
        kind = Served("text/html; charset=utf-8", None, policy)
        if form == "json":
            kind = Served("application/json", f"{current.proposal}-record.json")
        missing = "There is no record yet: it is written when the proposal is decided."
        return await _file(call, name, kind, missing)

    return await handle("show_record", req, work)


@bp.route(route="api/proposals/{proposal}/documents/{sha256}", methods=["GET"])
async def show_document(req: func.HttpRequest) -> func.HttpResponse:
    """A document, as an attachment."""

    async def work(call: Call) -> func.HttpResponse:
        missing = "This proposal has no such document."
        found = await asyncio.to_thread(views.find_document, call.ports, call.proposal, call.route("sha256"))
        if found is None:
            raise Refusal(RefusalKind.NOT_FOUND, missing)
        refuse_erased(call.proposal)
        name, document = found
        return await _file(call, name, Served("application/octet-stream", document.name), missing)

    return await handle("show_document", req, work)


@dataclass(frozen=True)
class Served:
    """How a blob is served: its type, the name to save it under, and what it may do in a browser."""

    content_type: str
    attachment: str | None
    policy: str = FILE_POLICY


async def _file(call: Call, name: str, kind: Served, missing: str) -> func.HttpResponse:
    blob = await asyncio.to_thread(call.ports.store.read, name)
    if blob is None:
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    headers = {
        "Content-Type": kind.content_type,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": kind.policy,
        "Cache-Control": "no-store",
    }
    if kind.attachment is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kind.attachment, safe='')}"
    return func.HttpResponse(blob.data, headers=headers)
