"""Policy and directory in files: a change is picked up, a broken one leaves the last good one and is logged once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.files.policy_files import WatchedFile
from approvals.policy.directory import DirectoryError, parse_directory
from approvals.policy.parse import PolicyError, parse_policy
from tests.fakes import CONFIG


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged since the last call."""
    caplog.set_level(logging.INFO, "greenlight.config")

    def found() -> list[str]:
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return found


def numbered(text: str) -> int:
    return int(text)


def write(path: Path, text: str) -> None:
    """Every version has a length of its own: two writes may fall into one tick of the file system's clock."""
    assert not path.exists() or path.stat().st_size != len(text.encode())
    path.write_text(text, encoding="utf-8")


def watched(path: Path, text: str = "1") -> WatchedFile[int]:
    write(path, text)
    return WatchedFile(path, numbered)


def test_a_change_is_picked_up_and_said(tmp_path: Path, lines: Callable[[], list[str]]) -> None:
    path = tmp_path / "policy.toml"
    file = watched(path)
    assert (file.current(), lines()) == (1, [])
    write(path, "22")
    assert file.current() == 22
    assert lines() == [f"{path} has changed and is in force now"]
    assert (file.current(), lines()) == (22, [])


def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    parsed = []

    def parse(text: str) -> object:
        parsed.append(text)
        return object()

    path = tmp_path / "policy.toml"
    write(path, "text")
    file = WatchedFile(path, parse)
    assert file.current() is file.current()
    assert parsed == ["text"]


@pytest.mark.parametrize("broken", [b"no number", b"\xff\xfe\xfd"], ids=["nonsense", "not UTF-8"])
def test_a_broken_change_leaves_the_last_good_one_and_is_said_once(
    broken: bytes, tmp_path: Path, lines: Callable[[], list[str]]
) -> None:
    path = tmp_path / "policy.toml"
    file = watched(path)
    path.write_bytes(broken)
    assert [file.current() for _ in range(3)] == [1, 1, 1]
    [line] = lines()
    assert line.startswith(f"{path} cannot be used, the version before stays in force: ")
    write(path, "22")
    assert (file.current(), len(lines())) == (22, 1)


def test_a_file_that_vanishes_leaves_the_last_good_one_and_is_said_once(
    tmp_path: Path, lines: Callable[[], list[str]]
) -> None:
    path = tmp_path / "policy.toml"
    file = watched(path)
    path.unlink()
    assert [file.current() for _ in range(3)] == [1, 1, 1]
    [line] = lines()
    assert "the version before stays in force" in line
    write(path, "1")
    assert file.current() == 1
    assert lines() == [f"{path} has changed and is in force now"]


@pytest.mark.parametrize(
    ("name", "parse", "error"),
    [("policy.toml", parse_policy, PolicyError), ("directory.toml", parse_directory, DirectoryError)],
)
def test_the_files_of_the_app_are_watched_like_that(
    name: str,
    parse: Callable[[str], Any],
    error: type[Exception],
    tmp_path: Path,
    lines: Callable[[], list[str]],
) -> None:
    path, good = tmp_path / name, (CONFIG / name).read_text(encoding="utf-8")
    write(path, good)
    file = WatchedFile(path, parse)
    before = file.current()
    write(path, good + "\n[surprise]\n")
    assert file.current() == before
    [line] = lines()
    assert "surprise" in line
    with pytest.raises(error):
        WatchedFile(path, parse)


def test_the_first_version_must_be_there_and_good(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        WatchedFile(tmp_path / "missing.toml", numbered)
    with pytest.raises(ValueError, match="no number"):
        watched(tmp_path / "broken.toml", "no number")
