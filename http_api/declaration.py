"""What a route declares beside its method and path: who may call it, what it takes, what it answers.

`http_api.handling.describes` turns a handler and its declaration into the function that Azure Functions calls. Access
checks, parsing and the API's description all read the declaration, so a route is declared once, in its own module.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from approvals.refusals import FieldError, RefusalKind, invalid
from approvals.stored import ids
from http_api.access import Who
from http_api.bodies import Query
from http_api.problems import HttpProblem, say
from services.validation import Body

Schema = dict[str, Any]
Work = Callable[..., Awaitable[Any]]

JSON = "application/json"
TEXT: Schema = {"type": "string"}
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Who was answered; in a request, whom the caller believes to be: another window may have signed in as somebody else.
PERSON_HEADER = "X-Greenlight-Person"
# Every request of a known person can run into these, and every request with a body into those.
KNOWN_PROBLEMS = ("unauthenticated", "other-person", "internal", "no-directory", "other-host")
UNSAFE_PROBLEMS = ("other-origin", "too-large")
BODY_PROBLEMS = ("unsupported-media-type", "not-json", "not-multipart", "invalid")
WHO_PROBLEMS: dict[Who, tuple[str, ...]] = {
    Who.ALWAYS: ("internal", "other-host"),
    Who.EVERYBODY: ("unauthenticated", "internal", "other-host"),
    Who.KNOWN: KNOWN_PROBLEMS,
    Who.INVOLVED: (*KNOWN_PROBLEMS, "not-found"),
    Who.OPERATORS: (*KNOWN_PROBLEMS, "not-allowed"),
}


@dataclass(frozen=True)
class Header:
    """A header of a request or an answer. ``always``: the request is refused, or the answer never comes, without it.

    ``must`` tells a caller what a value has to look like that does not match the schema's pattern.
    """

    name: str
    text: str
    schema: Schema
    always: bool = True
    must: str = ""

    def check(self, value: str | None) -> None:
        """Raises HttpProblem (428) where a request lacks it, Refusal (INVALID) where its value is malformed."""
        if value is None:
            if self.always:
                text = say("sent.header-missing", name=self.name, text=self.text)
                raise HttpProblem("precondition-required", text)
        elif "pattern" in self.schema and not re.fullmatch(self.schema["pattern"], value):
            raise invalid(say("sent.header-wrong"), FieldError(self.name, self.must))


@dataclass(frozen=True)
class Answer:
    """An answer that is not a problem. ``content``: media type -> a type of the domain, or a schema; empty: no body."""

    status: HTTPStatus
    text: str
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """A handler, and what holds for its route. ``body`` and ``query`` are the types of the handler's parameters.

    ``places`` describes what stands in braces in the path, beyond `IN_PATH`: name -> text and schema.
    """

    work: Work
    who: Who
    tag: str
    answers: tuple[Answer, ...]
    problems: tuple[str | RefusalKind, ...]
    headers: tuple[Header, ...]
    places: Mapping[str, tuple[str, Schema]]
    body: type[Body] | None
    query: type[Query] | None
    returns: Any

    @property
    def name(self) -> str:
        return self.work.__name__

    def problem_kinds(self, method: str) -> set[str]:
        """Every kind of problem that the route can answer with."""
        kinds = {each.value if isinstance(each, RefusalKind) else each for each in self.problems}
        kinds.update(WHO_PROBLEMS[self.who])
        kinds.update(UNSAFE_PROBLEMS if method in UNSAFE else ())
        kinds.update(BODY_PROBLEMS if self.body else ())
        return kinds


def pattern(of: str) -> Schema:
    """The schema of text that matches, as a Python pattern or one of JSON Schema."""
    return {"type": "string", "pattern": "^" + of.removeprefix("^").replace(r"\Z", "$")}


# What stands in braces in the paths of more than one module.
IN_PATH: Mapping[str, tuple[str, Schema]] = {
    "proposal": ("The proposal's id", pattern(ids.PROPOSAL_PATTERN.pattern)),
    "revision": ("Its revision, from 1", {"type": "integer", "minimum": 1, "maximum": 999_999}),
    "task": ("The task's name", pattern(ids.TASK_PATTERN.pattern)),
}
SECONDS: Schema = {"type": "string", "pattern": "^[0-9]+$"}
RETRY_AFTER = Header("Retry-After", "When to look again, in seconds", SECONDS)
LOCATION = Header("Location", "Where to look how it goes", {"type": "string", "format": "uri-reference"})
ETAG = Header("ETag", "The version of what is shown", TEXT)
DISPOSITION = Header("Content-Disposition", "The name to save it under", TEXT)
PERSON = Header(
    PERSON_HEADER, "Who was answered: an id of the directory", pattern(ids.PERSON_PATTERN.pattern)
)


class Returned:
    """Stands for the type that the handler returns."""


def ok(text: str, *headers: Header, kind: Any = Returned) -> Answer:
    return Answer(HTTPStatus.OK, text, {JSON: kind}, headers)


def file(media_type: str, text: str, *headers: Header) -> Answer:
    return Answer(HTTPStatus.OK, text, {media_type: {}}, headers)
