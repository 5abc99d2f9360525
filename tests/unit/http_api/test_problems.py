"""Problem details: one shape for every refusal and failure."""

from __future__ import annotations

import json
import logging
from typing import Any

import azure.functions as func
import pytest

from approvals.refusals import FieldError, Refusal, RefusalKind
from http_api.problems import PROBLEM_STATUS, STATUS, HttpProblem, of_failure, of_problem, of_refusal, problem

INSTANCE = "/api/proposals"


def body(response: func.HttpResponse) -> dict[str, Any]:
    assert response.mimetype == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = json.loads(response.get_body())
    assert found["status"] == response.status_code
    assert found["instance"] == INSTANCE
    return found


@pytest.mark.parametrize("kind", RefusalKind)
def test_every_refusal_has_a_status_of_its_own_choosing(kind: RefusalKind) -> None:
    response = of_refusal(Refusal(kind, "No."), INSTANCE)
    found = body(response)
    assert 400 <= response.status_code < 500
    assert found["type"] == f"/problems/{kind.value}"
    assert found["detail"] == "No."
    assert found["title"]
    assert "errors" not in found


def test_the_table_of_statuses_is_whole() -> None:
    assert STATUS.keys() == set(RefusalKind)


@pytest.mark.parametrize("kind", PROBLEM_STATUS)
def test_every_kind_has_a_title_of_its_own(kind: str) -> None:
    title = body(problem(kind, "No.", INSTANCE))["title"]
    assert title not in ("", PROBLEM_STATUS[kind].phrase)


def test_fields_and_facts_are_members() -> None:
    refusal = Refusal(
        RefusalKind.TASK_OVER,
        "Größe was decided before.",
        (FieldError("comment", "must not be empty"),),
        {"decided_by": "ben", "status": "not the number", "type": "not the type"},
    )
    response = of_refusal(refusal, INSTANCE)
    found = body(response)
    assert found["errors"] == [{"field": "comment", "message": "must not be empty"}]
    assert (found["decided_by"], found["type"]) == ("ben", "/problems/task-over")
    assert "Größe".encode() in response.get_body()


def test_what_only_http_knows() -> None:
    found_problem = HttpProblem("too-large", "Too much.", {"Retry-After": "1"})
    response = of_problem(found_problem, INSTANCE)
    found = body(response)
    assert response.status_code == 413
    assert response.headers["Retry-After"] == "1"
    assert found["title"] == "The request is too large"
    assert str(found_problem) == "Too much."


def test_a_failure_is_told_by_a_number_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "greenlight.http"):
        response = of_failure(RuntimeError("a secret detail"), INSTANCE)
    found = body(response)
    [record] = caplog.records
    assert response.status_code == 500
    assert "a secret detail" not in response.get_body().decode()
    assert found["incident"] in found["detail"]
    assert found["incident"] in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "a secret detail"


def test_what_utf8_cannot_say_is_told_all_the_same() -> None:
    refusal = Refusal(RefusalKind.INVALID, "Wrong.", (FieldError("\ud800", "is not known here"),))
    assert body(of_refusal(refusal, INSTANCE))["errors"][0]["message"] == "is not known here"
