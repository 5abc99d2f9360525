"""What people are called: by today's names, or by those of when the proposal was submitted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from approvals.directory import Directory
from services import lists
from services.cases import load_case, naming
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
    assert "because: manager of Ana Ferreira." in asked.text
    assert api.decide("ben", proposal, "reject").status == 200
    assert api.settle(proposal) == "rejected"
    [told] = lists.outbox(api.ports, "ana").items
    assert told.subject == "Ben Okafor rejects: Label the racks"
    before = dict(api.store.blobs)
    assert api.settle(proposal) == "rejected"
    assert api.store.blobs == before
