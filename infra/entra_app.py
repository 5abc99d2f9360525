#!/usr/bin/env python3
"""The Entra app registration that people sign in with. azd and infra/deploy.sh run it around provisioning.

    python3 infra/entra_app.py create    before: makes the registration, unless AUTH_CLIENT_ID names one
    python3 infra/entra_app.py finish    after: tells it what provisioning made

There is no client secret: the app's own identity stands in for one, by a federated credential. What the registration
needs is declared once, in ``wanted``. A registration made here gets it; the owner of somebody else's is shown it.
What is there already stays: two environments may share a registration, and its app roles are yours.

Needs the Azure CLI, signed in as somebody who may register applications. Values come from the environment (azd's, or
what infra/deploy.sh sets), and go back there by `azd env set`, or into the file that VALUES_FILE names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GRAPH = "https://graph.microsoft.com/v1.0"
# The Azure CLI: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
# Ids of what a registration exposes are any GUID that stays the same: these are of names below the client id.
SCOPE, CALLER = "user_impersonation", "Caller"
USAGE = "usage: python3 infra/entra_app.py create|finish"


class Problem(Exception):
    """The text says what is wrong and how to mend it."""


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case ["create"]:
                create(os.environ)
            case ["finish"]:
                finish(os.environ)
            case _:
                print(USAGE, file=sys.stderr)
                return 2
    except Problem as problem:
        print(f"entra_app: {problem}", file=sys.stderr)
        return 1
    return 0


def create(environ: Mapping[str, str]) -> None:
    """Make the registration. Raises Problem."""
    if client := environ.get("AUTH_CLIENT_ID"):
        print(f"entra_app: people sign in with the registration {client}")
        return
    name = f"Greenlight ({_needed(environ, 'AZURE_ENV_NAME')})"
    made = _az("ad", "app", "create", "--display-name", name, "--sign-in-audience", "AzureADMyOrg")
    client = made["appId"]
    _az("ad", "sp", "create", "--id", client)
    _remember(environ, "AUTH_CLIENT_ID", client)
    _remember(environ, "ENTRA_APP", "made-here")
    print(f"entra_app: made the registration {client}")


def finish(environ: Mapping[str, str]) -> None:
    """Give the registration what it needs, or say what that is. Raises Problem."""
    client = _needed(environ, "AUTH_CLIENT_ID")
    uris = _needed(environ, "AUTH_REDIRECT_URIS").split(",")
    callers = _needed(environ, "CALLER_PRINCIPAL_IDS").split(",")
    credential = federated_credential(environ)
    if environ.get("ENTRA_APP") == "made-here":
        before = _az("rest", "--method", "GET", "--uri", f"{GRAPH}/applications(appId='{client}')")
        if changes := missing(before, client, uris):
            _patch(client, changes)
        _put_credential(client, credential)
        _let_in(client, callers)
    else:
        _tell_the_owner(client, uris, callers, credential)
    print(f"Greenlight: {_needed(environ, 'SERVICE_API_URI')}")


def wanted(client: str, uris: Sequence[str]) -> dict[str, Any]:
    """What sign-in, the Azure CLI and the Logic App need of a registration, as Microsoft Graph writes it."""
    scope = {
        "id": _id(client, SCOPE),
        "value": SCOPE,
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Use Greenlight",
        "adminConsentDescription": "Use Greenlight as the person who is signed in.",
        "userConsentDisplayName": "Use Greenlight",
        "userConsentDescription": "Use Greenlight as you.",
    }
    caller = {
        "id": _id(client, CALLER),
        "value": CALLER,
        "allowedMemberTypes": ["Application"],
        "isEnabled": True,
        "displayName": CALLER,
        "description": "An application that may call Greenlight, also where assignment is required.",
    }
    return {
        "identifierUris": [f"api://{client}"],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [scope],
            "preAuthorizedApplications": [
                {"appId": AZURE_CLI, "delegatedPermissionIds": [_id(client, SCOPE)]}
            ],
        },
        "appRoles": [caller],
        "web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}, "redirectUris": list(uris)},
    }


def missing(before: Mapping[str, Any], client: str, uris: Sequence[str]) -> dict[str, Any]:
    """What a registration lacks, ready to be sent: lists keep what they hold, and grow by what is new."""
    found = {name: _merged(before.get(name), value) for name, value in wanted(client, uris).items()}
    return {name: value for name, value in found.items() if value != before.get(name)}


def _merged(before: Any, value: Any) -> Any:
    if isinstance(value, dict):
        known: dict[str, Any] = before or {}
        return {**known, **{name: _merged(known.get(name), each) for name, each in value.items()}}
    if isinstance(value, list):
        held = list(before or [])
        names = {_name(each) for each in held}
        return held + [each for each in value if _name(each) not in names]
    return value


def _name(entry: Any) -> str:
    """By which an entry of a list is known."""
    if isinstance(entry, dict):
        return str(entry.get("id") or entry["appId"])
    return str(entry)


def _id(client: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"api://{client}/{name}"))


def federated_credential(environ: Mapping[str, str]) -> dict[str, Any]:
    """Lets the app's identity stand in for a client secret. Each environment has one. Raises Problem."""
    return {
        "name": f"greenlight-{_needed(environ, 'AZURE_ENV_NAME')}",
        "subject": _needed(environ, "APP_IDENTITY_PRINCIPAL_ID"),
        "issuer": f"https://login.microsoftonline.com/{_needed(environ, 'AZURE_TENANT_ID')}/v2.0",
        "audiences": ["api://AzureADTokenExchange"],
    }


def _put_credential(client: str, credential: Mapping[str, Any]) -> None:
    listed = _az("ad", "app", "federated-credential", "list", "--id", client)
    known = {each["name"]: each["subject"] for each in listed}
    body = json.dumps(credential)
    if credential["name"] not in known:
        _az("ad", "app", "federated-credential", "create", "--id", client, "--parameters", body)
    elif known[credential["name"]] != credential["subject"]:
        named = ["--id", client, "--federated-credential-id", credential["name"]]
        _az("ad", "app", "federated-credential", "update", *named, "--parameters", body)


def _let_in(client: str, callers: Sequence[str]) -> None:
    """Assign the role for callers: without it a token is refused once assignment is required."""
    principal = _az("ad", "sp", "show", "--id", client)["id"]
    uri = f"{GRAPH}/servicePrincipals/{principal}/appRoleAssignedTo"
    listed = _az("rest", "--method", "GET", "--uri", uri)["value"]
    role = _id(client, CALLER)
    assigned = {each["principalId"] for each in listed if each["appRoleId"] == role}
    for caller in callers:
        if caller not in assigned:
            body = {"principalId": caller, "resourceId": principal, "appRoleId": role}
            _send("POST", uri, body)


def _tell_the_owner(
    client: str, uris: Sequence[str], callers: Sequence[str], credential: Mapping[str, Any]
) -> None:
    print(f"entra_app: whoever owns the registration {client} adds, once, beside what it has:")
    print(json.dumps(wanted(client, uris), indent=2))
    print("a federated credential:")
    print(json.dumps(credential, indent=2))
    print(f"and assigns the app role {CALLER} to the identities {', '.join(callers)}.")


def _patch(client: str, body: Mapping[str, Any]) -> None:
    """Graph knows a scope only once it is stored, so who may use it unasked is sent after it."""
    api = body.get("api")
    if api:
        first = {name: value for name, value in api.items() if name != "preAuthorizedApplications"}
        _send("PATCH", f"{GRAPH}/applications(appId='{client}')", {**body, "api": first})
        body = {"api": {"preAuthorizedApplications": api["preAuthorizedApplications"]}}
    _send("PATCH", f"{GRAPH}/applications(appId='{client}')", body)


def _send(method: str, uri: str, body: Mapping[str, Any]) -> None:
    json_body = ["--headers", "Content-Type=application/json", "--body", json.dumps(body)]
    _az("rest", "--method", method, "--uri", uri, *json_body)


def _needed(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name):
        return value
    raise Problem(
        f"{name} is not set: run this by azd or infra/deploy.sh, or set it to the output of that name."
    )


def _remember(environ: Mapping[str, str], name: str, value: str) -> None:
    if file := environ.get("VALUES_FILE"):
        with Path(file).open("a", encoding="utf-8") as values:
            values.write(f"{name}={value}\n")
    else:
        _run("azd", "env", "set", name, value)


def _az(*arguments: str) -> Any:
    """What the Azure CLI answers; None where it says nothing."""
    text = _run("az", *arguments, "--output", "json")
    return json.loads(text) if text.strip() else None


def _run(program: str, *arguments: str) -> str:
    try:
        done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise Problem(f"there is no {program} on the PATH: install it and sign in.") from None
    if done.returncode != 0:
        raise Problem(f"{program} {' '.join(arguments[:4])} failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
