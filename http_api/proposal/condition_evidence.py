"""The client function about conditions of an approval: evidence, and what its confirmer says about it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import azure.durable_functions as df
from pydantic import StringConstraints

from adapters.durable import ring
from approvals.model import ConditionFile
from approvals.refusals import RefusalKind
from http_api.access import Who
from http_api.declaration import ok
from http_api.handling import Call, describes
from services.answering import fulfillment
from services.validation import Body, Word

bp = df.Blueprint()

R = RefusalKind


class EvidenceBody(Body):
    """Evidence for a condition, or what its confirmer says about it."""

    condition: Word
    action: Literal["give", "confirm", "refuse"] = "give"
    note: Annotated[str, StringConstraints(max_length=4000)] = ""


@bp.route(route="api/proposals/{proposal}/evidence", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.INVOLVED,
    "proposals",
    answers=(ok("The condition as it stands now"),),
    problems=(R.TOO_LARGE, R.NOT_ALLOWED, R.PROPOSAL_OVER, R.WRONG_STATE, R.CONFLICT, R.COMMENT_REQUIRED),
)
async def evidence(call: Call, body: EvidenceBody, client: df.DurableOrchestrationClient) -> ConditionFile:
    """Give evidence that a condition is met, confirm it, or say what is missing."""
    proposal = call.proposal.proposal
    about = (call.ports, call.person.id, proposal, body.condition)
    if body.action == "give":
        file = await asyncio.to_thread(fulfillment.give_evidence, *about, body.note, call.uploads)
    elif body.action == "confirm":
        file = await asyncio.to_thread(fulfillment.confirm, *about)
    else:
        file = await asyncio.to_thread(fulfillment.refuse, *about, body.note)
    await ring(client, call.proposal.instance)
    return file
