"""Request bodies and queries: JSON, multipart or parameters, checked field by field before anything else happens.

A body that one route takes is declared beside that route; here is what several share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, assert_never

import azure.functions as func
from pydantic import ConfigDict, Field, StringConstraints, WithJsonSchema, create_model

from approvals.draft import FIELDS, Draft, ProposalField, Shape
from approvals.refusals import FieldError, invalid
from http_api.problems import HttpProblem, say
from services.submitting.submission import Upload
from services.validation import ONE_LINE, Body, Text, Word

MAX_BUDGET = Decimal("1e12")
MAX_NAME = 150
# In a form: repeated, or separated by commas.
LISTS = frozenset({"keep", *(name for name, each in FIELDS.items() if each.shape is Shape.PEOPLE)})
DOCUMENT_FIELD = re.compile(r"document:([a-z][a-z0-9_-]{0,30})\Z")


class Query(Body):
    """Parameters of a query. Others are ignored: proxies and mail programs add their own."""

    model_config = ConfigDict(extra="ignore")


class Paging(Query):
    continuation: Annotated[
        str | None,
        Field(description="`continuation` of the page before"),
        WithJsonSchema({"type": "string"}),
    ] = None


def declared(needed: Callable[[ProposalField], bool]) -> dict[str, Any]:
    """The fields of a proposal for a body; those that are ``needed`` must be there, the others may be left out."""
    return {
        name: (_checked(each, needed=True), ...)
        if needed(each)
        else (_checked(each, needed=False), EMPTY.get(each.shape, ""))
        for name, each in FIELDS.items()
    }


def _checked(field: ProposalField, *, needed: bool) -> Any:
    """How a door checks a field: by its shape and its limit."""
    text = StringConstraints(
        strip_whitespace=True, min_length=1 if needed else None, max_length=field.limit or None
    )
    match field.shape:
        case Shape.LINE | Shape.WORD | Shape.CATEGORY | Shape.DEPARTMENT:
            return Annotated[str, text, ONE_LINE]
        case Shape.TEXT:
            return Annotated[str, text]
        case Shape.CHOICE:
            return Literal[field.choices if needed else ("", *field.choices)]
        case Shape.MONEY:
            return Annotated[Decimal, Field(ge=0, le=MAX_BUDGET, decimal_places=2)]
        case Shape.ANSWERS:
            return Annotated[dict[Word, Text], Field(max_length=field.limit)]
        case Shape.PEOPLE:
            return Annotated[list[Word], Field(max_length=field.limit)]
        case _:
            assert_never(field.shape)


# What stands for a field that was left out; for texts it is the empty one.
EMPTY: Mapping[Shape, Any] = {Shape.MONEY: Decimal(0), Shape.ANSWERS: {}, Shape.PEOPLE: []}


class ProposalBody(create_model("Fields", __base__=Body, **declared(lambda field: field.required))):  # type: ignore[misc]  # a class made from the declaration of the fields
    """A project design proposal, without its documents."""

    def draft(self) -> Draft:
        values = {name: getattr(self, name) for name in FIELDS}
        people = {
            name: tuple(dict.fromkeys(values[name]))
            for name, each in FIELDS.items()
            if each.shape is Shape.PEOPLE
        }
        return Draft(**values | people)


@dataclass(frozen=True)
class Received:
    """A body's fields as plain data, and the documents that came with it."""

    fields: dict[str, Any]
    uploads: tuple[Upload, ...]


def receive(request: func.HttpRequest) -> Received:
    """Read JSON or multipart. Raises HttpProblem (400, 415)."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(request)
    if kind != "application/json":
        text = say("sent.content-type", kind=repr(kind)) if kind else say("sent.no-content-type")
        raise HttpProblem("unsupported-media-type", text)
    return Received(_object(request.get_body(), "body"), ())


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        text = say(f"sent.{what}-not-json", error=str(error))
        raise HttpProblem("not-json", text) from None
    if not isinstance(found, dict):
        raise HttpProblem("not-json", say(f"sent.{what}-not-object"))
    return found


def _multipart(request: func.HttpRequest) -> Received:
    """Form fields by name (``fields.goal`` for an answer), or all of them in one JSON part ``proposal``."""
    form, files = request.form, tuple(request.files.items(multi=True))
    with ExitStack() as closing:
        for _, file in files:
            closing.callback(file.close)
        _refuse_unreadable([*form.keys(), *(name for name, _ in files)])
        return Received(_form_fields(form), tuple(_upload(name, file) for name, file in files))


def _refuse_unreadable(names: list[str | None]) -> None:
    """The parser does not say what it could not read: it leaves it out. Raises HttpProblem (400)."""
    text = ""
    if not names:
        text = say("sent.no-readable-part")
    elif None in names:
        text = say("sent.nameless-part")
    if text:
        raise HttpProblem("not-multipart", text)


def _form_fields(form: Any) -> dict[str, Any]:
    fields: dict[str, Any] = dict(form.items())
    for name in LISTS & fields.keys():
        parts = ",".join(form.getlist(name)).split(",")
        fields[name] = [part.strip() for part in parts if part.strip()]
    if "proposal" in fields:
        fields = _object(str(fields.pop("proposal")).encode(), "part") | fields
    answers = {
        name.removeprefix("fields."): fields.pop(name) for name in list(fields) if name.startswith("fields.")
    }
    if answers:
        fields["fields"] = answers
    return fields


def _upload(field: str, file: Any) -> Upload:
    named = DOCUMENT_FIELD.match(field)
    if named is None:
        raise invalid(say("sent.document-without-kind"), FieldError(field[:64], say("sent.name-the-part")))
    name = safe_name(file.filename or "")
    if not name:
        raise invalid(say("sent.document-without-name"), FieldError(field, say("sent.needs-file-name")))
    return Upload(name, named[1], (file.mimetype or "application/octet-stream")[:127], file.read())


def safe_name(name: str) -> str:
    """A file name without path, control characters or quotes, 150 characters at most."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(letter for letter in base if letter.isprintable())
    return printable.replace('"', "'").strip()[:MAX_NAME]
