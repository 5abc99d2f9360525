"""`azd up`, again and again: what a deployment sends does not depend on the day, and hooks read what somebody sets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from scripts.problem import ROOT
from scripts.release.infra import INFRA, environments
from tests.arm import TEMPLATE, call, modules, only, snapshot

# --- the same parameters at two moments -----------------------------------------------------------

# What ARM evaluates when it deploys; everything else in a template is computed from parameters and names.
# https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date
MOMENTS = re.compile(r"utcNow\((?:'[^']*')?\)|newGuid\(\)|deployment\(\)")


def sent(moment: str) -> dict[str, Any]:
    """What is sent each time: each module's parameters and resources, as if evaluated at ``moment``.

    Resources that are only made where there is none yet are not sent again.
    """
    found = {}
    for module, template in modules().items():
        given = call(module)["properties"].get("parameters", {})
        defaults = {
            name: parameter["defaultValue"]
            for name, parameter in template["parameters"].items()
            if "defaultValue" in parameter and name not in given
        }
        declared = template["resources"]
        resources = [
            resource
            for resource in (declared.values() if isinstance(declared, dict) else declared)
            if "onlyIfNotExists" not in resource.get("@options", {})
        ]
        text = json.dumps([given, resources])
        for name, default in defaults.items():
            text = text.replace(f"parameters('{name}')", str(default).strip("[]"))
        found[module] = MOMENTS.sub(moment, text)
    return found


def test_what_is_sent_again_does_not_depend_on_the_day() -> None:
    today, in_a_month = sent("2026-11-24"), sent("2026-12-24")
    assert today == in_a_month
    assert "Microsoft.Consumption/budgets" in today["budget"]


def test_the_comparison_sees_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    start = modules()["budget"]["parameters"]["start"]
    monkeypatch.setitem(start, "defaultValue", "[utcNow('yyyy-MM-01')]")
    monkeypatch.delitem(TEMPLATE["resources"]["budget"]["properties"]["parameters"], "start")
    assert sent("2026-11-01") != sent("2026-12-01")


@pytest.mark.parametrize("environment", environments(INFRA))
def test_of_all_that_an_environment_sends_only_the_first_key_is_of_the_moment(environment: str) -> None:
    """As the compiler evaluates it: what is left of these functions is evaluated anew by each deployment."""
    of_the_moment = [each["name"] for each in snapshot(environment) if MOMENTS.search(json.dumps(each))]
    assert [name.rpartition("/")[2] for name in of_the_moment] == ["link-signing-keys"]


def test_what_is_random_is_made_once() -> None:
    """The first key that signs links, in a secret that is never overwritten."""
    text = (INFRA / "main.json").read_text(encoding="utf-8")
    assert {found[0] for found in MOMENTS.finditer(text)} == {"newGuid()"}
    secret = only("Microsoft.KeyVault/vaults/secrets", "keyVault")
    halves = [
        name
        for name, value in modules()["keyVault"]["parameters"].items()
        if value.get("defaultValue") == "[newGuid()]"
    ]
    assert text.count("newGuid()") == len(halves) == 2
    assert all(f"parameters('{name}')" in secret["properties"]["value"] for name in halves)


def test_the_budget_keeps_its_start() -> None:
    """https://github.com/Azure/azure-quickstart-templates/issues/7095: Azure refuses another one."""
    budget = only("Microsoft.Consumption/budgets")
    assert budget["properties"]["timePeriod"] == {"startDate": "[parameters('start')]"}
    given = str(TEMPLATE["resources"]["budget"]["properties"]["parameters"]["start"])
    assert "if(empty(parameters('budgetStart')), " in given
    assert "fail('monthlyBudget needs budgetStart: " in given


def test_a_locked_immutability_policy_is_left_alone() -> None:
    """A locked policy can only be extended, by an operation of its own: a second PUT fails."""
    policy = only("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    assert policy["condition"] == (
        "[and(greater(parameters('recordsImmutabilityDays'), 0),"
        " not(parameters('recordsImmutabilityLocked')))]"
    )
    assert TEMPLATE["parameters"]["recordsImmutabilityLocked"]["defaultValue"] is False


# --- what hooks read ------------------------------------------------------------------------------

# Set by azd itself, in every environment: cli/azd/pkg/environment/environment.go (New) and
# cli/azd/pkg/infra/provisioning/manager.go (EnsureSubscriptionAndLocation) of https://github.com/Azure/azure-dev.
# AZURE_TENANT_ID is not among them: azd reads it, and never sets it.
AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID"}
IN_SHELL = re.compile(r"\$\{?([A-Z][A-Z0-9_]+)")
IN_PYTHON = re.compile(r"""environ(?:\.get\(|, )["']([A-Z_]+)["']""")
# Set by infra/deploy.sh for its own run, and by nobody else.
BY_DEPLOY = {"VALUES_FILE"}


def hooks() -> str:
    """The text of every script that azure.yaml runs, and of those that they run."""
    runs = re.findall(r"(infra/[\w.-]+)", (ROOT / "azure.yaml").read_text(encoding="utf-8"))
    assert set(runs) == {"infra/prepare.sh", "infra/entra_app.py"}
    return "".join((ROOT / run).read_text(encoding="utf-8") for run in set(runs))


def asked_of_people() -> set[str]:
    """What the parameter file reads: `azd env set` is how these get their values."""
    text = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    return set(re.findall(r"readEnvironmentVariable\(\s*'(\w+)'", text))


def stored_by_hooks() -> set[str]:
    return set(re.findall(r'_remember\(environ, "(\w+)"', hooks()))


def read_by_hooks() -> set[str]:
    return set(IN_SHELL.findall(hooks())) | set(IN_PYTHON.findall(hooks()))


def test_every_variable_that_a_hook_reads_is_set_by_somebody() -> None:
    assert read_by_hooks() >= {"AUTH_CLIENT_ID", "AZURE_ENV_NAME", "AZURE_TENANT_ID", "SERVICE_API_URI"}
    known = set(TEMPLATE["outputs"]) | AZD | stored_by_hooks() | asked_of_people() | BY_DEPLOY
    assert read_by_hooks() - known == set()


def test_what_comes_after_provisioning_needs_outputs() -> None:
    text = (INFRA / "entra_app.py").read_text(encoding="utf-8")
    needed = set(re.findall(r"""_needed\(environ, ["']([A-Z_]+)["']\)""", text))
    assert len(needed) > 5
    assert needed - stored_by_hooks() - AZD <= set(TEMPLATE["outputs"])
