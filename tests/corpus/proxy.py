"""A storage account behind which faults can be made: requests that never arrive, and requests that are refused.

The host under test gets the proxy's connection string. A fault names the requests that it is about by a regular
expression over ``METHOD path``; a batch of table rows goes by the methods and paths of its rows. What is held when the
host is killed is never carried out: the host died just before.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import unquote, urlsplit

PATIENCE_SECONDS = 60
# Headers of one connection, not of what is sent over it.
OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass
class Fault:
    """What happens to requests that match: held until the fault is over, or answered with ``status``."""

    pattern: re.Pattern[str]
    status: int | None = None
    caught: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    lost: bool = False  # what was held is not carried out when it is over

    def wait(self) -> None:
        """Return once a request was caught."""
        assert self.caught.wait(PATIENCE_SECONDS), f"no request like {self.pattern.pattern}"


class Proxy:
    """Proxies of the blob and table service of one Azurite. ``connection`` is for the host under test."""

    def __init__(self, connection: str) -> None:
        self.faults: list[Fault] = []
        self._servers: list[Server] = []
        self.connection = connection
        for service in ("Blob", "Table"):
            endpoint = re.search(rf"{service}Endpoint=http://127\.0\.0\.1:(\d+)/", connection)
            assert endpoint is not None, connection
            server = Server(self, int(endpoint[1]))
            self._servers.append(server)
            theirs = f"{service}Endpoint=http://127.0.0.1:{server.server_address[1]}/"
            self.connection = self.connection.replace(endpoint[0], theirs)

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.lose_held()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def hold(self, pattern: str) -> Fault:
        """From now on requests like this are on their way for ever."""
        return self._add(Fault(re.compile(pattern)))

    def refuse(self, pattern: str, status: int = HTTPStatus.FORBIDDEN) -> Fault:
        """From now on requests like this are answered with an error."""
        return self._add(Fault(re.compile(pattern), int(status)))

    def _add(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault

    def release(self, fault: Fault) -> None:
        """End a fault; what it held goes on."""
        self.faults.remove(fault)
        fault.over.set()

    def lose_held(self) -> None:
        """End all faults; what they held is never carried out."""
        for fault in self.faults:
            fault.lost = True
            fault.over.set()
        self.faults = []

    @contextmanager
    def refusing(self, pattern: str, status: int = HTTPStatus.FORBIDDEN) -> Iterator[Fault]:
        """Refuse for as long as the context lasts."""
        fault = self.refuse(pattern, status)
        yield fault
        self.release(fault)

    def fault_for(self, method: str, path: str, body: bytes) -> Fault | None:
        """The fault that a request is about."""
        lines = f"{method} {unquote(urlsplit(path).path)}"
        if path.partition("?")[0].endswith("/$batch"):
            rows = re.findall(rb"^(?:PUT|POST|MERGE|DELETE) \S+", body, re.MULTILINE)
            lines = "\n".join(unquote(row.decode()) for row in rows)
        return next((fault for fault in self.faults if fault.pattern.search(lines)), None)


class Server(ThreadingHTTPServer):
    """One service behind the proxy. ``port`` is the service's own."""

    daemon_threads = True

    def __init__(self, proxy: Proxy, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.proxy, self.port = proxy, port

    def handle_error(self, *_: object) -> None:
        """A host that is killed leaves connections: that is what the proxy is for."""


class Handler(BaseHTTPRequestHandler):
    """Passes one request on, or lets its fault have it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fault = self.server.proxy.fault_for(self.command, self.path, body)
        if fault is None or self._is_let_go(fault):
            self._forward(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_MERGE = do_GET  # noqa: N815 - the names of the library

    def _is_let_go(self, fault: Fault) -> bool:
        fault.caught.set()
        if fault.status is not None:
            self._answer(fault.status, [("Content-Length", "0")], b"")
            return False
        fault.over.wait()
        self.close_connection = fault.lost
        return not fault.lost

    def _forward(self, body: bytes) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port)) as asked:
            asked.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "connection":
                    asked.putheader(name, value)
            asked.endheaders(body)
            answer = asked.getresponse()
            data = answer.read()
        headers = [
            (name, text) for name, text in answer.getheaders() if name.lower() not in OF_THE_CONNECTION
        ]
        length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(data))
        self._answer(answer.status, [*headers, ("Content-Length", length)], data)

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
