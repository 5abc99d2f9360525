"""The command that erases, and names in kept directories."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adapters.settings import ConfigurationError
from approvals.model import Proposal
from approvals.policy.retention import KEEP, Retention
from approvals.stored import codec, layout
from scripts import erase as script
from services.upkeep import erasing
from tests.unit.http_api.api import Api
from tests.unit.services.upkeep.erasing.world import (
    FIVE_YEARS,
    ON_REQUEST,
    Today,
    first_directory,
    grow_old,
    keep,
    secrets,
    stored_directory,
    trail_of,
)

# -- names in directories ------------------------------------------------------------------------------


def test_a_directory_loses_its_names_when_nothing_needs_it(api: Api, purged: str) -> None:
    first = first_directory(api, purged)
    people = api.ports.directory.current().people
    today = replace(api.ports.directory.current(), people=(*people[:-1], replace(people[-1], name="New")))
    api.ports = replace(api.ports, directory=Today(today))
    api.open(api.submit())
    assert erasing.forget_people(api.ports) == [], "the proposal needs it"
    grow_old(api)
    erasing.run(api.ports)
    assert erasing.forget_people(api.ports) == [first]
    kept = stored_directory(api, first)
    assert {person.name for person in kept.people} == {"erased"}
    assert [person.id for person in kept.people] == [person.id for person in people]
    assert stored_directory(api, today.digest()) == today
    assert api.get(f"/api/proposals/{purged}", "ana").json["state"] == "closed"
    writes_before = len(api.store.writes())
    assert erasing.forget_people(api.ports) == [first]
    assert len(api.store.writes()) == writes_before


def test_the_directory_of_today_keeps_its_names(api: Api) -> None:
    digest = api.ports.directory.current().digest()
    api.store.create(layout.directory(digest), codec.dumps(api.ports.directory.current()))
    assert erasing.forget_people(api.ports) == []
    assert "erased" not in {person.name for person in stored_directory(api, digest).people}


# -- the command ---------------------------------------------------------------------------------------


def test_the_command_says_what_it_would_do_and_does_it_when_told(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, ON_REQUEST)
    before = dict(api.store.blobs)
    assert script.main(["--by", "olga", "--proposal", purged]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{purged}: erase",
        "Nothing is erased yet. Say --yes to erase for good what is marked so.",
    ]
    assert api.store.blobs == before
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{purged}: erase", "erased: 1 of 1"]
    assert secrets(api) == set()
    last = json.loads(trail_of(api, purged).splitlines()[-1])
    assert (last["actor"], last["authenticated"]) == ("olga", False)
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 0, "once more does no harm"


def test_the_command_erases_what_a_person_submitted(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, ON_REQUEST)
    still_open = api.submit()
    assert script.main(["--by", "olga", "--person", "ana", "--yes"]) == 1
    said = capsys.readouterr().out
    assert f"{still_open}: stays. An open proposal cannot be erased. This one is starting." in said
    assert "erased: 1 of 2" in said
    assert api.stored(purged).erased_at is not None
    assert api.stored(still_open).erased_at is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (KEEP, "The policy's [retention] never allows its erasure."),
        (FIVE_YEARS, "The policy's [retention] allows its erasure from 2031-11-23T09:00:00.000000Z on."),
    ],
)
def test_the_command_keeps_to_the_policy(
    api: Api, purged: str, how: Retention, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(api, how)
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 1
    assert said in capsys.readouterr().out
    assert api.stored(purged).erased_at is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--proposal", "p-aaaaaaaaaaaa"], "say with --by who orders it"),
        (["--proposal", "p-aaaaaaaaaaaa", "--by", "nobody"], "say with --by who orders it"),
        (["--person", "hugo", "--by", "olga"], "'hugo' has submitted nothing"),
    ],
)
def test_what_the_command_cannot_do_it_says(
    api: Api, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(words) == 1
    assert said in capsys.readouterr().err


def test_an_unknown_proposal_is_not_erased(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--by", "olga", "--proposal", "p-aaaaaaaaaaaa", "--yes"]) == 1
    assert "p-aaaaaaaaaaaa: stays. There is no proposal p-aaaaaaaaaaaa." in capsys.readouterr().out


def test_what_fails_on_the_way_is_said(api: Api, purged: str, capsys: pytest.CaptureFixture[str]) -> None:
    keep(api, ON_REQUEST)
    api.store.delete(layout.audit(purged))
    assert script.main(["--by", "olga", "--proposal", purged, "--yes"]) == 1
    assert f"while erasing {purged}: {purged} is not whole in the store" in capsys.readouterr().err


def test_the_command_forgets_people_when_told(
    api: Api, purged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["--people"]) == 0
    assert "Nothing is erased yet" in capsys.readouterr().out
    assert script.main(["--people", "--yes"]) == 0
    assert capsys.readouterr().out == "directories without names: 0\n"


def test_a_wrong_setting_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        raise ConfigurationError("IDENTITY is wrong")

    monkeypatch.setattr("adapters.bootstrap.ports", wrong)
    assert script.main(["--people"]) == 1
    assert capsys.readouterr().err == "erase: IDENTITY is wrong\n"


def test_the_command_wants_to_know_what(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        script.main(["--by", "olga"])
    assert "one of the arguments --proposal --person --people is required" in capsys.readouterr().err


def test_a_proposal_of_before_was_not_erased(api: Api) -> None:
    plain = codec.encode(api.stored(api.submit()))
    del plain["erased_at"]
    assert codec.decode(Proposal, plain).erased_at is None
