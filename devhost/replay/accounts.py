"""Where a hub's tables and large strings lie, and what opens them: an account's key, or who is signed in to Azure."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol

from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from devhost.hub.storage import SETTING, SHORT, development_storage
from devhost.hub.tables import Account, Service
from devhost.problems import Problem

SCOPE = "https://storage.azure.com/.default"
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}\Z")


class Credential(Protocol):
    """As azure-identity's."""

    def get_token(self, *scopes: str) -> AccessToken: ...


@dataclass(frozen=True)
class SignedIn:
    """A table service by tokens of Entra; needs the role *Storage Table Data Reader*."""

    endpoint: str
    credential: Credential

    async def headers(self, _path: str) -> dict[str, str]:
        """A bearer token; the credential keeps it until it runs out."""
        token = await asyncio.to_thread(self.credential.get_token, SCOPE)
        return {"x-ms-date": formatdate(usegmt=True), "Authorization": f"Bearer {token.token}"}


@dataclass(frozen=True)
class Storage:
    tables: Service
    blobs: BlobServiceClient


@contextmanager
def opened(asked: str | None) -> Iterator[Storage]:
    """The storage of a connection string or an account's name; without one, what the app's settings name.

    Raises Problem.
    """
    where = (asked or os.environ.get(SETTING) or os.environ.get(f"{SETTING}__accountName") or SHORT).strip()
    if _ACCOUNT.match(where):
        with (
            DefaultAzureCredential() as credential,
            BlobServiceClient(f"https://{where}.blob.core.windows.net", credential) as blobs,
        ):
            yield Storage(SignedIn(f"https://{where}.table.core.windows.net", credential), blobs)
        return
    connection = development_storage() if where.rstrip(";") == SHORT else where
    try:
        account, blobs = Account.of(connection), BlobServiceClient.from_connection_string(connection)
    except ValueError as error:
        raise Problem(
            f"the storage is neither an account's name nor a connection string: {error}. Give one with --storage."
        ) from None
    with blobs:
        yield Storage(account, blobs)
