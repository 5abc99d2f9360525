"""The real distribution sends to a stand-in of Application Insights; where nothing is sent it is not loaded."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROPOSAL = "p-abcdefghijkl"
STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
NOT_HERE = ("APPLICATIONINSIGHTS_", "CONTAINER_NAME", "WEBSITE_")

SAYING = f"""
import logging
from adapters import bootstrap
from adapters.log_lines import within
from opentelemetry import _logs
bootstrap.ports()
logging.basicConfig(level=logging.INFO)
log = logging.getLogger("greenlight.test")
with within(function="sweep", proposal="{PROPOSAL}"):
    log.info("rung", extra={{"chore": "ring"}})
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("broke")
logging.getLogger("elsewhere").warning("not ours")
_logs.get_logger_provider().force_flush()
"""


@contextmanager
def ingestion() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A stand-in that keeps what it is sent; its address and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = json.loads(body)
            came.extend(items)
            answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """It listens quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        server.server_close()


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A process of the app's code with these settings alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_HERE)}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, **STORAGE, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def connection(address: str) -> dict[str, str]:
    key = "00000000-0000-0000-0000-000000000001"
    return {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={key};IngestionEndpoint={address}",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    }


def test_lines_arrive_once_with_their_dimensions() -> None:
    with ingestion() as (address, came):
        done = run(SAYING, **connection(address))
    sent = {item["data"]["baseType"]: item["data"]["baseData"] for item in came}
    line, failure = sent["MessageData"], sent["ExceptionData"]
    assert line["message"] == "rung"
    about = {"function": "sweep", "proposal": PROPOSAL}
    assert about.items() <= line["properties"].items()
    assert line["properties"]["chore"] == "ring"
    assert about.items() <= failure["properties"].items()
    assert failure["exceptions"][0]["message"] == "broke"
    assert [item["data"]["baseType"] for item in came].count("MessageData") == 1
    assert "not ours" in done.stderr
    assert "rung" not in done.stderr, "the host would send it again"


def test_what_cannot_be_set_up_stops_nothing() -> None:
    broken = "import sys; sys.modules['azure.monitor.opentelemetry'] = None\n" + SAYING.replace(
        "_logs.get_logger_provider().force_flush()", ""
    )
    done = run(broken, **connection("http://127.0.0.1:9"))
    assert "telemetry cannot be sent" in done.stderr
    assert f"rung function=sweep proposal={PROPOSAL}" in done.stderr, "the host gets the line instead"


def test_where_nothing_is_sent_nothing_is_loaded() -> None:
    code = "import sys, function_app; print([n for n in ('azure.monitor', 'opentelemetry.sdk') if n in sys.modules])"
    assert run(code).stdout.strip() == "[]"
