from __future__ import annotations

import errno
import http.client
import socket
from typing import NamedTuple


class Answer(NamedTuple):
    status: int
    server: str


NO_ANSWER = Answer(0, "")


def is_taken(port: int) -> bool:
    """Whether nobody else can listen on 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    """GET from this machine; NO_ANSWER where nothing that speaks HTTP answers within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.getheader("Server", ""))
    except (OSError, http.client.HTTPException):
        return NO_ANSWER
    finally:
        connection.close()
