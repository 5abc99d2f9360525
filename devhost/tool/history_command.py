"""``devhost history ID`` and ``devhost doctor``: what instances did, what they wait for, and which of them hang."""

from __future__ import annotations

import argparse
import asyncio
import sys
import warnings
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path

from devhost.functions.config import read_config
from devhost.problems import Problem
from devhost.replay.accounts import opened
from devhost.replay.export import stored, under_way
from devhost.replay.histories import Recorded
from devhost.replay.reading import as_json, diagnose, steps
from devhost.tool.testing import loaded

FINE, HANGS, NOT_TOLD = 0, 1, 2


def history(arguments: list[str]) -> int:
    """Print one instance's history. Returns 2 where it cannot be read."""
    parser = _parser("history", "What an instance did, step by step, and what it waits for. Changes nothing.")
    parser.add_argument("instance", metavar="ID", help="the instance's id")
    parser.add_argument("--json", action="store_true", help="the stored history, for other tools")
    return _told(_history(parser.parse_args(arguments)))


def doctor(arguments: list[str]) -> int:
    """Print what is wrong with instances that are not over. Returns 1 where something is, 2 where it cannot be told."""
    parser = _parser("doctor", "Which instances hang, and why. Changes nothing. Exit code 1: some do.")
    parser.add_argument("--all", action="store_true", help="also those that only wait")
    return _told(_doctor(parser.parse_args(arguments)))


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"devhost {name}", description=description)
    add = parser.add_argument
    add("--app", type=Path, default=Path(), help="the folder that holds function_app.py (this one)")
    add("--hub", help="the task hub's name (the one in host.json)")
    add(
        "--azurite",
        "--storage",
        metavar="ACCOUNT|CONNECTION",
        dest="storage",
        help="the hub's storage: a connection string, or an account's name (what AzureWebJobsStorage says)",
    )
    return parser


def _told(work: Coroutine[None, None, int]) -> int:
    # The SDK about events that nobody waits for.
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
    try:
        return asyncio.run(work)
    except Problem as problem:
        print(f"devhost: {problem}", file=sys.stderr)
        return NOT_TOLD


async def _history(options: argparse.Namespace) -> int:
    app = options.app.resolve()
    config = read_config(app, options.hub)
    with opened(options.storage) as storage:
        found = await stored(storage, config.hub, lambda instance: instance.id == options.instance)
    if not found:
        raise Problem(
            f"the task hub {config.hub} has no instance {options.instance}: check the id, and the hub's name (--hub)."
        )
    [recorded] = found
    if options.json:
        print(as_json(recorded))
        return FINE
    for line in steps(recorded.history):
        print(line)
    if recorded.is_over:
        return FINE
    return await _diagnosed([recorded], app, everything=True)


async def _doctor(options: argparse.Namespace) -> int:
    app = options.app.resolve()
    config = read_config(app, options.hub)
    with opened(options.storage) as storage:
        found = await under_way(storage, config.hub)
    result = await _diagnosed(found, app, everything=options.all)
    print(f"{len(found)} instances are not over")
    return result


async def _diagnosed(found: list[Recorded], app: Path, *, everything: bool) -> int:
    is_ill = False
    with loaded(app) as worker:
        for recorded in found:
            diagnosis = await diagnose(worker, recorded, datetime.now(UTC))
            is_ill = is_ill or bool(diagnosis.troubles)
            if diagnosis.troubles or everything:
                print(f"{recorded.id} ({recorded.name}) waits for {diagnosis.waits_for}")
            for trouble in diagnosis.troubles:
                print(f"  ! {trouble}")
    return HANGS if is_ill else FINE
