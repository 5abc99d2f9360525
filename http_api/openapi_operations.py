"""What each route takes and answers, beyond what holds for all of them: a table, in the order of the description."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from approvals import ids
from approvals.model import ConditionFile
from approvals.record import DecisionRecord
from approvals.refusals import RefusalKind
from http_api.answers import (
    Accepted,
    Answered,
    Asked,
    Health,
    Me,
    Outbox,
    PublicationStarted,
    Receipt,
    Session,
)
from http_api.bodies import (
    AssigneeBody,
    Body,
    DecisionBody,
    EvidenceBody,
    PreviewBody,
    ProposalBody,
    QuestionBody,
    RevisionBody,
    WithdrawalBody,
)
from http_api.openapi_schemas import Schema
from http_api.problems import STATUS
from http_api.proposals import KEY_PATTERN, MAX_WAIT_SECONDS
from services.form import PolicyForm
from services.lists import InboxItem, ListItem, Page
from services.preview import PolicyPreview
from services.views import ProposalView, StatusView

# The problems that only HTTP knows, beside the domain's refusals.
HTTP_PROBLEMS: dict[str, HTTPStatus] = {
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "other-origin": HTTPStatus.FORBIDDEN,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "not-json": HTTPStatus.BAD_REQUEST,
    "not-multipart": HTTPStatus.BAD_REQUEST,
    "precondition-required": HTTPStatus.PRECONDITION_REQUIRED,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "no-directory": HTTPStatus.SERVICE_UNAVAILABLE,
}
PROBLEM_STATUS = HTTP_PROBLEMS | {kind.value: status for kind, status in STATUS.items()}

JSON = "application/json"
TEXT: Schema = {"type": "string"}


@dataclass(frozen=True)
class Header:
    """A header of a request or an answer. ``always``: the request is refused, or the answer never comes, without it."""

    name: str
    text: str
    schema: Schema
    always: bool = True


@dataclass(frozen=True)
class Query:
    name: str
    text: str
    schema: Schema


@dataclass(frozen=True)
class Answer:
    """An answer that is no problem. ``content``: media type -> a type of the domain, or a schema; empty: no body."""

    status: HTTPStatus
    text: str
    content: dict[str, Any]
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class Operation:
    """A route. ``function`` is its name in `http_api.access.RULES`; ``problems`` are those of its own work."""

    function: str
    method: str
    path: str
    tag: str
    text: str
    answers: tuple[Answer, ...]
    problems: tuple[str | RefusalKind, ...] = ()
    queries: tuple[Query, ...] = ()
    headers: tuple[Header, ...] = ()
    body: type[Body] | None = None
    form: bool = False


def pattern(of: str) -> Schema:
    return {"type": "string", "pattern": "^" + of.removeprefix("^").replace(r"\Z", "$")}


# What stands in braces in a path.
IN_PATH: dict[str, tuple[str, Schema]] = {
    "proposal": ("The proposal's id", pattern(ids.PROPOSAL_PATTERN.pattern)),
    "revision": ("Its revision, from 1", {"type": "integer", "minimum": 1, "maximum": 999_999}),
    "task": ("The task's name", pattern(ids.TASK_PATTERN.pattern)),
    "question": ("The question's id", pattern(ids.QUESTION_PATTERN.pattern)),
    "sha256": ("The document's digest", pattern("[0-9a-f]{64}$")),
}

SECONDS: Schema = {"type": "string", "pattern": "^[0-9]+$"}
RETRY_AFTER = Header("Retry-After", "When to look again, in seconds", SECONDS)
LOCATION = Header("Location", "Where to look how it goes", {"type": "string", "format": "uri-reference"})
ETAG = Header("ETag", "The version of what is shown", TEXT)
DISPOSITION = Header("Content-Disposition", "The name to save it under", TEXT)
IF_MATCH = Header("If-Match", "The task's `etag`, as it was shown: nobody decides on something unseen", TEXT)
IF_NONE_MATCH = Header("If-None-Match", "The `ETag` of what is there already", TEXT, always=False)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Of the caller's choice: the same key with the same request again is the same proposal",
    pattern(KEY_PATTERN.pattern),
    always=False,
)
WAIT = Query(
    "wait",
    "How many seconds to wait for the outcome",
    {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS, "default": 0},
)
CONTINUATION = Query("continuation", "`continuation` of the page before", TEXT)


def ok(kind: Any, text: str, *headers: Header) -> Answer:
    return Answer(HTTPStatus.OK, text, {JSON: kind}, headers)


def file(media_type: str, text: str, *headers: Header) -> Answer:
    return Answer(HTTPStatus.OK, text, {media_type: {}}, headers)


ACCEPTED = Answer(HTTPStatus.ACCEPTED, "Stored, and under way", {JSON: Accepted}, (LOCATION, RETRY_AFTER))
OVER = ok(Accepted, "It is over: with its outcome")
R = RefusalKind
SUBMITTING = (R.INVALID, R.NOBODY_CAN_APPROVE)
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
    R.COMMENT_REQUIRED,
    "precondition-required",
)
TASK = "/api/proposals/{proposal}/revisions/{revision}/tasks/{task}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "submit_proposal",
        "POST",
        "/api/proposals",
        "proposals",
        "Submit a proposal.",
        (ACCEPTED, OVER),
        problems=(*SUBMITTING, R.KEY_REUSED),
        queries=(WAIT,),
        headers=(IDEMPOTENCY_KEY,),
        body=ProposalBody,
        form=True,
    ),
    Operation(
        "list_proposals",
        "GET",
        "/api/proposals",
        "proposals",
        "My proposals; for operators also everything that is open.",
        (ok(Page[ListItem], "A page of proposals"),),
        problems=(R.INVALID, R.NOT_ALLOWED),
        queries=(
            Query(
                "scope",
                "Mine, or all open ones",
                {"type": "string", "enum": ["mine", "open"], "default": "mine"},
            ),
            CONTINUATION,
        ),
    ),
    Operation(
        "show_proposal",
        "GET",
        "/api/proposals/{proposal}",
        "proposals",
        "The whole picture: revisions, stages, tasks, findings, conditions, timeline, and the viewer's next moves.",
        (ok(ProposalView, "The proposal"),),
    ),
    Operation(
        "show_status",
        "GET",
        "/api/proposals/{proposal}/status",
        "proposals",
        "Where it stands, for who polls.",
        (
            ok(StatusView, "It is over"),
            Answer(HTTPStatus.ACCEPTED, "It is under way", {JSON: StatusView}, (RETRY_AFTER,)),
        ),
    ),
    Operation(
        "show_audit",
        "GET",
        "/api/proposals/{proposal}/audit",
        "evidence",
        "The audit trail as it lies in storage, one JSON object a line, for the offline verifier.",
        (file("application/x-ndjson", "The trail", DISPOSITION),),
    ),
    Operation(
        "show_record",
        "GET",
        "/api/proposals/{proposal}/record",
        "evidence",
        "The sealed decision record: a page that prints, or the bytes that were sealed.",
        (
            Answer(
                HTTPStatus.OK,
                "The record",
                {"text/html": {}, JSON: DecisionRecord},
                (
                    Header(
                        "Content-Disposition", "Of the JSON: the name to save it under", TEXT, always=False
                    ),
                ),
            ),
        ),
        problems=(R.INVALID,),
        queries=(
            Query(
                "format", "Which of the two", {"type": "string", "enum": ["html", "json"], "default": "html"}
            ),
        ),
    ),
    Operation(
        "show_document",
        "GET",
        "/api/proposals/{proposal}/documents/{sha256}",
        "evidence",
        "A document, as an attachment.",
        (file("application/octet-stream", "Its bytes", DISPOSITION),),
    ),
    Operation(
        "submit_revision",
        "POST",
        "/api/proposals/{proposal}/revisions",
        "proposals",
        "The author answers a request for changes with the next revision.",
        (ACCEPTED, OVER),
        problems=(
            *SUBMITTING,
            R.NOT_ALLOWED,
            R.PROPOSAL_OVER,
            R.WRONG_STATE,
            R.SUPERSEDED_REVISION,
            R.CONFLICT,
        ),
        body=RevisionBody,
        form=True,
    ),
    Operation(
        "withdraw_proposal",
        "POST",
        "/api/proposals/{proposal}/withdrawal",
        "proposals",
        "The author takes a proposal back, until it is decided.",
        (ACCEPTED, OVER),
        problems=(R.INVALID, R.NOT_ALLOWED, R.PROPOSAL_OVER, R.CONFLICT),
        body=WithdrawalBody,
        form=True,
    ),
    Operation(
        "evidence",
        "POST",
        "/api/proposals/{proposal}/evidence",
        "proposals",
        "Give evidence that a condition is met, confirm it, or say what is missing.",
        (ok(ConditionFile, "The condition as it stands now"),),
        problems=(
            R.INVALID,
            R.NOT_ALLOWED,
            R.PROPOSAL_OVER,
            R.WRONG_STATE,
            R.CONFLICT,
            R.COMMENT_REQUIRED,
        ),
        body=EvidenceBody,
        form=True,
    ),
    Operation(
        "record_decision",
        "POST",
        f"{TASK}/decision",
        "tasks",
        "Decide on an approval task. There is no undo.",
        (ok(Receipt, "Recorded; applied once the workflow has acted on it", ETAG),),
        problems=(*ON_A_TASK, R.NOT_ALLOWED, R.VERDICT_NOT_ALLOWED),
        headers=(IF_MATCH,),
        body=DecisionBody,
        form=True,
    ),
    Operation(
        "change_assignee",
        "POST",
        f"{TASK}/assignee",
        "tasks",
        "Hand a task over, or step back from it: the next of the chain is asked.",
        (ok(Receipt, "Superseded: `successor` holds the seat now", ETAG),),
        problems=ON_A_TASK,
        headers=(IF_MATCH,),
        body=AssigneeBody,
        form=True,
    ),
    Operation(
        "ask_question",
        "POST",
        f"{TASK}/question",
        "tasks",
        "Ask the author something before deciding. No deadline stops for it.",
        (ok(Asked, "The question, and when the decision stays due"),),
        problems=tuple(kind for kind in ON_A_TASK if kind is not R.COMMENT_REQUIRED),
        headers=(IF_MATCH,),
        body=QuestionBody,
        form=True,
    ),
    Operation(
        "answer_question",
        "POST",
        "/api/proposals/{proposal}/questions/{question}/answer",
        "proposals",
        "The author, or who prepared the documents, answers a question, once.",
        (ok(Answered, "The question, with its answer"),),
        problems=(R.NOT_ALLOWED, R.PROPOSAL_OVER, R.WRONG_STATE, R.SUPERSEDED_REVISION, R.CONFLICT),
        body=QuestionBody,
        form=True,
    ),
    Operation(
        "run_publication_again",
        "POST",
        "/api/proposals/{proposal}/publication",
        "proposals",
        "Run a failed publication again.",
        (Answer(HTTPStatus.ACCEPTED, "It runs", {JSON: PublicationStarted}, (LOCATION, RETRY_AFTER)),),
        problems=(R.NOT_FOUND, R.WRONG_STATE),
    ),
    Operation(
        "show_inbox",
        "GET",
        "/api/inbox",
        "me",
        "What waits for me, most urgent first.",
        (
            ok(Page[InboxItem], "A page of tasks", ETAG),
            Answer(HTTPStatus.NOT_MODIFIED, "Nothing changed since that version", {}, (ETAG,)),
        ),
        queries=(CONTINUATION,),
        headers=(IF_NONE_MATCH,),
    ),
    Operation("who_am_i", "GET", "/api/me", "me", "Who is asking.", (ok(Me, "A person of the directory"),)),
    Operation(
        "show_outbox", "GET", "/api/outbox", "me", "The messages to me.", (ok(Outbox, "Newest first"),)
    ),
    Operation(
        "show_policy",
        "GET",
        "/api/policy",
        "policy",
        "What a form needs of today's policy and directory.",
        (ok(PolicyForm, "Categories, departments, limits, verdicts, people"),),
    ),
    Operation(
        "preview_policy",
        "POST",
        "/api/policy/preview",
        "policy",
        "Who would have to approve this, why, and by when. Nothing is stored.",
        (ok(PolicyPreview, "The way through the policy"),),
        problems=SUBMITTING,
        body=PreviewBody,
        form=True,
    ),
    Operation(
        "show_session",
        "GET",
        "/api/session",
        "service",
        "How to say who you are.",
        (ok(Session, "Where to sign in; locally, who there is"),),
        problems=("internal", "no-directory"),
    ),
    Operation(
        "health",
        "GET",
        "/api/health",
        "service",
        "Is the app able to work?",
        (
            ok(Health, "It is"),
            Answer(HTTPStatus.SERVICE_UNAVAILABLE, "Something that it needs fails", {JSON: Health}),
        ),
    ),
    Operation(
        "describe_api",
        "GET",
        "/api/openapi.json",
        "service",
        "This description.",
        (ok({"type": "object"}, "OpenAPI 3.1"),),
    ),
)
