"""Every line carries the ids of what it is about, at every border, and nothing that people wrote."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import azure.durable_functions as df
import pytest

from activities import publication, screening, wired
from adapters import log_lines
from adapters.durable import ensure_started, publish_again, ring
from adapters.log_lines import Attributes, Line, Text, within
from approvals.model import Message
from approvals.ports import NotDelivered, Ports
from approvals.stored.codec import CodecError
from services.store import fence, outbox
from tests.fakes import MONDAY, ListNotifier, fake_ports
from tests.unit.http_api.api import Api, DurableClient
from tests.watching import ADDRESS, SECRET, Watcher, eventful, watching
from timers import sweep as timer

ROOT = Path(__file__).resolve().parents[3]
PROPOSAL = "p-abcdefghijkl"
INSTANCE = f"{PROPOSAL}-r1"
ABOUT = {"proposal": PROPOSAL, "revision": "1", "instance": INSTANCE}


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with watching() as made:
        yield made


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


def one(watcher: Watcher) -> dict[str, object]:
    [found] = watcher.attributes
    return found


# -- lines -----------------------------------------------------------------------------------------------


def test_a_line_ends_with_what_it_is_about(watcher: Watcher) -> None:
    log = logging.getLogger("greenlight.test")
    with within(function="sweep", proposal=PROPOSAL, revision=1):
        with within(task="line-1.2", instance=INSTANCE):
            log.info("%d%% done", 50)
        log.info("more")
    log.info("alone")
    assert watcher.lines == [
        f"50% done function=sweep proposal={PROPOSAL} revision=1 task=line-1.2 instance={INSTANCE}",
        f"more function=sweep proposal={PROPOSAL} revision=1",
        "alone",
    ]
    assert watcher.attributes[0] == ABOUT | {"function": "sweep", "task": "line-1.2"}
    assert watcher.attributes[2] == {}
    assert [Text().format(record) for record in watcher.records] == ["50% done", "more", "alone"]


def test_a_line_knows_better_than_the_border_around_it(watcher: Watcher) -> None:
    with within(task="line-1"):
        logging.getLogger("greenlight.test").info("handed over", extra={"task": "line-2", "action": "x"})
    assert watcher.lines == ["handed over task=line-2"]
    assert one(watcher) == {"task": "line-2", "action": "x"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proposal", "p-1 role=admin"),
        ("task", f"line-1\nINFO {PROPOSAL} is approved"),
        ("task", ADDRESS),
        ("revision", "one"),
        ("instance", "a" * 65),
    ],
)
def test_what_does_not_look_like_an_id_is_left_out(name: str, value: str, watcher: Watcher) -> None:
    with within(**{name: value}):
        logging.getLogger("greenlight.test").info("said")
    assert watcher.lines == ["said"]


def test_a_dimension_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(KeyError), within(person="ana"):
        pass


def test_lines_of_others_are_left_alone(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    with within(proposal=PROPOSAL), caplog.at_level(logging.INFO):
        logging.getLogger("greenlights").info("not ours")
        logging.getLogger().warning("nor this")
    assert [record.getMessage() for record in caplog.records] == ["not ours", "nor this"]
    assert not any(isinstance(record, Line) for record in caplog.records)
    assert all(Attributes().filter(record) for record in caplog.records)
    assert [Text().format(record) for record in caplog.records] == ["not ours", "nor this"]


def test_installing_twice_is_installing_once(watcher: Watcher) -> None:
    factory = logging.getLogRecordFactory()
    log_lines.install()
    assert logging.getLogRecordFactory() is factory


# -- borders ---------------------------------------------------------------------------------------------


def test_an_activity_that_fails_says_on_what(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = fake_ports()
    monkeypatch.setattr(broken.store, "read", Mock(side_effect=OSError("storage is away")))
    monkeypatch.setattr(wired, "ports", lambda: broken)
    seal: Any = publication.seal_record
    with pytest.raises(OSError, match="away"):
        seal._function.get_user_function()({"proposal": PROPOSAL, "revision": 1})
    [record] = watcher.records
    assert record.exc_info
    assert one(watcher) == ABOUT | {"function": "seal_record"}
    assert watcher.lines == [
        f"seal_record failed function=seal_record proposal={PROPOSAL} revision=1 instance={INSTANCE}"
    ]


def test_an_activity_without_a_revision_says_whose_it_is(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    report: Any = publication.report_publication_failure
    with pytest.raises(CodecError, match="revision is missing"):
        report._function.get_user_function()({"proposal": PROPOSAL})
    assert one(watcher) == {"function": "report_publication_failure", "proposal": PROPOSAL}


def test_a_check_that_breaks_says_on_what(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wired, "ports", fake_ports)
    monkeypatch.setattr(fence, "admits", lambda *_: True)
    check: Any = screening.run_checks
    answer = check._function.get_user_function()(
        {"proposal": PROPOSAL, "revision": 1, "claim": "c", "checks": ["seen_before"]}
    )
    assert asyncio.run(answer)["answers"][0]["broken"]
    assert one(watcher) == ABOUT | {"function": "run_checks"}


def test_a_request_that_fails_says_which(api: Api, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ports, "store", property(lambda _: 1 / 0), raising=False)
    path = f"/api/proposals/{PROPOSAL}/revisions/1/tasks/line-1/decision"
    assert api.post(path, "ben", json={}).status == 500
    expected = {"function": "record_decision", "proposal": PROPOSAL, "revision": "1", "task": "line-1"}
    assert one(watcher) == expected


def test_what_a_caller_wrote_into_a_path_is_not_logged(
    api: Api, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ports, "store", property(lambda _: 1 / 0), raising=False)
    assert api.get(f"/api/proposals/{ADDRESS}", "ben").status == 500
    assert one(watcher) == {"function": "show_proposal"}
    assert ADDRESS not in watcher.lines[0]


async def test_the_durable_client_says_for_which_instance(api: Api, watcher: Watcher) -> None:
    client: Any = DurableClient()
    client.broken = True
    proposal = await asyncio.to_thread(api.submit)
    stored = api.stored(proposal)
    watcher.records.clear()
    await ensure_started(client, stored, 1)
    await ring(client, stored.instance, "line-1")
    about = {"proposal": proposal, "revision": "1", "instance": stored.instance}
    assert watcher.attributes == [about, {"instance": stored.instance, "task": "line-1"}]


async def test_a_publication_that_runs_already_is_told(watcher: Watcher, api: Api) -> None:
    client: Any = DurableClient()
    stored = api.stored(await asyncio.to_thread(api.submit))
    instance = f"{stored.instance}-publication"
    client.statuses[instance] = df.OrchestrationRuntimeStatus.Running.value
    watcher.records.clear()
    assert await publish_again(client, stored) == instance
    assert one(watcher) == {"instance": instance}


async def test_the_sweep_says_what_it_does(
    watcher: Watcher, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timer, "ports", lambda: api.ports)
    proposal = await asyncio.to_thread(api.submit)
    api.clock.advance(timedelta(minutes=5))
    watcher.records.clear()
    swept: Any = timer.sweep
    await swept._function.get_user_function().client_function(None, DurableClient())
    about = {"proposal": proposal, "revision": "1", "instance": f"{proposal}-r1"}
    found = [each for each in watcher.attributes if "chore" in each]
    assert found == [about | {"function": "sweep", "chore": "start"}]


async def test_the_sweep_says_what_it_could_not_read(
    watcher: Watcher, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timer, "ports", lambda: api.ports)
    proposal = await asyncio.to_thread(api.submit)
    api.store.replace(
        f"proposals/{proposal}/proposal.json",
        b"{",
        api.store.blobs[f"proposals/{proposal}/proposal.json"].etag,
    )
    watcher.records.clear()
    swept: Any = timer.sweep
    with pytest.raises(ExceptionGroup):
        await swept._function.get_user_function().client_function(None, DurableClient())
    assert one(watcher) == {"function": "sweep", "proposal": proposal}


def test_orchestrators_log_nothing() -> None:
    """They are replayed; a line of theirs would come again with every event."""
    for path in (ROOT / "orchestrators").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "logging" not in text
        assert not re.search(r"\bprint\(", text)


# -- what may not be in them -----------------------------------------------------------------------------


def said(watcher: Watcher) -> str:
    everything = [
        [record.getMessage(), record.exc_text, found]
        for record, found in zip(watcher.records, watcher.attributes, strict=True)
    ]
    return json.dumps(everything, default=str)


def test_nothing_that_people_wrote_is_logged(watcher: Watcher) -> None:
    with eventful() as made:
        made.play()
    text = said(watcher)
    assert {"event_refused", "decided", "escalated"} <= {each.get("action") for each in watcher.attributes}
    assert made.world.proposal in text
    assert SECRET in str([line.entry for line in made.world.trail()]), "it was there to be logged"
    for personal in (SECRET, ADDRESS, "@", "A bridge", "Over the stream"):
        assert personal not in text


def test_a_line_of_the_trail_is_logged_with_who_holds_the_task(watcher: Watcher) -> None:
    with eventful() as made:
        made.play()
    held = {(each["action"], each["task"], each["holder"]) for each in watcher.attributes if "holder" in each}
    assert held == {
        ("assigned", "line-1", "p1"),
        ("assigned", "line-2", "p3"),
        ("assigned", "line-1.2", "p2"),
        ("escalated", "line-1", "p1"),
    }


def test_why_a_message_failed_is_told_without_an_address(watcher: Watcher) -> None:
    class Refused(ListNotifier):
        def send(self, message: Message) -> None:
            raise NotDelivered(f"the mail server refuses the mail: {{'{ADDRESS}': (550, b'no such user')}}")

    ports = fake_ports(notifiers=(Refused(),))
    outbox.post(ports, Message("m-1", "ana", SECRET, SECRET, "/", PROPOSAL, "assigned", MONDAY))
    assert one(watcher)["error"] == (
        "the mail server refuses the mail: {'(address)': (550, b'no such user')}"
    )
    assert ADDRESS not in said(watcher)


def test_a_message_that_failed_is_told_without_address_and_secret(watcher: Watcher) -> None:
    class Broken(ListNotifier):
        def send(self, message: Message) -> None:
            raise ConnectionRefusedError(f"{ADDRESS} at https://hooks.example.com/{SECRET}")

    ports = fake_ports(notifiers=(Broken(),))
    outbox.post(ports, Message("m-1", "ana", SECRET, SECRET, "/", PROPOSAL, "assigned", MONDAY))
    expected = {"message_id": "m-1", "notifier": "Broken", "error": "ConnectionRefusedError"}
    assert one(watcher) == expected | {"proposal": PROPOSAL}
    assert ADDRESS not in said(watcher)
    assert SECRET not in said(watcher)
