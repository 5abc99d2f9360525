"""What infra/ promises, read from the template that is deployed (infra/main.json), not from its sources."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.entra_app import AZURE_CLI
from scripts.problem import ROOT, Problem
from scripts.release.infra import INFRA, check, digests
from scripts.release.package import for_scheduler
from tests.arm import TEMPLATE, call, modules, objects, of_type, only, resources, snapshot

RUNBOOKS = ROOT / "docs" / "operations"
HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
CERTIFICATE_USER = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
DURABLE_TASK_CONTRIBUTOR = "0ad04412-c4d5-4796-b79c-f76d14c8d402"


def config(name: str, module: str) -> Any:
    (found,) = (
        resource["properties"]
        for resource in resources("Microsoft.Web/sites/config", module)
        if f"'{name}'" in resource["name"]
    )
    return found


def setting_values() -> dict[str, str]:
    """Every setting that the template can set; the values are expressions."""
    scheduler = modules()["app"]["variables"]["schedulerSettings"]
    return objects(str(config("appsettings", "app"))) | objects(scheduler)


def test_the_template_was_built_from_these_sources() -> None:
    check(INFRA)


def test_a_changed_source_is_noticed(tmp_path: Path) -> None:
    for name in [*digests(INFRA), "sources.sha256"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((INFRA / name).read_bytes())
    check(tmp_path)
    (tmp_path / "modules" / "new.bicep").write_text("param x string\n")
    (tmp_path / "queries" / "stuck.kql").write_text("traces\n")
    with pytest.raises(Problem, match=r"modules/new.bicep, queries/stuck.kql: run 'make infra'"):
        check(tmp_path)


def test_every_parameter_and_output_is_described() -> None:
    for name, template in {"main": TEMPLATE, **modules()}.items():
        for kind in ("parameters", "outputs"):
            for key, value in template.get(kind, {}).items():
                assert value.get("metadata", {}).get("description"), f"{name}: {kind} {key}"


def test_no_secret_is_passed_in_or_handed_out() -> None:
    for template in [TEMPLATE, *modules().values()]:
        for parameter in template["parameters"].values():
            if parameter["type"].startswith("secure"):
                assert parameter["defaultValue"] == "[newGuid()]"
        assert not any(output["type"].startswith("secure") for output in template.get("outputs", {}).values())
    text = (INFRA / "main.json").read_text(encoding="utf-8")
    assert not re.search(r"list(Keys|AccountSas|Secrets)\(|AccountKey=|SharedAccess|sig=", text)


def test_storage_takes_no_keys_no_strangers_and_no_old_tls() -> None:
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


def test_evidence_survives_mistakes() -> None:
    service = only("Microsoft.Storage/storageAccounts/blobServices", "evidenceStorage")["properties"]
    assert service["isVersioningEnabled"] is True
    assert service["deleteRetentionPolicy"]["enabled"] is True
    assert service["containerDeleteRetentionPolicy"]["enabled"] is True
    policy = only("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    assert "parameters('recordsContainer')" in policy["name"]
    assert "greater(parameters('recordsImmutabilityDays'), 0)" in policy["condition"]
    rule = only("Microsoft.Storage/storageAccounts/managementPolicies")["properties"]["policy"]["rules"][0]
    assert rule["definition"]["actions"].keys() == {"version"}, "only earlier versions may be deleted"


def test_roles_are_the_least_that_work_and_end_at_one_resource() -> None:
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
        ("evidenceStorage.evidence-access", storage, BLOB_CONTRIBUTOR),
        ("existingEvidence.evidence-access", storage, BLOB_CONTRIBUTOR),
        ("domain", "Microsoft.KeyVault/vaults", CERTIFICATE_USER),
        ("monitoring", "Microsoft.Insights/components", METRICS_PUBLISHER),
        ("keyVault", secret, SECRETS_USER),
        ("messageSecrets", secret, SECRETS_USER),
        ("scheduler", "Microsoft.DurableTask/schedulers", DURABLE_TASK_CONTRIBUTOR),
        ("approvalByMail", secret, SECRETS_USER),
    }
    assert not any(r["type"].endswith("roleAssignments") for r in TEMPLATE["resources"].values())


def test_the_app_has_one_identity_and_no_passwords() -> None:
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


def test_telemetry_is_taken_from_entra_identities_alone() -> None:
    assert only("Microsoft.Insights/components")["properties"]["DisableLocalAuth"] is True
    assert "Authorization=AAD" in setting_values()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]


def test_easy_auth_lets_nobody_past_but_the_health_check() -> None:
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
    assert modules()["app"]["outputs"]["signInSetting"]["value"] in setting_values()


def test_operators_bring_a_token_of_the_azure_cli() -> None:
    (sent,) = (
        each["properties"]
        for each in of_type(snapshot("prod"), "Microsoft.Web/sites/config")
        if each["name"].endswith("authsettingsV2")
    )
    policy = sent["identityProviders"]["azureActiveDirectory"]["validation"]["defaultAuthorizationPolicy"]
    assert AZURE_CLI in policy["allowedApplications"]
    assert TEMPLATE["parameters"]["azureCli"]["defaultValue"] is True


def test_the_key_that_signs_links_is_made_once_and_read_by_the_app_alone() -> None:
    vault = only("Microsoft.KeyVault/vaults")["properties"]
    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] == "[if(parameters('purgeProtection'), true(), null())]"
    assert TEMPLATE["parameters"]["purgeProtection"]["defaultValue"] is True
    secret = only("Microsoft.KeyVault/vaults/secrets", "keyVault")
    assert "onlyIfNotExists" in secret["@options"]
    assert setting_values()["LINK_SIGNING_KEYS"].startswith("format('@Microsoft.KeyVault(")


def test_secrets_of_messages_are_read_from_the_vault_and_never_overwritten() -> None:
    secrets = only("Microsoft.KeyVault/vaults/secrets", "messageSecrets")
    assert "onlyIfNotExists" in secrets["@options"]
    for name, parameter in (
        ("SMTP_PASSWORD", "smtpCredentialName"),
        ("TEAMS_WEBHOOK_URL", "teamsWebhookName"),
    ):
        value = setting_values()[name]
        assert "format('@Microsoft.KeyVault(VaultName={0};SecretName={1})'" in value
        assert f"parameters('{parameter}')" in value
    assert "messageSecrets" in str(TEMPLATE["resources"]["app"]["dependsOn"])


# --- settings -------------------------------------------------------------------------------------

# Read on a developer's machine and in tests, and no business of Azure.
LOCAL = {"PROPOSALS_STORAGE", "AzureWebJobsStorage", "CLOCK_URL"}
# Set by App Service itself.
PLATFORM = {"WEBSITE_AUTH_ENABLED"}
# Read by the host, the extension and the SDK.
HOSTS = re.compile(
    r"AzureWebJobs\w+|AzureFunctionsJobHost__\w+|APPLICATIONINSIGHTS_\w+|AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"
    r"|TASKHUB_NAME|OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID|DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
)


def settings_read() -> set[str]:
    """Names that the app takes from the environment: ``environ.get("X")``, ``environ["X"]``, and
    ``helper(environ, "X", ...)``.
    """
    files = [ROOT / "adapters" / name for name in ("settings.py", "message_settings.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    names: set[object] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            names |= _constants([node.slice])
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and _is_environ(node.func.value):
                names |= _constants(node.args[:1])
            elif any(_is_environ(argument) for argument in node.args):
                names |= _constants(node.args[1:2])
    return {str(name) for name in names}


def _is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "environ"


def _constants(nodes: list[ast.expr]) -> set[object]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def test_the_settings_that_the_app_reads_are_those_that_are_set() -> None:
    read, written = settings_read(), set(setting_values())
    assert len(read) > 5, "found where the app reads its settings"
    assert read - LOCAL - PLATFORM - written == set(), "read, but not set on Azure"
    assert {name for name in written - read if not HOSTS.fullmatch(name)} == set(), "set, but never read"
    assert not written & (LOCAL | PLATFORM)


def test_the_settings_of_a_developers_machine_are_set_on_azure_too() -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    without = {"FUNCTIONS_WORKER_RUNTIME"}  # Flex Consumption refuses it: the plan names the runtime
    written = {name.partition("__")[0] for name in setting_values()}
    assert set(example) - written == without
    assert setting_values()["IDENTITY"] == "'easyauth'"


def test_storage_is_named_once_and_reached_by_identity() -> None:
    settings = setting_values()
    assert settings["AzureWebJobsStorage__credential"] == "'managedidentity'"
    assert "AzureWebJobsStorage__accountName" in settings
    assert not any(name.endswith("ServiceUri") for name in settings if name.startswith("AzureWebJobs"))
    for name in ("AzureWebJobsStorage__clientId", "PROPOSALS_STORAGE__clientId"):
        assert settings[name] == "parameters('identityClientId')"


def test_the_files_that_settings_name_are_shipped() -> None:
    values = setting_values()
    named = re.findall(r"'(config/[^']+)'", values["POLICY_FILE"] + values["DIRECTORY_FILE"])
    assert named == ["config/policy.toml", "config/graph.toml", "config/directory.toml"]
    assert all((ROOT / name).is_file() for name in named)


def test_the_directory_is_a_file_unless_a_parameter_says_otherwise() -> None:
    values, source = setting_values(), TEMPLATE["parameters"]["directorySource"]
    assert (source["defaultValue"], source["allowedValues"]) == ("file", ["file", "graph"])
    assert values["DIRECTORY"] == "parameters('directorySource')"
    assert values["GRAPH_CLIENT_ID"] == "parameters('identityClientId')"
    assert values["GRAPH_APP_ID"] == "parameters('authClientId')"


# --- the host -------------------------------------------------------------------------------------


def test_the_host_keeps_to_the_limits_of_the_plan() -> None:
    plan = only("Microsoft.Web/serverfarms", "app")
    assert plan["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    durable = HOST["extensions"]["durableTask"]
    # The Consumption plan's own defaults: one Python worker on a small instance.
    assert (durable["maxConcurrentActivityFunctions"], durable["maxConcurrentOrchestratorFunctions"]) == (
        10,
        5,
    )
    assert "extendedSessionsEnabled" not in durable, "not supported for Python"
    # A partition is owned by one instance; more partitions than instances would only cost polling.
    fewest = TEMPLATE["parameters"]["maximumInstanceCount"]["minValue"]
    assert 1 <= durable["storageProvider"]["partitionCount"] <= fewest
    assert HOST["extensionBundle"]["version"] == "[4.*, 5.0.0)"


def test_the_task_hub_has_a_name_that_the_extension_takes() -> None:
    hub = TEMPLATE["parameters"]["taskHubName"]
    assert HOST["extensions"]["durableTask"]["hubName"] == "%TASKHUB_NAME%"
    assert (hub["minLength"], hub["maxLength"]) == (3, 45)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", hub["defaultValue"])


def test_the_engine_is_in_the_package_and_never_in_a_setting() -> None:
    """The scale controller reads host.json from the package; app settings do not reach it."""
    settings = setting_values()
    assert not any(name.startswith("AzureFunctionsJobHost__") for name in settings)
    provider = json.loads(for_scheduler((ROOT / "host.json").read_bytes()))["extensions"]["durableTask"]
    connection = provider["storageProvider"]["connectionStringName"]
    assert settings[connection] == "parameters('schedulerConnection')"
    assert TEMPLATE["parameters"]["durableEngine"]["defaultValue"] == "azureStorage"
    output = modules()["scheduler"]["outputs"]["connection"]["value"]
    assert "Authentication=ManagedIdentity;ClientID=" in output
    assert modules()["scheduler"]["parameters"]["ipAllowlist"]["minLength"] == 1, (
        "an empty list locks all out"
    )


def test_a_private_scheduler_takes_nobody_from_outside() -> None:
    properties = only("Microsoft.DurableTask/schedulers")["properties"]
    assert properties["publicNetworkAccess"] == "[if(parameters('isPrivate'), 'Disabled', 'Enabled')]"
    targets = json.dumps(call("privateEndpoints")["properties"]["parameters"]["targets"])
    assert "pe-scheduler-" in targets
    assert "'scheduler'" in targets
    zones = modules()["privateEndpoints"]["variables"]["zones"]
    assert zones["scheduler"] == "privatelink.durabletask.io"
    given = call("scheduler")["properties"]["parameters"]
    assert given["isPrivate"] == {"value": "[parameters('privateNetworking')]"}
    assert only("Microsoft.DurableTask/schedulers")["apiVersion"] == "2026-02-01"


def test_private_networking_covers_what_the_host_needs() -> None:
    sent = snapshot("prod")
    endpoints = of_type(sent, "Microsoft.Network/privateEndpoints")
    wanted = {"sthost": {"blob", "queue", "table"}, "stproof": {"blob"}, "kv-": {"vault"}}
    found: dict[str, set[str]] = {}
    for endpoint in endpoints:
        (link,) = endpoint["properties"]["privateLinkServiceConnections"]
        name = link["properties"]["privateLinkServiceId"].rpartition("/")[2]
        (prefix,) = (each for each in wanted if name.startswith(each))
        found.setdefault(prefix, set()).update(link["properties"]["groupIds"])
    assert found == wanted
    subnet = only("Microsoft.Network/virtualNetworks")["properties"]["subnets"][0]["properties"]
    assert subnet["delegations"][0]["properties"]["serviceName"] == "Microsoft.App/environments"
    zones = of_type(sent, "Microsoft.Network/privateDnsZones")
    assert len(zones) == len(set.union(*wanted.values()))


def test_the_app_waits_for_what_it_reads_at_start() -> None:
    assert {"privateEndpoints", "messageSecrets"} <= set(call("app")["dependsOn"])


def test_the_app_itself_can_be_closed_to_the_internet() -> None:
    site = only("Microsoft.Web/sites", "app")["properties"]
    assert site["publicNetworkAccess"] == "[if(parameters('isPrivate'), 'Disabled', 'Enabled')]"
    given = json.dumps(call("appEndpoint")["properties"]["parameters"])
    assert "createObject('name', format('pe-app-{0}'" in given or '"service": "sites"' in given
    assert "fail('privateApp needs privateNetworking = true.')" in given
    assert TEMPLATE["parameters"]["privateApp"]["defaultValue"] is False


def test_a_host_name_of_your_own_has_a_certificate_from_the_vault() -> None:
    certificate = only("Microsoft.Web/sites/certificates", "domain")["properties"]
    assert certificate["keyVaultSecretName"] == "[parameters('certificateName')]"
    binding = only("Microsoft.Web/sites/hostNameBindings", "domain")["properties"]
    assert binding["sslState"] == "SniEnabled"
    assert "fail('customDomain needs customDomainCertificate:" in json.dumps(call("domain"))
    assert "customDomain" in TEMPLATE["variables"]["address"]
    assert call("app")["properties"]["parameters"]["publicUrl"] == {"value": "[variables('address')]"}


def test_telemetry_is_set_up_once_by_the_app() -> None:
    """The worker would set it up a second time; docs/adr/0005-the-worker-sends-its-own-telemetry.md."""
    assert not {name for name in setting_values() if name.startswith(("PYTHON_", "OTEL_"))}
    assert "telemetryMode" not in HOST


def test_what_alerts_need_is_logged() -> None:
    levels = HOST["logging"]["logLevel"]
    assert levels["Function"] == levels["Host.Results"] == "Information"
    excluded = HOST["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"]
    assert "Request" in excluded, "a failed function must not be sampled away"
