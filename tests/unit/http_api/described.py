"""Holds answers against the API's description, and finds what it does not describe."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from http_api.discovery import routes
from http_api.openapi.document import document

DESCRIPTION = document(routes())
OPERATIONS: dict[str, dict[str, Any]] = {
    each["operationId"]: each for methods in DESCRIPTION["paths"].values() for each in methods.values()
}


def closed(schema: Any) -> Any:
    """The schema with nothing allowed that it does not name: clients may meet new members, tests may not."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


COMPONENTS = closed(DESCRIPTION["components"])


@cache
def validator(function: str, status: str, media_type: str) -> Any:
    schema = OPERATIONS[function]["responses"][status]["content"][media_type]["schema"]
    root = {"allOf": [closed(schema)], "components": COMPONENTS}
    return OAS31Validator(root, format_checker=oas31_format_checker)


def check_answer(function: str, status: int, headers: Any, media_type: str | None, content: bytes) -> None:
    """Raises AssertionError where an answer is not as described."""
    responses = OPERATIONS[function]["responses"]
    assert str(status) in responses, f"{function} answers {status}, which is not described: {content[:300]!r}"
    described = responses[str(status)]
    for name, header in described.get("headers", {}).items():
        assert not header["required"] or name in headers, f"{function} {status} has no header {name}"
    if "content" not in described:
        assert content == b"", f"{function} {status} has a body that is not described"
        return
    assert media_type in described["content"], f"{function} {status} is {media_type}, which is not described"
    if media_type in ("application/json", "application/problem+json"):
        found = [
            error.message
            for error in validator(function, str(status), media_type).iter_errors(json.loads(content))
        ]
        assert found == [], f"{function} {status} is not as described: {found}"
