"""``make bench``: approvals, chains and fan-outs on devhost and Azurite, as a table and as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import aiohttp

from tests.azurite import running_azurite
from tests.hosts import HostProcess, running_host

APP = Path(__file__).parent / "app"
RESULTS = Path(__file__).parent / "results.json"
IN_FLIGHT = (1, 16, 64)
FAN_OUTS = (100, 500)
FAN_RUNS = 3
SHORTEST_POLL_SECONDS, POLL_SECONDS_EACH = 0.005, 0.003
LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Figure:
    """What one kind of workflow did: ``rate`` a second, times in ms."""

    workflow: str
    in_flight: int
    count: int
    rate: float
    p50_ms: float
    p95_ms: float


class Client:
    """Takes workflows through their lives; asks for their state less often the more there are."""

    def __init__(self, session: aiohttp.ClientSession, base: str, in_flight: int) -> None:
        self._session, self._base = session, base
        self._pause = max(SHORTEST_POLL_SECONDS, in_flight * POLL_SECONDS_EACH)

    async def approval(self) -> None:
        instance = await self._start("approval", None)
        await self._until(instance, lambda status: status["customStatus"] == "waiting")
        await self._post(f"instances/{instance}/raiseEvent/decision", "yes")
        await self._completed(instance)

    async def parked(self) -> None:
        """An approval that waits for its decision."""
        instance = await self._start("approval", None)
        await self._until(instance, lambda status: status["customStatus"] == "waiting")

    async def chain(self) -> None:
        await self._completed(await self._start("chain", None))

    async def fan(self, many: int) -> None:
        await self._completed(await self._start("fan", {"n": many}))

    async def _start(self, name: str, given: object) -> str:
        instance = uuid.uuid4().hex
        await self._post(f"orchestrators/{name}/{instance}", given)
        return instance

    async def _post(self, path: str, body: object) -> None:
        async with self._session.post(f"{self._base}/{path}", json=body) as answer:
            if answer.status != 202:  # noqa: PLR2004 - HTTP
                raise RuntimeError(f"{path}: {answer.status} {await answer.text()}")

    async def _completed(self, instance: str) -> None:
        await self._until(instance, lambda status: status["runtimeStatus"] == "Completed")

    async def _until(self, instance: str, is_so: Callable[[dict[str, object]], bool]) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            async with self._session.get(f"{self._base}/instances/{instance}") as answer:
                if is_so(await answer.json()):
                    return
            await asyncio.sleep(self._pause)
        raise RuntimeError(f"{instance} does not end")


async def measure(workflow: str, in_flight: int, count: int, run: Callable[[], Awaitable[None]]) -> Figure:
    """Run ``count`` of them, ``in_flight`` at once."""
    times: list[float] = []
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            began = time.perf_counter()
            await run()
            times.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    rate = count / (time.perf_counter() - began)
    p95 = sorted(times)[int(len(times) * 0.95) - 1] if len(times) > 1 else times[0]
    return Figure(
        workflow, in_flight, count, round(rate, 1), round(statistics.median(times), 1), round(p95, 1)
    )


async def measure_all(base: str, approvals: int) -> list[Figure]:
    """Every figure, one after the other, after a warm-up."""
    figures = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await measure("warm-up", 8, 32, Client(session, base, 8).approval)
        for in_flight in IN_FLIGHT:
            client, count = Client(session, base, in_flight), approvals if in_flight > 1 else approvals // 5
            figures.append(await measure("approval", in_flight, count, client.approval))
            figures.append(await measure("chain of 3", in_flight, count, client.chain))
        for many in FAN_OUTS:
            run = partial(Client(session, base, 1).fan, many)
            figures.append(await measure(f"fan-out of {many}", 1, FAN_RUNS, run))
    return figures


def resident_mb(pid: int) -> int:
    """What a process holds in memory (Linux only)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


async def park(base: str, pid: int, many: int) -> list[tuple[int, int]]:
    """Let so many approvals wait, in ten steps: how many, and what the host holds in memory then, in MB."""
    found = [(0, resident_mb(pid))]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for step in range(1, 11):
            await measure("parked", 64, many // 10, Client(session, base, 64).parked)
            found.append((many // 10 * step, resident_mb(pid)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--approvals", type=int, default=200, help="at 16 and 64 in flight (200)")
    parser.add_argument(
        "--json", type=Path, default=RESULTS, help="where the figures go (bench/results.json)"
    )
    parser.add_argument("--parked", type=int, default=0, help="let so many wait, and measure the memory (0)")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_azurite() as azurite,
        running_host(HostProcess(azurite, Path(folder) / "log", app=APP)) as host,
    ):
        figures = asyncio.run(measure_all(host.management, arguments.approvals))
        if arguments.parked and host.process is not None:
            for many, held in asyncio.run(park(host.management, host.process.pid, arguments.parked)):
                print(f"{many:>6} parked: {held} MB")
    print(f"{'workflow':<16}{'in flight':>10}{'count':>7}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}")
    for each in figures:
        print(
            f"{each.workflow:<16}{each.in_flight:>10}{each.count:>7}{each.rate:>10}{each.p50_ms:>9}{each.p95_ms:>9}"
        )
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    found = {"machine": machine, "figures": [asdict(each) for each in figures]}
    arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
