"""The tools that the golden tests rest on."""

from __future__ import annotations

from tests.devhost.recordings import EXCHANGES, episodes, normal

ONE, OTHER = "37d2ef23-0c39-4d70-890d-808b21f9b043", "d4bdd3af0e224816a5f5c9e2e7f269dc"


def test_guids_keep_their_identity_and_lose_their_digits() -> None:
    assert normal([ONE, f"{ONE}:0", OTHER]) == ["<guid 0>", "<guid 0>:0", "<guid 1>"]


def test_different_values_stay_different() -> None:
    assert normal({"a": ONE, "b": OTHER}) != normal({"a": ONE, "b": ONE})
    assert normal("chain 1") != normal("chain 2")


def test_moments_are_taken_out_wherever_they_stand() -> None:
    assert normal("at 2026-11-24T08:52:18.4937838Z") == normal("at 2026-11-24T08:52:19Z") == "at <moment>"


def test_every_scenario_has_episodes_and_most_have_decisions() -> None:
    found = [episode for scenario in EXCHANGES for episode in episodes(scenario)]
    assert len(EXCHANGES) >= 19
    assert sum(episode.decisions is not None for episode in found) > len(found) / 2
