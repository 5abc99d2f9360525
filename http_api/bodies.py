"""Request bodies and queries: JSON, multipart or parameters, checked field by field before anything else happens.

A body that one route takes is declared beside that route; here is what several share.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import azure.functions as func
from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from approvals.model import Draft
from approvals.refusals import FieldError, invalid
from http_api.problems import HttpProblem, say
from services.submitting.submission import Upload
from services.validation import Body, Line, Text, Word

MAX_BUDGET = Decimal("1e12")
MAX_NAME = 150
LISTS = frozenset({"prepared_by", "keep"})  # in a form: repeated, or separated by commas
DOCUMENT_FIELD = re.compile(r"document:([a-z][a-z0-9_-]{0,30})\Z")


class Query(Body):
    """Parameters of a query. Others are ignored: proxies and mail programs add their own."""

    model_config = ConfigDict(extra="ignore")


class Paging(Query):
    continuation: Annotated[
        str | None, Field(description="`continuation` of the page before"), WithJsonSchema({"type": "string"})
    ] = None


class ProposalBody(Body):
    """A project design proposal, without its documents."""

    title: Line
    category: Word
    department: Word
    budget: Annotated[Decimal, Field(ge=0, le=MAX_BUDGET, decimal_places=2)]
    risk: Literal["low", "medium", "high"]
    summary: Annotated[Text, StringConstraints(min_length=1)]
    fields: dict[Word, Text] = Field(default={}, max_length=50)
    prepared_by: list[Word] = Field(default=[], max_length=50)
    note: Text = ""

    def draft(self) -> Draft:
        return Draft(
            title=self.title,
            category=self.category,
            department=self.department,
            budget=self.budget,
            risk=self.risk,
            summary=self.summary,
            fields=dict(self.fields),
            prepared_by=tuple(dict.fromkeys(self.prepared_by)),
            note=self.note,
        )


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
