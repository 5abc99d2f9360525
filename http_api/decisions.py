"""Client functions: decide on an approval task, hand it over, step back from it, ask about it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters.durable import ring
from approvals.model import ApprovalTask
from approvals.refusals import FieldError, invalid
from http_api.answers import Asked, Receipt
from http_api.bodies import AssigneeBody, DecisionBody, QuestionBody, parse, receive
from http_api.handling import Call, answer, handle
from http_api.problems import HttpProblem
from services.answering.questions import ask
from services.deciding.assignment import hand_over, recuse
from services.deciding.decide import decide
from services.reading.views import question_view
from services.store.cases import TaskRef

bp = df.Blueprint()

TASK = "api/proposals/{proposal}/revisions/{revision}/tasks/{task}"


@bp.route(route=f"{TASK}/decision", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def record_decision(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Record a decision; the answer is a receipt that goes from ``recorded`` to ``applied``."""

    async def work(call: Call) -> func.HttpResponse:
        etag = _version(call)
        ballot = parse(DecisionBody, receive(call.request).fields).ballot()
        ref = TaskRef(call.route("proposal"), call.number("revision"), call.route("task"))
        stored, version = await asyncio.to_thread(decide, call.ports, call.person.id, ref, ballot, etag)
        await ring(client, call.proposal.instance, stored.task)
        return _receipt(stored, version)

    return await handle("record_decision", req, work)


@bp.route(route=f"{TASK}/assignee", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def change_assignee(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Hand a task over, or step back from it: the next of the chain is asked."""

    async def work(call: Call) -> func.HttpResponse:
        etag = _version(call)
        body = parse(AssigneeBody, receive(call.request).fields)
        if body.recuse == (body.to is not None):
            raise invalid(
                "The request is wrong.", FieldError("to", "name a person, or set recuse to true, not both")
            )
        ref = TaskRef(call.route("proposal"), call.number("revision"), call.route("task"))
        if body.to is not None:
            given = (ref, body.to, body.reason, etag)
            stored, version = await asyncio.to_thread(hand_over, call.ports, call.person.id, *given)
        else:
            stored, version = await asyncio.to_thread(
                recuse, call.ports, call.person.id, ref, body.reason, etag
            )
        await ring(client, call.proposal.instance, stored.task)
        return _receipt(stored, version)

    return await handle("change_assignee", req, work)


@bp.route(route=f"{TASK}/question", methods=["POST"])
async def ask_question(req: func.HttpRequest) -> func.HttpResponse:
    """Ask the author something before deciding: no deadline stops for it."""

    async def work(call: Call) -> func.HttpResponse:
        etag = _version(call)
        text = parse(QuestionBody, receive(call.request).fields).text
        ref = TaskRef(call.route("proposal"), call.number("revision"), call.route("task"))
        file, task = await asyncio.to_thread(ask, call.ports, call.person.id, ref, text, etag)
        note = "No deadline stops for a question: the decision stays due."
        return answer(Asked(question_view(file), task.due_at, note))

    return await handle("ask_question", req, work)


def _version(call: Call) -> str:
    """The task's version that the person looked at. Raises HttpProblem (428). ``*`` is not a version: it is stale."""
    etag = call.header("if-match")
    if etag is None:
        text = "Send the task's etag, as shown with it, in the header If-Match: nobody decides on something unseen."
        raise HttpProblem(HTTPStatus.PRECONDITION_REQUIRED, "precondition-required", text)
    return etag.strip()


def _receipt(task: ApprovalTask, version: str) -> func.HttpResponse:
    body = Receipt(
        proposal=task.proposal,
        revision=task.revision,
        task=task.task,
        state=task.state,
        decision=task.decision,
        successor=task.successor,
        etag=version,
    )
    return answer(body, headers={"ETag": version})
