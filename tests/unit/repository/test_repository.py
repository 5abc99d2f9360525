"""The repository itself: its release, how its files look, who looks after them, what runs before a commit."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from editorconfig import get_properties

from approvals import __version__
from scripts.problem import ROOT

RECORDED = "tests/golden/"  # bytes as others wrote them


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What git knows, without recordings."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith(RECORDED)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_newest_release_of_the_changelog_is_this_one_and_has_a_date() -> None:
    headings = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    assert len(list(takewhile("Unreleased".__eq__, headings))) <= 1
    newest = next(heading for heading in headings if heading != "Unreleased")
    assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", newest)


def test_files_look_as_editorconfig_says(files: list[Path]) -> None:
    assert len(files) > 400
    assert [f"{path.relative_to(ROOT)}: {wrong}" for path in files for wrong in strays(path)] == []


def strays(path: Path) -> Iterator[str]:
    """How a file differs from what .editorconfig asks of it."""
    written, wanted = path.read_bytes(), get_properties(str(path))
    if b"\0" in written:
        return
    lines = written.decode(wanted["charset"]).split("\n")
    if wanted["end_of_line"] == "lf" and b"\r" in written:
        yield "a carriage return"
    if wanted["insert_final_newline"] == "true" and lines[-1]:
        yield "no newline at the end"
    for number, line in enumerate(lines, 1):
        if wanted["trim_trailing_whitespace"] == "true" and line != line.rstrip():
            yield f"line {number}: spaces at its end"
        if wanted["indent_style"] == "space" and line.startswith("\t"):
            yield f"line {number}: a tab"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a\n", []),
        (b"", []),
        (b"\x89PNG\0\r\n", []),
        (b"a", ["no newline at the end"]),
        (b"a\r\nb\n", ["a carriage return", "line 1: spaces at its end"]),
        (b"a\nb \n", ["line 2: spaces at its end"]),
        (b"a\n\tb\n", ["line 2: a tab"]),
    ],
)
def test_what_strays_is_found(tmp_path: Path, content: bytes, found: list[str]) -> None:
    (tmp_path / ".editorconfig").write_text(text(".editorconfig"))
    (tmp_path / "a.py").write_bytes(content)
    assert list(strays(tmp_path / "a.py")) == found


def test_every_owner_is_a_team_and_every_path_is_there() -> None:
    lines = [line.split() for line in text(".github/CODEOWNERS").splitlines() if line and line[0] != "#"]
    assert lines[0][0] == "*"
    for path, *owners in lines[1:]:
        assert (ROOT / path.strip("/")).exists(), path
        assert owners
    assert all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for _, *owners in lines for owner in owners)


def test_before_a_commit_runs_what_lint_runs() -> None:
    """By the tools of the lock files: another version would find other things."""
    before = re.findall(r"entry: (\S+/\.?bin/\S+)", text(".pre-commit-config.yaml"))
    lint = re.findall(r"^step \S+ (\S+/\.?bin/\S+)", text("scripts/lint.sh"), re.MULTILINE)
    assert sorted(before) == sorted(lint)
    assert "rev:" not in text(".pre-commit-config.yaml")
