"""Wiring: the settings decide which sides the ports get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import AzureCliCredential, ManagedIdentityCredential

from adapters import blob_store, bootstrap, telemetry
from adapters.blob_store import AzureBlobStore
from adapters.clock import RemoteClock, SystemClock
from adapters.message_settings import LogicAppTrigger
from adapters.notifiers.logic_app import LogicApp
from adapters.notifiers.smtp import Mail
from adapters.notifiers.teams import Teams
from adapters.settings import (
    AZURE_MARKS,
    DEVELOPMENT_STORAGE,
    ConfigurationError,
    IdentityMode,
    Telemetry,
)
from approvals.policy.directory import DirectoryError
from approvals.policy.parse import PolicyError
from tests.fakes import example_directory, example_policy
from tests.graph import APP_ID, Tenant, identity_endpoint, oid, serving, user

NAMES = (
    *AZURE_MARKS,
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsStorage",
    "CLOCK_URL",
    "DIRECTORY",
    "DIRECTORY_FILE",
    "GRAPH_APP_ID",
    "GRAPH_CLIENT_ID",
    "IDENTITY",
    "LINK_SIGNING_KEYS",
    "LOGIC_APP_AUDIENCE",
    "LOGIC_APP_URI",
    "MAIL_FROM",
    "POLICY_FILE",
    "PROPOSALS_CONTAINER",
    "PROPOSALS_STORAGE",
    "PROPOSALS_STORAGE__blobServiceUri",
    "PROPOSALS_STORAGE__clientId",
    "PUBLIC_URL",
    "RECORDS_CONTAINER",
    "SMTP_HOST",
    "SMTP_PASSWORD",
    "SMTP_PORT",
    "SMTP_SECURITY",
    "SMTP_USER",
    "TEAMS_WEBHOOK_URL",
    "WEBSITE_AUTH_ENABLED",
)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment that says nothing, and nothing kept of another one."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    bootstrap.settings.cache_clear()
    bootstrap.ports.cache_clear()
    yield
    bootstrap.settings.cache_clear()
    bootstrap.ports.cache_clear()


def containers() -> tuple[str, str]:
    ports = bootstrap.ports()
    assert isinstance(ports.store, AzureBlobStore)
    assert isinstance(ports.records, AzureBlobStore)
    return ports.store._container.url, ports.records._container.url


def test_development_storage_the_files_of_config_and_the_machines_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("IDENTITY", "local")
    ports = bootstrap.ports()
    account = "http://127.0.0.1:10000/devstoreaccount1"
    assert account in DEVELOPMENT_STORAGE
    assert containers() == (f"{account}/greenlight", f"{account}/greenlight-records")
    assert ports.policy.current() == example_policy()
    assert ports.directory.current() == example_directory()
    assert isinstance(ports.clock, SystemClock)
    assert bootstrap.settings().identity is IdentityMode.LOCAL


@pytest.mark.parametrize(
    ("site", "kind"), [("greenlight", ManagedIdentityCredential), (None, AzureCliCredential)]
)
def test_with_an_identity_no_key_is_involved(
    monkeypatch: pytest.MonkeyPatch, site: str | None, kind: type
) -> None:
    """The app's own on Azure; elsewhere, for scripts, that of who is signed in."""
    if site:
        monkeypatch.setenv("WEBSITE_SITE_NAME", site)
        monkeypatch.setenv("LINK_SIGNING_KEYS", "0123456789abcdef" * 4)
    monkeypatch.setenv("PROPOSALS_STORAGE__blobServiceUri", "https://a.blob.core.windows.net")
    monkeypatch.setenv("PROPOSALS_STORAGE__clientId", "00000000-0000-0000-0000-000000000001")
    monkeypatch.setenv("PROPOSALS_CONTAINER", "one")
    monkeypatch.setenv("RECORDS_CONTAINER", "two")
    assert containers() == ("https://a.blob.core.windows.net/one", "https://a.blob.core.windows.net/two")
    store = bootstrap.ports().store
    assert isinstance(store, AzureBlobStore)
    assert isinstance(store._container.credential, kind)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
        ("PROPOSALS_STORAGE__blobServiceUri", "https://a.blob.core.windows.net"),
    ],
)
def test_connections_are_kept_for_every_worker_thread(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    given: dict[str, Any] = {}

    def client_options() -> dict[str, Any]:
        given.update(blob_store.client_options())
        return given

    monkeypatch.setattr(bootstrap, "client_options", client_options)
    store = bootstrap.ports().store
    assert isinstance(store, AzureBlobStore)
    wrapped: Any = store._container._pipeline._transport
    assert wrapped._transport is given["transport"]


def test_the_directory_of_a_graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the identity of GRAPH_CLIENT_ID, from the Graph that the file names; nothing is asked at the start."""
    client = "00000000-0000-0000-0000-000000000001"
    tenant = Tenant()
    tenant.add(user(1, "ana"), user(2, "ben"))
    tenant.assignments = [{"principalId": oid(1), "principalType": "User", "appRoleId": oid(9)}]
    tenant.app_roles = [{"id": oid(9), "value": "Operators", "isEnabled": True}]
    with serving(tenant), identity_endpoint() as asked:
        path = tmp_path / "graph.toml"
        path.write_text(
            f'graph = "{tenant.address}"\n[place]\ntime_zone = "UTC"\ncountry = "DE"\n'
            '[roles.operator]\napp_roles = "Operators"\n',
            encoding="utf-8",
        )
        monkeypatch.setenv("IDENTITY_ENDPOINT", asked.address)
        monkeypatch.setenv("IDENTITY_HEADER", "secret")
        monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
        monkeypatch.setenv("DIRECTORY", "graph")
        monkeypatch.setenv("DIRECTORY_FILE", str(path))
        monkeypatch.setenv("GRAPH_CLIENT_ID", client)
        monkeypatch.setenv("GRAPH_APP_ID", APP_ID)
        directory = bootstrap.ports().directory
        assert (tenant.asked, asked.queries) == ([], [])
        assert [person.name for person in directory.current().in_role("operator")] == ["Ana"]
    [query] = asked.queries  # one token for all requests
    assert (query["resource"], query["client_id"]) == (tenant.address, client)
    assert tenant.tokens == {"Bearer of-the-identity"}


def test_a_wrong_file_beside_graph_stops_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("DIRECTORY", "graph")
    monkeypatch.setenv("DIRECTORY_FILE", "config/directory.toml")
    with pytest.raises(DirectoryError, match=r"place\.time_zone: is missing"):
        bootstrap.ports()


def test_a_clock_that_can_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("CLOCK_URL", "http://127.0.0.1:9/now")
    assert isinstance(bootstrap.ports().clock, RemoteClock)


def test_telemetry_starts_only_where_it_is_sent_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Telemetry] = []
    monkeypatch.setattr(telemetry, "start", started.append)
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    bootstrap.ports()
    assert started == []
    bootstrap.ports.cache_clear()
    bootstrap.settings.cache_clear()
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=0")
    bootstrap.ports()
    assert started == [Telemetry("InstrumentationKey=0")]


def test_without_settings_messages_go_to_the_outbox_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    assert bootstrap.ports().notifiers == ()


def test_messages_go_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("PUBLIC_URL", "https://greenlight.example.com/")
    monkeypatch.setenv("SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("MAIL_FROM", "g@example.com")
    monkeypatch.setenv("TEAMS_WEBHOOK_URL", "https://teams.example.com/hook")
    monkeypatch.setenv("LOGIC_APP_URI", "https://logic.example.com/invoke")
    monkeypatch.setenv("LOGIC_APP_AUDIENCE", "api://greenlight")
    mail, teams, logic_app = bootstrap.ports().notifiers
    assert isinstance(mail, Mail)
    assert isinstance(teams, Teams)
    assert (mail.settings.host, teams.webhook_url) == ("mail.example.com", "https://teams.example.com/hook")
    assert isinstance(logic_app, LogicApp)
    assert logic_app.trigger == LogicAppTrigger("https://logic.example.com/invoke", "api://greenlight")
    for notifier in (mail, teams, logic_app):
        assert notifier.public_url == "https://greenlight.example.com"
        assert notifier.directory is bootstrap.ports().directory
        assert notifier.clock is bootstrap.ports().clock


def test_everything_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    assert bootstrap.ports() is bootstrap.ports()
    assert bootstrap.settings() is bootstrap.settings()


def test_a_wrong_setting_stops_the_app() -> None:
    with pytest.raises(ConfigurationError):
        bootstrap.ports()


def test_a_wrong_policy_stops_the_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("surprise = 1", encoding="utf-8")
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("POLICY_FILE", str(path))
    with pytest.raises(PolicyError, match="surprise"):
        bootstrap.ports()
