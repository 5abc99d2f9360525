"""Problem details (RFC 9457): every refusal and every failure, in one shape with a stable ``type``."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

import azure.functions as func

from adapters.files.catalogue import english
from approvals import refusals
from approvals.refusals import Refusal, RefusalKind
from approvals.texts import in_words

log = logging.getLogger("greenlight.http")
# What this package says to people.
say = english()

STATUS: dict[RefusalKind, HTTPStatus] = {
    RefusalKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RefusalKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    RefusalKind.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    RefusalKind.NOT_YOUR_TASK: HTTPStatus.FORBIDDEN,
    RefusalKind.TASK_OVER: HTTPStatus.CONFLICT,
    RefusalKind.PROPOSAL_OVER: HTTPStatus.CONFLICT,
    RefusalKind.WRONG_STATE: HTTPStatus.CONFLICT,
    RefusalKind.SUPERSEDED_REVISION: HTTPStatus.CONFLICT,
    RefusalKind.CONFLICT: HTTPStatus.CONFLICT,
    RefusalKind.ERASED: HTTPStatus.GONE,
    RefusalKind.STALE: HTTPStatus.PRECONDITION_FAILED,
    RefusalKind.VERDICT_NOT_ALLOWED: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalKind.COMMENT_REQUIRED: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalKind.KEY_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalKind.NOBODY_CAN_APPROVE: HTTPStatus.UNPROCESSABLE_ENTITY,
}
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


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: ``field`` is a dotted path, ``message`` says how to mend it."""

    field: str
    message: str


class HttpProblem(Exception):
    """A refusal that only HTTP knows: who is there, content types, sizes. ``kind`` is one of `HTTP_PROBLEMS`."""

    def __init__(self, kind: str, what: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(what)
        self.kind, self.what, self.headers = kind, what, dict(headers or {})
        self.status = PROBLEM_STATUS[kind]


def of_refusal(refusal: Refusal, instance: str) -> func.HttpResponse:
    """A domain refusal as an answer; its facts (who was first, since when) become members."""
    return problem(refusal.kind.value, in_words(refusal.what, say), instance, refusal.errors, refusal.detail)


def of_problem(found: HttpProblem, instance: str) -> func.HttpResponse:
    return problem(found.kind, found.what, instance, headers=found.headers)


def of_failure(error: BaseException, instance: str) -> func.HttpResponse:
    """Something unforeseen: 500, with an id under which the log has the whole story."""
    incident = uuid.uuid4().hex[:12]
    log.error("incident %s", incident, exc_info=error)
    return problem(
        "internal", say("problem.internal", incident=incident), instance, facts={"incident": incident}
    )


def problem(
    kind: str,
    detail: str,
    instance: str,
    errors: Sequence[refusals.FieldError] = (),
    facts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """A problem document as a response."""
    status = PROBLEM_STATUS[kind]
    body = {
        **(facts or {}),
        "type": f"/problems/{kind}",
        "title": say("problem-title", kind=kind, phrase=status.phrase),
        "status": int(status),
        "detail": detail,
        "instance": instance,
    }
    if errors:
        found = [FieldError(error.field, in_words(error.message, say)) for error in errors]
        body["errors"] = [asdict(error) for error in found]
    return func.HttpResponse(
        # what was sent is quoted, and JSON can say half a character that UTF-8 cannot
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=int(status),
        mimetype="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
