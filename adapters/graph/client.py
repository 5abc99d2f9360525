"""Requests to Microsoft Graph: pages, batches, throttling. It knows nothing of what is asked.

Pages: https://learn.microsoft.com/graph/paging. Batches: https://learn.microsoft.com/graph/json-batching. Throttling:
https://learn.microsoft.com/graph/throttling.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError

VERSION = "/v1.0"
BATCH_SIZE = 20  # the most that Graph takes
TIMEOUT_SECONDS = (5, 30)  # to connect, and between two bytes of the answer
ATTEMPTS = 6  # of one request or batch; with the waits between them some 30 seconds
LONGEST_BACKOFF_SECONDS = 10.0
# Answers after which the same request may succeed: throttled, or something between here and there.
TRANSIENT = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class GraphError(Exception):
    """Graph cannot be read now, or not like this; the text says what was asked, what was answered, what to do."""


class NotFound(GraphError):
    """Graph has no such thing."""


class GraphClient:
    """Reads from one Graph, as the identity of ``credential``. One instance reads one directory: it gives up when
    ``patience_seconds`` are over, however many requests that took.

    ``address`` is scheme and host. Redirects and links to another host are not followed: the token would go there.
    Every method raises GraphError.
    """

    def __init__(
        self,
        address: str,
        credential: TokenCredential,
        *,
        patience_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._credential = credential
        self._sleep, self._monotonic = sleep, monotonic
        self._deadline = monotonic() + patience_seconds
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def get(self, path: str) -> dict[str, Any]:
        """One thing. Raises NotFound where there is none."""
        return self._send("GET", f"{self._address}{VERSION}{path}")

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Everything of a collection, page after page. Raises NotFound where there is no such collection."""
        link: str | None = f"{self._address}{VERSION}{path}"
        seen: set[str] = set()
        while link is not None:
            if link in seen:
                raise GraphError(f"{path}: Graph's pages lead in a circle")
            seen.add(link)
            page = self._send("GET", link)
            values = page.get("value")
            if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
                raise GraphError(f"{path}: Graph answered with a page that has no list of objects")
            yield from values
            link = self._next(page.get("@odata.nextLink"), path)

    def batch(self, paths: Sequence[str]) -> list[dict[str, Any] | None]:
        """Many single things, in the order of ``paths``, 20 with each request; None where there is no such thing."""
        found: list[dict[str, Any] | None] = []
        for start in range(0, len(paths), BATCH_SIZE):
            found += self._batch(paths[start : start + BATCH_SIZE])
        return found

    def _next(self, link: Any, path: str) -> str | None:
        if link is None:
            return None
        if not isinstance(link, str) or not self._is_own(link):
            raise GraphError(f"{path}: the next page is at {link!r:.200}, which is not {self._address}")
        return link

    def _is_own(self, link: str) -> bool:
        try:
            parts, own = urlsplit(link), urlsplit(self._address)
            same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        except ValueError:
            return False
        return same and parts.path.startswith(f"{VERSION}/")

    def _batch(self, paths: Sequence[str]) -> list[dict[str, Any] | None]:
        """One batch; what was throttled in it is asked again, alone."""
        found: dict[int, dict[str, Any] | None] = {}
        for attempt in range(ATTEMPTS):
            missing = [n for n in range(len(paths)) if n not in found]
            wait = 0.0
            for n, answer in self._answers(paths, missing).items():
                path, status, body = paths[n], answer.get("status"), answer.get("body")
                if status == HTTPStatus.NOT_FOUND:
                    found[n] = None
                elif status in TRANSIENT:
                    wait = max(wait, _seconds(_header(answer), attempt))
                elif status != HTTPStatus.OK:
                    raise _refusal(f"GET {path}", status, body)
                else:
                    found[n] = _object(body, f"GET {path}")
            if len(found) == len(paths):
                return [found[n] for n in range(len(paths))]
            left = len(paths) - len(found)
            self._wait(wait, attempt, f"POST /$batch: {left} of {len(paths)} requests did not get through")
        raise AssertionError("unreachable: _wait raises after the last attempt")  # pragma: no cover

    def _answers(self, paths: Sequence[str], wanted: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The answer to each request of a batch, by its place in ``paths``."""
        body = {"requests": [{"id": str(n), "method": "GET", "url": paths[n]} for n in wanted]}
        answer = self._send("POST", f"{self._address}{VERSION}/$batch", body)
        responses = answer.get("responses")
        if not isinstance(responses, list) or not all(isinstance(each, dict) for each in responses):
            raise GraphError("POST /$batch: Graph answered without a list of responses")
        by_id = {str(each.get("id")): each for each in responses}
        if by_id.keys() != {str(n) for n in wanted}:
            raise GraphError("POST /$batch: Graph answered other requests than those that were sent")
        return {n: by_id[str(n)] for n in wanted}

    def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request, again while Graph is busy or cannot be reached."""
        what = f"{method} {url.removeprefix(self._address + VERSION).partition('?')[0]}"
        for attempt in range(ATTEMPTS):
            if self._monotonic() > self._deadline:
                raise GraphError(f"{what}: Graph is too slow; reading the directory has taken too long")
            try:
                answer = self._session.request(
                    method,
                    url,
                    json=body,
                    headers={"Authorization": f"Bearer {self._token()}", "Accept": "application/json"},
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                problem, wait = f"{what}: {type(error).__name__}", _seconds(None, attempt)
            else:
                if answer.status_code not in TRANSIENT:
                    return _content(answer, what)
                problem = f"{what}: {answer.status_code}"
                wait = _seconds(answer.headers.get("Retry-After"), attempt)
            self._wait(wait, attempt, problem)
        raise AssertionError("unreachable: _wait raises after the last attempt")  # pragma: no cover

    def _wait(self, seconds: float, attempt: int, problem: str) -> None:
        """Wait before the next attempt. Raises GraphError where there is none, or where it would come too late."""
        if attempt == ATTEMPTS - 1:
            raise GraphError(f"{problem}, {ATTEMPTS} times")
        if self._monotonic() + seconds > self._deadline:
            raise GraphError(f"{problem}; to wait {seconds:.0f} s for another try would take too long")
        self._sleep(seconds)

    def _token(self) -> str:
        """The identity's token; the credential keeps it until shortly before it expires."""
        try:
            return self._credential.get_token(f"{self._address}/.default").token
        except AzureError as error:
            text = f"the app's identity gets no token for {self._address}: {type(error).__name__}"
            raise GraphError(
                f"{text}; see that it is assigned, and that GRAPH_CLIENT_ID is its client id"
            ) from error


def _seconds(retry_after: str | None, attempt: int) -> float:
    """How long to wait: what Graph says (seconds, or a date), else longer each time, and never twice the same."""
    text = (retry_after or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # nothing said, nothing that can be read, or a date without a zone
        return min(LONGEST_BACKOFF_SECONDS, 2.0**attempt) * random.uniform(0.5, 1.0)


def _header(answer: dict[str, Any]) -> str | None:
    """Retry-After of an answer within a batch, whose headers are an object."""
    headers = answer.get("headers")
    if not isinstance(headers, dict):
        return None
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    return lowered.get("retry-after")


def _content(answer: requests.Response, what: str) -> dict[str, Any]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        body = None
    if answer.status_code != HTTPStatus.OK:
        raise _refusal(what, answer.status_code, body)
    return _object(body, what)


def _object(body: Any, what: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise GraphError(f"{what}: Graph answered with something that is not a JSON object")
    return body


def _refusal(what: str, status: Any, body: Any) -> GraphError:
    """https://learn.microsoft.com/graph/errors: ``{"error": {"code": ..., "message": ...}}``."""
    error = body.get("error") if isinstance(body, dict) else None
    said = error if isinstance(error, dict) else {}
    text = f"{what}: {status} {said.get('code', '')} {said.get('message', '')!s:.300}".rstrip()
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(text)
    if status in _REFUSED:
        text += (
            "; the identity needs the application permissions User.Read.All, GroupMember.Read.All and"
            " Application.Read.All (docs/operations/people.md)"
        )
    return GraphError(text)
