"""What infra/ promises, read from the template that is deployed (infra/main.json), not from its sources."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.model import Verdict
from scripts.infra import INFRA, check, digests
from scripts.problem import ROOT, Problem
from services.events import EVENT

TEMPLATE: dict[str, Any] = json.loads((INFRA / "main.json").read_text(encoding="utf-8"))
HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
DURABLE_TASK_CONTRIBUTOR = "0ad04412-c4d5-4796-b79c-f76d14c8d402"


def modules() -> dict[str, dict[str, Any]]:
    return {
        name: resource["properties"]["template"]
        for name, resource in TEMPLATE["resources"].items()
        if resource["type"] == "Microsoft.Resources/deployments"
    }


def resources(kind: str, module: str | None = None) -> Iterator[dict[str, Any]]:
    """Every resource of a type, or those of one module."""
    for name, template in modules().items():
        found = template["resources"]
        for resource in found.values() if isinstance(found, dict) else found:
            if resource["type"] == kind and not resource.get("existing") and module in {None, name}:
                yield resource


def only(kind: str, module: str | None = None) -> dict[str, Any]:
    (resource,) = resources(kind, module)
    return resource


def config(name: str, module: str) -> dict[str, Any]:
    (found,) = (
        resource["properties"]
        for resource in resources("Microsoft.Web/sites/config", module)
        if f"'{name}'" in resource["name"]
    )
    return dict(found)


def app_settings() -> dict[str, str]:
    """The settings that are always set, by name; their values are template expressions."""
    expression = config("appsettings", "app")
    assert isinstance(expression, dict)
    return expression


def test_the_template_was_built_from_these_sources():
    check(INFRA)


def test_a_changed_source_is_noticed(tmp_path: Path):
    for name in [*digests(INFRA), "sources.sha256"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((INFRA / name).read_bytes())
    check(tmp_path)
    (tmp_path / "modules" / "new.bicep").write_text("param x string\n")
    (tmp_path / "queries" / "stuck.kql").write_text("traces\n")
    with pytest.raises(Problem, match=r"modules/new.bicep, queries/stuck.kql: run 'make infra'"):
        check(tmp_path)


def test_every_parameter_and_output_is_described():
    for name, template in {"main": TEMPLATE, **modules()}.items():
        for kind in ("parameters", "outputs"):
            for key, value in template.get(kind, {}).items():
                assert value.get("metadata", {}).get("description"), f"{name}: {kind} {key}"


def test_no_secret_is_passed_in_or_handed_out():
    for template in [TEMPLATE, *modules().values()]:
        for parameter in template["parameters"].values():
            if parameter["type"].startswith("secure"):
                assert parameter["defaultValue"] == "[newGuid()]"
        assert not any(output["type"].startswith("secure") for output in template.get("outputs", {}).values())
    text = (INFRA / "main.json").read_text(encoding="utf-8")
    assert not re.search(r"list(Keys|AccountSas|Secrets|CallbackUrl)\(|AccountKey=|SharedAccess|sig=", text)


def test_storage_takes_no_keys_no_strangers_and_no_old_tls():
    accounts = list(resources("Microsoft.Storage/storageAccounts"))
    assert len(accounts) == 2
    for account in accounts:
        properties = account["properties"]
        assert properties["allowSharedKeyAccess"] is False
        assert properties["allowBlobPublicAccess"] is False
        assert properties["minimumTlsVersion"] == "TLS1_2"
        assert properties["supportsHttpsTrafficOnly"] is True
        assert properties["publicNetworkAccess"] == "[if(parameters('isPrivate'), 'Disabled', 'Enabled')]"
    for container in resources("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert container["properties"]["publicAccess"] == "None"


def test_evidence_survives_mistakes():
    service = only("Microsoft.Storage/storageAccounts/blobServices", "evidenceStorage")["properties"]
    assert service["isVersioningEnabled"] is True
    assert service["deleteRetentionPolicy"]["enabled"] is True
    assert service["containerDeleteRetentionPolicy"]["enabled"] is True
    policy = only("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    assert "parameters('recordsContainer')" in policy["name"]
    assert policy["condition"] == "[greater(parameters('recordsImmutabilityDays'), 0)]"
    rule = only("Microsoft.Storage/storageAccounts/managementPolicies")["properties"]["policy"]["rules"][0]
    assert rule["definition"]["actions"].keys() == {"version"}, "only earlier versions may be deleted"


def test_roles_are_the_least_that_work_and_end_at_one_resource():
    granted = set()
    for module, template in modules().items():
        for resource in resources("Microsoft.Authorization/roleAssignments", module):
            scope = re.match(r"\[resourceId\('([^']+)'", resource["scope"])
            assert scope, f"{module}: a role must end at one resource"
            assert resource["properties"]["principalType"] == "ServicePrincipal"
            variables = template["variables"]
            for role in variables.get("roles", [variables.get("role")]):
                granted.add((module, scope[1], role))
    storage, secret = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults/secrets"
    assert granted == {
        ("hostStorage", storage, BLOB_OWNER),
        ("hostStorage", storage, QUEUE_CONTRIBUTOR),
        ("hostStorage", storage, TABLE_CONTRIBUTOR),
        ("evidenceStorage", storage, BLOB_CONTRIBUTOR),
        ("monitoring", "Microsoft.Insights/components", METRICS_PUBLISHER),
        ("keyVault", secret, SECRETS_USER),
        ("scheduler", "Microsoft.DurableTask/schedulers", DURABLE_TASK_CONTRIBUTOR),
        ("approvalByMail", secret, SECRETS_USER),
    }
    assert not any(r["type"].endswith("roleAssignments") for r in TEMPLATE["resources"].values())


def test_the_app_has_one_identity_and_no_passwords():
    site = only("Microsoft.Web/sites", "app")
    assert site["identity"]["type"] == "UserAssigned"
    assert site["properties"]["httpsOnly"] is True
    assert site["properties"]["siteConfig"]["minTlsVersion"] == "1.2"
    assert site["properties"]["siteConfig"]["ftpsState"] == "Disabled"
    assert site["properties"]["keyVaultReferenceIdentity"] == "[parameters('identityId')]"
    storage = site["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert storage["authentication"]["type"] == "UserAssignedIdentity"
    doors = list(resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies"))
    assert [door["properties"]["allow"] for door in doors] == [False, False]


def test_telemetry_is_taken_from_entra_identities_alone():
    assert only("Microsoft.Insights/components")["properties"]["DisableLocalAuth"] is True
    assert "Authorization=AAD" in setting_values()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]


def test_easy_auth_lets_nobody_past_but_the_health_check():
    authentication = config("authsettingsV2", "authentication")
    assert authentication["platform"]["enabled"] is True
    validation = authentication["globalValidation"]
    assert validation["requireAuthentication"] is True
    assert validation["excludedPaths"] == (
        "[concat(createArray('/api/health'),"
        " if(parameters('allowRaiseEvent'), variables('webhooks'), createArray()))]"
    )
    assert all(
        path.startswith("/runtime/webhooks/durabletask")
        for path in modules()["authentication"]["variables"]["webhooks"]
    )
    assert TEMPLATE["parameters"]["allowRaiseEvent"]["defaultValue"] is False
    entra = authentication["identityProviders"]["azureActiveDirectory"]
    assert list(authentication["identityProviders"]) == ["azureActiveDirectory"]
    assert "clientSecret" not in entra["registration"]
    assert modules()["app"]["variables"]["signInSetting"] in setting_values()


def test_the_key_that_signs_links_is_made_once_and_read_by_the_app_alone():
    vault = only("Microsoft.KeyVault/vaults")["properties"]
    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True
    secret = only("Microsoft.KeyVault/vaults/secrets", "keyVault")
    assert "onlyIfNotExists" in secret["@options"]
    assert setting_values()["LINK_SIGNING_KEYS"].startswith("[format('@Microsoft.KeyVault(")


# --- settings --------------------------------------------------------------------------------------------------------

# Read on a developer's machine and in tests, and no business of Azure.
LOCAL = {"PROPOSALS_STORAGE", "AzureWebJobsStorage", "CLOCK_URL"}
# Set by App Service itself.
PLATFORM = {"WEBSITE_AUTH_ENABLED"}
# Read by the host, the extension and the SDK.
HOSTS = re.compile(
    r"AzureWebJobs\w+|AzureFunctionsJobHost__\w+|APPLICATIONINSIGHTS_\w+|AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"
    r"|TASKHUB_NAME|OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID|DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
)
# Set for the links in messages, which are signed.
SIGNED_LINKS = {"LINK_SIGNING_KEYS"}


def setting_values() -> dict[str, str]:
    """What the template sets, those of Durable Task Scheduler too. The compiler inlines both objects in one expression
    or keeps them as variables; either way each name stands before its value."""
    template = modules()["app"]
    expression = json.dumps([template["variables"], config("appsettings", "app")])
    pairs = re.findall(r"'(\w+)', (format\([^)]*\)[^,]*|'[^']*'|[^,]+)", expression)
    found = {name: value for name, value in pairs if re.fullmatch(r"[A-Z][A-Za-z]*(_{1,2}\w+)?", name)}
    return found


def settings_read() -> set[str]:
    """Names that the app's settings module takes from the environment."""
    names: set[str] = set()
    tree = ast.parse((ROOT / "adapters" / "settings.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _about_environ(node):
            names |= {
                first.value
                for first in node.args[:2]
                if isinstance(first, ast.Constant) and re.fullmatch(r"[A-Z]\w+", str(first.value))
            }
        if isinstance(node, ast.Subscript) and _is_environ(node.value) and isinstance(node.slice, ast.Constant):
            names.add(str(node.slice.value))
    return names
