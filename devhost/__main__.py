"""``python -m devhost --app DIR --port N``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from devhost.clock import RealClock, VirtualClock
from devhost.config import read_config
from devhost.host import Host
from devhost.hub import Hub
from devhost.problems import Problem
from devhost.worker import Worker

STORAGE = "AzureWebJobsStorage"  # the host's own setting, in its own spelling
BACKLOG = 1024
# Azurite's public development account.
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname).1s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    for noisy in ("azure", "aiohttp.access", "asyncio", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(arguments))
    except Problem as problem:
        print(f"devhost: {problem}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devhost", description="A local host for Durable Functions apps in Python."
    )
    parser.add_argument(
        "--app", type=Path, default=Path(), help="the folder that holds function_app.py (this one)"
    )
    parser.add_argument("--port", type=int, default=7071, help="where to listen, on 127.0.0.1 (7071)")
    parser.add_argument(
        "--azurite", metavar="CONNECTION", help="the task hub's storage (AzureWebJobsStorage)"
    )
    parser.add_argument("--hub", help="the task hub's name (the one in host.json)")
    parser.add_argument(
        "--clock", choices=("real", "virtual"), default="real", help="a virtual clock can be moved"
    )
    parser.add_argument(
        "--enable-auth", action="store_true", help="check the system key of the management API"
    )
    parser.add_argument("--verbose", action="store_true", help="log every episode")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    folder = arguments.app.resolve()
    config = read_config(folder, arguments.hub)
    connection = arguments.azurite or os.environ.get(STORAGE, "UseDevelopmentStorage=true")
    if connection == "UseDevelopmentStorage=true":
        connection = DEVELOPMENT_STORAGE
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worker = Worker(folder)
    clock = VirtualClock() if arguments.clock == "virtual" else RealClock()
    base = f"http://127.0.0.1:{arguments.port}"
    async with Hub(connection, config.hub) as hub:
        host = Host(worker, hub, config, base, clock, check_key=arguments.enable_auth)
        # Bound first, served last: who asks while the hub is loaded waits instead of hearing that nothing is there.
        listener = _listener(arguments.port)
        await host.start()
        runner = web.AppRunner(host.application())
        await runner.setup()
        await web.SockSite(runner, listener).start()
        _banner(host, base)
        await stop.wait()
        await runner.cleanup()


def _listener(port: int) -> socket.socket:
    """Raises Problem."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise Problem(f"port {port} is taken ({error}): choose another with --port.") from None
    listener.listen(BACKLOG)
    return listener


def _banner(host: Host, base: str) -> None:
    print("Functions:\n")
    for route in host.routes:
        print(f"  {route.function.name}: [{','.join(route.methods)}] {base}/{route.template}")
    for function in host.worker.functions:
        if function.kind != "httpTrigger":
            print(f"  {function.name}: {function.kind}")
    print(
        f"\nManagement API: {base}/runtime/webhooks/durabletask  (task hub {host.engine.hub.name})",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
