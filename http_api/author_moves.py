"""Client functions of the author: revise, withdraw, answer, give evidence; and of who confirms it."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
import azure.functions as func

from adapters.durable import ensure_started, ring
from approvals.stored.ids import child_instance_id, instance_id
from http_api.answers import Answered
from http_api.bodies import EvidenceBody, QuestionBody, RevisionBody, WithdrawalBody, parse, receive
from http_api.handling import Call, answer, handle
from http_api.proposals import accepted
from services.answering import fulfillment, questions
from services.reading.views import question_view
from services.submitting.revising import revise, withdraw
from services.submitting.submission import ORCHESTRATION_VERSION

bp = df.Blueprint()


@bp.route(route="api/proposals/{proposal}/revisions", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def submit_revision(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Answer a request for changes with the next revision."""

    async def work(call: Call) -> func.HttpResponse:
        received = receive(call.request)
        body = parse(RevisionBody, received.fields)
        proposal = call.proposal.proposal
        stored = await asyncio.to_thread(
            revise,
            call.ports,
            call.person.id,
            proposal,
            body.from_revision,
            body.draft(),
            received.uploads,
            tuple(body.keep),
        )
        await ensure_started(client, stored, ORCHESTRATION_VERSION)
        await ring(client, instance_id(proposal, body.from_revision))
        return await accepted(call, stored, 0)

    return await handle("submit_revision", req, work)


@bp.route(route="api/proposals/{proposal}/withdrawal", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def withdraw_proposal(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Take a proposal back, until it is decided."""

    async def work(call: Call) -> func.HttpResponse:
        body = parse(WithdrawalBody, receive(call.request).fields)
        proposal = call.proposal.proposal
        stored = await asyncio.to_thread(withdraw, call.ports, call.person.id, proposal, body.reason)
        await ring(client, stored.instance)
        return await accepted(call, stored, 0)

    return await handle("withdraw_proposal", req, work)


@bp.route(route="api/proposals/{proposal}/questions/{question}/answer", methods=["POST"])
async def answer_question(req: func.HttpRequest) -> func.HttpResponse:
    """Answer a question of somebody who decides: no deadline stopped for it."""

    async def work(call: Call) -> func.HttpResponse:
        text = parse(QuestionBody, receive(call.request).fields).text
        given = (call.proposal.proposal, call.route("question"), text)
        file = await asyncio.to_thread(questions.answer, call.ports, call.person.id, *given)
        return answer(Answered(question_view(file)))

    return await handle("answer_question", req, work)


@bp.route(route="api/proposals/{proposal}/evidence", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def evidence(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Give evidence that a condition is met, confirm it, or say what is missing."""

    async def work(call: Call) -> func.HttpResponse:
        received = receive(call.request)
        body = parse(EvidenceBody, received.fields)
        proposal = call.proposal.proposal
        about = (call.ports, call.person.id, proposal, body.condition)
        if body.action == "give":
            file = await asyncio.to_thread(fulfillment.give_evidence, *about, body.note, received.uploads)
        elif body.action == "confirm":
            file = await asyncio.to_thread(fulfillment.confirm, *about)
        else:
            file = await asyncio.to_thread(fulfillment.refuse, *about, body.note)
        await ring(client, child_instance_id(proposal, file.revision, fulfillment.LISTENER))
        return answer(file)

    return await handle("evidence", req, work)
