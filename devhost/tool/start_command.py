"""``devhost start``, which is also what ``devhost`` alone does: its options, and the host until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from azure.core.exceptions import AzureError

from devhost.engine.clock import RealClock, VirtualClock
from devhost.engine.faults import Faults
from devhost.functions.config import read_config
from devhost.functions.worker import Worker
from devhost.hub.hub import Hub, HubLost
from devhost.hub.lease import Lease
from devhost.hub.storage import open_storage
from devhost.hub.tables import StorageError
from devhost.problems import Problem
from devhost.tool import console
from devhost.tool.host import Host
from devhost.tool.watch import SYSTEM_KEY, watch

HIGHEST_PORT = 65535
SHUTDOWN_SECONDS = 2.0
# Python's own are 700, 10 and 10: looking for cycles as often takes a twelfth of the host's time.
GARBAGE_THRESHOLDS = (50_000, 20, 50)


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM. Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    if options.watch:
        return watch(options.app.resolve(), [each for each in given if each != "--watch"])
    console.set_up(verbose=options.verbose)
    # The SDK about events that nobody waits for; what is wrong with them, the host's own log tells.
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        is_busy = asyncio.run(_serve(options))
    except Problem as problem:
        print(f"devhost: {problem}", file=sys.stderr)
        return 1
    except (aiohttp.ClientError, TimeoutError, AzureError, StorageError) as error:
        why = next(iter(str(error).splitlines()), "")
        print(
            f"devhost: the storage cannot be used: {type(error).__name__}: {why}. Does it run, and is --azurite right?",
            file=sys.stderr,
        )
        return 1
    if is_busy:
        sys.stdout.flush()
        os._exit(0)  # what still runs is taken up by the next start; nobody waits for it
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="devhost start",
        description="A local host for Durable Functions apps in Python: the app's HTTP and timer triggers, its"
        " orchestrations and entities, and the official management API, on task-hub tables in Azurite.",
    )
    add = parser.add_argument
    add("--app", type=Path, default=Path(), help="the folder that holds function_app.py (this one)")
    add("--port", type=_port, default=7071, help="where to listen, on 127.0.0.1 (7071)")
    add(
        "--azurite",
        metavar="auto|CONNECTION",
        default="auto",
        help="the task hub's storage. auto: the app's AzureWebJobsStorage; where that is the development storage and"
        " nobody serves it, Azurite is started from node_modules",
    )
    add("--hub", help="the task hub's name (the one in host.json)")
    add("--clock", choices=("real", "virtual"), default="real", help="virtual: POST /admin/clock moves it")
    add("--enable-auth", action="store_true", help="ask for the system key, which is then shown, as 'code'")
    add(
        "--faults",
        metavar="seed=7,lose-pending=0.08,...",
        help="what goes wrong on Azure under load, reproducible: events to Pending instances lost"
        " (lose-pending=SHARE), messages doubled (double), overtaken (reorder), timers up to a second off (late), what"
        " a host had taken invisible after a start (kill=SECONDS)",
    )
    add("--watch", action="store_true", help="start again when a file of the app changes")
    add("--verbose", action="store_true", help="log every episode, and what orchestrators say in replays")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) <= HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to {HIGHEST_PORT}")


async def _serve(options: argparse.Namespace) -> bool:
    """Until stopped. Returns whether a function is still running in a thread."""
    folder = options.app.resolve()
    config = read_config(folder, options.hub)
    faults = Faults.parse(options.faults) if options.faults is not None else None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worker = Worker(folder)
    clock = VirtualClock() if options.clock == "virtual" else RealClock()
    base = f"http://127.0.0.1:{options.port}"
    async with open_storage(options.azurite, folder) as connection, Hub(connection, config.hub) as hub:
        key = os.environ.get(SYSTEM_KEY)
        host = Host(worker, hub, config, base, clock, check_key=options.enable_auth, key=key, faults=faults)
        runner = web.AppRunner(host.application(), shutdown_timeout=SHUTDOWN_SECONDS, access_log=None)
        await runner.setup()
        lease = Lease(hub.blobs, config.hub, host.id, base)
        try:
            await _listen(runner, options.port)
            await lease.acquire()
            await host.start()
            console.banner(host, base, key=host.management.key if options.enable_auth else None)
            await _until_stopped(stop, host, lease)
        finally:
            await runner.cleanup()
            await host.stop()
            await lease.release()
    return worker.is_busy


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    except OSError as error:
        raise Problem(f"port {port} is taken ({error.strerror}): choose another with --port.") from None


async def _until_stopped(stop: asyncio.Event, host: Host, lease: Lease) -> None:
    """Return when asked to stop. Raises Problem where the hub is lost."""
    keeping = asyncio.create_task(lease.keep())
    stopping = asyncio.create_task(stop.wait())
    ends: list[asyncio.Future[Any]] = [keeping, stopping, host.engine.lost]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            return
        if not host.engine.lost.done():  # the lease is: the engine must not write any more
            host.engine.lost.set_result(keeping.exception() or HubLost("the lease is gone"))
        error = host.engine.lost.result()
        if isinstance(error, HubLost):
            raise Problem(str(error)) from error
        raise RuntimeError(
            "the host failed; what was not acknowledged is taken up at the next start"
        ) from error
    finally:
        keeping.cancel()
        stopping.cancel()
