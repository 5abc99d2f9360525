"""devhost as a package of its own: the wheel has all it needs, nothing of Greenlight, and does what its README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.hosts import ROOT

README = (ROOT / "devhost" / "README.md").read_text(encoding="utf-8")
EXAMPLES = {name: code for code, name in re.findall(r"```python\n(# (\S+)\n.*?)```", README, re.DOTALL)}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as pip would install it."""
    built, folder = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=ROOT / "devhost", check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """With the wheel on the path, and without this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "COVERAGE_PROCESS_START": ""}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_readmes_first_test_passes_in_an_empty_project(unpacked: Path, tmp_path: Path) -> None:
    for name, code in EXAMPLES.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    (tmp_path / "test_where.py").write_text(
        "import devhost\n\n\ndef test_where(): print(devhost.__file__)\n", encoding="utf-8"
    )
    found = run(unpacked, tmp_path, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider")
    assert "3 passed" in found.stdout, found.stdout + found.stderr
    assert str(unpacked / "devhost") in found.stdout
    assert sorted(EXAMPLES) == ["function_app.py", "test_approval.py"]


def test_a_folder_without_an_app_is_named(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(durable_host): pass\n", encoding="utf-8")
    found = run(unpacked, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "function_app.py" in found.stdout
    assert "durable_app = app" in found.stdout


def test_the_command_lists_its_commands(unpacked: Path, tmp_path: Path) -> None:
    found = run(unpacked, tmp_path, "-m", "devhost", "--help")
    assert found.returncode == 0
    for command in ("start", "history", "doctor", "gate"):
        assert re.search(rf"^  {command} ", found.stdout, re.MULTILINE)


def test_the_wheel_holds_nothing_but_devhost(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir()}
    assert names == {"devhost", "durable_devhost-1.0.0.dist-info"}
    shipped = {path.relative_to(unpacked / "devhost") for path in (unpacked / "devhost").rglob("*.py")}
    here = {path.relative_to(ROOT / "devhost") for path in (ROOT / "devhost").rglob("*.py")}
    assert shipped == here
