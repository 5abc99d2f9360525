"""Every setting that the app reads, checked together at start: a wrong one stops the app with a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from adapters.message_settings import LogicAppTrigger, Mail, logic_app, mail, secret_url
from approvals.writing.links import SHORTEST_KEY

ROOT = Path(__file__).parent.parent
# Set by App Service, Functions and Container Apps: whichever is there, this is Azure.
AZURE_MARKS = ("WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME", "CONTAINER_NAME")
# Azurite's public development account: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)
_DAYS = re.compile(r"[1-9][0-9]{0,3}\Z")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")


class ConfigurationError(Exception):
    """The app cannot start like this; the text says which settings, why, and how to mend them."""


class IdentityMode(Enum):
    """Where the current person comes from. NONE: nobody is known; what is not for everybody answers 401."""

    NONE = ""
    LOCAL = "local"
    EASYAUTH = "easyauth"


@dataclass(frozen=True)
class Storage:
    """A connection string, or the blob service's address for a managed identity (``client_id``: user-assigned)."""

    connection: str | None = field(repr=False)  # it holds the account's key
    service_uri: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class Graph:
    """Microsoft Graph is the directory. ``client_id``: the user-assigned identity that reads it; ``app_id``: the app
    registration that has the app roles.
    """

    client_id: str | None
    app_id: str | None


@dataclass(frozen=True)
class Telemetry:
    """Where logs and metrics go. As whom, the exporter reads itself from APPLICATIONINSIGHTS_AUTHENTICATION_STRING."""

    connection: str


@dataclass(frozen=True)
class Settings:
    """``directory_file`` is the directory, or with ``graph`` what Graph does not know."""

    storage: Storage
    proposals_container: str
    records_container: str
    identity: IdentityMode
    policy_file: Path
    directory_file: Path
    graph: Graph | None
    public_url: str
    clock_url: str | None
    telemetry: Telemetry | None
    purge_after: timedelta
    link_keys: tuple[bytes, ...] = field(repr=False)
    mail: Mail | None
    teams_webhook_url: str | None = field(repr=False)
    logic_app: LogicAppTrigger | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check everything. Raises ConfigurationError with every problem."""
        problems: list[str] = []
        graph = _graph(environ, problems)
        directory = "config/graph.toml" if graph else "config/directory.toml"
        settings = cls(
            storage=_storage(environ, problems),
            proposals_container=environ.get("PROPOSALS_CONTAINER", "greenlight"),
            records_container=environ.get("RECORDS_CONTAINER", "greenlight-records"),
            identity=_identity(environ, problems),
            policy_file=_file(environ, "POLICY_FILE", "config/policy.toml", problems),
            directory_file=_file(environ, "DIRECTORY_FILE", directory, problems),
            graph=graph,
            public_url=_url(environ, "PUBLIC_URL", problems) or "http://127.0.0.1:7071",
            clock_url=_url(environ, "CLOCK_URL", problems),
            telemetry=_telemetry(environ, problems),
            purge_after=_days(environ, "PURGE_AFTER_DAYS", "30", problems),
            link_keys=_link_keys(environ, problems),
            mail=mail(environ, problems),
            teams_webhook_url=secret_url(environ, "TEAMS_WEBHOOK_URL", problems),
            logic_app=logic_app(environ, problems),
        )
        if settings.clock_url and is_azure(environ):
            problems.append("CLOCK_URL is for tests; remove it: on Azure the time is the time")
        if problems:
            raise ConfigurationError("Greenlight cannot start:\n  " + "\n  ".join(problems))
        return settings


def is_azure(environ: Mapping[str, str]) -> bool:
    """Does anything say that this runs on Azure?"""
    return any(environ.get(mark) for mark in AZURE_MARKS)


def _identity(environ: Mapping[str, str], problems: list[str]) -> IdentityMode:
    text = environ.get("IDENTITY", "")
    try:
        mode = IdentityMode(text)
    except ValueError:
        problems.append(f"IDENTITY is {text!r}; set it to local (this machine alone) or easyauth (on Azure)")
        return IdentityMode.NONE
    if mode is IdentityMode.LOCAL and is_azure(environ):
        marks = ", ".join(mark for mark in AZURE_MARKS if environ.get(mark))
        problems.append(
            f"IDENTITY=local lets everybody be anybody, and {marks} says that this is Azure; set it to easyauth"
        )
    if mode is IdentityMode.EASYAUTH and environ.get("WEBSITE_AUTH_ENABLED", "").lower() != "true":
        problems.append(
            "IDENTITY=easyauth believes a header that anybody could send, unless App Service authentication is on"
            " (WEBSITE_AUTH_ENABLED=True); turn it on"
        )
    return mode


def _storage(environ: Mapping[str, str], problems: list[str]) -> Storage:
    uri = environ.get("PROPOSALS_STORAGE__blobServiceUri")
    if uri:
        return Storage(None, uri, environ.get("PROPOSALS_STORAGE__clientId"))
    connection = environ.get("PROPOSALS_STORAGE") or environ.get("AzureWebJobsStorage") or ""
    if connection == "UseDevelopmentStorage=true":
        return Storage(DEVELOPMENT_STORAGE)
    if "AccountName=" not in connection and "BlobEndpoint=" not in connection:
        problems.append(
            "PROPOSALS_STORAGE (or else AzureWebJobsStorage) must be a storage connection string, or"
            " UseDevelopmentStorage=true; with a managed identity set PROPOSALS_STORAGE__blobServiceUri instead"
        )
    return Storage(connection)


def _graph(environ: Mapping[str, str], problems: list[str]) -> Graph | None:
    source = environ.get("DIRECTORY") or "file"
    if source == "file":
        return None
    if source != "graph":
        problems.append(
            f"DIRECTORY is {source!r}; set it to file (DIRECTORY_FILE is the directory) or graph (Microsoft Graph is)"
        )
    return Graph(_guid(environ, "GRAPH_CLIENT_ID", problems), _guid(environ, "GRAPH_APP_ID", problems))


def _guid(environ: Mapping[str, str], name: str, problems: list[str]) -> str | None:
    text = environ.get(name)
    if not text:
        return None
    if not _GUID.match(text):
        problems.append(f"{name} is {text!r}; write a client id like 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
    return text.lower()


def _telemetry(environ: Mapping[str, str], problems: list[str]) -> Telemetry | None:
    """Read as the host reads them: https://learn.microsoft.com/azure/azure-functions/functions-app-settings"""
    connection = environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING")
    if not connection:
        return None
    if "InstrumentationKey=" not in connection:
        problems.append(
            "APPLICATIONINSIGHTS_CONNECTION_STRING must hold InstrumentationKey=...; copy it from the Application"
            " Insights resource, or remove it: then nothing is sent"
        )
    text = environ.get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING")
    if text and "Authorization=AAD" not in text.split(";"):
        problems.append(
            f"APPLICATIONINSIGHTS_AUTHENTICATION_STRING is {text!r}; write ClientId=...;Authorization=AAD"
        )
    return Telemetry(connection)


def _link_keys(environ: Mapping[str, str], problems: list[str]) -> tuple[bytes, ...]:
    """The first signs, all are believed. None: links are not signed, which is for a developer's machine."""
    text = environ.get("LINK_SIGNING_KEYS", "")
    if text.startswith("@Microsoft.KeyVault("):
        problems.append(
            "LINK_SIGNING_KEYS is a Key Vault reference that App Service has not resolved; let the app's identity read"
            " the secret (role Key Vault Secrets User), see that the vault can be reached, and restart the app"
        )
        return ()
    keys = [key for part in text.split(",") if (key := part.strip())]
    short = [str(n) for n, key in enumerate(keys, start=1) if len(key) < SHORTEST_KEY]
    if short:
        problems.append(
            f"LINK_SIGNING_KEYS: key {' and '.join(short)} of {len(keys)} is too short; a key has {SHORTEST_KEY}"
            " characters or more and no comma. Make one with"
            " python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if not keys and is_azure(environ):
        problems.append(
            "LINK_SIGNING_KEYS is not set, and anybody could make up the links in messages; infra/ sets it to the"
            " vault's secret link-signing-keys"
        )
    return tuple(key.encode() for key in keys)


def _file(environ: Mapping[str, str], name: str, default: str, problems: list[str]) -> Path:
    path = ROOT / environ.get(name, default)
    if not path.is_file():
        problems.append(f"{name} names {path}, which is not a file; correct the path")
    return path


def _days(environ: Mapping[str, str], name: str, default: str, problems: list[str]) -> timedelta:
    text = environ.get(name) or default
    if not _DAYS.match(text):
        problems.append(f"{name} is {text!r}; write whole days from 1 to 9999, like {default}")
        text = default
    return timedelta(days=int(text))


def _url(environ: Mapping[str, str], name: str, problems: list[str]) -> str | None:
    text = environ.get(name)
    if not text:
        return None
    if not _is_address(text):
        problems.append(f"{name} is {text!r}; write an address like https://greenlight.example.com")
    return text.rstrip("/")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that is not closed
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
