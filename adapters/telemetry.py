"""Logs and metrics to Application Insights, by OpenTelemetry, from this process itself.

docs/adr/0005-the-worker-sends-its-own-telemetry.md says why not through the host.
"""

from __future__ import annotations

import logging

from adapters.log_lines import LOGGER, Attributes, Text
from adapters.settings import Telemetry

log = logging.getLogger(__name__)

# The host reports requests and what they depend on; a second report of every blob that is read would only cost.
INSTRUMENTED = (
    "azure_sdk", "django", "fastapi", "flask", "httpx", "httpx2", "psycopg2", "requests", "urllib", "urllib3",
)  # fmt: skip


def start(telemetry: Telemetry) -> None:
    """Send what our loggers and meters say. What fails here stops nothing: the lines go to the host as before."""
    try:
        _configure(telemetry)
    except Exception:
        log.exception("telemetry cannot be sent; check APPLICATIONINSIGHTS_CONNECTION_STRING")
        return
    ours = logging.getLogger(LOGGER)
    for handler in ours.handlers:
        handler.addFilter(Attributes())
    # Else the host would send each line a second time, without its dimensions.
    ours.propagate = not ours.handlers


def _configure(telemetry: Telemetry) -> None:
    from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415 - half a second of the cold start

    configure_azure_monitor(
        connection_string=telemetry.connection,
        logger_name=LOGGER,
        logging_formatter=Text(),
        instrumentation_options={name: {"enabled": False} for name in INSTRUMENTED},
        enable_live_metrics=False,  # the host has them
        enable_performance_counters=False,  # the host has them, too
    )
