"""Client functions on approval tasks: decide, hand over, step back, ask the author."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import azure.durable_functions as df
import azure.functions as func
from pydantic import StringConstraints

from adapters.durable import ring
from approvals.model import ApprovalTask, Decision, Successor, TaskState
from approvals.refusals import FieldError, RefusalKind, invalid
from http_api.access import Who
from http_api.declaration import ETAG, TEXT, Header, ok
from http_api.handling import Call, answer, describes
from http_api.problems import say
from services.answering.questions import MAX_TEXT, ask
from services.deciding.assignment import hand_over, recuse
from services.deciding.ballots import DecisionBody
from services.deciding.decide import decide
from services.reading.views import QuestionView, question_view
from services.store.cases import TaskRef
from services.validation import Body, Word

bp = df.Blueprint()

TASK = "api/proposals/{proposal}/revisions/{revision}/tasks/{task}"
# ``*`` is not a version: it is stale.
IF_MATCH = Header("If-Match", "The task's `etag`, as it was shown: nobody decides on something unseen", TEXT)
R = RefusalKind
ON_A_TASK = (
    R.INVALID,
    R.NOT_FOUND,
    R.NOT_YOUR_TASK,
    R.TASK_OVER,
    R.PROPOSAL_OVER,
    R.WRONG_STATE,
    R.SUPERSEDED_REVISION,
    R.CONFLICT,
    R.STALE,
    "precondition-required",
)


@dataclass(frozen=True)
class Receipt:
    """What became of a task by this request. ``etag`` is its version from now on."""

    proposal: str
    revision: int
    task: str
    state: TaskState
    decision: Decision | None
    successor: Successor | None
    etag: str


@bp.route(route=f"{TASK}/decision", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.INVOLVED,
    "tasks",
    headers=(IF_MATCH,),
    answers=(ok("Recorded; applied once the workflow has acted on it", ETAG, kind=Receipt),),
    problems=(*ON_A_TASK, R.COMMENT_REQUIRED, R.NOT_ALLOWED, R.VERDICT_NOT_ALLOWED),
)
async def record_decision(
    call: Call, body: DecisionBody, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Decide on an approval task. There is no undo."""
    given = (_ref(call), body.ballot(), _etag(call))
    stored, version = await asyncio.to_thread(decide, call.ports, call.person.id, *given)
    await ring(client, call.proposal.instance, stored.task)
    return _receipt(stored, version)


class AssigneeBody(Body):
    """Hand a task over (``to``) or step back from it (``recuse``)."""

    to: Word | None = None
    recuse: bool = False
    reason: Annotated[str, StringConstraints(max_length=1000)] = ""


@bp.route(route=f"{TASK}/assignee", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.INVOLVED,
    "tasks",
    headers=(IF_MATCH,),
    answers=(ok("Superseded: `successor` holds the seat now", ETAG, kind=Receipt),),
    problems=(*ON_A_TASK, R.COMMENT_REQUIRED),
)
async def change_assignee(
    call: Call, body: AssigneeBody, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Hand a task over, or step back from it: the next of the chain is asked."""
    if body.recuse == (body.to is not None):
        error = FieldError("to", say("sent.person-or-recusal"))
        raise invalid(say("sent.person-or-recusal-title"), error)
    about = (call.ports, call.person.id, _ref(call))
    if body.to is not None:
        stored, version = await asyncio.to_thread(hand_over, *about, body.to, body.reason, _etag(call))
    else:
        stored, version = await asyncio.to_thread(recuse, *about, body.reason, _etag(call))
    await ring(client, call.proposal.instance, stored.task)
    return _receipt(stored, version)


@dataclass(frozen=True)
class Asked:
    """A question to the author. ``due_at`` is when its task's decision is due, question or not; ``note`` says so."""

    question: QuestionView
    due_at: datetime
    note: str


class QuestionBody(Body):
    """A question to the author about a task, or the answer to one."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]


@bp.route(route=f"{TASK}/question", methods=["POST"])
@describes(
    Who.INVOLVED,
    "tasks",
    headers=(IF_MATCH,),
    answers=(ok("The question, and when the decision stays due"),),
    problems=ON_A_TASK,
)
async def ask_question(call: Call, body: QuestionBody) -> Asked:
    """Ask the author something before deciding. No deadline stops for it."""
    given = (_ref(call), body.text, _etag(call))
    file, task = await asyncio.to_thread(ask, call.ports, call.person.id, *given)
    note = say("served.question-note")
    return Asked(question_view(file), task.due_at, note)


def _ref(call: Call) -> TaskRef:
    return TaskRef(call.route("proposal"), call.number("revision"), call.route("task"))


def _etag(call: Call) -> str:
    """The task's version that the person looked at."""
    return str(call.header(IF_MATCH.name)).strip()


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
