"""A real Azurite of our own, on free ports, in memory."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.azurite import ACCOUNT, Ports, answers, command

# Azurite's public development key.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_LIMIT_SECONDS = 30


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def connection_string(at: Ports) -> str:
    """How a storage client reaches Azurite at these ports."""
    endpoints = ";".join(
        f"{service}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}"
        for service, port in zip(("Blob", "Queue", "Table"), at, strict=True)
    )
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints};"


@contextmanager
def running_azurite(log: Path | None = None) -> Iterator[str]:
    """Start Azurite, yield its connection string, end it. ``log`` gets a line for every request."""
    at = Ports(*free_ports(3))
    with tempfile.TemporaryDirectory() as folder:
        arguments = command(at, Path(folder))
        location = arguments.index("--location")
        arguments[location : location + 2] = ["--inMemoryPersistence"]
        if log is not None:
            arguments = [each for each in arguments if each != "--silent"]
        with (log or Path("/dev/null")).open("w") as output:
            process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
            try:
                _wait(process, at)
                yield connection_string(at)
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], at: Ports) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while not answers(at):
        assert process.poll() is None, "Azurite ended by itself"
        assert time.monotonic() < deadline, "Azurite does not answer"
        time.sleep(0.05)
