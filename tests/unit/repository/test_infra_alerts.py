"""Alerts: what is watched, who hears it, and that each names a runbook."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.problem import ROOT
from scripts.release.infra import INFRA, environments
from tests.arm import TEMPLATE, modules, of_type, snapshot

RUNBOOKS = ROOT / "docs" / "operations"


def decorated(*rooms: str) -> set[str]:
    """The names of the functions in some rooms that have a decorator."""
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.name for tree in trees for node in tree.body if isinstance(node, kinds) and node.decorator_list
    }


def functions() -> set[str]:
    """The app's function names."""
    return decorated("activities", "orchestrators", "timers")


@pytest.mark.parametrize(
    "query", sorted(INFRA.glob("*/*.kql")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_queries_ask_about_functions_that_exist(query: Path) -> None:
    text = query.read_text(encoding="utf-8")
    named = {
        name
        for line in text.splitlines()
        if "operation_Name ==" in line
        or "operation_Name in" in line
        or 'customDimensions["function"] ==' in line
        for name in re.findall(r'"(\w+)"', line.replace('["function"]', ""))
    }
    assert named <= functions() | routes()


def routes() -> set[str]:
    """The names of the functions that HTTP calls."""
    return decorated("http_api")


def test_every_query_is_an_alert_and_every_alert_has_a_runbook() -> None:
    asked = {alert["query"].strip() for alert in alerts()}
    assert asked == {path.read_text("utf-8").strip() for path in INFRA.glob("queries/*.kql")}
    page = (RUNBOOKS / "alerts.md").read_text(encoding="utf-8")
    for alert in alerts():
        assert (RUNBOOKS / alert["runbook"]).is_file()
        assert f"| {alert['name'].replace('-', ' ')} |" in page
    for environment in environments(INFRA):
        text = json.dumps(
            [each["properties"] for each in snapshot(environment) if "alert" in each["type"].lower()]
        )
        for named in re.findall(r"docs/operations/([\w-]+\.md)", text):
            assert (RUNBOOKS / named).is_file()


def test_alerts_are_on_by_default_and_somebody_hears_them() -> None:
    assert TEMPLATE["parameters"]["alerts"]["defaultValue"] is True
    sent = snapshot("dev")
    (group,) = of_type(sent, "Microsoft.Insights/actionGroups")
    assert group["properties"]["emailReceivers"] == []
    assert [each["name"] for each in group["properties"]["armRoleReceivers"]] == ["owners"]
    rules = of_type(sent, "Microsoft.Insights/scheduledQueryRules")
    assert len(rules) == len(alerts())
    for rule in rules:
        assert rule["properties"]["enabled"] is True
        assert len(rule["properties"]["actions"]["actionGroups"]) == 1
        assert "Runbook: docs/operations/" in rule["properties"]["description"]
    (people,) = of_type(snapshot("prod"), "Microsoft.Insights/actionGroups")
    assert [each["emailAddress"] for each in people["properties"]["emailReceivers"]] == [
        "greenlight-operators@example.com"
    ]


def test_health_is_asked_from_outside() -> None:
    (test,) = of_type(snapshot("prod"), "Microsoft.Insights/webtests")
    request = json.dumps(test["properties"]["Request"])
    assert "/api/health" in request
    assert len(test["properties"]["Locations"]) == 3
    (alert,) = (
        each
        for each in of_type(snapshot("prod"), "Microsoft.Insights/metricAlerts")
        if each["name"].endswith("-unreachable")
    )
    assert alert["properties"]["criteria"]["failedLocationCount"] == 2


def test_throttling_and_secrets_that_end_are_told() -> None:
    sent = snapshot("prod")
    names = [each["name"] for each in of_type(sent, "Microsoft.Insights/metricAlerts")]
    assert sum("storage-throttling" in name for name in names) == 2, "the host's account and the evidence"
    (ending,) = of_type(sent, "Microsoft.EventGrid/systemTopics/eventSubscriptions")
    assert {"Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.CertificateNearExpiry"} <= set(
        ending["properties"]["filter"]["includedEventTypes"]
    )
    assert ending["properties"]["destination"]["endpointType"] == "MonitorAlert"


def alerts() -> list[dict[str, Any]]:
    """Every row of alerts.bicep, with the text of its query."""
    found = modules()["alerting"]["variables"]
    loaded = {f"[variables('{name}')]": text for name, text in found.items() if isinstance(text, str)}
    rows = [*found["alerts"], *found["workspaceAlerts"]]
    return [alert | {"query": loaded[alert["query"]]} for alert in rows]
