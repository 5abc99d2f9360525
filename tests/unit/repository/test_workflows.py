"""The workflows: pinned, with the least permissions, without secrets; and one version of each tool everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.problem import ROOT
from tests.arm import modules, objects

GITHUB = ROOT / ".github"
FILES = sorted(GITHUB.rglob("*.yml"))
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@([0-9a-f]{40} # v\d+\.\d+\.\d+|v\d+\.\d+\.\d+)")


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_action_is_pinned(path: Path) -> None:
    for used in re.findall(r"uses: (.+)", path.read_text(encoding="utf-8")):
        assert used.startswith("./") or PINNED.fullmatch(used), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_workflows_may_read_and_no_more(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    top = re.search(r"^permissions:(.*(?:\n  .*)*)", text, re.MULTILINE)
    assert top
    assert "write" not in top[1]
    granted = re.findall(r"([\w-]+): write", text)
    assert granted == (["id-token"] if path.name == "deploy.yml" else [])
    assert "pull_request_target" not in text
    assert "secrets." not in text, "OIDC and variables: there is nothing to steal"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_script_is_written_by_who_started_it(path: Path) -> None:
    """An input in a script is code; as the value of a key, an environment variable above all, it is data."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.search(r"\$\{\{ *!?(inputs|github\.event\.|github\.head_ref)", line):
            assert re.match(r" +[\w-]+: [^|]", line), line
            assert not line.strip().startswith(("run:", "- run:")), line


def test_a_checkout_keeps_no_credentials() -> None:
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_tests_run_on_both_versions_of_python_that_infra_offers() -> None:
    template = json.loads((ROOT / "infra" / "main.json").read_text(encoding="utf-8"))
    ci = (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert set(re.findall(r'python-version: "([\d.]+)"', ci)) == set(
        template["parameters"]["pythonVersion"]["allowedValues"]
    )


def test_core_tools_have_one_version() -> None:
    action = (GITHUB / "actions" / "core-tools" / "action.yml").read_text(encoding="utf-8")
    container = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    pinned = re.search(r"default: (\d+\.\d+\.\d+) ", action)
    assert pinned
    assert f"azure-functions-core-tools@{pinned[1]} " in container


def test_the_stress_switches_the_engine_by_the_settings_that_infra_sets() -> None:
    action = (GITHUB / "actions" / "core-tools" / "action.yml").read_text(encoding="utf-8")
    exported = set(re.findall(r"export (\w+)=", action))
    assert exported == {"TASKHUB_NAME", *objects(modules()["app"]["variables"]["schedulerSettings"])}


def test_deploy_hands_over_every_value_that_the_parameter_file_asks_for() -> None:
    asked = set(
        re.findall(
            r"readEnvironmentVariable\(\s*'(\w+)'", (ROOT / "infra" / "main.bicepparam").read_text("utf-8")
        )
    )
    deploy = (GITHUB / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    given = set(re.findall(r"^      ([A-Z_]+): \$\{\{", deploy, re.MULTILINE))
    assert asked <= given


def test_f5_starts_what_exists() -> None:
    launch = json.loads((ROOT / ".vscode" / "launch.json").read_text(encoding="utf-8"))["configurations"]
    tasks = json.loads((ROOT / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]
    labels = {task["label"] for task in tasks}
    assert {each["preLaunchTask"] for each in launch} <= labels
    assert {task["dependsOn"] for task in tasks if "dependsOn" in task} <= labels
    (devhost,) = (each for each in launch if each.get("module"))
    assert (ROOT / devhost["module"] / "__main__.py").is_file()
