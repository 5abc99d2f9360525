"""What the management API shows of a history: the extension's rules in their general case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from devhost.functions.worker import Worker
from devhost.management import api
from tests.devhost.inside import APPS, Inside, hosting, loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads"),
]


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with loaded(APPS / "versions") as worker:
        yield worker


@pytest_asyncio.fixture
async def inside(app: Worker, azurite: str) -> AsyncIterator[Inside]:
    async with hosting(app, azurite) as found:
        yield found


async def events(inside: Inside, instance: str, **query: str) -> dict[str, dict[str, Any]]:
    """The events shown, by their type."""
    found = (await inside.status(instance, showHistory="true", **query))["historyEvents"]
    return {each["EventType"]: each for each in found}


async def ended(inside: Inside, name: str, instance: str, given: Any = None) -> dict[str, Any]:
    await inside.start(name, instance, given)
    await inside.host.engine.quiet()
    return await inside.status(instance)


async def post(inside: Inside, path: str, expected: int) -> str:
    async with inside.client.post(f"{inside.management}/instances/{path}") as answer:
        assert answer.status == expected
        return await answer.text()


async def test_a_child_without_an_end_is_shown_as_it_was_created(inside: Inside) -> None:
    await inside.start("parent", "p", {"child": "waits"})
    await inside.host.engine.quiet()
    created = (await events(inside, "p"))["SubOrchestrationInstanceCreated"]
    assert (created["Name"], created["InstanceId"], "Version" in created) == ("waits", "p-child", False)
    await post(inside, "p-child/terminate?reason=enough", 202)
    await inside.host.engine.quiet()
    assert "SubOrchestrationInstanceCreated" not in await events(inside, "p")


async def test_what_ends_a_child_names_it(inside: Inside) -> None:
    await ended(inside, "parent", "good", {"child": "version"})
    await ended(inside, "parent", "bad", {"child": "throws"})
    good = (await events(inside, "good"))["SubOrchestrationInstanceCompleted"]
    bad = (await events(inside, "bad"))["SubOrchestrationInstanceFailed"]
    assert (good["FunctionName"], good["InstanceId"], good["Input"]) == ("version", "good-child", None)
    assert (bad["FunctionName"], bad["InstanceId"], bad["Input"]) == ("throws", "bad-child", None)


async def test_without_input_no_event_has_one(inside: Inside) -> None:
    await ended(inside, "parent", "p", {"child": "version"})
    found = await events(inside, "p", showInput="false")
    assert not any("Input" in each for each in found.values())
    assert "InstanceId" not in found["SubOrchestrationInstanceCompleted"]
    assert found["ExecutionStarted"]["FunctionName"] == "parent"


async def test_without_output_no_event_has_a_result(inside: Inside) -> None:
    await ended(inside, "version", "v")
    without, all_of_it = await events(inside, "v"), await events(inside, "v", showHistoryOutput="true")
    assert not any("Result" in each for each in without.values())
    assert all_of_it["TaskCompleted"]["Result"] == 1


async def test_a_pending_instance_shows_no_history(inside: Inside) -> None:
    await inside.start("version", "v")
    await inside.host.engine.quiet()
    inside.host.engine.instances["v"].status = "Pending"
    assert "historyEvents" not in await inside.status("v", showHistory="true")


async def test_the_failure_of_a_child_says_what_its_own_child_said(inside: Inside) -> None:
    reason = "Orchestrator function 'throws' failed: boom failed: twice\nin two lines"
    details = "Message: boom failed: twice\nin two lines, StackTrace: "
    assert (await ended(inside, "parent", "one", {"child": "throws"}))["output"] == f"{reason} \n {details}"
    found = await ended(inside, "parent", "two", {"child": "passes_on"})
    inner = f"{reason} \n {details}"
    outer = f"Orchestrator function 'passes_on' failed: {inner}"
    assert found["output"] == f"{outer} \n Message: {inner}, StackTrace: "


async def test_a_child_that_was_terminated_fails_its_parent_with_the_reason_alone(inside: Inside) -> None:
    await inside.start("parent", "p", {"child": "waits"})
    await inside.host.engine.quiet()
    await post(inside, "p-child/terminate?reason=enough failed: so", 202)
    await inside.host.engine.quiet()
    assert (await events(inside, "p"))["SubOrchestrationInstanceFailed"]["Details"] is None
    assert (await inside.status("p"))["output"] == "enough failed: so \n None"


async def test_a_resume_right_after_the_suspend_is_refused(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status that the extension checks lags behind what it has accepted."""
    await inside.start("waits", "w")
    await inside.host.engine.quiet()
    await post(inside, "w/suspend", 202)
    refusal = json.loads(await post(inside, "w/resume", 500))
    assert refusal["ExceptionMessage"].endswith("because instance is in the Running state.")
    await post(inside, "w/resume", 202)  # it was looked at
    await post(inside, "w/suspend", 202)
    assert (await inside.status("w"))["runtimeStatus"] == "Suspended"  # a poll shows that it has come
    await post(inside, "w/resume", 202)
    monkeypatch.setattr(api, "STATUS_LAG_SECONDS", 0)  # as if it had been a while ago
    await post(inside, "w/suspend", 202)
    await post(inside, "w/resume", 202)
