"""Client functions of the author: the next revision, and taking the proposal back."""

from __future__ import annotations

import asyncio
from typing import Annotated

import azure.durable_functions as df
import azure.functions as func
from pydantic import Field, StringConstraints

from adapters.durable import ensure_started, ring
from approvals.refusals import RefusalKind
from http_api.access import Who
from http_api.bodies import ProposalBody
from http_api.handling import Call, describes
from http_api.proposal.proposals import ACCEPTED, OVER, SUBMITTING, accepted
from services.submitting.revising import revise, withdraw
from services.submitting.submission import ORCHESTRATION_VERSION
from services.validation import Body

bp = df.Blueprint()

R = RefusalKind


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RevisionBody(ProposalBody):
    """The next revision; ``keep`` names documents of the one before by digest."""

    from_revision: Annotated[int, Field(ge=1)]
    keep: Annotated[tuple[Digest, ...], Field(max_length=50)] = ()


@bp.route(route="api/proposals/{proposal}/revisions", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.INVOLVED,
    "proposals",
    answers=(ACCEPTED, OVER),
    problems=(*SUBMITTING, R.NOT_ALLOWED, R.PROPOSAL_OVER, R.WRONG_STATE, R.SUPERSEDED_REVISION, R.CONFLICT),
)
async def submit_revision(
    call: Call, body: RevisionBody, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """The author answers a request for changes with the next revision."""
    proposal = call.proposal.proposal
    given = (proposal, body.from_revision, body.draft(), call.uploads, body.keep)
    stored = await asyncio.to_thread(revise, call.ports, call.person.id, *given)
    await ensure_started(client, stored, ORCHESTRATION_VERSION)
    await ring(client, stored.orchestration(body.from_revision))
    return await accepted(call, stored, 0)


class WithdrawalBody(Body):
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


@bp.route(route="api/proposals/{proposal}/withdrawal", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.INVOLVED,
    "proposals",
    answers=(ACCEPTED, OVER),
    problems=(R.NOT_ALLOWED, R.PROPOSAL_OVER, R.CONFLICT),
)
async def withdraw_proposal(
    call: Call, body: WithdrawalBody, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """The author takes a proposal back, until it is decided."""
    stored = await asyncio.to_thread(
        withdraw, call.ports, call.person.id, call.proposal.proposal, body.reason
    )
    await ring(client, stored.instance)
    return await accepted(call, stored, 0)
