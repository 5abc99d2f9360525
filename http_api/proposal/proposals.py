"""Client functions: submit a project design proposal, look at proposals, follow one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

import azure.durable_functions as df
import azure.functions as func
from pydantic import BeforeValidator, Field

from adapters.durable import ensure_started
from approvals.model import Outcome, Proposal, ProposalState
from approvals.refusals import RefusalKind
from http_api.access import Who, require_operator
from http_api.bodies import Paging, ProposalBody, Query
from http_api.declaration import JSON, LOCATION, RETRY_AFTER, Answer, Header, ok, pattern
from http_api.handling import Call, answer, describes
from http_api.problems import say
from services.reading import lists, views
from services.reading.lists import ListItem, Page
from services.store.cases import load_proposal
from services.submitting.submission import ORCHESTRATION_VERSION, submit

bp = df.Blueprint()

MAX_WAIT_SECONDS = 30
POLL_SECONDS = 0.3
RETRY_AFTER_SECONDS = "2"
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Of the caller's choice: the same key with the same request again is the same proposal",
    pattern(r"[\x21-\x7e]{1,128}$"),
    always=False,
    must=say("sent.idempotency-key"),
)
R = RefusalKind
SUBMITTING = (R.TOO_LARGE, R.NOBODY_CAN_APPROVE)


@dataclass(frozen=True)
class ProposalLinks:
    """Addresses, relative to the app's own."""

    self: str
    status: str
    page: str


@dataclass(frozen=True)
class Accepted:
    """A proposal that the app took: where it stands now, and where to look again."""

    proposal: str
    revision: int
    state: str
    outcome: Outcome | None
    instance: str
    links: ProposalLinks


ACCEPTED = Answer(HTTPStatus.ACCEPTED, "Stored, and under way", {JSON: Accepted}, (LOCATION, RETRY_AFTER))
OVER = ok("It is over: with its outcome", kind=Accepted)


def _digits(text: object) -> object:
    """Raises ValueError."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return text


class Waiting(Query):
    wait: Annotated[
        int,
        Field(ge=0, le=MAX_WAIT_SECONDS, description="How many seconds to wait for the outcome"),
        BeforeValidator(_digits),
    ] = 0


@bp.route(route="api/proposals", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.KNOWN,
    "proposals",
    headers=(IDEMPOTENCY_KEY,),
    answers=(ACCEPTED, OVER),
    problems=(*SUBMITTING, R.KEY_REUSED),
)
async def submit_proposal(
    call: Call, query: Waiting, body: ProposalBody, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Submit a proposal."""
    given = (body.draft(), call.uploads, call.header(IDEMPOTENCY_KEY.name))
    stored = await asyncio.to_thread(submit, call.ports, call.person.id, *given)
    await ensure_started(client, stored, ORCHESTRATION_VERSION)
    return await accepted(call, stored, query.wait)


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


class Listing(Paging):
    scope: Annotated[Literal["mine", "open"], Field(description="Mine, or all open ones")] = "mine"


@bp.route(route="api/proposals", methods=["GET"])
@describes(Who.KNOWN, "proposals", answers=(ok("A page of proposals"),), problems=(R.INVALID, R.NOT_ALLOWED))
async def list_proposals(call: Call, query: Listing) -> Page[ListItem]:
    """My proposals; for operators also everything that is open."""
    if query.scope == "mine":
        return await asyncio.to_thread(lists.mine, call.ports, call.person.id, query.continuation)
    require_operator(call.ports, call.person.id)
    return await asyncio.to_thread(lists.everything_open, call.ports, query.continuation)


@bp.route(route="api/proposals/{proposal}", methods=["GET"])
@describes(Who.INVOLVED, "proposals", answers=(ok("The proposal"),))
async def show_proposal(call: Call) -> views.ProposalView:
    """The whole picture: revisions, stages, tasks, findings, conditions, timeline, and the viewer's next moves."""
    return await asyncio.to_thread(views.picture, call.ports, call.person.id, call.route("proposal"))


@bp.route(route="api/proposals/{proposal}/status", methods=["GET"])
@describes(
    Who.INVOLVED,
    "proposals",
    answers=(
        ok("It is over", kind=views.StatusView),
        Answer(HTTPStatus.ACCEPTED, "It is under way", {JSON: views.StatusView}, (RETRY_AFTER,)),
    ),
)
async def show_status(call: Call) -> func.HttpResponse:
    """Where it stands, for who polls."""
    found = await asyncio.to_thread(views.status, call.ports, call.proposal.proposal)
    if found.over:
        return answer(found)
    return answer(found, HTTPStatus.ACCEPTED, {"Retry-After": RETRY_AFTER_SECONDS})
