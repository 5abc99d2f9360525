"""The API's description is valid, whole and true.

That answers are as described is held for every request of the tests beside this one: `tests.unit.http_api.api` checks
each answer that it gets.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters import bootstrap
from adapters.settings import ROOT
from approvals.stored.codec import encode
from http_api.discovery import routes
from http_api.openapi.schemas import Answers, plain
from http_api.problems import HTTP_PROBLEMS, PROBLEM_STATUS, STATUS
from services.reading.lists import ListItem, Page
from tests.unit.http_api.api import Api, draft
from tests.unit.http_api.described import DESCRIPTION, check_answer

KNOWN = {route.declared.name: route.declared.who.is_known for route in routes()}


def described() -> dict[str, tuple[str, str]]:
    """Function -> method and path."""
    return {
        each["operationId"]: (method.upper(), path)
        for path, methods in DESCRIPTION["paths"].items()
        for method, each in methods.items()
    }


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """The HTTP functions of the assembled app, which looks at its settings when it is imported."""
    monkeypatch.setattr(bootstrap, "ports", lambda: None)
    monkeypatch.syspath_prepend(str(ROOT))  # tests of the local host have other apps of this name on the path
    monkeypatch.delitem(sys.modules, "function_app", raising=False)
    app = importlib.import_module("function_app").app
    monkeypatch.delitem(sys.modules, "function_app")
    found = {}
    for function in app.get_functions():
        trigger = function.get_trigger()
        if trigger.type == "httpTrigger":
            methods = " ".join(method.value for method in trigger.methods)
            found[function.get_function_name()] = (methods, "/" + trigger.route)
    return found


def test_it_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()] == []


def test_it_describes_every_route_of_the_api_and_nothing_else(registered: dict[str, tuple[str, str]]) -> None:
    """What people open in a browser, outside /api, is not an API."""
    assert described() == {name: found for name, found in registered.items() if found[1].startswith("/api/")}


def test_every_function_is_declared(registered: dict[str, tuple[str, str]]) -> None:
    declared = {route.declared.name: (" ".join(route.methods), f"/{route.template}") for route in routes()}
    assert registered == declared


def test_who_must_say_who_they_are_is_described() -> None:
    for methods in DESCRIPTION["paths"].values():
        for each in methods.values():
            assert (each.get("security") == []) == (not KNOWN[each["operationId"]])
            assert ("401" in each["responses"]) == (each["operationId"] != "health")


def test_every_kind_of_problem_has_one_status() -> None:
    assert len(PROBLEM_STATUS) == len(STATUS) + len(HTTP_PROBLEMS)


def test_everybody_may_read_it(api: Api) -> None:
    answer = api.get("/api/openapi.json")
    assert (answer.status, answer.response.mimetype) == (200, "application/json")
    assert answer.json == DESCRIPTION


def test_required_fields_and_limits_of_bodies_are_described() -> None:
    body = DESCRIPTION["components"]["schemas"]["ProposalBody"]
    assert body["required"] == ["title", "category", "department", "budget", "risk", "summary"]
    assert body["additionalProperties"] is False
    assert body["properties"]["title"] == {"type": "string", "minLength": 1, "maxLength": 200}


def test_documents_and_answers_are_parts_of_a_form() -> None:
    content = DESCRIPTION["paths"]["/api/proposals"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    form = content["multipart/form-data"]["schema"]
    check = OAS31Validator(form).is_valid
    assert check({"title": "a", "prepared_by": ["ben"], "fields.goal": "b", "document:design": "c"})
    assert not check({"document:": "c"})
    assert not check({"fields": "c"})


# -- the checks themselves ---------------------------------------------------------------------------------

NAMED = {"X-Greenlight-Person": "ana"}


@pytest.mark.parametrize(
    ("status", "media_type", "content", "problem"),
    [
        (418, "application/json", b"{}", "418, which is not described"),
        (200, "text/html", b"<p>", "text/html, which is not described"),
        (200, "application/json", b"{}", "is not as described"),
        (200, "application/json", b'{"items": [], "continuation": null, "more": 1}', "is not as described"),
    ],
)
def test_an_answer_that_is_not_described_is_found(
    status: int, media_type: str, content: bytes, problem: str
) -> None:
    with pytest.raises(AssertionError, match=problem):
        check_answer("show_outbox", status, NAMED, media_type, content)
    check_answer("show_outbox", 200, NAMED, "application/json", b'{"items": [], "continuation": null}')


def test_a_missing_header_and_an_unexpected_body_are_found() -> None:
    with pytest.raises(AssertionError, match="no header ETag"):
        check_answer("show_inbox", 304, NAMED, None, b"")
    with pytest.raises(AssertionError, match="no header X-Greenlight-Person"):
        check_answer("show_inbox", 304, {"ETag": '"1"'}, None, b"")
    with pytest.raises(AssertionError, match="a body"):
        check_answer("show_inbox", 304, NAMED | {"ETag": '"1"'}, None, b"{}")


# -- schemas follow the codec ------------------------------------------------------------------------------


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Everything:
    """All that the codec writes."""

    text: str
    yes: bool
    number: int
    share: float
    at: datetime
    day: date
    money: Decimal
    colour: Colour
    many: tuple[Colour, ...]
    names: dict[str, int]
    seen: Mapping[str, str]
    maybe: str | None
    page: Page[ListItem]


WHOLE = Everything(
    text="a",
    yes=True,
    number=1,
    share=0.5,
    at=datetime.fromisoformat("2026-11-24T12:00:00+01:00"),
    day=date(2026, 11, 24),
    money=Decimal("1e3"),
    colour=Colour.RED,
    many=(Colour.RED,),
    names={"a": 1},
    seen={"b": "c"},
    maybe=None,
    page=Page((), None),
)


def validates(value: Any) -> bool:
    answers = Answers()
    schema = answers.schema(Everything)
    root = {**schema, "components": {"schemas": answers.found}}
    return bool(OAS31Validator(root, format_checker=oas31_format_checker).is_valid(value))


def test_what_the_codec_writes_is_what_the_schema_says() -> None:
    assert validates(encode(WHOLE))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("text", 1),
        ("yes", "true"),
        ("number", 1.5),
        ("share", "0.5"),
        ("at", "2026-11-24T12:00:00+01:00"),
        ("at", "today"),
        ("day", "24.11.2026"),
        ("money", 1000),
        ("money", "much"),
        ("colour", "blue"),
        ("many", "red"),
        ("names", {"a": "1"}),
        ("maybe", 1),
        ("page", {"items": [{}], "continuation": None}),
    ],
)
def test_anything_else_is_not(member: str, value: object) -> None:
    assert not validates(encode(WHOLE) | {member: value})


def test_every_member_is_there() -> None:
    whole = encode(WHOLE)
    assert not any(validates({key: value for key, value in whole.items() if key != left}) for left in whole)


def test_a_type_that_the_codec_does_not_write_has_no_schema() -> None:
    with pytest.raises(TypeError, match="set"):
        Answers().schema(set[str])


def test_docstrings_become_markdown() -> None:
    assert plain("One\n    line with ``code``.\n\n    Another.") == "One line with `code`.\n\nAnother."
    assert Answers().schema(Page[ListItem]) == {"$ref": "#/components/schemas/ListItemPage"}


def test_a_real_submission_is_answered_as_described(api: Api) -> None:
    """The harness checks it: this one shows that it does."""
    assert api.post("/api/proposals", "ana", json=draft()).status == 202
