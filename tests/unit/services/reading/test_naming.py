"""What people are called, and when things were: by today's names, or by those of when the proposal was submitted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from adapters.files.catalogue import english
from approvals.model import TaskState
from approvals.policy.directory import Directory
from approvals.texts import in_words
from services.deciding.decide import what_happened
from services.reading import lists
from services.store.cases import load_case, naming
from tests import records
from tests.fakes import DirectoryToday, example_directory
from tests.unit.http_api.api import Api


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    made.install(monkeypatch)
    return made


def today(**named: str | None) -> Directory:
    """The example's people, some with another name, or gone."""
    directory = example_directory()
    people = [replace(each, name=named.get(each.id) or each.name) for each in directory.people]
    return replace(directory, people=tuple(each for each in people if named.get(each.id, "") is not None))


def test_todays_name_comes_first_then_that_of_the_submission_then_the_id(api: Api) -> None:
    proposal = api.submit()
    ports = replace(api.ports, directory=DirectoryToday(today(ana="Ana Meyer", ben=None)))
    name = naming(ports, load_case(ports, proposal, 1))
    assert [name(person) for person in ("ana", "ben", "carl", "nobody")] == [
        "Ana Meyer",
        "Ben Okafor",
        "Carl Lindqvist",
        "nobody",
    ]


def test_who_gets_a_message_reads_names_and_the_same_change_twice_is_the_same_message(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    [asked] = lists.outbox(api.ports, "ben").items
    assert asked.text.startswith("Ana Ferreira asks for approval of “Label the racks”")
    assert "Why you: manager of Ana Ferreira." in asked.text
    assert api.decide("ben", proposal, "reject").status == 200
    assert api.settle(proposal) == "rejected"
    [told] = lists.outbox(api.ports, "ana").items
    assert told.subject == "Ben Okafor rejects: Label the racks"
    before = dict(api.store.blobs)
    assert api.settle(proposal) == "rejected"
    assert api.store.blobs == before


ISO = re.compile(r"\d{4}-\d\d-\d\dT")


def detail(api: Api, path: str, who: str, **sent: object) -> str:
    """What a refusal says; no moment in it is written for programs."""
    found = api.post(path, who, **sent)
    assert found.status in (403, 409, 422), found.content
    assert not ISO.search(found.json["detail"])
    return str(found.json["detail"])


def test_who_comes_too_late_reads_who_was_first_and_when(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    task = f"/api/proposals/{proposal}/revisions/1/tasks/line-1"
    version = {"If-Match": api.version(proposal, "line-1")}
    ballot = {"verdict": "approve", "comment": "fine"}
    stranger = detail(api, f"{task}/decision", "olga", json=ballot, headers=version)
    assert stranger == "This decision is not yours: Ben Okafor is asked."
    pete = api.post(f"{task}/assignee", "ben", json={"to": "pete"}, headers=version)
    assert pete.fields["to"] == "Pete Adams is not active; choose another person"
    assert api.post(f"{task}/assignee", "ben", json={"to": "eli"}, headers=version).status == 200
    late = "The task was handed over on 23 Nov 2026 at 09:00 UTC. Eli Weiss is asked now."
    assert detail(api, f"{task}/decision", "ben", json=ballot, headers=version) == late
    assert detail(api, f"{task}/question", "ben", json={"text": "Which?"}, headers=version) == late


def test_what_is_over_says_since_when(api: Api) -> None:
    proposal = api.submit()
    api.open(proposal)
    assert api.post(f"/api/proposals/{proposal}/withdrawal", "ana", json={}).status == 202
    version = {"If-Match": api.version(proposal, "line-1")}
    task = f"/api/proposals/{proposal}/revisions/1/tasks/line-1"
    over = api.post(f"{task}/decision", "ben", json={"verdict": "approve"}, headers=version)
    assert over.json["detail"] == "The proposal was withdrawn on 23 Nov 2026 at 09:00 UTC."
    assert over.json["since"] == "2026-11-23T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("the stage was settled: changes_requested", "the stage was settled: changes requested"),
        (None, "it is over"),
    ],
)
def test_a_task_that_nobody_decided_says_why_it_is_closed(reason: str | None, said: str) -> None:
    task = replace(records.TASK, state=TaskState.CANCELLED, closed_reason=reason)
    text = in_words(what_happened(task, str), english(strict=True))
    assert text == f"There is nothing to decide here any more: {said}."


def test_who_answers_after_another_reads_who_did(api: Api) -> None:
    proposal = api.submit(prepared_by=["carl"])
    api.open(proposal)
    assert api.ask("ben", proposal).status == 200
    address = f"/api/proposals/{proposal}/questions/r1-line-1-q1/answer"
    assert api.post(address, "ana", json={"text": "Green."}).status == 200
    late = api.post(address, "carl", json={"text": "Blue."})
    assert late.json["detail"] == "Ana Ferreira answered this question on 23 Nov 2026 at 09:00 UTC."
    assert (late.json["answered_by"], late.json["answered_at"]) == ("ana", "2026-11-23T09:00:00.000000Z")
