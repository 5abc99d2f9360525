"""`make infra`, with a compiler that says what it is told to say: the real one is not on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.problem import Problem
from scripts.release.infra import build, changed, check


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    folder = tmp_path / "infra"
    (folder / "modules").mkdir(parents=True)
    (folder / "main.bicep").write_text("targetScope = 'subscription'\n")
    (folder / "main.bicepparam").write_text("using 'main.bicep'\n")
    (folder / "modules" / "x.bicep").write_text("param x string\n")
    (folder / "environments").mkdir()
    (folder / "environments" / "dev.yaml").write_text("alwaysReady: true\n")
    return folder


def compiler(folder: Path, body: str) -> str:
    path = folder.parent / "bicep"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder.parent}/calls\n{body}\n')
    path.chmod(0o755)
    return str(path)


WRITE = """case "$1" in
build) shift 3; echo "{}" > "$1";;
snapshot) printf '{"outputs": {}, "for": "%s"}' "$PARAMETER_FILE" > "$(dirname "$2")/main.snapshot.json";;
esac"""


def test_builds_and_writes_down_what_it_was_built_from(infra: Path) -> None:
    build(infra, compiler(infra, WRITE))
    calls = (infra.parent / "calls").read_text()
    for command in ("format", "lint"):
        for name in ("main.bicep", "main.bicepparam", "modules/x.bicep"):
            assert f"{command} {infra}/{name}\n" in calls
    assert f"snapshot {infra}/main.bicepparam --mode overwrite" in calls
    assert (infra / "snapshots" / "dev.json").read_text() == '{\n  "for": "dev",\n  "outputs": {}\n}\n'
    check(infra)
    (infra / "main.json").write_text("{ }")
    assert list(changed(infra)) == ["main.json"]


def test_a_warning_is_an_error(infra: Path) -> None:
    warns = f'[ "$1" = lint ] && echo "main.bicep(1,1) : Warning no-unused-params" >&2\n{WRITE}'
    with pytest.raises(Problem, match="Warning no-unused-params"):
        build(infra, compiler(infra, warns))
    assert not (infra / "sources.sha256").exists()


def test_says_what_to_do_without_a_compiler(infra: Path) -> None:
    with pytest.raises(Problem, match="make infra BICEP=PATH"):
        build(infra, str(infra / "nothing"))
