"""The hooks around provisioning and infra/deploy.sh, with stand-ins of az and azd (tests/azure_cli.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.entra_app import AZURE_CLI, wanted
from scripts.problem import ROOT
from tests.arm import TEMPLATE

CLIENT = "33333333-3333-3333-3333-333333333333"
PROVISIONED = {
    "AUTH_REDIRECT_URIS": "https://func.example.com/.auth/login/aad/callback,https://greenlight.example.com/.auth/login/aad/callback",
    "APP_IDENTITY_PRINCIPAL_ID": "principal-1",
    "CALLER_PRINCIPAL_IDS": "principal-1,principal-2",
    "AZURE_TENANT_ID": "tenant-1",
    "SERVICE_API_URI": "https://greenlight.example.com",
}
MADE_HERE = {**PROVISIONED, "AZURE_ENV_NAME": "dev", "AUTH_CLIENT_ID": CLIENT, "ENTRA_APP": "made-here"}
READS = {"GET", "show", "list"}


@dataclass
class Azure:
    """A tenant, a subscription and an azd environment."""

    folder: Path

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        return state

    def set(self, **values: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state | values), encoding="utf-8")

    def writes(self) -> list[list[str]]:
        """The calls that change something."""
        return [call for call in self.state["calls"] if not READS & set(call)]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(
            [str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        return subprocess.run(
            command,
            cwd=self.folder / "checkout",
            env={"PATH": path, "STATE": str(self.folder / "state.json"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def hook(self, step: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("python3", "infra/entra_app.py", step, **variables)


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    (tmp_path / "bin").mkdir()
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "infra").symlink_to(ROOT / "infra")
    for name in ("az", "azd"):
        program = tmp_path / "bin" / name
        program.write_text(f"#!{sys.executable}\n" + (ROOT / "tests" / "azure_cli.py").read_text("utf-8"))
        program.chmod(0o755)
    start = {"calls": [], "environment": {}, "credentials": [], "assigned": [], "provider": "Registered"}
    (tmp_path / "state.json").write_text(json.dumps(start), encoding="utf-8")
    return Azure(tmp_path)


def test_makes_a_registration_once(azure: Azure) -> None:
    done = azure.hook("create", AZURE_ENV_NAME="dev")
    assert done.returncode == 0, done.stderr
    assert azure.state["environment"] == {"AUTH_CLIENT_ID": CLIENT, "ENTRA_APP": "made-here"}
    azure.set(calls=[])
    done = azure.hook("create", AZURE_ENV_NAME="dev", AUTH_CLIENT_ID=CLIENT)
    assert (done.returncode, azure.state["calls"]) == (0, [])


def test_gives_the_registration_all_that_it_needs(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    done = azure.hook("finish", **MADE_HERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Greenlight: https://greenlight.example.com"
    application = azure.state["application"]
    assert application["identifierUris"] == [f"api://{CLIENT}"]
    assert application["api"]["requestedAccessTokenVersion"] == 2
    assert application["web"]["implicitGrantSettings"] == {"enableIdTokenIssuance": True}
    assert application["web"]["redirectUris"] == PROVISIONED["AUTH_REDIRECT_URIS"].split(",")
    (credential,) = azure.state["credentials"]
    assert (credential["name"], credential["subject"]) == ("greenlight-dev", "principal-1")
    assert credential["issuer"] == "https://login.microsoftonline.com/tenant-1/v2.0"


def test_the_azure_cli_may_ask_for_a_token_without_consent(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    azure.hook("finish", **MADE_HERE)
    api = azure.state["application"]["api"]
    (scope,) = api["oauth2PermissionScopes"]
    assert api["preAuthorizedApplications"] == [{"appId": AZURE_CLI, "delegatedPermissionIds": [scope["id"]]}]


def test_identities_that_call_are_let_in_where_assignment_is_required(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    azure.hook("finish", **MADE_HERE)
    (role,) = azure.state["application"]["appRoles"]
    assert role["allowedMemberTypes"] == ["Application"]
    assert [(each["principalId"], each["appRoleId"]) for each in azure.state["assigned"]] == [
        ("principal-1", role["id"]),
        ("principal-2", role["id"]),
    ]


def test_a_second_run_changes_nothing(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    azure.hook("finish", **MADE_HERE)
    azure.set(calls=[])
    assert azure.hook("finish", **MADE_HERE).returncode == 0
    assert azure.state["calls"]
    assert azure.writes() == []


def test_what_others_added_stays(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    azure.hook("finish", **MADE_HERE)
    application = azure.state["application"]
    application["appRoles"].append({"id": "role-9", "value": "finance", "allowedMemberTypes": ["User"]})
    azure.set(application=application)
    second = {**MADE_HERE, "AZURE_ENV_NAME": "north", "APP_IDENTITY_PRINCIPAL_ID": "principal-3"}
    uri = "https://north.example.com/.auth/login/aad/callback"
    assert azure.hook("finish", **{**second, "AUTH_REDIRECT_URIS": uri}).returncode == 0
    after = azure.state["application"]
    assert [role["value"] for role in after["appRoles"]] == ["Caller", "finance"]
    assert after["web"]["redirectUris"] == [*PROVISIONED["AUTH_REDIRECT_URIS"].split(","), uri]
    assert [each["name"] for each in azure.state["credentials"]] == ["greenlight-dev", "greenlight-north"]


def test_another_identity_takes_the_place_of_the_one_before(azure: Azure) -> None:
    azure.hook("create", AZURE_ENV_NAME="dev")
    azure.hook("finish", **MADE_HERE)
    assert azure.hook("finish", **{**MADE_HERE, "APP_IDENTITY_PRINCIPAL_ID": "principal-0"}).returncode == 0
    assert [each["subject"] for each in azure.state["credentials"]] == ["principal-0"]


def test_leaves_somebody_elses_registration_alone_and_says_what_it_needs(azure: Azure) -> None:
    done = azure.hook("finish", **{**MADE_HERE, "ENTRA_APP": ""})
    assert done.returncode == 0, done.stderr
    assert azure.state["calls"] == []
    needs = wanted(CLIENT, PROVISIONED["AUTH_REDIRECT_URIS"].split(","))
    assert json.dumps(needs, indent=2) in done.stdout
    assert '"subject": "principal-1"' in done.stdout
    assert "principal-1, principal-2" in done.stdout


def test_says_what_is_missing(azure: Azure) -> None:
    done = azure.hook("finish")
    assert done.returncode == 1
    assert "AUTH_CLIENT_ID is not set" in done.stderr
    assert azure.hook("something").returncode == 2
    (azure.folder / "bin" / "az").write_text("#!/bin/sh\necho 'ERROR: not signed in' >&2\nexit 1\n")
    done = azure.hook("create", AZURE_ENV_NAME="dev")
    assert done.returncode == 1
    assert "az ad app create" in done.stderr
    assert "not signed in" in done.stderr


def test_registers_the_provider_that_the_subnet_is_delegated_to(azure: Azure) -> None:
    azure.set(provider="NotRegistered")
    done = azure.run("infra/prepare.sh", AZURE_ENV_NAME="dev", AUTH_CLIENT_ID=CLIENT)
    assert done.returncode == 0, done.stderr
    assert azure.state["provider"] == "Registered"
    azure.set(calls=[])
    azure.run("infra/prepare.sh", AZURE_ENV_NAME="dev", AUTH_CLIENT_ID=CLIENT)
    assert azure.writes() == []


CHOSEN = {"AZURE_ENV_NAME": "prod", "PARAMETER_FILE": "prod", "AZURE_LOCATION": "westeurope"}


def deployed(azure: Azure) -> None:
    """What Azure answers after a deployment: the outputs, in a case of its own."""
    values = dict.fromkeys(TEMPLATE["outputs"], "") | PROVISIONED
    azure.set(outputs={name.lower(): {"type": "String", "value": value} for name, value in values.items()})


@pytest.fixture
def checkout(azure: Azure) -> Azure:
    """infra/ as a copy: deploy.sh keeps its values beside it."""
    folder = azure.folder / "checkout" / "infra"
    folder.unlink()
    folder.mkdir()
    for name in ("deploy.sh", "prepare.sh", "entra_app.py"):
        (folder / name).write_bytes((ROOT / "infra" / name).read_bytes())
        (folder / name).chmod(0o755)
    return azure


def test_the_azure_cli_alone_runs_the_same_hooks(checkout: Azure) -> None:
    deployed(checkout)
    done = checkout.run("infra/deploy.sh", **CHOSEN)
    assert done.returncode == 0, done.stderr
    (credential,) = checkout.state["credentials"]
    assert credential["name"] == "greenlight-prod"
    assert checkout.state["application"]["web"]["redirectUris"]
    assert not any(call[0] == "azd" for call in checkout.state["calls"])
    checkout.set(calls=[])
    assert checkout.run("infra/deploy.sh", **CHOSEN).returncode == 0
    assert [call[1:4] for call in checkout.writes()] == [["deployment", "sub", "create"]]


def test_what_if_changes_nothing(checkout: Azure) -> None:
    assert checkout.run("infra/deploy.sh", "what-if", **CHOSEN).returncode == 0
    assert [call[1:4] for call in checkout.state["calls"]] == [["deployment", "sub", "what-if"]]


def test_a_deployment_names_what_it_is_for(checkout: Azure) -> None:
    done = checkout.run("infra/deploy.sh", **{**CHOSEN, "PARAMETER_FILE": ""})
    assert done.returncode == 1
    assert "PARAMETER_FILE is not set" in done.stderr
    assert checkout.state["calls"] == []
