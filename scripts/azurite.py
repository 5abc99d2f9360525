"""Azurite, the storage emulator: where the settings expect it, whether it is there, how it is started."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from scripts.network import ask, is_taken
from scripts.problem import ROOT, Problem

ACCOUNT = "devstoreaccount1"
LISTING = f"/{ACCOUNT}?comp=list"  # refused without a key; who refuses it is in the answer


class Ports(NamedTuple):
    blob: int
    queue: int
    table: int


DEFAULT_PORTS = Ports(10000, 10001, 10002)


def expected_ports(connection: str) -> Ports | None:
    """Where AzureWebJobsStorage expects Azurite on this machine; None where it names other storage.

    Raises Problem where Azurite's account is named without its three addresses.
    """
    parts = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    if parts.get("UseDevelopmentStorage", "").lower() == "true":
        return DEFAULT_PORTS
    if parts.get("AccountName") != ACCOUNT:
        return None
    urls = [urlsplit(parts.get(f"{service}Endpoint", "")) for service in ("Blob", "Queue", "Table")]
    numbers = [url.port for url in urls if url.port]
    if len(numbers) != len(urls):
        raise Problem(
            "AzureWebJobsStorage in local.settings.json names Azurite's account but not all of BlobEndpoint,"
            " QueueEndpoint and TableEndpoint with a port: add them, or write 'UseDevelopmentStorage=true'."
        )
    if any(url.hostname not in {"127.0.0.1", "localhost"} for url in urls):
        return None
    return Ports(*numbers)


def answers(at: Ports) -> bool:
    """Whether all three services are there."""
    names = [f"Azurite-{service.capitalize()}/" for service in Ports._fields]
    return all(ask(port, LISTING).server.startswith(name) for port, name in zip(at, names, strict=True))


def is_running(at: Ports) -> bool:
    """Whether somebody has started an Azurite that can be used.

    Raises Problem when something else has one of the ports.
    """
    taken = [port for port in at if is_taken(port)]
    if not taken:
        return False
    if not answers(at):
        raise Problem(
            f"port {taken[0]} is taken, but not by an Azurite that serves blobs, queues and tables on"
            f" {at.blob}, {at.queue} and {at.table}: end what is there, or name free ports in"
            " AzureWebJobsStorage (BlobEndpoint, QueueEndpoint, TableEndpoint) of local.settings.json."
        )
    if ask(at.blob, LISTING, {"x-ms-version": _sdk_api_version()}).status == HTTPStatus.BAD_REQUEST:
        raise Problem(
            f"the Azurite that is already on port {at.blob} refuses the version of the storage SDK: end it,"
            " so that 'make start' starts its own, or start yours with --skipApiVersionCheck."
        )
    return True


def _sdk_api_version() -> str:
    from azure.storage.blob import BlobServiceClient  # noqa: PLC0415 - half a second, and seldom needed

    with BlobServiceClient(f"http://127.0.0.1/{ACCOUNT}") as client:
        return str(client.api_version)


def command(at: Ports, folder: Path) -> list[str]:
    """``--skipApiVersionCheck``: the SDK speaks a newer version of the protocol than Azurite knows."""
    script = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", str(folder)]
    for service, port in zip(Ports._fields, at, strict=True):
        options += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    return ["node", str(script), *options]
