"""A corpus holds everything that its release could write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus.archive import PLACES, World, read, read_index, releases, write
from tests.corpus.wire import seen_in


@pytest.mark.parametrize("folder", releases(), ids=lambda folder: folder.name)
def test_everything_that_the_release_can_write_is_there(folder: Path) -> None:
    index, world = read_index(folder), read(folder)
    seen = seen_in(world)
    there = {kind: values_in(world, *place) for kind, place in PLACES.items()}
    there |= {"trail": set(seen["trail"]), "messages": set(seen["messages"])}
    missing = {
        f"{kind}: {value}"
        for kind, values in index.values.items()
        for value in values
        if value not in there[kind]
    }
    assert missing == index.missing.keys(), "the index says why something is missing, and only of what is"
    strange = {kind: there[kind].difference(values) for kind, values in index.values.items()}
    assert not any(strange.values()), strange


def values_in(world: World, name: str, key: str) -> set[str]:
    """Every text under a key of the JSON in blobs whose name has ``name`` in it, wherever it is."""
    found: set[str] = set()

    def visit(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get(key), str):
                found.add(value[key])
            for inner in value.values():
                visit(inner)
        elif isinstance(value, list):
            for inner in value:
                visit(inner)

    for blob in world.blobs:
        if name in blob.name:
            for line in blob.data.splitlines() if blob.name.endswith(".jsonl") else [blob.data]:
                visit(json.loads(line))
    return found


@pytest.mark.parametrize("folder", releases(), ids=lambda folder: folder.name)
def test_every_proposal_is_in_the_index_as_it_is(folder: Path) -> None:
    index, world = read_index(folder), read(folder)
    states = {entry.proposal: entry.state for entry in index.proposals}
    assert len(states) == len(index.proposals)
    found = {name.split("/")[1]: "stored" for name in world.under("proposals/")}
    for name, data in world.under("proposals/").items():
        if name.endswith("/proposal.json"):
            found[name.split("/")[1]] = json.loads(data)["state"]
    assert found == states


@pytest.mark.parametrize("folder", releases(), ids=lambda folder: folder.name)
def test_the_same_world_is_the_same_file(folder: Path, tmp_path: Path) -> None:
    write(read(folder), tmp_path)
    [again] = tmp_path.iterdir()
    assert again.read_bytes() == (folder / again.name).read_bytes()
    assert again.stat().st_size < 2_000_000
