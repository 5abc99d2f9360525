"""The drawings and tables of the docs are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from approvals import draft
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


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_has_a_status_and_a_date(path: Path) -> None:
    head = "\n".join(path.read_text(encoding="utf-8").splitlines()[:5])
    assert re.search(r"^Status: (proposed|accepted|superseded by \d+)$", head, re.MULTILINE), path.name
    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", head, re.MULTILINE), path.name


def test_the_worked_example_of_a_field_declares_one() -> None:
    page = (ROOT / "docs" / "adding-a-field.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, type] = {}
    exec("class Example:\n" + example, vars(draft) | {}, made)  # noqa: S102 - our own page
    [hint] = get_type_hints(made["Example"], vars(draft), include_extras=True).values()
    [declared] = hint.__metadata__
    assert isinstance(declared, draft.ProposalField)
    for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", row):
            assert name in draft.ProposalField.__dataclass_fields__
