"""docs/operations: a runbook on one screen each, all in the index, with links and names that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.problem import ROOT
from tests.unit.repository.test_infra_alerts import decorated

FOLDER = ROOT / "docs" / "operations"
PAGES = sorted(FOLDER.glob("*.md"))
LINES = 55  # what a screen shows
ROOMS = r"infra|scripts|config|\.github|adapters|services|http_api|approvals"
# Files that a reader is asked to write.
TO_BE_WRITTEN = {"infra/environments/ENVIRONMENT.yaml", "infra/environments/scheduler.yaml"}
NOT_LINKS = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return path.stem


@pytest.fixture(params=PAGES, ids=name)
def page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_it_fits_on_one_screen(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= LINES


def test_the_index_leads_to_it(page: Path) -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page.name == "README.md" or f"({page.name})" in index


def test_its_links_lead_somewhere(page: Path) -> None:
    text = NOT_LINKS.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (FOLDER / target).resolve().exists(), target


def test_files_that_it_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for named in set(re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", text)) - TO_BE_WRITTEN:
        assert (ROOT / named).exists(), named


def test_parameters_that_an_environment_sets_exist() -> None:
    """`name: value` in a page is a line of infra/environments/*.yaml."""
    declared = set(
        re.findall(r"^param (\w+) ", (ROOT / "infra" / "main.bicep").read_text("utf-8"), re.MULTILINE)
    )
    for path in PAGES:
        for named in re.findall(r"`(\w+): [^`]+`", path.read_text(encoding="utf-8")):
            assert named in declared or named in {"source", "authenticated"}, f"{path.name}: {named}"


def test_functions_that_the_runbook_of_failures_names_exist() -> None:
    text = (FOLDER / "failing-functions.md").read_text(encoding="utf-8")
    table = text[text.index("| Function |") : text.index("3. The same proposal")]
    named = set(re.findall(r"`(\w+)`", table))
    assert named <= decorated("activities", "orchestrators", "timers")
    assert len(named) >= 4
