"""A stand-in for the Azure CLI and azd that keeps what it is told, and answers in the shapes of the real ones.

Shapes: https://learn.microsoft.com/cli/azure/ad/app, https://learn.microsoft.com/graph/api/application-get,
https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto,
https://learn.microsoft.com/azure/templates/microsoft.resources/deployments. State is the JSON file that STATE names.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

NEW = {"appId": "33333333-3333-3333-3333-333333333333", "id": "object-1"}


def main() -> int:
    file = Path(os.environ["STATE"])
    state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    program, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    state["calls"].append([program, *arguments])
    try:
        answer: Any = None
        if program == "azd":
            azd(state, arguments)
        else:
            answer = az(state, arguments)
    finally:
        file.write_text(json.dumps(state), encoding="utf-8")
    if answer is not None:
        text = answer if option(arguments, "--output") == "tsv" else json.dumps(answer)
        sys.stdout.write(f"{text}\n")
    return 0


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1] if name in arguments else ""


def azd(state: dict[str, Any], arguments: list[str]) -> None:
    if arguments[:2] != ["env", "set"]:
        raise SystemExit(f"azd does not know {arguments}")
    state["environment"][arguments[2]] = arguments[3]


def az(state: dict[str, Any], arguments: list[str]) -> Any:
    words = list(takewhile(lambda word: not word.startswith("-"), arguments))
    match words:
        case ["ad", "app", "create"]:
            state["application"] = {**NEW, "identifierUris": [], "appRoles": [], "api": {}, "web": {}}
            return state["application"]
        case ["ad", "sp", "create" | "show"]:
            return {"id": "principal-of-the-app"}
        case ["ad", "app", "federated-credential", "list"]:
            return state["credentials"]
        case ["ad", "app", "federated-credential", "create" | "update"]:
            body = json.loads(option(arguments, "--parameters"))
            others = [each for each in state["credentials"] if each["name"] != body["name"]]
            state["credentials"] = [*others, body]
            return body
        case ["rest"]:
            return rest(state, arguments)
        case [("provider" | "deployment"), *_]:
            return subscription(state, words)
    raise SystemExit(f"az does not know {words}")


def subscription(state: dict[str, Any], words: list[str]) -> Any:
    match words:
        case ["provider", "show"]:
            return state["provider"]
        case ["provider", "register"]:
            state["provider"] = "Registered"
        case ["deployment", "sub", "show"]:
            return state["outputs"]
    return None


def rest(state: dict[str, Any], arguments: list[str]) -> Any:
    method, uri = option(arguments, "--method"), option(arguments, "--uri")
    if method == "GET":
        return {"value": state["assigned"]} if uri.endswith("appRoleAssignedTo") else state["application"]
    body = json.loads(option(arguments, "--body"))
    if method == "POST":
        state["assigned"].append(body)
        return body
    known = {scope["id"] for scope in state["application"]["api"].get("oauth2PermissionScopes", [])}
    for name, value in body.items():
        before = state["application"].get(name)
        state["application"][name] = {**before, **value} if isinstance(value, dict) else value
    for each in body.get("api", {}).get("preAuthorizedApplications", []):
        if not known.issuperset(each["delegatedPermissionIds"]):
            raise SystemExit("Graph: a permission id that is not defined")
    return None


if __name__ == "__main__":
    sys.exit(main())
