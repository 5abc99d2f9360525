"""`.ci/run` with a stand-in for make: it must not pass without having seen tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.problem import ROOT

PASSED = "============= 412 passed in 61.02s (0:01:01) ============="


def run_ci(
    folder: Path, *, output: str, in_browser: str | None = None, fails: str = ""
) -> subprocess.CompletedProcess[str]:
    programs = folder / "bin"
    programs.mkdir()
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    make = programs / "make"
    make.write_text(
        f'#!/bin/sh\necho "$1" >> made\n[ "$1" = test ] && echo \'{output}\'\n'
        f"[ \"$1\" = test-browser ] && echo '{in_browser}'\n[ \"$1\" != '{fails}' ]\n"
    )
    if in_browser is not None:
        (folder / "tests" / "browser").mkdir(parents=True)
    make.chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("CI_TIME_LIMIT_SET", None)
    environment["CHROMIUM"] = "/bin/sh"  # one is there: nothing is installed
    return subprocess.run(
        [folder / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def made(folder: Path) -> list[str]:
    return (folder / "made").read_text().split()


def test_it_ends_with_the_closing_line_of_the_tests(tmp_path: Path) -> None:
    result = run_ci(tmp_path, output=PASSED)
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == PASSED
    assert made(tmp_path) == ["lint", "test"]


def test_the_browsers_tests_run_too_and_the_closing_line_stays_the_last(tmp_path: Path) -> None:
    result = run_ci(tmp_path, output=PASSED, in_browser="============= 9 passed in 8.01s =============")
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == PASSED
    assert made(tmp_path) == ["lint", "test", "test-browser"]


def test_skipped_tests_of_the_browser_fail_it(tmp_path: Path) -> None:
    skipped = "============= 8 passed, 1 skipped in 8.01s ============="
    result = run_ci(tmp_path, output=PASSED, in_browser=skipped)
    assert result.returncode == 1
    assert "ci: failed: make test-browser (not every test was run and passed)" in result.stdout
    assert result.stdout.splitlines()[-1] == PASSED


@pytest.mark.parametrize(
    "output",
    [
        "",
        "============= no tests ran in 0.01s =============",
        "============= 12 skipped in 0.01s =============",
        "============= 411 passed, 1 skipped in 61.02s =============",
        "============= 411 passed, 1 xfailed in 61.02s =============",
        "============= 0 passed in 0.01s =============",
    ],
)
def test_it_fails_where_not_every_test_was_run_and_passed(tmp_path: Path, output: str) -> None:
    result = run_ci(tmp_path, output=output)
    assert result.returncode == 1
    assert "not every test was run and passed" in result.stdout


def test_failed_tests_fail_it(tmp_path: Path) -> None:
    failed = "============= 1 failed, 411 passed in 61.02s ============="
    result = run_ci(tmp_path, output=failed, fails="test")
    assert result.returncode == 1
    assert "ci: failed: make test" in result.stdout
    assert result.stdout.splitlines()[-1] == failed
    assert made(tmp_path) == ["lint", "test"]


def test_what_lint_finds_fails_it_and_the_tests_run_all_the_same(tmp_path: Path) -> None:
    result = run_ci(tmp_path, output=PASSED, fails="lint")
    assert result.returncode == 1
    assert "ci: failed: make lint" in result.stdout
    assert result.stdout.splitlines()[-1] == PASSED
    assert made(tmp_path) == ["lint", "test"]
