"""A Microsoft Graph of this machine: it answers as the documentation of v1.0 says, pages, batches and throttles."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from azure.core.credentials import AccessToken

APP_ID = "aaaaaaaa-0000-0000-0000-00000000000a"
OPERATORS = "bbbbbbbb-0000-0000-0000-00000000000b"
Json = dict[str, Any]


def oid(n: int) -> str:
    """The object id of the n-th thing."""
    return f"00000000-0000-0000-0000-{n:012d}"


def user(n: int, name: str, **properties: Any) -> Json:
    """A user as Graph stores it; ``manager`` is an object id."""
    return {
        "id": oid(n),
        "displayName": name.title(),
        "mail": f"{name}@example.com",
        "otherMails": [],
        "mailNickname": name,
        "userPrincipalName": f"{name}@example.com",
        "accountEnabled": True,
        "department": "engineering",
        "officeLocation": None,
        "usageLocation": "DE",
        "manager": None,
    } | properties


@dataclass
class Answer:
    """What the stand-in says instead of the truth."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class Tenant:
    """What there is, and what was asked. ``faults`` answer before the truth does: each takes method and path (for a
    request within a batch, its own) and returns None where it has nothing to say.
    """

    def __init__(self) -> None:
        self.users: dict[str, Json] = {}
        self.members: dict[str, list[str]] = {}  # of groups: ids of users, groups and other things
        self.app_roles: list[Json] = []
        self.assignments: list[Json] = []
        self.page_size = 100
        self.asked: list[str] = []
        self.batches: list[int] = []
        self.tokens: set[str] = set()
        self.faults: list[Callable[[str, str], Answer | None]] = []
        self.address = ""

    def add(self, *users: Json) -> None:
        self.users |= {each["id"]: each for each in users}

    def answer(self, method: str, url: str, body: Any) -> Answer:
        """The answer to one request, on its own or of a batch."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        self.asked.append(f"{method} {path}")
        for fault in self.faults:
            found = fault(method, path)
            if found is not None:
                return found
        if (method, path) == ("POST", "/$batch"):
            return self._batch(body)
        return self._get(path, {key: values[0] for key, values in parse_qs(parts.query).items()})

    def _batch(self, body: Json) -> Answer:
        asked = body["requests"]
        if len(asked) > 20:
            return _error(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.")
        self.batches.append(len(asked))
        answers = []
        for each in reversed(asked):  # "individual responses might appear in a different order"
            found = self.answer(each["method"], each["url"], None)
            answers.append(
                {"id": each["id"], "status": found.status, "headers": found.headers, "body": found.body}
            )
        return Answer(200, {"responses": answers})

    def _get(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/users":
            return self._page(path, [self._user(each, query) for each in self.users.values()], query)
        if found := re.fullmatch(r"/users/([^/]+)", path):
            known = self.users.get(found[1])
            return Answer(200, self._user(known, query)) if known else _missing(found[1])
        if found := re.fullmatch(r"/groups/([^/]+)/(members|transitiveMembers)", path):
            return self._group(path, found[1], query, nested=found[2] == "transitiveMembers")
        if found := re.fullmatch(r"/servicePrincipals\(appId='([^']+)'\)(/appRoleAssignedTo)?", path):
            if found[1] != APP_ID:
                return _missing(found[1])
            if found[2]:
                return self._page(path, self.assignments, query)
            return Answer(200, {"id": oid(999), "appRoles": self.app_roles})
        return _error(400, "Request_BadRequest", f"Resource not found for the segment '{path}'.")

    def _group(self, path: str, group: str, query: dict[str, str], *, nested: bool) -> Answer:
        if group not in self.members:
            return _missing(group)
        return self._page(path, [self._member(each) for each in self._within(group, nested=nested)], query)

    def _within(self, group: str, *, nested: bool) -> list[str]:
        found: list[str] = []
        for member in self.members[group]:
            found.append(member)
            if nested and member in self.members:
                found += self._within(member, nested=True)
        return list(dict.fromkeys(found))

    def _member(self, member: str) -> Json:
        kind = "user" if member in self.users else "group" if member in self.members else "device"
        return {"@odata.type": f"#microsoft.graph.{kind}", "id": member}

    def _user(self, known: Json, query: dict[str, str]) -> Json:
        shown = {name: known[name] for name in query["$select"].split(",")}
        if known["manager"] and query.get("$expand") == "manager($levels=1;$select=id)":
            shown["manager"] = {"@odata.type": "#microsoft.graph.user", "id": known["manager"]}
        return shown

    def _page(self, path: str, things: list[Json], query: dict[str, str]) -> Answer:
        start = int(query.get("$skiptoken", "0"))
        end = start + min(self.page_size, int(query.get("$top", "100")))
        body: Json = {"@odata.context": f"{self.address}/v1.0/$metadata", "value": things[start:end]}
        if end < len(things):
            kept = "&".join(f"{key}={value}" for key, value in query.items() if key != "$skiptoken")
            body["@odata.nextLink"] = f"{self.address}/v1.0{path}?{kept}&$skiptoken={end}"
        return Answer(200, body)


def _missing(thing: str) -> Answer:
    text = (
        f"Resource '{thing}' does not exist or one of its queried reference-property objects are not present."
    )
    return _error(404, "Request_ResourceNotFound", text)


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message, "innerError": {"request-id": oid(0)}}})


def throttled(
    times: int, path: str, after: str | None = "7", status: int = 429
) -> Callable[[str, str], Answer | None]:
    """A fault: the first requests for what starts with ``path`` are turned away."""
    left = [times]

    def fault(_method: str, asked: str) -> Answer | None:
        if not asked.startswith(path) or left[0] == 0:
            return None
        left[0] -= 1
        answer = _error(status, "TooManyRequests", "Please retry again later.")
        answer.headers = {} if after is None else {"Retry-After": after}
        return answer

    return fault


def instead(path: str, answer: Answer) -> Callable[[str, str], Answer | None]:
    """A fault: what starts with ``path`` is always answered like this."""
    return lambda _method, asked: answer if asked.startswith(path) else None


class Credential:
    """A `TokenCredential` with a token that the stand-in knows."""

    def __init__(self) -> None:
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.scopes.append(scopes)
        return AccessToken("the-token", 2**31)


@dataclass
class IdentityEndpoint:
    """Where App Service hands out tokens of managed identities, and what it was asked."""

    address: str
    queries: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def identity_endpoint() -> Iterator[IdentityEndpoint]:
    """https://learn.microsoft.com/azure/app-service/overview-managed-identity, as far as azure-identity asks it."""
    asked = IdentityEndpoint("")

    class Handler(_Quiet):
        def do_GET(self) -> None:
            asked.queries.append({key: each[0] for key, each in parse_qs(urlsplit(self.path).query).items()})
            token = {"access_token": "of-the-identity", "expires_on": str(2**31), "token_type": "Bearer"}
            self.reply(Answer(200, token))

    with _listening(Handler) as address:
        asked.address = f"{address}/msi/token"
        yield asked


@contextmanager
def serving(tenant: Tenant) -> Iterator[Tenant]:
    """Serve it on 127.0.0.1 for as long as the block runs; ``tenant.address`` says where."""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            tenant.tokens.add(self.headers.get("Authorization", ""))
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            assert self.path.startswith("/v1.0/"), self.path
            body = json.loads(sent) if sent else None
            self.reply(tenant.answer(self.command, self.path.removeprefix("/v1.0"), body))

    with _listening(Handler) as address:
        tenant.address = address
        yield tenant


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, answer: Answer) -> None:
        data = json.dumps(answer.body).encode() if answer.raw is None else answer.raw
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""


@contextmanager
def _listening(handler: type[_Quiet]) -> Iterator[str]:
    """A server on a free port; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
