"""Reads infra/main.json: the modules in the template, their resources, and objects written as expressions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.release.infra import INFRA

TEMPLATE: dict[str, Any] = json.loads((INFRA / "main.json").read_text(encoding="utf-8"))


def modules() -> dict[str, dict[str, Any]]:
    """The nested template of each module, by its symbolic name; ``outer.inner`` where a module has modules."""
    return dict(_modules(TEMPLATE, ""))


def _modules(template: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in _named(template).items():
        if resource["type"] == "Microsoft.Resources/deployments":
            nested = resource["properties"]["template"]
            yield prefix + name, nested
            yield from _modules(nested, f"{prefix}{name}.")


def _named(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Resources by their symbolic names; an older form of template has only the names of the resources."""
    found = template["resources"]
    return found if isinstance(found, dict) else {resource["name"]: resource for resource in found}


def declared(template: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Every resource of one template, nested deployments included."""
    return _named(template).values()


def call(module: str) -> dict[str, Any]:
    """How a module is called: its condition, what it depends on, the parameters it is given."""
    *outer, name = module.split(".")
    template = modules()[".".join(outer)] if outer else TEMPLATE
    return _named(template)[name]


def snapshot(environment: str) -> list[dict[str, Any]]:
    """What a deployment of an environment sends, as the compiler computes it without Azure."""
    text = (INFRA / "snapshots" / f"{environment}.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["predictedResources"]
    return found


def of_type(resources: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The resources of a type."""
    return [resource for resource in resources if resource["type"] == kind]


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
