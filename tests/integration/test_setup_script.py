"""`make setup` where something is missing or wrong: one sentence, and nothing half done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.problem import ROOT

TOOLS = ["sh", "cat", "cmp", "cp", "dirname", "rm", "sed", "sleep"]


@dataclass
class Checkout:
    """A copy of what setup.sh reads, and a PATH that holds only what a test puts there."""

    folder: Path
    programs: Path

    def install(self, name: str, body: str) -> None:
        program = self.programs / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "scripts" / "setup.sh"],
            env={"PATH": str(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def pretend_it_is_done(self) -> None:
        (self.folder / "node_modules").mkdir()
        shutil.copyfile(self.folder / "package-lock.json", self.folder / "node_modules" / "installed.json")
        (self.folder / ".venv").mkdir()
        shutil.copyfile(self.folder / "requirements-dev.txt", self.folder / ".venv" / "installed.txt")
        python = self.folder / ".venv" / "bin" / "python"
        python.parent.mkdir()
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a checkout"
    programs = tmp_path / "bin"
    (folder / "scripts").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
    for name in (
        "requirements-dev.txt",
        "requirements-browser.txt",
        "requirements-uv.txt",
        "package-lock.json",
    ):
        (folder / name).write_text(f"the content of {name}")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (programs / tool).symlink_to(found)
    made = Checkout(folder, programs)
    made.install("node", "echo v20.11.0")
    made.install("npm", "exit 1")
    made.install("python3", 'if [ "$1" = --version ]; then echo Python 3.9.18; else exit 1; fi')
    return made


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that setup ends with."""
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("setup: ")
    return result.stderr


def test_a_wrong_python(checkout: Checkout) -> None:
    text = sentence(checkout.setup())
    assert "Python 3.11 or 3.12 with its venv module is needed and Python 3.9.18 was found" in text
    assert "make setup PYTHON=/path/to/python3.12" in text
    assert not (checkout.folder / ".venv").exists()


def test_no_python(checkout: Checkout) -> None:
    (checkout.programs / "python3").unlink()
    assert "is needed and no working python3 was found" in sentence(checkout.setup())


def test_a_python_that_was_named_and_is_wrong(checkout: Checkout) -> None:
    assert "no working /nowhere/python was found" in sentence(checkout.setup(PYTHON="/nowhere/python"))


@pytest.mark.parametrize(("minor", "fits"), [("10", False), ("11", True), ("12", True), ("13", False)])
def test_the_versions_of_python_that_azure_runs_here(checkout: Checkout, minor: str, fits: bool) -> None:
    """The stand-in answers the script's own question with the version that it has."""
    body = f"""case "$1" in
-c) exec {sys.executable} -c "import sys, venv, ensurepip; sys.version_info = (3, {minor}, 1); $2" ;;
--version) echo "Python 3.{minor}.1" ;;
*) exit 7 ;;
esac"""
    checkout.install("python3", body)
    result = checkout.setup(PYTHON=str(checkout.programs / "python3"))
    refused = f"and Python 3.{minor}.1 was found" in result.stderr
    assert refused is not fits
    assert result.returncode == (7 if fits else 1)  # it went on to make the environment


def test_uv_is_installed_by_hash(checkout: Checkout) -> None:
    written = (ROOT / "requirements-uv.txt").read_text(encoding="utf-8")
    assert re.search(r"^uv==[\d.]+ \\\n    --hash=sha256:", written, re.MULTILINE)
    script = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements-uv.txt" in script
    assert script.count("pip install") == 1


def test_no_node(checkout: Checkout) -> None:
    (checkout.programs / "node").unlink()
    assert "'node' was not found: install it from https://nodejs.org" in sentence(checkout.setup())


def test_an_old_node(checkout: Checkout) -> None:
    checkout.install("node", "echo v18.19.1")
    assert "Node.js 20 or later is needed, for Azurite, and v18.19.1 was found" in sentence(checkout.setup())


def test_no_npm(checkout: Checkout) -> None:
    (checkout.programs / "npm").unlink()
    assert "npm is needed" in sentence(checkout.setup())


def test_nothing_to_do_runs_nothing(checkout: Checkout) -> None:
    checkout.pretend_it_is_done()
    result = checkout.setup()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("changed", ["requirements-dev.txt", "package-lock.json"])
def test_a_changed_lock_file_is_noticed(checkout: Checkout, changed: str) -> None:
    checkout.pretend_it_is_done()
    (checkout.folder / changed).write_text("another content")
    assert checkout.setup().returncode == 1


def test_a_larger_environment_serves(checkout: Checkout) -> None:
    checkout.pretend_it_is_done()
    browser = checkout.folder / "requirements-browser.txt"
    shutil.copyfile(browser, checkout.folder / ".venv" / "installed.txt")
    assert checkout.setup().returncode == 0
    browser.write_text("another content")
    assert checkout.setup().returncode == 1


def test_the_browser_needs_the_larger_environment(checkout: Checkout) -> None:
    checkout.pretend_it_is_done()
    assert checkout.setup(EXTRA="browser").returncode == 1


def test_a_failed_npm_leaves_no_mark(checkout: Checkout) -> None:
    checkout.pretend_it_is_done()
    shutil.rmtree(checkout.folder / "node_modules")
    assert "npm could not install package-lock.json" in sentence(checkout.setup())
    assert not (checkout.folder / "node_modules").exists()
