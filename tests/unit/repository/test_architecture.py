"""What import-linter cannot say: which imports are allowed, rather than which are not."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES_A_ROOM = 13  # a dozen, and the __init__.py that says what the room is for
NOT_THE_APP = {"bench", "devhost", "scripts", "tests"}
ROOMS = sorted(
    path.name for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name not in NOT_THE_APP
)


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full names that a module imports, those inside its functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            yield node.module or ""


def top(name: str) -> str:
    return name.partition(".")[0]


# Models of what comes from outside, by whichever door: docs/adr/0007 says why.
MODELS = {"services/validation.py", "services/deciding/ballots.py"}


@pytest.mark.parametrize(
    "path", [*modules("approvals"), *modules("services")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_domain_and_use_cases_need_nothing_but_the_standard_library(path: Path) -> None:
    own = {"approvals", path.relative_to(ROOT).parts[0]}
    foreign = {top(name) for name in imports(path)} - sys.stdlib_module_names - own
    assert foreign == ({"pydantic"} if str(path.relative_to(ROOT)) in MODELS else set())


@pytest.mark.parametrize("path", modules("orchestrators"), ids=lambda path: path.name)
def test_orchestrators_see_the_functions_sdk_and_nothing_else_of_azure(path: Path) -> None:
    azure = {name for name in imports(path) if top(name) == "azure"}
    assert all(re.match(r"azure\.(durable_)?functions(\.|$)", name) for name in azure)


def test_every_room_is_under_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(settings["tool"]["importlinter"]["root_packages"]) == sorted([*ROOMS, "devhost"])


def test_no_module_name_twice_but_for_an_orchestrator_and_its_activities() -> None:
    places: dict[str, list[str]] = {}
    for path in (path for room in ROOMS for path in modules(room) if path.name != "__init__.py"):
        places.setdefault(path.stem, []).append(str(path.parent.relative_to(ROOT)))
    twice = {name: rooms for name, rooms in places.items() if len(rooms) > 1}
    assert {name: rooms for name, rooms in twice.items() if rooms != ["activities", "orchestrators"]} == {}


def test_function_app_only_assembles() -> None:
    path = ROOT / "function_app.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
    assert {top(name) for name in imports(path)} <= {"__future__", "azure", *ROOMS}


def test_what_the_app_imports_is_shipped_with_it() -> None:
    """Through requirements.in: what is only there because another package needs it may vanish with that."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    shipped = {match[0] for line in lines if (match := re.match(r"[a-z0-9.-]+", line))}
    files = [path for room in ROOMS for path in modules(room)]
    known = {*sys.stdlib_module_names, *ROOMS}
    foreign = {name for path in files for name in imports(path) if top(name) not in known}
    providers = packages_distributions()
    assert {name for name in foreign if not shipped & {*providers.get(top(name), [])}} == set()


def test_the_local_host_knows_nothing_of_the_app() -> None:
    app = {*ROOMS, "function_app"}
    assert {
        (path.name, name) for path in modules("devhost") for name in imports(path) if top(name) in app
    } == set()


@pytest.mark.parametrize("part", [*ROOMS, "devhost"])
def test_no_room_is_crowded(part: str) -> None:
    rooms = {path.parent for path in modules(part)}
    crowded = {
        room.name: len(found) for room in rooms if len(found := sorted(room.glob("*.py"))) > FILES_A_ROOM
    }
    assert crowded == {}
