"""Asking the Logic App of infra/logic-app/: its trigger's own schema judges what is posted to a real web server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest
from azure.core.credentials import AccessToken
from azure.identity import CredentialUnavailableError

from adapters.message_settings import LogicAppTrigger
from adapters.notifiers.delivery import REST
from adapters.notifiers.logic_app import LONGEST_WAIT, LogicApp
from approvals.ports import NotDelivered
from scripts.release.infra import INFRA
from tests.fakes import MONDAY, DirectoryToday, FixedClock, example_directory
from tests.unit.adapters.notifiers.server import Webhook, webhook
from tests.unit.services.store.test_outbox import MESSAGE

DUE = MONDAY + timedelta(days=3, hours=5)
QUESTION = replace(MESSAGE, revision=2, task="line-1", due_at=DUE, raise_event=True)


class Identity:
    """A managed identity, or none."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.missing = False

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        if self.missing:
            raise CredentialUnavailableError(message="no managed identity here")
        self.scopes += scopes
        return AccessToken("t0ken", 0)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


def notifier(hook: Webhook, identity: Identity | None = None, clock: FixedClock | None = None) -> LogicApp:
    return LogicApp(
        LogicAppTrigger(hook.url, "api://greenlight"),
        "https://greenlight.example.com",
        DirectoryToday(example_directory()),
        clock or FixedClock(MONDAY),
        identity or Identity(),
    )


def schema() -> Any:
    workflow = json.loads((INFRA / "logic-app" / "workflow.json").read_text(encoding="utf-8"))
    return workflow["triggers"]["manual"]["inputs"]["schema"]


def test_the_trigger_gets_what_it_takes(hook: Webhook) -> None:
    identity = Identity()
    notifier(hook, identity).send(QUESTION)
    [request] = hook.got
    jsonschema.validate(request.json, schema())
    ben = example_directory().person("ben")
    assert ben is not None
    assert request.json == {
        "instance": f"{MESSAGE.proposal}-r2",
        "task": "line-1",
        "assignee": "ben",
        "mail": ben.mail,
        "subject": MESSAGE.subject,
        "text": MESSAGE.text,
        "link": f"https://greenlight.example.com{MESSAGE.path}",
        "respondWithin": "P3DT18000S",
    }
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["x-ms-client-tracking-id"] == MESSAGE.id
    assert identity.scopes == ["api://greenlight/.default"]


def test_the_schema_refuses_what_it_does_not_know() -> None:
    """Else the test above proves nothing."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"instance": "p-1-r1"}, schema())


@pytest.mark.parametrize(
    ("due_at", "within"),
    [
        (MONDAY + timedelta(microseconds=1), "P0DT1S"),
        (MONDAY + timedelta(seconds=59), "P0DT59S"),
        (MONDAY + timedelta(days=1), "P1DT1S"),
        (MONDAY + timedelta(days=400), f"P{LONGEST_WAIT.days}DT1S"),
    ],
)
def test_a_run_waits_as_long_as_the_decision_is_open_but_not_longer_than_a_run_may(
    hook: Webhook, due_at: datetime, within: str
) -> None:
    notifier(hook).send(replace(QUESTION, due_at=due_at))
    assert [request.json["respondWithin"] for request in hook.got] == [within]


@pytest.mark.parametrize(
    "changes", [{"raise_event": False}, {"task": None}, {"due_at": None}, {"due_at": MONDAY}], ids=str
)
def test_what_asks_nothing_or_cannot_be_answered_there_starts_no_run(
    hook: Webhook, changes: dict[str, Any]
) -> None:
    notifier(hook).send(replace(QUESTION, **changes))
    assert hook.got == []


def test_a_netrc_does_not_sign_in_instead(
    hook: Webhook, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    notifier(hook).send(QUESTION)
    assert hook.got[0].headers["authorization"] == "Bearer t0ken"


def test_without_an_identity_nothing_is_posted_and_a_while_not_tried(hook: Webhook) -> None:
    identity, clock = Identity(), FixedClock(MONDAY)
    identity.missing = True
    sender = notifier(hook, identity, clock)
    with pytest.raises(NotDelivered, match="no token for the Logic App: no managed identity here"):
        sender.send(QUESTION)
    identity.missing = False
    with pytest.raises(NotDelivered, match="left alone"):
        sender.send(QUESTION)
    assert (hook.got, identity.scopes) == ([], [])
    clock.advance(REST)
    sender.send(QUESTION)
    assert len(hook.got) == 1


@pytest.mark.parametrize("status", [302, 401, 502])
def test_what_is_not_taken_is_tried_again(hook: Webhook, status: int) -> None:
    hook.status, hook.headers = status, {"Location": hook.url}
    sender = notifier(hook)
    with pytest.raises(NotDelivered, match=f"the Logic App answers {status}"):
        sender.send(QUESTION)
    assert len(hook.got) == 1
    hook.status = 202
    sender.send(QUESTION)
    assert len(hook.got) == 2


def test_a_busy_logic_app_is_left_alone_for_as_long_as_it_says(hook: Webhook) -> None:
    clock = FixedClock(MONDAY)
    sender = notifier(hook, clock=clock)
    hook.status, hook.headers = 429, {"Retry-After": "120"}
    with pytest.raises(NotDelivered, match="answers 429"):
        sender.send(QUESTION)
    clock.advance(timedelta(seconds=119))
    with pytest.raises(NotDelivered, match="left alone"):
        sender.send(QUESTION)
    clock.advance(timedelta(seconds=1))
    hook.status = 202
    sender.send(QUESTION)
    assert len(hook.got) == 2
