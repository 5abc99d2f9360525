"""The storage that holds the task hub; an Azurite of our own where the development storage is not served."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from devhost.hub.tables import Account
from devhost.problems import Problem

SETTING = "AzureWebJobsStorage"
SHORT = "UseDevelopmentStorage=true"
PORTS = {"Blob": 10000, "Queue": 10001, "Table": 10002}
# Azurite's public development account.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SCRIPT = Path("node_modules/azurite/dist/src/azurite.js")
START_SECONDS = 30.0


@asynccontextmanager
async def open_storage(asked: str, app: Path) -> AsyncIterator[str]:
    """A connection string for ``auto`` or one that is given. Raises Problem where it cannot be used."""
    connection = os.environ.get(SETTING, SHORT) if asked == "auto" else asked
    if connection.strip().rstrip(";") != SHORT:
        try:
            Account.of(connection)
        except ValueError as error:
            raise Problem(f"the storage's connection string cannot be used: {error}.") from None
        yield connection
    elif asked != "auto" or await _is_served():
        yield development_storage()
    else:
        async with _azurite(app):
            yield development_storage()


def development_storage() -> str:
    """The connection string that `UseDevelopmentStorage=true` stands for."""
    account = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
    return account + "".join(
        f"{name}Endpoint=http://127.0.0.1:{port}/devstoreaccount1;" for name, port in PORTS.items()
    )


async def _is_served() -> bool:
    try:
        for port in PORTS.values():
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
    except OSError:
        return False
    return True


@asynccontextmanager
async def _azurite(app: Path) -> AsyncIterator[None]:
    node = shutil.which("node")
    script = next((folder / SCRIPT for folder in (app, Path.cwd()) if (folder / SCRIPT).is_file()), None)
    if node is None or script is None:
        missing = "Node.js is not on the PATH" if node is None else f"there is no {SCRIPT}"
        raise Problem(
            f"nobody serves the development storage, and Azurite cannot be started: {missing}. Install it"
            " (npm install azurite), start it yourself, or give a connection string with --azurite."
        )
    folder = app / ".devhost" / "azurite"
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", str(folder)]
    options += [part for name, port in PORTS.items() for part in (f"--{name.lower()}Port", str(port))]
    quiet = asyncio.subprocess.DEVNULL  # it announces its addresses in spite of --silent
    process = await asyncio.create_subprocess_exec(
        node, str(script), *options, stdout=quiet, start_new_session=True
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _is_served():
                if process.returncode is not None:
                    raise Problem(f"Azurite ended by itself with {process.returncode}.")
                await asyncio.sleep(0.05)
        yield
    except TimeoutError:
        raise Problem("Azurite does not answer.") from None
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
