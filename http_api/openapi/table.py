"""What each route takes and answers, beyond what holds for all of them: a table, in the order of the description."""

from __future__ import annotations

from http import HTTPStatus

from approvals.model import ConditionFile, Message
from approvals.refusals import RefusalKind
from approvals.writing.record import DecisionRecord
from http_api.answers import (
    Accepted,
    Answered,
    Asked,
    Health,
    Me,
    PublicationStarted,
    Receipt,
    Session,
)
from http_api.bodies import (
    AssigneeBody,
    DecisionBody,
    EvidenceBody,
    PreviewBody,
    ProposalBody,
    QuestionBody,
    RevisionBody,
    WithdrawalBody,
)
from http_api.openapi.parts import (
    CONTINUATION,
    DISPOSITION,
    ETAG,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    JSON,
    LOCATION,
    RETRY_AFTER,
    TEXT,
    WAIT,
    Answer,
    Header,
    Operation,
    Query,
    file,
    ok,
)
from services.reading.inbox import InboxItem
from services.reading.lists import ListItem, Page
from services.reading.views import ProposalView, StatusView
from services.submitting.form import PolicyForm
from services.submitting.preview import PolicyPreview

ACCEPTED = Answer(HTTPStatus.ACCEPTED, "Stored, and under way", {JSON: Accepted}, (LOCATION, RETRY_AFTER))
OVER = ok(Accepted, "It is over: with its outcome")
R = RefusalKind
SUBMITTING = (R.INVALID, R.TOO_LARGE, R.NOBODY_CAN_APPROVE)
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
        problems=(R.INVALID, R.ERASED),
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
        problems=(R.ERASED,),
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
            R.TOO_LARGE,
            R.NOT_ALLOWED,
            R.PROPOSAL_OVER,
            R.WRONG_STATE,
            R.CONFLICT,
            R.COMMENT_REQUIRED,
        ),
        body=EvidenceBody,
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
        "show_outbox",
        "GET",
        "/api/outbox",
        "me",
        "The messages to me, newest first.",
        (ok(Page[Message], "A page of messages"),),
        queries=(CONTINUATION,),
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
    ),
    Operation(
        "show_session",
        "GET",
        "/api/session",
        "service",
        "How to say who you are.",
        (ok(Session, "Where to sign in; locally, who there is"),),
        problems=("unauthenticated", "internal", "no-directory", "other-host"),
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
        problems=("internal", "other-host"),
    ),
    Operation(
        "describe_api",
        "GET",
        "/api/openapi.json",
        "service",
        "This description.",
        (ok({"type": "object"}, "OpenAPI 3.1"),),
        problems=("unauthenticated", "internal", "other-host"),
    ),
)
