"""The drawings and tables of the docs are those of the code."""

from __future__ import annotations

import re

import pytest

from approvals.lifecycle import PROPOSAL_MOVES, TASK_MOVES
from orchestrators.approval import VERSIONS
from services.submitting.submission import ORCHESTRATION_VERSION
from tests.hosts import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DRAWINGS = re.findall(r"stateDiagram-v2\n(.*?)```", ARCHITECTURE, re.DOTALL)


def arrows(drawing: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^  (\w+) --> (\w+)", drawing, re.MULTILINE))


def test_the_drawing_of_a_proposal_is_the_table() -> None:
    moves = {
        (before.value, after.value) for (name, before), after in PROPOSAL_MOVES.items() if name != "withdraw"
    }
    assert arrows(DRAWINGS[0]) == moves
    assert "withdrawal leads here from every state before it" in DRAWINGS[0]


def test_the_drawing_of_an_approval_task_is_the_table() -> None:
    assert arrows(DRAWINGS[1]) == {(before.value, after.value) for (_, before), after in TASK_MOVES.items()}


@pytest.mark.parametrize("path", re.findall(r"`((?:\w+/)+\w+\.py)`", ARCHITECTURE))
def test_every_file_that_the_architecture_names_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`|\]\(([\w./-]+)\)", README)))
)
def test_every_file_and_folder_that_the_readme_names_is_there(path: tuple[str, str]) -> None:
    name = path[0] or path[1]
    assert (ROOT / name).exists() or name == ".greenlight/"  # made by the first start


def test_the_orchestration_that_is_started_is_one_that_runs() -> None:
    assert ORCHESTRATION_VERSION in VERSIONS
