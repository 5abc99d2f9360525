"""What is stored or on the wire outlives releases: it is listed in wire.json, and the list is what the code does.

What the code declares must be the list. What it can only be seen to write (ids of the trail's lines and of messages,
what orchestrators and activities tell each other) must be in the list, of every corpus and of today's run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from devhost.functions.worker import Worker
from devhost.protocol.changes import context_of
from devhost.protocol.events import Kind, kind_of, parse_time
from devhost.protocol.rows import Instance
from devhost.replay.gate import Gate
from devhost.replay.histories import Recorded
from tests.corpus.archive import World, read, releases
from tests.corpus.conftest import Taken
from tests.corpus.wire import Table, app_of_today, declared, listed, merged, note, pattern, seen_in

SEEN = ("trail", "messages", "results", "inputs", "statuses")
# A failed publication and a terminated instance are told once; nothing fails in the takeover.
NOT_ANEW = {"publication", "trouble"}
MIGRATE = (
    "is stored or on the wire, in what waits for the next release too: do not remove or rename it. Where it must be,"
    " write a migration that reads the old form, and keep reading it"
)
LIST = (
    "is new on the wire: list it in tests/corpus/wire.json, if it shall stay for ever (a key needs a default, which is"
    " listed with a question mark: what is stored already does not have it)"
)


# The first of them waits for the whole takeover, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def app() -> Iterator[Worker]:
    with app_of_today() as worker:
        yield worker


def flat(table: Any, path: str = "") -> set[str]:
    """Every fact of a table as one line."""
    if isinstance(table, dict):
        return {
            line for name, value in table.items() for line in flat(value, f"{path} > {name}".lstrip(" >"))
        }
    if isinstance(table, list):
        return {f"{path}: {value}" for value in table}
    return {f"{path}: {table}"}


def test_what_the_code_declares_is_what_is_listed(app: Worker) -> None:
    today = declared(app)
    frozen, now = flat({section: listed()[section] for section in today}), flat(today)
    problems = [f"{fact}\n    {MIGRATE}" for fact in sorted(frozen - now)]
    problems += [f"{fact}\n    {LIST}" for fact in sorted(now - frozen)]
    assert not problems, "\n".join(problems)


def test_what_is_written_is_what_is_listed(taken: Taken) -> None:
    frozen = {section: listed()[section] for section in SEEN}
    unlisted = sorted(flat(seen_in(taken.after)) - flat(frozen))
    renamed = f"If it is another word for what is listed there, that one {MIGRATE}"
    assert not unlisted, "\n".join(f"{fact}\n    {LIST}. {renamed}" for fact in unlisted)


def test_what_is_listed_was_written(taken: Taken) -> None:
    """The list says nothing that neither a release nor today's app has written."""
    written = merged([*(seen_in(read(folder)) for folder in releases()), seen_in(taken.after)])
    assert flat({section: listed()[section] for section in SEEN}) - flat(written) == set()


def test_todays_app_has_written_every_kind_of_line_and_message(taken: Taken) -> None:
    """Otherwise nobody would see that it writes one in another way than before."""
    before, lines = lines_of(taken.before), lines_of(taken.after) | lines_of(taken.aged)
    anew = {action for line, action in lines.items() if line not in before}
    assert listed()["trail"].keys() - anew == set()
    earlier, messages = messages_of(taken.before), messages_of(taken.after)
    told = {kind for name, kind in messages.items() if name not in earlier}
    assert listed()["messages"].keys() - told == NOT_ANEW


def lines_of(world: World) -> dict[tuple[str, str], str]:
    """Actions by proposal and id."""
    found: dict[tuple[str, str], str] = {}
    for name, data in world.under("proposals/").items():
        if name.endswith(".jsonl"):
            lines = map(json.loads, data.splitlines())
            found |= {(name.split("/")[1], line["id"]): line["action"] for line in lines}
    return found


def messages_of(world: World) -> dict[str, str]:
    """Kinds by blob."""
    return {name: json.loads(data)["kind"] for name, data in world.under("outbox/").items()}


def test_every_blob_has_a_name_that_is_listed(taken: Taken) -> None:
    names = [re.escape(name) for name in listed()["blobs"]]
    known = [re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", name)) for name in names]
    for blob in (*taken.before.blobs, *taken.after.blobs, *taken.aged.blobs):
        if not blob.container.startswith("hub-"):
            assert any(name.fullmatch(blob.name) for name in known), f"{blob.name} {LIST}"


def test_every_id_of_the_trail_is_the_same_in_every_revision() -> None:
    assert pattern("r12/line-1.2/decided") == "r{n}/{task}/decided"
    assert pattern("r1/r1-line-1-q2/asked") == "r{n}/{question}/asked"
    assert pattern("r1/review-1-c1/evidence-3") == "r{n}/{condition}/evidence-{number}"
    assert pattern("r1/approval/event-17") == "r{n}/approval/event-{number}"


@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
async def test_what_orchestrators_ask_of_activities_is_what_is_listed(taken: Taken, app: Worker) -> None:
    histories = (each for each in (*taken.left, *taken.histories) if each.history)
    asked = merged([await calls(app, recorded) for recorded in histories])
    frozen, now = flat(listed()["calls"]), flat(asked["calls"])
    assert now - frozen == set(), LIST
    assert frozen - now == set(), MIGRATE


async def calls(app: Worker, recorded: Recorded) -> Table:
    """What an instance calls, by name, with the keys of what it gives along."""
    found: dict[str, list[str]] = {}
    started = next(event for event in recorded.history if kind_of(event) is Kind.ExecutionStarted)
    moment = parse_time(started["Timestamp"])
    about = Instance(recorded.id, recorded.name, recorded.execution, "Running", moment, moment)
    answer, _ = await app.orchestrate(recorded.name, context_of(about, recorded.history, started))
    assert answer is not None, recorded.id
    actions = [action for batch in answer["actions"] for action in batch]
    while actions:
        action = actions.pop()
        actions += action.get("compoundActions", ())
        if "functionName" in action:
            note(found, action["functionName"], *json.loads(action["input"]))
    return {"calls": found}


@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
async def test_every_history_is_replayed_as_it_was(taken: Taken, app: Worker) -> None:
    """Of what was under way when the release left it, with all that today's app has added."""
    left = {each.id for each in taken.left if not each.is_over}
    under_way = [each for each in taken.histories if each.id in left]
    assert under_way
    gate = Gate(app)
    assert [str(found) for each in under_way if (found := await gate.check(each))] == []
