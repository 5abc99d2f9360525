"""The HTTP API without a host: registered functions found by route, called with fakes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus

from adapters import bootstrap
from adapters.settings import IdentityMode
from approvals.model import Outcome, Proposal
from approvals.ports import Ports
from http_api.discovery import modules
from services.closing import publishing
from services.deciding import stages
from services.store.cases import load_case, load_proposal, load_tasks, task_version
from services.submitting import revising
from tests.fakes import FixedClock, MemoryStore, fake_ports
from tests.unit.http_api.described import check_answer

BOUNDARY = "b0undary"
PDF = b"%PDF-1.4\n%%EOF\n"
CREATED = "2026-11-23T09:00:00.000000Z"


@dataclass(frozen=True)
class Route:
    """A registered HTTP function."""

    function: str
    method: str
    template: str
    call: Callable[..., Any]
    durable: bool

    @property
    def id(self) -> str:
        """Its name in the names of tests."""
        return self.function if self.method != "HEAD" else f"{self.function}-HEAD"

    @property
    def described(self) -> bool:
        """Is it a route of the API? Links and pages are for people."""
        return self.template.startswith("api/")

    def address(self, **values: object) -> str:
        return "/" + re.sub(r"{\w+\?}", "", self.template).format_map(values)

    def match(self, method: str, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"{(\w+)(\??)}", lambda m: f"(?P<{m[1]}>[^/]{'*' if m[2] else '+'})", self.template)
        found = re.fullmatch(pattern, path.removeprefix("/")) if method == self.method else None
        return None if found is None else found.groupdict()


def _registered() -> list[Route]:
    found = []
    for module in modules():
        for value in vars(module).values():
            function = getattr(value, "_function", None)
            if function is None or not hasattr(function.get_trigger(), "route"):
                continue
            trigger, user = function.get_trigger(), function.get_user_function()
            plain = getattr(user, "client_function", None)
            name = function.get_function_name()
            found += [
                Route(name, method.value, trigger.route, plain or user, durable=plain is not None)
                for method in trigger.methods
            ]
    return found


ROUTES = _registered()


class DurableClient:
    """What client functions use of the durable client. ``broken`` makes every call fail."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.started: list[tuple[str, str, Any]] = []
        self.rung: list[tuple[str, str, Any]] = []
        self.on_start: Callable[[], object] = lambda: None
        self.broken = False

    async def get_status(self, instance: str) -> DurableOrchestrationStatus:
        self._fail()
        if instance not in self.statuses:
            return DurableOrchestrationStatus()
        return DurableOrchestrationStatus(
            instanceId=instance,
            createdTime=CREATED,
            runtimeStatus=OrchestrationRuntimeStatus(self.statuses[instance]),
        )

    async def start_new(self, name: str, instance: str, given: Any) -> str:
        self._fail()
        if self.statuses.get(instance) in ("Pending", "Running"):
            raise RuntimeError(f"409: {instance} is live")
        self.started.append((name, instance, given))
        self.statuses[instance] = "Running"
        self.on_start()
        return instance

    async def raise_event(self, instance: str, name: str, payload: Any) -> None:
        self._fail()
        self.rung.append((instance, name, payload))

    async def get_status_by(self, runtime_status: list[OrchestrationRuntimeStatus]) -> list[Any]:
        self._fail()
        wanted = {each.value for each in runtime_status}
        return [await self.get_status(name) for name, status in self.statuses.items() if status in wanted]

    async def terminate(self, instance: str, reason: str) -> None:
        self._fail()
        self.statuses[instance] = "Terminated"

    def _fail(self) -> None:
        if self.broken:
            raise RuntimeError("the task hub does not answer")


@dataclass
class Answer:
    response: func.HttpResponse

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def content(self) -> bytes:
        return bytes(self.response.get_body())

    @property
    def media_type(self) -> str | None:
        """Without its parameters."""
        found = self.headers.get("Content-Type") or self.response.mimetype
        return found.split(";")[0] if found else None

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def fields(self) -> dict[str, str]:
        """Field -> what to mend."""
        return {error["field"]: error["message"] for error in self.json["errors"]}


@dataclass
class Api:
    """The API over a dictionary, its clock at MONDAY."""

    clock: FixedClock = field(default_factory=FixedClock)
    client: DurableClient = field(default_factory=DurableClient)
    identity: IdentityMode = IdentityMode.LOCAL
    ports: Ports = field(init=False)

    def __post_init__(self) -> None:
        self.ports = fake_ports(clock=self.clock)

    @property
    def store(self) -> MemoryStore:
        store = self.ports.store
        assert isinstance(store, MemoryStore)
        return store

    def install(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(bootstrap, "ports", lambda: self.ports)
        patch.setattr(bootstrap, "settings", lambda: SimpleNamespace(identity=self.identity))

    def call(
        self,
        method: str,
        address: str,
        who: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        **sent: Any,
    ) -> Answer:
        """One request; its answer is held against the API's description.

        ``sent`` is at most one of ``json``, ``form`` (with ``files``: part -> name, data), ``body``.
        """
        path, _, query = address.partition("?")
        content_type, body = _body(sent)
        given = {"Host": "localhost"} | ({"Content-Type": content_type} if content_type else {})
        given |= ({"X-Greenlight-User": who} if who else {}) | (headers or {})
        for route in ROUTES:
            parameters = route.match(method, path)
            if parameters is not None:
                request = func.HttpRequest(
                    method,
                    f"https://localhost{address}",
                    headers=given,
                    params=dict(parse_qsl(query, keep_blank_values=True)),
                    route_params=parameters,
                    body=body,
                )
                arguments = {"client": self.client} if route.durable else {}
                answer = Answer(asyncio.run(route.call(request, **arguments)))
                if route.described:
                    check_answer(
                        route.function, answer.status, answer.headers, answer.media_type, answer.content
                    )
                return answer
        raise AssertionError(f"no route for {method} {path}")

    def get(self, address: str, who: str | None = None, **sent: Any) -> Answer:
        return self.call("GET", address, who, **sent)

    def post(self, address: str, who: str | None = None, **sent: Any) -> Answer:
        return self.call("POST", address, who, **sent)

    # -- a proposal's way, as the orchestration would lead it ---------------------------------------------

    def submit(self, who: str = "ana", **changes: Any) -> str:
        """A process change: one stage, ``line``, whose only task is that of the author's manager."""
        answer = self.post("/api/proposals", who, json=draft(**changes))
        assert answer.status == 202, answer.content
        return str(answer.json["proposal"])

    def open(self, proposal: str, revision: int = 1) -> None:
        """Screen it, find nothing, and ask the first stage."""
        case, claim = load_case(self.ports, proposal, revision), f"claim-{revision}"
        assert revising.claim_revision(self.ports, case, f"{proposal}-r{revision}", claim).claim == claim
        revising.conclude_screening(self.ports, proposal, revision, ())
        stages.assign(self.ports, proposal, revision, case.route.stages[0].name, 0)

    def settle(self, proposal: str, stage: str = "line", revision: int = 1) -> str:
        now = self.clock.now()
        return stages.settle_stage(self.ports, proposal, revision, stage, 0, (), now).result

    def publish(self, proposal: str, outcome: Outcome, revision: int = 1, reason: str = "") -> None:
        publishing.settle_outcome(self.ports, proposal, revision, outcome, reason)
        publishing.seal_record(self.ports, proposal, revision)
        publishing.publish_record(self.ports, proposal, revision)
        publishing.close_proposal(self.ports, proposal, revision)

    def decide(self, who: str, proposal: str, verdict: str, task: str = "line-1", **more: Any) -> Answer:
        body = {"verdict": verdict, "comment": "because", **more}
        address = f"/api/proposals/{proposal}/revisions/1/tasks/{task}/decision"
        return self.post(address, who, json=body, headers={"If-Match": self.version(proposal, task)})

    def hand_over(self, who: str, proposal: str, to: str, task: str = "line-1") -> Answer:
        address = f"/api/proposals/{proposal}/revisions/1/tasks/{task}/assignee"
        headers = {"If-Match": self.version(proposal, task)}
        return self.post(address, who, json={"to": to, "reason": "away"}, headers=headers)

    def ask(self, who: str, proposal: str, task: str = "line-1", text: str = "How many?") -> Answer:
        address = f"/api/proposals/{proposal}/revisions/1/tasks/{task}/question"
        return self.post(
            address, who, json={"text": text}, headers={"If-Match": self.version(proposal, task)}
        )

    def version(self, proposal: str, task: str, revision: int = 1) -> str:
        tasks = {each.task: each for each in load_tasks(self.store, proposal, revision)}
        return task_version(tasks[task])

    def stored(self, proposal: str) -> Proposal:
        return load_proposal(self.store, proposal)[0]


def draft(**changes: Any) -> dict[str, Any]:
    """A proposal's fields, for a category that asks for no document."""
    return {
        "title": "Label the racks",
        "category": "process-change",
        "department": "engineering",
        "budget": "900",
        "risk": "low",
        "summary": "Labels on every rack.",
        "fields": {"reason": "Things get lost."},
    } | changes


def _body(sent: dict[str, Any]) -> tuple[str | None, bytes]:
    if "json" in sent:
        return "application/json", json.dumps(sent["json"]).encode()
    if "form" in sent:
        return f"multipart/form-data; boundary={BOUNDARY}", _multipart(sent["form"], sent.get("files", {}))
    return None, sent.get("body", b"")


def _multipart(form: dict[str, str], files: dict[str, tuple[str, bytes]]) -> bytes:
    parts = [(f'name="{name}"', value.encode()) for name, value in form.items()]
    parts += [(f'name="{part}"; filename="{name}"', data) for part, (name, data) in files.items()]
    lines = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
        for head, data in parts
    ]
    return b"".join(lines) + f"--{BOUNDARY}--\r\n".encode()
