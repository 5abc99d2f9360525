"""Request bodies: JSON or multipart, checked field by field before anything else happens."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import azure.functions as func
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from approvals.model import Draft, Verdict
from approvals.refusals import FieldError, invalid
from http_api.problems import HttpProblem
from services.answering.questions import MAX_TEXT
from services.deciding.decide import MAX_COMMENT, MAX_CONDITION_TEXT, MAX_CONDITIONS, Ballot, ConditionDraft
from services.submitting.submission import Upload

M = TypeVar("M", bound="Body")


def _one_line(text: str) -> str:
    """Titles become subjects of messages, words become ids. Raises ValueError."""
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def _in_utc(moment: datetime) -> datetime:
    """Raises ValueError at the ends of the calendar, where UTC has no such moment."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_one_line)
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
MAX_BUDGET = Decimal("1e12")
MAX_NAME = 150
LISTS = frozenset({"prepared_by", "keep"})  # in a form: repeated, or separated by commas
DOCUMENT_FIELD = re.compile(r"document:([a-z][a-z0-9_-]{0,30})\Z")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProposalBody(Body):
    """A project design proposal, without its documents."""

    title: Line
    category: Word
    department: Word
    budget: Annotated[Decimal, Field(ge=0, le=MAX_BUDGET, decimal_places=2)]
    risk: Literal["low", "medium", "high"]
    summary: Annotated[Text, StringConstraints(min_length=1)]
    fields: Annotated[dict[Word, Text], Field(max_length=50)] = {}
    prepared_by: Annotated[list[Word], Field(max_length=50)] = []
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


class PreviewBody(ProposalBody):
    """A form that is still being filled in: only what the way through the policy depends on must be there."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    summary: Text = ""


class RevisionBody(ProposalBody):
    """The next revision; ``keep`` names documents of the one before by digest."""

    from_revision: Annotated[int, Field(ge=1)]
    keep: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]], Field(max_length=50)
    ] = []


def _as_text(moment: object) -> object:
    """A number would be taken for seconds since 1970. Raises ValueError."""
    if not isinstance(moment, str):
        raise ValueError("must be text with an offset, like 2026-12-01T12:00:00Z")  # noqa: TRY004 - pydantic's way
    return moment


class ConditionBody(Body):
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CONDITION_TEXT)
    ]
    due: Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_utc)]


class DecisionBody(Body):
    """A decision on an approval task."""

    verdict: Literal["approve", "reject", "request_changes", "approve_with_conditions"]
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT)] = ""
    conditions: Annotated[list[ConditionBody], Field(max_length=MAX_CONDITIONS)] = []

    def ballot(self) -> Ballot:
        conditions = tuple(ConditionDraft(each.text, each.due) for each in self.conditions)
        return Ballot(Verdict(self.verdict), self.comment, conditions)


class AssigneeBody(Body):
    """Hand a task over (``to``) or step back from it (``recuse``)."""

    to: Word | None = None
    recuse: bool = False
    reason: Annotated[str, StringConstraints(max_length=1000)] = ""


class WithdrawalBody(Body):
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


class QuestionBody(Body):
    """A question to the author about a task, or the answer to one."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]


class EvidenceBody(Body):
    """Evidence for a condition, or what its confirmer says about it."""

    condition: Word
    action: Literal["give", "confirm", "refuse"] = "give"
    note: Annotated[str, StringConstraints(max_length=4000)] = ""


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
        text = f"The content type is {kind or 'missing'!r}: send application/json, or multipart/form-data."
        raise HttpProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", text)
    return Received(_object(request.get_body(), "the body"), ())


def parse(model: type[M], fields: dict[str, Any]) -> M:
    """Validate. Raises Refusal (INVALID) naming every field, in words for people."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        errors = [FieldError(_path(each["loc"]), _mend(each)) for each in error.errors()]
        raise invalid("The request has fields that are missing or wrong.", *errors) from None


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "body"


def _mend(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not known here; leave it out"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        text = f"{what.capitalize()} is not JSON: {error}. Check its quotes, commas and brackets."
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "not-json", text) from None
    if not isinstance(found, dict):
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "not-json", f"{what.capitalize()} must be a JSON object.")
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
        text = (
            "The multipart body has no part that can be read. Check its boundary, and that it ends with it."
        )
    elif None in names:
        text = "A part of the multipart body has no name. Give every part one in its Content-Disposition."
    if text:
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "not-multipart", text)


def _form_fields(form: Any) -> dict[str, Any]:
    fields: dict[str, Any] = dict(form.items())
    for name in LISTS & fields.keys():
        parts = ",".join(form.getlist(name)).split(",")
        fields[name] = [part.strip() for part in parts if part.strip()]
    if "proposal" in fields:
        fields = _object(str(fields.pop("proposal")).encode(), "the part 'proposal'") | fields
    answers = {
        name.removeprefix("fields."): fields.pop(name) for name in list(fields) if name.startswith("fields.")
    }
    if answers:
        fields["fields"] = answers
    return fields


def _upload(field: str, file: Any) -> Upload:
    named = DOCUMENT_FIELD.match(field)
    if named is None:
        text = "send documents as parts named document:KIND, like document:design"
        raise invalid("A document has no kind.", FieldError(field[:64], text))
    name = safe_name(file.filename or "")
    if not name:
        raise invalid("A document has no name.", FieldError(field, "needs a file name"))
    return Upload(name, named[1], (file.mimetype or "application/octet-stream")[:127], file.read())


def safe_name(name: str) -> str:
    """A file name without path, control characters or quotes, 150 characters at most."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(letter for letter in base if letter.isprintable())
    return printable.replace('"', "'").strip()[:MAX_NAME]
