"""What a person sees: the banner and the log, in colours where the terminal has them."""

from __future__ import annotations

import inspect
import logging
import os
import sys
from typing import TextIO

from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor

from devhost.functions.worker import REPLAY_THREADS_NAME
from devhost.tool.host import Host

GREY, YELLOW, RED, GREEN, CYAN, PLAIN = "\x1b[90m", "\x1b[33m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"
COLOURS = {logging.DEBUG: GREY, logging.WARNING: YELLOW, logging.ERROR: RED, logging.CRITICAL: RED}
NOISY = ("azure", "aiohttp.access", "asyncio", "urllib3")


class Formatter(logging.Formatter):
    """``time level text``; the app's own loggers are named."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__("%(asctime)s %(levelname).4s %(source)s%(message)s", "%H:%M:%S")
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        record.source = "" if record.name == "devhost" else f"{record.name}: "
        text = super().format(record)
        colour = COLOURS.get(record.levelno) if self._colours else None
        return f"{colour}{text}{PLAIN}" if colour else text


def is_first_told(record: logging.LogRecord) -> bool:
    """Not while an orchestrator, on this thread, goes over what it did before: it said this when it did."""
    if record.threadName is not None and not record.threadName.startswith(REPLAY_THREADS_NAME):
        return True
    frame = inspect.currentframe()
    while frame is not None and frame.f_code is not TaskOrchestrationExecutor.execute.__code__:
        frame = frame.f_back
    return frame is None or not frame.f_locals["context"].is_replaying


def set_up(*, verbose: bool) -> None:
    """Log to stderr, the app's loggers included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(colours=has_colours(sys.stderr)))
    if not verbose:
        handler.addFilter(is_first_told)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("devhost").setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def has_colours(stream: TextIO) -> bool:
    """As https://no-color.org asks."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def banner(host: Host, base: str, key: str | None) -> None:
    """Functions and routes, as ``func start`` lists them."""
    colours = has_colours(sys.stdout)
    print(banner_text(host, base, key, colours=colours), flush=True)  # noqa: T201 - a command prints


def banner_text(host: Host, base: str, key: str | None, *, colours: bool) -> str:
    def painted(text: str, colour: str) -> str:
        return f"{colour}{text}{PLAIN}" if colours else text

    lines = ["", painted("Functions:", YELLOW), ""]
    for route in sorted(host.routes, key=lambda route: route.function.name):
        methods = ",".join(route.methods)
        lines.append(f"\t{route.function.name}: [{methods}] {painted(f'{base}/{route.template}', GREEN)}")
    for function in sorted(host.worker.functions, key=lambda function: function.name):
        if function.kind != "httpTrigger":
            lines.append(f"\t{function.name}: {painted(function.kind, CYAN)}")
    lines += ["", f"Task hub {host.engine.hub.name}; management API {base}/runtime/webhooks/durabletask"]
    if key is not None:
        lines.append(f"System key: {key}")
    return "\n".join(lines)
