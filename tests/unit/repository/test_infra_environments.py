"""What each environment sends, read from the snapshots that the compiler writes (infra/snapshots/)."""

from __future__ import annotations

import json
import re

import pytest

from scripts.release.infra import INFRA, environments
from tests.arm import TEMPLATE, of_type, resources, snapshot


@pytest.mark.parametrize("environment", environments(INFRA))
def test_zones_are_used_where_they_are_promised(environment: str) -> None:
    sent = snapshot(environment)
    (plan,) = of_type(sent, "Microsoft.Web/serverfarms")
    accounts = of_type(sent, "Microsoft.Storage/storageAccounts")
    (host,) = (account for account in accounts if account["name"].startswith("sthost"))
    assert plan["properties"]["zoneRedundant"] is ("ZRS" in host["sku"]["name"])


def test_production_runs_in_zones_and_keeps_evidence_in_two_regions() -> None:
    sent = snapshot("prod")
    assert of_type(sent, "Microsoft.Web/serverfarms")[0]["properties"]["zoneRedundant"] is True
    skus = {account["sku"]["name"] for account in of_type(sent, "Microsoft.Storage/storageAccounts")}
    assert skus == {"Standard_ZRS", "Standard_RAGZRS"}
    assert "Standard_GZRS" in TEMPLATE["parameters"]["evidenceStorageSku"]["allowedValues"]


def test_a_second_region_takes_over_the_evidence_and_makes_everything_else() -> None:
    """What docs/operations/disaster.md says, by comparing what the two environments send."""
    first, second = snapshot("prod"), snapshot("second-region")
    assert not {each["id"] for each in first} & {each["id"] for each in second}, "nothing collides"
    (setting,) = (each for each in of_type(second, "Microsoft.Web/sites/config") if "app" in each["name"])
    assert "stproofexample" in json.dumps(setting["properties"]["PROPOSALS_STORAGE__blobServiceUri"])
    accounts = [each["name"] for each in of_type(second, "Microsoft.Storage/storageAccounts")]
    assert [name[:6] for name in accounts] == ["sthost"]
    assert any(
        "stproofexample" in str(each.get("scope", each["id"]))
        for each in of_type(second, "Microsoft.Authorization/roleAssignments")
    )
    gone = {"Microsoft.Storage/storageAccounts/managementPolicies", "Microsoft.Consumption/budgets"}
    kinds = {each["type"] for each in first} - {each["type"] for each in second}
    assert {kind for kind in kinds if "immutabilityPolicies" not in kind} == gone


def test_a_sealed_record_can_be_created_and_read_and_nothing_else() -> None:
    for module in ("evidenceStorage.evidence-access", "existingEvidence.evidence-access"):
        (assignment,) = resources("Microsoft.Authorization/roleAssignments", module)
        assert (
            assignment["properties"]["conditionVersion"]
            == "[if(parameters('recordsCreateOnly'), '2.0', null())]"
        )
    assert TEMPLATE["parameters"]["recordsCreateOnly"]["defaultValue"] is True
    sent = of_type(snapshot("prod"), "Microsoft.Authorization/roleAssignments")
    (condition,) = (each["properties"]["condition"] for each in sent if "condition" in each["properties"])
    elsewhere, _, proposals = condition.partition(" OR ")
    actions = re.findall(r"!\(ActionMatches\{'[\w./]+/blobs/([\w/]+)'\}\)", elsewhere)
    assert {"write", "delete", "move/action"} <= set(actions)
    assert not {"read", "add/action"} & set(actions)
    assert proposals == (
        "(@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'greenlight'))"
    )


def test_who_touched_evidence_and_secrets_is_logged() -> None:
    logs = of_type(snapshot("prod"), "Microsoft.Insights/diagnosticSettings")
    categories = {each["category"] for log in logs for each in log["properties"]["logs"] if each["enabled"]}
    assert categories == {"StorageRead", "StorageWrite", "StorageDelete", "AuditEvent"}
    assert all("/workspaces/" in json.dumps(log["properties"]["workspaceId"]) for log in logs)


def test_evidence_and_vault_are_locked_unless_an_environment_says_otherwise() -> None:
    locks = of_type(snapshot("prod"), "Microsoft.Authorization/locks")
    assert {lock["properties"]["level"] for lock in locks} == {"CanNotDelete"}
    assert len(locks) == 2
    assert of_type(snapshot("dev"), "Microsoft.Authorization/locks") == []
    assert TEMPLATE["parameters"]["locks"]["defaultValue"] is True


def test_records_cannot_be_changed_by_default() -> None:
    assert TEMPLATE["parameters"]["recordsImmutabilityDays"]["defaultValue"] >= 365
    assert TEMPLATE["parameters"]["recordsImmutabilityLocked"]["defaultValue"] is False


# --- environments ---------------------------------------------------------------------------------


def test_every_parameter_can_be_set_by_an_environment() -> None:
    """Each is handed over by main.bicepparam; what azd finds out comes from variables."""
    text = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    from_file = set(re.findall(r"^param (\w+) = settings\.\1$", text, re.MULTILINE))
    found_out = set(
        re.findall(r"^param (\w+) = (?:empty\(unknown\)|readEnvironmentVariable)", text, re.MULTILINE)
    )
    assert found_out == {"environmentName", "location", "authClientId", "logicAppUri"}
    assert from_file | found_out == set(TEMPLATE["parameters"])
    assert set(re.findall(r"loadYamlContent\('environments/([\w-]+)\.yaml'\)", text)) == set(
        environments(INFRA)
    )


def test_defaults_are_values_that_a_parameter_file_can_hand_over() -> None:
    """Azure evaluates no expression in a parameter file."""
    for name, parameter in TEMPLATE["parameters"].items():
        default = parameter.get("defaultValue")
        assert not (isinstance(default, str) and default.startswith("[")), name
