"""What descriptions of routes are made of: answers, headers, queries, and those that many routes share."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from approvals.refusals import RefusalKind
from approvals.stored import ids
from http_api.bodies import Body
from http_api.handling import PERSON_HEADER
from http_api.openapi.schemas import Schema
from http_api.problems import STATUS
from http_api.proposals import KEY_PATTERN, MAX_WAIT_SECONDS

# The problems that only HTTP knows, beside the domain's refusals.
HTTP_PROBLEMS: dict[str, HTTPStatus] = {
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "other-host": HTTPStatus.MISDIRECTED_REQUEST,
    "other-origin": HTTPStatus.FORBIDDEN,
    "other-person": HTTPStatus.CONFLICT,
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
    """An answer that is not a problem. ``content``: media type -> a type of the domain, or a schema; empty: no body."""

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
PERSON = Header(
    PERSON_HEADER, "Who was answered: an id of the directory", pattern(ids.PERSON_PATTERN.pattern)
)
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
