"""The composition root: settings in, `Ports` out. Nothing else wires anything."""

from __future__ import annotations

import os
from functools import cache

from azure.identity import AzureCliCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

from adapters import log_lines, telemetry
from adapters.blob_store import AzureBlobStore, client_options
from adapters.clock import RemoteClock, SystemClock
from adapters.files.catalogue import english
from adapters.files.policy_files import WatchedFile
from adapters.graph.source import graph_directory
from adapters.graph.supplement import parse_supplement
from adapters.holidays import PublicHolidays
from adapters.meter import OtelMeter
from adapters.notifiers.logic_app import LogicApp
from adapters.notifiers.smtp import Mail
from adapters.notifiers.teams import Teams
from adapters.settings import Settings, Storage, is_azure
from adapters.sniffer import ContentSniffer
from approvals.policy.directory import parse_directory
from approvals.policy.parse import parse_policy
from approvals.ports import Clock, DirectorySource, Notifier, Ports


@cache
def settings() -> Settings:
    """The app's settings, read once. Raises ConfigurationError."""
    return Settings.from_env(os.environ)


@cache
def ports() -> Ports:
    """The app's ports, made once. Raises ConfigurationError, PolicyError, DirectoryError."""
    log_lines.install()
    found = settings()
    if found.telemetry:
        telemetry.start(found.telemetry)
    service = _blob_service(found.storage)
    clock = RemoteClock(found.clock_url) if found.clock_url else SystemClock()
    directory = _directory(found)
    return Ports(
        store=AzureBlobStore(service.get_container_client(found.proposals_container)),
        records=AzureBlobStore(service.get_container_client(found.records_container)),
        clock=clock,
        holidays=PublicHolidays(),
        sniffer=ContentSniffer(),
        notifiers=_notifiers(found, directory, clock),
        meter=OtelMeter(),
        policy=WatchedFile(found.policy_file, parse_policy),
        directory=directory,
        texts=english(),
        link_keys=found.link_keys,
    )


def _directory(found: Settings) -> DirectorySource:
    """The file, or Graph with the file beside it. Graph is asked when the first request comes, not here."""
    if found.graph is None:
        return WatchedFile(found.directory_file, parse_directory)
    supplement = WatchedFile(found.directory_file, parse_supplement)
    credential = ManagedIdentityCredential(client_id=found.graph.client_id)
    return graph_directory(supplement.current, credential, found.graph.app_id)


def _notifiers(found: Settings, directory: DirectorySource, clock: Clock) -> tuple[Notifier, ...]:
    """Those that are set. The outbox is always there."""
    notifiers: list[Notifier] = []
    if found.mail:
        notifiers.append(Mail(found.mail, found.public_url, directory, clock))
    if found.teams_webhook_url:
        notifiers.append(Teams(found.teams_webhook_url, found.public_url, directory, clock))
    if found.logic_app:
        credential = ManagedIdentityCredential(client_id=found.storage.client_id)
        notifiers.append(LogicApp(found.logic_app, found.public_url, directory, clock, credential))
    return tuple(notifiers)


def _blob_service(storage: Storage) -> BlobServiceClient:
    if storage.service_uri and is_azure(os.environ):
        credential = ManagedIdentityCredential(client_id=storage.client_id)
        return BlobServiceClient(storage.service_uri, credential=credential, **client_options())
    if storage.service_uri:  # a script on a person's machine: whoever is signed in there
        return BlobServiceClient(storage.service_uri, credential=AzureCliCredential(), **client_options())
    assert storage.connection is not None  # noqa: S101 - Storage has one or the other
    return BlobServiceClient.from_connection_string(storage.connection, **client_options())
