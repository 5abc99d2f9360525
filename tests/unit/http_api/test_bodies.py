"""Request bodies: JSON and multipart become the same draft; what is malformed is told field by field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import azure.functions as func
import pytest

from adapters.files.catalogue import english
from approvals.refusals import Refusal, RefusalKind
from approvals.texts import in_words
from approvals.verdicts import Verdict
from http_api.bodies import ProposalBody, Received, receive, safe_name
from http_api.problems import HttpProblem
from http_api.proposal.author_moves import RevisionBody, WithdrawalBody
from http_api.proposal.condition_evidence import EvidenceBody
from http_api.proposal.tasks import AssigneeBody
from services.deciding.ballots import DecisionBody
from services.deciding.decide import MAX_COMMENT, MAX_CONDITIONS
from services.validation import Body, parse

SAY = english(strict=True)
PDF = b"%PDF-1.4\n\x00\xff\r\n--half-a-boundary\r\n"
DIGEST = "0f" * 32
BOUNDARY = "b0undary"
WHOLE = {
    "title": "New sorting hall",
    "category": "software-design",
    "department": "engineering",
    "budget": 12000,
    "risk": "low",
    "summary": "A hall that sorts.",
}


def request(content_type: str | None, body: bytes) -> func.HttpRequest:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return func.HttpRequest("POST", "http://127.0.0.1/api/proposals", headers=headers, body=body)


def as_json(value: Any) -> func.HttpRequest:
    return request("application/json; charset=utf-8", json.dumps(value).encode())


def part(
    name: str, content: bytes | str, filename: str | None = None, media_type: str | None = None
) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    kind = f"\r\nContent-Type: {media_type}" if media_type else ""
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}{kind}\r\n\r\n".encode() + data + b"\r\n"


def multipart(*parts: bytes) -> func.HttpRequest:
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return request(f"multipart/form-data; boundary={BOUNDARY}", body)


def nameless(disposition: str) -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode()


def whole_form() -> list[bytes]:
    return [part(name, str(value)) for name, value in WHOLE.items()]


def refused(model: type[Body], fields: dict[str, Any]) -> dict[str, str]:
    """Field -> what to mend."""
    with pytest.raises(Refusal) as caught:
        parse(model, fields)
    assert caught.value.kind is RefusalKind.INVALID
    return {error.field: in_words(error.message, SAY) for error in caught.value.errors}


def problem(sent: func.HttpRequest) -> HttpProblem:
    with pytest.raises(HttpProblem) as caught:
        receive(sent)
    return caught.value


# -- what is read ----------------------------------------------------------------------------------------


def test_json_becomes_a_draft() -> None:
    sent = as_json(
        WHOLE | {"budget": 0.1, "fields": {"goal": " faster "}, "prepared_by": ["ben", "ben", "carl"]}
    )
    received = receive(sent)
    draft = parse(ProposalBody, received.fields).draft()
    assert received.uploads == ()
    assert draft.title == "New sorting hall"
    assert draft.budget == Decimal("0.1")
    assert draft.fields == {"goal": "faster"}
    assert draft.prepared_by == ("ben", "carl")


def test_multipart_means_the_same_as_json() -> None:
    more = {"fields": {"goal": "Größe", "alternatives": "none"}, "prepared_by": ["ben", "carl"], "note": "n"}
    form = multipart(
        *whole_form(),
        part("fields.goal", "Größe"),
        part("fields.alternatives", "none"),
        part("prepared_by", "ben, carl,"),
        part("note", "n"),
    )
    one, other = receive(form), receive(as_json(WHOLE | more))
    assert parse(ProposalBody, one.fields).draft() == parse(ProposalBody, other.fields).draft()


def test_the_fields_may_come_as_one_json_part() -> None:
    received = receive(multipart(part("proposal", json.dumps(WHOLE)), part("note", "one more")))
    assert received.fields == WHOLE | {"note": "one more"}


def test_a_list_may_be_repeated_parts_too() -> None:
    received = receive(
        multipart(*whole_form(), part("prepared_by", "ben"), part("prepared_by", "carl, dora"))
    )
    assert parse(ProposalBody, received.fields).draft().prepared_by == ("ben", "carl", "dora")


def test_documents_come_byte_for_byte_with_their_kind_and_name() -> None:
    received = receive(
        multipart(
            part("document:design", PDF, "C:\\\\home\\\\design.pdf", "application/pdf"),
            *whole_form(),
            part("document:offer", b"one", "one.txt"),
            part("document:offer", b"", "two.txt", "text/plain; charset=utf-8"),
        )
    )
    found = [(each.kind, each.name, each.media_type, each.data) for each in received.uploads]
    assert found == [
        ("design", "design.pdf", "application/pdf", PDF),
        ("offer", "one.txt", "application/octet-stream", b"one"),
        ("offer", "two.txt", "text/plain", b""),
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\plan.pdf", "plan.pdf"),
        ("Größe.pdf", "Größe.pdf"),
        ('a"b.pdf', "a'b.pdf"),
        ("a\r\nb.pdf", "ab.pdf"),
        ("a\x00\x1f\x7fb\u2028.pdf", "ab.pdf"),
        ("x" * 200, "x" * 150),
        ("folder/", ""),
        ("  ", ""),
    ],
)
def test_a_file_name_is_one_line_without_a_path(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


# -- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "json"]
)
def test_other_content_types_are_named(kind: str | None) -> None:
    found = problem(request(kind, b"{}"))
    assert found.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert "Send application/json or multipart/form-data." in found.what


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"{'a': 1}", b"[1]", b'"text"', b"null", b"[" * 100_000, b"1" * 5000]
)
def test_what_is_no_json_object_is_not_read(body: bytes) -> None:
    found = problem(request("application/json", body))
    assert (found.status, found.kind) == (HTTPStatus.BAD_REQUEST, "not-json")
    assert problem(multipart(part("proposal", body))).kind == "not-json"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", part("title", "x")),
        ("multipart/form-data; boundary=other", part("title", "x")),
        (f"multipart/form-data; boundary={BOUNDARY}", b""),
        (f"multipart/form-data; boundary={BOUNDARY}", b"no parts at all"),
        (f"multipart/form-data; boundary={BOUNDARY}", part("title", "x")),
        (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}\r\nno header\r\n\r\n".encode()),
        (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}--\r\n".encode()),
        (f"multipart/form-data; boundary={BOUNDARY}", nameless("form-data")),
        (f"multipart/form-data; boundary={BOUNDARY}", nameless('form-data; filename="design.pdf"')),
    ],
    ids=[
        "no boundary",
        "another boundary",
        "empty",
        "no parts",
        "no end",
        "no header",
        "nothing in it",
        "no name",
        "a file without one",
    ],
)
def test_multipart_that_cannot_be_read_is_told_as_such(content_type: str, body: bytes) -> None:
    found = problem(request(content_type, body))
    assert (found.status, found.kind) == (HTTPStatus.BAD_REQUEST, "not-multipart")


@pytest.mark.parametrize(
    "name", ["document", "document:", "document:De sign", "design", "document:../x", "file"]
)
def test_a_document_without_a_kind_names_its_part(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        receive(multipart(part(name, PDF, "design.pdf")))
    [error] = caught.value.errors
    assert error.field == name
    assert "document:KIND" in in_words(error.message, SAY)


@pytest.mark.parametrize("name", ["folder/", " "])
def test_a_document_without_a_name_names_its_part(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        receive(multipart(part("document:design", PDF, name)))
    assert [error.field for error in caught.value.errors] == ["document:design"]


MALFORMED: list[tuple[str, Any, str]] = [
    ("title", "", "title"),
    ("title", "  ", "title"),
    ("title", "x" * 201, "title"),
    ("title", 1, "title"),
    ("title", None, "title"),
    ("title", "\ud800", "title"),
    ("title", "two\nlines", "title"),
    ("title", "a\x00b", "title"),
    ("category", "x" * 65, "category"),
    ("department", [], "department"),
    ("budget", -1, "budget"),
    ("budget", "1e13", "budget"),
    ("budget", "1.005", "budget"),
    ("budget", "a lot", "budget"),
    ("budget", "NaN", "budget"),
    ("budget", "Infinity", "budget"),
    ("budget", True, "budget"),
    ("risk", "extreme", "risk"),
    ("summary", "", "summary"),
    ("summary", "x" * 10_001, "summary"),
    ("fields", [], "fields"),
    ("fields", {"goal": 1}, "fields.goal"),
    ("fields", {str(n): "x" for n in range(51)}, "fields"),
    ("prepared_by", "ben", "prepared_by"),
    ("prepared_by", ["ben", 1], "prepared_by[1]"),
    ("prepared_by", ["x"] * 51, "prepared_by"),
    ("note", "x" * 10_001, "note"),
    ("surprise", 1, "surprise"),
]


@pytest.mark.parametrize(("name", "value", "field"), MALFORMED)
def test_every_malformed_field_is_named(name: str, value: Any, field: str) -> None:
    found = refused(ProposalBody, WHOLE | {name: value})
    assert list(found) == [field]
    assert found[field]


@pytest.mark.parametrize("name", WHOLE)
def test_every_missing_field_is_named(name: str) -> None:
    fields = {key: value for key, value in WHOLE.items() if key != name}
    assert refused(ProposalBody, fields) == {name: "is missing"}


def test_every_problem_is_told_at_once() -> None:
    found = refused(ProposalBody, {"title": "", "surprise": 1})
    assert found.keys() == {*WHOLE, "surprise"}
    assert found["surprise"] == "is not known here; leave it out"


def test_a_field_that_is_no_text_is_the_bodys_fault() -> None:
    assert list(refused(ProposalBody, WHOLE | {"\ud800": 1})) == ["body"]


def test_money_is_not_rounded_to_fit() -> None:
    body = json.dumps(WHOLE | {"budget": 0}).replace('"budget": 0', '"budget": 0.29999999999999999999')
    received = receive(request("application/json", body.encode()))
    assert list(refused(ProposalBody, received.fields)) == ["budget"]


def test_what_to_mend_is_said_in_words() -> None:
    assert refused(ProposalBody, WHOLE | {"title": "two\nlines"}) == {
        "title": "must be one line without control characters"
    }
    assert refused(ProposalBody, WHOLE | {"budget": -1}) == {
        "budget": "input should be greater than or equal to 0"
    }


# -- the other bodies ------------------------------------------------------------------------------------


def test_a_revision_says_which_it_answers_and_what_it_keeps() -> None:
    received = receive(
        multipart(*whole_form(), part("from_revision", "1"), part("keep", f"{DIGEST},{DIGEST}"))
    )
    body = parse(RevisionBody, received.fields)
    assert (body.from_revision, body.keep) == (1, (DIGEST, DIGEST))
    assert body.draft() == parse(ProposalBody, WHOLE).draft()


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("from_revision", 0, "from_revision"),
        ("from_revision", "one", "from_revision"),
        ("keep", ["../x"], "keep[0]"),
        ("keep", [DIGEST + "\n"], "keep[0]"),
        ("keep", [DIGEST] * 51, "keep"),
    ],
)
def test_a_malformed_revision(name: str, value: Any, field: str) -> None:
    assert list(refused(RevisionBody, WHOLE | {"from_revision": 1} | {name: value})) == [field]


def test_a_decision_becomes_a_ballot_in_utc() -> None:
    conditions = [{"text": " show it ", "due": "2026-12-01T12:00:00+02:00"}]
    fields = {"verdict": "approve_with_conditions", "comment": "yes", "conditions": conditions}
    ballot = parse(DecisionBody, fields).ballot()
    assert (ballot.verdict, ballot.comment) == (Verdict.APPROVE_WITH_CONDITIONS, "yes")
    [condition] = ballot.conditions
    assert (condition.text, condition.due_at) == ("show it", datetime(2026, 12, 1, 10, tzinfo=UTC))
    assert condition.due_at.tzinfo is UTC


CONDITION = {"text": "show it", "due": "2026-12-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "verdict"),
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "approve", "comment": "x" * (MAX_COMMENT + 1)}, "comment"),
        ({"verdict": "approve", "by": "eli"}, "by"),
        ({"verdict": "approve", "conditions": [CONDITION] * (MAX_CONDITIONS + 1)}, "conditions"),
        ({"verdict": "approve", "conditions": [CONDITION | {"text": " "}]}, "conditions[0].text"),
        ({"verdict": "approve", "conditions": [CONDITION, {"text": "x"}]}, "conditions[1].due"),
        (
            {"verdict": "approve", "conditions": [CONDITION | {"due": "2026-12-01T12:00"}]},
            "conditions[0].due",
        ),
        ({"verdict": "approve", "conditions": [CONDITION | {"due": "soon"}]}, "conditions[0].due"),
        ({"verdict": "approve", "conditions": [CONDITION | {"due": 1_900_000_000}]}, "conditions[0].due"),
        ({"verdict": "approve", "conditions": [CONDITION | {"id": "1"}]}, "conditions[0].id"),
    ],
)
def test_a_malformed_decision(fields: dict[str, Any], field: str) -> None:
    assert list(refused(DecisionBody, fields)) == [field]


@pytest.mark.parametrize("due", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_utc_does_not_have_is_malformed(due: str) -> None:
    fields = {"verdict": "approve", "conditions": [CONDITION | {"due": due}]}
    assert list(refused(DecisionBody, fields)) == ["conditions[0].due"]


@pytest.mark.parametrize(
    ("model", "fields", "field"),
    [
        (AssigneeBody, {"to": ""}, "to"),
        (AssigneeBody, {"recuse": "perhaps"}, "recuse"),
        (AssigneeBody, {"to": "eli", "reason": "x" * 1001}, "reason"),
        (WithdrawalBody, {"reason": "x" * 2001}, "reason"),
        (WithdrawalBody, {"why": "x"}, "why"),
        (EvidenceBody, {}, "condition"),
        (EvidenceBody, {"condition": "line-1-c1", "action": "burn"}, "action"),
        (EvidenceBody, {"condition": "line-1-c1", "note": "x" * 4001}, "note"),
    ],
)
def test_other_malformed_bodies(model: type[Body], fields: dict[str, Any], field: str) -> None:
    assert list(refused(model, fields)) == [field]


def test_a_body_may_leave_out_what_has_a_default() -> None:
    assert parse(WithdrawalBody, receive(as_json({})).fields).reason == ""
    assert parse(EvidenceBody, {"condition": "line-1-c1"}).action == "give"
    assert receive(as_json({})) == Received({}, ())
