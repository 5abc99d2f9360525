"""``devhost gate DIR`` or ``--hub``: may the code of today meet the instances that are under way?"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import warnings
from pathlib import Path

from devhost.functions.config import read_config, use_local_settings
from devhost.functions.worker import Worker
from devhost.problems import Problem
from devhost.replay import histories
from devhost.replay.accounts import opened
from devhost.replay.export import under_way
from devhost.replay.gate import Difference, Gate
from devhost.replay.histories import Recorded

IN_STEP, OUT_OF_STEP, NOT_TOLD = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 where all go on, 1 where one goes out of step, 2 where it cannot be told."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.folder is None and options.hub is None:
        parser.error("give a folder of histories, or --hub")
    # The SDK about events that nobody waits for.
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
    try:
        recorded = asyncio.run(_recorded(options))
        differences = asyncio.run(differences_of(recorded, options.app.resolve()))
    except Problem as problem:
        print(f"devhost: {problem}", file=sys.stderr)
        return NOT_TOLD
    for difference in differences:
        print(difference)
    print(f"{len(recorded)} replayed, {len(differences)} out of step")
    return OUT_OF_STEP if differences else IN_STEP


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="devhost gate",
        description="Replays histories of instances that are under way against the orchestrators of today, and tells"
        " which would go out of step, and where. Exit code 1: some would; 2: it cannot be told.",
    )
    add = parser.add_argument
    add("folder", nargs="?", type=Path, metavar="DIR", help="histories; with --hub, where they are kept")
    add("--app", type=Path, default=Path(), help="the folder that holds function_app.py (this one)")
    add(
        "--hub",
        nargs="?",
        const="",
        help="read what is under way in a task hub (the one in host.json); nothing is written to it",
    )
    add(
        "--storage",
        metavar="ACCOUNT|CONNECTION",
        help="the hub's storage: an account's name, opened as who is signed in to Azure, or a connection string"
        " (what AzureWebJobsStorage says)",
    )
    return parser


async def _recorded(options: argparse.Namespace) -> list[Recorded]:
    if options.hub is None:
        return histories.read(options.folder)
    app = options.app.resolve()
    if engine := _other_engine(app):
        raise Problem(
            f"host.json keeps orchestrations in {engine}, which has no tables to read: export histories there, and"
            " replay them with 'python -m devhost gate DIR'."
        )
    config = read_config(app, options.hub or None)
    with opened(options.storage) as storage:
        found = await under_way(storage, config.hub)
    if options.folder is not None:
        histories.write(options.folder, found)
    return found


def _other_engine(app: Path) -> str | None:
    """The engine that an app's host.json names, where it is not Azure Storage."""
    try:
        host = json.loads((app / "host.json").read_text(encoding="utf-8"))
        engine = str(host["extensions"]["durableTask"]["storageProvider"]["type"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the default; what cannot be read, read_config tells
    return None if engine.lower() == "azurestorage" else engine


async def differences_of(recorded: list[Recorded], app: Path) -> list[Difference]:
    """What goes out of step with an app's orchestrators. Raises Problem."""
    use_local_settings(app)
    worker = Worker(app)
    try:
        found = [await Gate(worker).check(each) for each in recorded]
    finally:
        worker.close()
    return [each for each in found if each is not None]
