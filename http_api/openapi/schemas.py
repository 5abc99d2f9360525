"""JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of what the API answers and takes.

Answers are frozen dataclasses: their schemas follow how `approvals.stored.codec` writes them. Request bodies are
pydantic models, which describe themselves.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic.json_schema import models_json_schema

from approvals.draft import FIELDS, Shape
from http_api.bodies import DOCUMENT_FIELD, LISTS
from services.validation import Body

Schema = dict[str, Any]
PREFIX = "#/components/schemas/"
SCALARS: dict[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time", "pattern": "Z$"},
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]+)?$"},
}


def ref(name: str) -> Schema:
    return {"$ref": PREFIX + name}


class Answers:
    """Gathers the schemas of dataclasses and enums under their names, as they are asked for."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def schema(self, kind: Any, bound: Mapping[Any, Any] | None = None) -> Schema:
        """The schema of a type of the domain. ``bound`` says what type variables stand for.

        Raises TypeError for a type that the codec does not write.
        """
        origin, arguments = get_origin(kind), get_args(kind)
        if isinstance(kind, TypeVar):
            return self.schema((bound or {})[kind])
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema(each, bound) for each in arguments]}
        if kind is type(None):
            return {"type": "null"}
        if origin is tuple and arguments[1:] == (...,):
            return {"type": "array", "items": self.schema(arguments[0], bound)}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.schema(arguments[1], bound)}
        if is_dataclass(origin or kind):
            return self._named(kind, origin or kind, arguments)
        return self._scalar(kind)

    def _scalar(self, kind: Any) -> Schema:
        if kind in SCALARS:
            return SCALARS[kind]
        if isinstance(kind, type) and issubclass(kind, Enum):
            self.found[kind.__name__] = {"type": "string", "enum": [member.value for member in kind]}
            return ref(kind.__name__)
        raise TypeError(f"The codec does not write {kind!r}, so there is no schema of it.")

    def _named(self, kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        name = "".join(each.__name__ for each in arguments) + origin.__name__
        if name not in self.found:
            self.found[name] = {}  # a class that holds itself finds its name
            bound = dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=True))
            hints = get_type_hints(kind if not arguments else origin)
            properties = {f.name: self.schema(hints[f.name], bound) for f in fields(origin)}
            described: Schema = {"type": "object", "properties": properties, "required": [*properties]}
            self.found[name] = _with_text(described, origin)
        return ref(name)


def _with_text(schema: Schema, kind: type) -> Schema:
    """A dataclass without a docstring gets its signature for one: that says nothing here."""
    text = kind.__doc__ or ""
    written = text and not text.startswith(f"{kind.__name__}(")
    return schema | ({"description": plain(text)} if written else {})


def plain(text: str) -> str:
    """A docstring as CommonMark: lines joined, the markup of code made Markdown's."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(paragraphs).replace("``", "`")


def bodies(models: Iterable[type[Body]]) -> dict[str, Schema]:
    """The schemas of request bodies as JSON, by name."""
    wanted = [(model, "validation") for model in models]
    _, found = models_json_schema(wanted, ref_template=PREFIX + "{model}")  # type: ignore[arg-type]
    return {name: _without_titles(schema) for name, schema in found["$defs"].items()}


def _without_titles(schema: Schema) -> Schema:
    """Pydantic repeats each field's name as its title."""
    untitled = {key: value for key, value in schema.items() if key != "title"}
    for name, each in untitled.get("properties", {}).items():
        untitled["properties"][name] = {key: value for key, value in each.items() if key != "title"}
    if "description" in untitled:
        untitled["description"] = plain(untitled["description"])
    return untitled


def form(model: str, schema: Schema) -> Schema:
    """A request body as multipart/form-data: the same fields as text, and the documents."""
    properties = {
        name: {"type": "array", "items": {"type": "string"}} if name in LISTS else {"type": "string"}
        for name in schema["properties"]
        if name not in FIELDS or FIELDS[name].shape is not Shape.ANSWERS
    }
    whole = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": ref(model),
        "description": "All fields at once, as JSON; those sent as parts of their own go before it.",
    }
    return {
        "type": "object",
        "properties": properties | {"proposal": whole},
        "patternProperties": {
            r"^fields\.": {"type": "string", "description": "An answer to one of the category's questions."},
            "^" + DOCUMENT_FIELD.pattern.replace(r"\Z", "$"): {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": "A document of that kind, with its file name.",
            },
        },
        "additionalProperties": False,
    }
