"""infra/entra-app.sh, with an Azure CLI that writes down what it is asked and answers from a list."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scripts.problem import ROOT

PROVISIONED = {
    "AUTH_CLIENT_ID": "11111111-1111-1111-1111-111111111111",
    "AUTH_REDIRECT_URI": "https://func.example.com/.auth/login/aad/callback",
    "APP_IDENTITY_PRINCIPAL_ID": "principal-1",
    "AZURE_TENANT_ID": "tenant-1",
    "SERVICE_API_URI": "https://func.example.com",
}


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, body in {
        "az": 'case "$*" in *"app create"*) echo new-app;; *"credential list"*) cat "$KNOWN";; esac',
        "azd": ":",
    }.items():
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" | tr -s " \\n" " " >> "$CALLS"\n{body}\n')
        (folder / name).chmod(0o755)
    (tmp_path / "known").write_text("")
    return tmp_path


def run(tools: Path, *arguments: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], str]:
    environment = {"PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}", "KNOWN": str(tools / "known")}
    done = subprocess.run(
        [ROOT / "infra" / "entra-app.sh", *arguments],
        env=environment | {"CALLS": str(tools / "calls")} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    calls = tools / "calls"
    return done, calls.read_text() if calls.exists() else ""


def test_makes_a_registration_once(tools: Path) -> None:
    done, calls = run(tools, "create", AZURE_ENV_NAME="dev")
    assert done.returncode == 0, done.stderr
    assert "az ad app create --display-name Greenlight (dev) --sign-in-audience AzureADMyOrg" in calls
    assert '"identifierUris": ["api://new-app"]' in calls
    assert "azd env set AUTH_CLIENT_ID new-app" in calls
    (tools / "calls").unlink()
    done, calls = run(tools, "create", AZURE_ENV_NAME="dev", AUTH_CLIENT_ID="new-app")
    assert (done.returncode, calls) == (0, "")


def test_lets_the_identity_stand_in_for_a_secret(tools: Path) -> None:
    done, calls = run(
        tools, "finish", **PROVISIONED, ENTRA_APP="made-here", PUBLIC_URL="https://greenlight.example.com"
    )
    assert done.stdout.splitlines()[-1] == "Greenlight: https://func.example.com"
    assert '"https://greenlight.example.com/.auth/login/aad/callback"]' in calls
    assert "federated-credential create" in calls
    assert '"subject": "principal-1"' in calls
    assert "password" not in calls


@pytest.mark.parametrize(("known", "update"), [("principal-1", False), ("principal-0", True)])
def test_a_second_run_changes_only_what_is_different(tools: Path, known: str, update: bool) -> None:
    (tools / "known").write_text(known)
    _, calls = run(tools, "finish", **PROVISIONED, ENTRA_APP="made-here")
    assert "federated-credential create" not in calls
    assert ("federated-credential update" in calls) is update


def test_leaves_somebody_elses_registration_alone(tools: Path) -> None:
    done, calls = run(tools, "finish", **PROVISIONED)
    assert calls == ""
    assert PROVISIONED["AUTH_REDIRECT_URI"] in done.stdout
    assert '"subject": "principal-1"' in done.stdout


def test_says_what_is_missing(tools: Path) -> None:
    done, _ = run(tools, "finish")
    assert done.returncode == 1
    assert "AUTH_CLIENT_ID is not set" in done.stderr
    assert run(tools, "something")[0].returncode == 2
