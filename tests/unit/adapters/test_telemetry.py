"""Who sends telemetry: the managed identity that the settings name, or nobody in particular."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from azure.monitor.opentelemetry._constants import _ALL_SUPPORTED_INSTRUMENTED_LIBRARIES as SUPPORTED
from azure.monitor.opentelemetry.exporter.export import _base

from adapters import telemetry
from adapters.log_lines import LOGGER, Attributes, Text
from adapters.settings import ROOT, Telemetry

CONNECTION = "InstrumentationKey=0"


def test_an_app_that_sends_nothing_loads_no_exporter() -> None:
    """It would be most of the cold start."""
    exporter = "('opentelemetry.sdk', 'azure.monitor')"
    code = f"import sys, function_app; print([name for name in sys.modules if name.startswith({exporter})])"
    local = {"IDENTITY": "local", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=local, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"


class Distribution(ModuleType):
    """A stand-in of azure.monitor.opentelemetry; adds a handler as it does."""

    def __init__(self) -> None:
        super().__init__("azure.monitor.opentelemetry")
        self.given: dict[str, Any] = {}
        self.handler = logging.NullHandler()

    def configure_azure_monitor(self, **given: Any) -> None:
        self.given = given
        logging.getLogger(given["logger_name"]).addHandler(self.handler)


@pytest.fixture
def distribution(monkeypatch: pytest.MonkeyPatch) -> Iterator[Distribution]:
    made, ours = Distribution(), logging.getLogger(LOGGER)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    yield made
    ours.removeHandler(made.handler)
    ours.propagate = True


def test_our_lines_are_sent_once_with_their_dimensions(distribution: Distribution) -> None:
    telemetry.start(Telemetry(CONNECTION))
    assert distribution.given["connection_string"] == CONNECTION
    assert isinstance(distribution.given["logging_formatter"], Text)
    assert any(isinstance(each, Attributes) for each in distribution.handler.filters)
    assert logging.getLogger(LOGGER).propagate is False


@pytest.mark.parametrize(
    ("text", "client"),
    [(None, None), ("Authorization=AAD", ""), ("ClientId=c;Authorization=AAD", "c")],
)
def test_the_exporter_itself_reads_as_whom_to_send(
    text: str | None, client: str | None, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks the environment where nobody hands it a credential, and nobody does."""
    telemetry.start(Telemetry(CONNECTION))
    assert "credential" not in distribution.given
    made: list[str] = []
    monkeypatch.setattr(_base, "ManagedIdentityCredential", lambda client_id="": made.append(client_id))
    monkeypatch.delenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", raising=False)
    if text is not None:
        monkeypatch.setenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", text)
    _base._get_authentication_credential()
    assert made == ([] if client is None else [client])


def test_every_instrumentation_that_comes_with_it_is_off(distribution: Distribution) -> None:
    telemetry.start(Telemetry(CONNECTION))
    off = {name for name, how in distribution.given["instrumentation_options"].items() if not how["enabled"]}
    assert off == set(SUPPORTED)
