"""What is deployed: the app, all of it, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.problem import ROOT, Problem
from scripts.release.package import CONNECTION, SCHEDULER, build, patterns, shipped

ROOMS = {
    "activities",
    "adapters",
    "approvals",
    "config",
    "http_api",
    "locales",
    "orchestrators",
    "services",
    "timers",
    "web",
}  # fmt: skip - one line to look at
FILES = {"function_app.py", "host.json", "requirements.txt"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "greenlight.zip"
    build(ROOT, path)
    return path


@pytest.fixture(scope="module")
def unpacked(package: Path) -> Path:
    folder = package.parent / "wwwroot"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def test_ships_the_rooms_of_the_app_and_three_files(unpacked: Path) -> None:
    top = {path.name for path in unpacked.iterdir()}
    assert top - ROOMS == FILES
    assert top >= ROOMS - {"web"}


def test_ships_no_settings_no_caches_no_hidden_files(unpacked: Path) -> None:
    for path in unpacked.rglob("*"):
        assert not path.name.startswith((".", "local.settings", "__pycache__", "test_")), path
        assert path.suffix not in {".pyc", ".zip", ".bicep", ".md"}, path


def test_every_module_that_the_app_imports_is_in_it(unpacked: Path) -> None:
    seen: set[str] = set()
    waiting = ["function_app"]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        waiting += [name for name in imported(unpacked / file_of(unpacked, module)) if is_ours(name)]
    assert len(seen) > 20
    for module in seen:
        assert (unpacked / file_of(unpacked, module)).is_file(), f"{module} is imported, but not shipped"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                if (ROOT / f"{node.module}.{alias.name}".replace(".", "/")).with_suffix(".py").is_file():
                    yield f"{node.module}.{alias.name}"


def is_ours(module: str) -> bool:
    first = module.partition(".")[0]
    return (ROOT / first).is_dir() or (ROOT / f"{first}.py").is_file()


def file_of(root: Path, module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (root / path).is_dir() else path.with_suffix(".py")


def test_the_package_starts_by_itself(unpacked: Path) -> None:
    """Imported as the Functions worker does, in a process that sees nothing of this checkout."""
    environment = {
        "PATH": os.environ["PATH"],
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", "import function_app; print(len(function_app.app.get_functions()))"]
    done = subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15


def test_the_same_sources_make_the_same_bytes(package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    build(ROOT, again)
    assert again.read_bytes() == package.read_bytes()


def test_the_package_for_the_scheduler_differs_in_its_engine_alone(package: Path, tmp_path: Path) -> None:
    variant = tmp_path / "variant.zip"
    build(ROOT, variant, SCHEDULER)
    with zipfile.ZipFile(package) as ours, zipfile.ZipFile(variant) as theirs:
        assert ours.namelist() == theirs.namelist()
        differing = [name for name in ours.namelist() if ours.read(name) != theirs.read(name)]
        assert differing == ["host.json"]
        before, after = (json.loads(archive.read("host.json")) for archive in (ours, theirs))
    provider = after["extensions"]["durableTask"].pop("storageProvider")
    assert provider == {"type": "azureManaged", "connectionStringName": CONNECTION}
    before["extensions"]["durableTask"].pop("storageProvider")
    assert after == before


def test_patterns_are_names_at_every_depth(tmp_path: Path) -> None:
    (tmp_path / ".funcignore").write_text("# comment\n.*\n*.md\ntests\n\n")
    for name in ("app.py", "README.md", ".env", "room/a.py", "room/.env", "room/tests/b.py", "tests/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert sorted(shipped(tmp_path)) == ["app.py", "room/a.py"]


@pytest.mark.parametrize("pattern", ["!keep", "docs/adr", "**"])
def test_refuses_patterns_that_tools_read_differently(pattern: str) -> None:
    with pytest.raises(Problem, match="is more than a name"):
        patterns(f"# first\n{pattern}\n")


def test_messages_that_a_killed_host_had_taken_are_back_in_a_minute() -> None:
    """The least that the extension takes; with its default of five minutes approvals stood still after a kill."""
    durable = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["durableTask"]
    timeouts = ("controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout")
    assert [durable["storageProvider"][name] for name in timeouts] == ["00:01:00", "00:01:00"]
