"""The workflows: pinned, with the least permissions, without secrets; and one version of each tool everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.problem import ROOT
from scripts.release.infra import environments
from tests.arm import modules, objects

GITHUB = ROOT / ".github"
FILES = sorted(GITHUB.rglob("*.yml"))
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# What a workflow may write, beside nothing.
WRITES = {"deploy.yml": {"id-token"}, "security.yml": {"security-events"}}


def name(path: Path) -> str:
    return path.relative_to(GITHUB).as_posix()


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
    assert set(re.findall(r"([\w-]+): write", text)) == WRITES.get(path.name, set())
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


def test_what_is_known_to_be_broken_is_looked_for() -> None:
    security = (GITHUB / "workflows" / "security.yml").read_text(encoding="utf-8")
    for step in (
        "codeql-action/analyze@",
        "dependency-review-action@",
        "pip-audit --disable-pip",
        "npm audit",
    ):
        assert step in security
    bot = (GITHUB / "dependabot.yml").read_text(encoding="utf-8")
    kinds = set(re.findall(r"package-ecosystem: ([\w-]+)", bot))
    assert kinds == {"pip", "npm", "github-actions", "devcontainers"}
    actions = {f"/{path.parent.relative_to(ROOT).as_posix()}" for path in GITHUB.glob("actions/*/action.yml")}
    (listed,) = re.findall(r"directories: \[(.+)\]", bot)
    assert set(re.findall(r'"([^"]+)"', listed)) == {"/"} | actions


def test_core_tools_have_one_version() -> None:
    action = (GITHUB / "actions" / "core-tools" / "action.yml").read_text(encoding="utf-8")
    container = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    pinned = re.search(r"default: (\d+\.\d+\.\d+) ", action)
    assert pinned
    assert f"azure-functions-core-tools@{pinned[1]} " in container


def test_the_stress_runs_the_host_json_that_is_deployed_for_the_engine() -> None:
    action = (GITHUB / "actions" / "core-tools" / "action.yml").read_text(encoding="utf-8")
    assert "scripts.release.package --engine azureManaged" in action
    exported = set(re.findall(r"export (\w+)=", action))
    assert exported == {"TASKHUB_NAME", *objects(str(modules()["app"]["variables"]["schedulerSettings"]))}


def deploy() -> str:
    return (GITHUB / "workflows" / "deploy.yml").read_text(encoding="utf-8")


def test_deploy_hands_over_every_value_that_the_parameter_file_asks_for() -> None:
    asked = set(
        re.findall(
            r"readEnvironmentVariable\(\s*'(\w+)'", (ROOT / "infra" / "main.bicepparam").read_text("utf-8")
        )
    )
    action = (GITHUB / "actions" / "azure" / "action.yml").read_text(encoding="utf-8")
    given = set(re.findall(r"azd env set ([A-Z_]+) ", deploy() + action))
    by_azd = {"AZURE_ENV_NAME", "AZURE_LOCATION"}  # azd env new --location
    assert asked - by_azd <= given


def test_deploy_takes_environments_that_have_a_file() -> None:
    (options,) = re.findall(r"options: \[(.+)\]", deploy())
    assert set(options.split(", ")) <= set(environments(ROOT / "infra"))


def job(name: str) -> str:
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", deploy(), re.MULTILINE)
    assert found, name
    return found[1]


def test_only_what_ci_has_passed_is_deployed_and_a_reviewer_sees_the_changes_first() -> None:
    packed = job("package")
    assert packed.index("workflows/ci.yml/runs?head_sha=$COMMIT&status=success") < packed.index("checkout@")
    assert "id-token" not in packed
    assert "azd provision --preview" in job("preview")
    deployed = job("deploy")
    assert "needs: [package, preview]" in deployed
    assert "environment: ${{ inputs.environment }}\n" in deployed
    assert deployed.count("ref: ${{ env.COMMIT }}") == 1


def test_packages_are_kept_by_commit_and_an_earlier_one_can_be_deployed() -> None:
    assert "commit:" in deploy()
    assert "name: greenlight-${{ env.COMMIT }}" in job("package")
    (days,) = re.findall(r"retention-days: (\d+)", job("package"))
    assert f"{days} days" in (ROOT / "docs" / "operations" / "rollback.md").read_text(encoding="utf-8")


def test_f5_starts_what_exists() -> None:
    launch = json.loads((ROOT / ".vscode" / "launch.json").read_text(encoding="utf-8"))["configurations"]
    tasks = json.loads((ROOT / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]
    labels = {task["label"] for task in tasks}
    assert {each["preLaunchTask"] for each in launch} <= labels
    assert {task["dependsOn"] for task in tasks if "dependsOn" in task} <= labels
    (devhost,) = (each for each in launch if each.get("module"))
    assert (ROOT / devhost["module"] / "__main__.py").is_file()
