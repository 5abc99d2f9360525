"""Reads infra/main.json: the modules in the template, their resources, and objects written as expressions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scripts.release.infra import INFRA

TEMPLATE: dict[str, Any] = json.loads((INFRA / "main.json").read_text(encoding="utf-8"))


def modules() -> dict[str, dict[str, Any]]:
    """The nested template of each module, by its symbolic name in main.bicep."""
    return {
        name: resource["properties"]["template"]
        for name, resource in TEMPLATE["resources"].items()
        if resource["type"] == "Microsoft.Resources/deployments"
    }


def resources(kind: str, module: str | None = None) -> Iterator[dict[str, Any]]:
    """Every resource of a type, or those of one module."""
    for name, template in modules().items():
        found = template["resources"]
        for resource in found.values() if isinstance(found, dict) else found:
            if resource["type"] == kind and not resource.get("existing") and module in {None, name}:
                yield resource


def only(kind: str, module: str | None = None) -> dict[str, Any]:
    """The one resource of a type."""
    (resource,) = resources(kind, module)
    return resource


def objects(expression: str) -> dict[str, str]:
    """What all ``createObject('name', value, ...)`` of an expression say together; values are expressions."""
    found: dict[str, str] = {}
    at = expression.find("createObject(")
    while at >= 0:
        values = list(_arguments(expression, at + len("createObject(")))
        found |= {name.strip("'"): value for name, value in zip(values[::2], values[1::2], strict=True)}
        at = expression.find("createObject(", at + 1)
    return found


def _arguments(text: str, start: int) -> Iterator[str]:
    """The arguments of a call whose bracket opens just before ``start``."""
    depth, quoted, begin = 0, False, start
    for at in range(start, len(text)):
        sign = text[at]
        if sign == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif sign == "(":
            depth += 1
        elif sign in ",)" and depth == 0:
            if text[begin:at].strip():
                yield text[begin:at].strip()
            begin = at + 1
            if sign == ")":
                return
        elif sign == ")":
            depth -= 1
