"""The client function that answers a question of somebody who decides."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import azure.durable_functions as df

from approvals.refusals import RefusalKind
from approvals.stored import ids
from http_api.access import Who
from http_api.declaration import ok, pattern
from http_api.handling import Call, describes
from http_api.proposal.tasks import QuestionBody
from services.answering import questions
from services.reading.views import QuestionView, question_view

bp = df.Blueprint()

R = RefusalKind


@dataclass(frozen=True)
class Answered:
    """A question, with its answer."""

    question: QuestionView


@bp.route(route="api/proposals/{proposal}/questions/{question}/answer", methods=["POST"])
@describes(
    Who.INVOLVED,
    "proposals",
    places={"question": ("The question's id", pattern(ids.QUESTION_PATTERN.pattern))},
    answers=(ok("The question, with its answer"),),
    problems=(R.NOT_ALLOWED, R.PROPOSAL_OVER, R.WRONG_STATE, R.SUPERSEDED_REVISION, R.CONFLICT),
)
async def answer_question(call: Call, body: QuestionBody) -> Answered:
    """The author, or who prepared the documents, answers a question, once."""
    given = (call.proposal.proposal, call.route("question"), body.text)
    file = await asyncio.to_thread(questions.answer, call.ports, call.person.id, *given)
    return Answered(question_view(file))
