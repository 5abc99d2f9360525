"""The policy on the command line: checked, and asked what it would do, with nothing running."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from approvals.draft import Draft
from approvals.policy.directory import Directory, parse_directory
from approvals.policy.lint import Level, Remark
from approvals.policy.parse import parse_policy
from scripts import policy
from scripts.problem import Problem
from tests.fakes import CONFIG, MONDAY, example_directory, example_policy

POLICY = (CONFIG / "policy.toml").read_text(encoding="utf-8")
DIRECTORY = (CONFIG / "directory.toml").read_text(encoding="utf-8")
PREVIEW = ["preview", "--category", "software-design", "--department", "engineering", "--budget", "12000.50"]


def draft(category: str = "software-design", budget: int = 1000) -> Draft:
    return Draft("", category, "engineering", Decimal(budget), "low", "", {})


def told(given: Draft, author: str = "ana", directory: Directory | None = None) -> list[str]:
    found = policy.told(example_policy(), directory or example_directory(), given, author, MONDAY)
    return found.splitlines()


def files(folder: Path, policy_toml: str = POLICY, directory_toml: str = DIRECTORY) -> list[str]:
    """Arguments that name these instead of those in config/."""
    (folder / "policy.toml").write_text(policy_toml, encoding="utf-8")
    (folder / "directory.toml").write_text(directory_toml, encoding="utf-8")
    return ["--policy", str(folder / "policy.toml"), "--directory", str(folder / "directory.toml")]


# -- lint -------------------------------------------------------------------------------------------------


def test_an_error_fails_the_check_and_a_warning_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warning = Remark(Level.WARNING, "rules[0].when", "is odd")
    error = Remark(Level.ERROR, "rules[1].when", "is wrong")
    for remarks, code in (((), 0), ((warning,), 0), ((warning, error), 1)):
        monkeypatch.setattr(policy, "lint", lambda *_, found=remarks: found)
        assert policy.main(["lint"]) == code
        said = capsys.readouterr().out.splitlines()
        assert said == [str(remark) for remark in remarks] or (not remarks and "nothing to remark" in said[0])


def test_a_rule_that_is_never_reached_is_found_in_the_files_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shadowed = POLICY.replace("when = { budget_from = 50000 }", "when = { budget_from = 0 }")
    assert shadowed != POLICY
    assert policy.main(["lint", *files(tmp_path, shadowed)]) == 1
    assert "error: rules[1]" in capsys.readouterr().out


def test_the_example_has_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy.main(["lint"]) == 0
    assert "error:" not in capsys.readouterr().out


# -- preview ----------------------------------------------------------------------------------------------


def test_the_preview_says_who_why_and_by_when() -> None:
    lines = told(draft())
    assert lines[0] == "Rule 'software': category is software-design."
    assert lines[1] == "1. Line management: Ben Okafor, by Thu 26 Nov 2026, 09:00 WET"
    assert lines[2] == "   - Ben Okafor (manager of ana)"
    assert lines[3] == "     after silence Dora Novak (manager of ben), by Tue 01 Dec 2026, 09:00 WET"
    assert "2. Finance and architecture: Fay Morel and Carl Lindqvist, by Tue 01 Dec 2026, 09:00 WET" in lines
    days = "5 working days"  # 1 December is a holiday where the author lives
    assert lines[-1] == f"{days} altogether if all of them take their whole time: Tue 01 Dec 2026, 09:00 WET."


def test_the_preview_says_who_was_passed_over() -> None:
    lines = told(draft(), "carl")
    assert "     passed over: carl is the author or prepared the documents" in lines


def test_the_preview_says_on_whose_behalf() -> None:
    text = DIRECTORY.replace('of = "kim"', 'of = "ben"').replace("start = 2026-12-21", "start = 2026-11-21")
    lines = told(draft(), directory=parse_directory(text))
    assert lines[2] == "   - Olga Petrov on behalf of ben (manager of ana)"


def test_one_day_is_one_day() -> None:
    short = POLICY.replace('respond_within = "3 working days"', 'respond_within = "1 working day"')
    given = draft("process-change")
    found = policy.told(parse_policy(short), example_directory(), given, "ana", MONDAY)
    assert found.splitlines()[-1].startswith("1 working day altogether")


def test_the_whole_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy.main([*PREVIEW, "--risk", "medium", "--author", "ana"]) == 0
    assert capsys.readouterr().out.startswith(
        "Rule 'software': category is software-design.\n1. Line management"
    )


def test_the_words_of_the_shell_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["policy", *PREVIEW, "--author", "ana"])
    assert policy.main() == 0
    assert "Ben Okafor" in capsys.readouterr().out


# -- what cannot be done ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "author", "said"),
    [
        (
            draft("roads"),
            "ana",
            "'roads' is not a category of the policy: use one of software-design, building-works",
        ),
        (draft(), "zoe", "'zoe' is nobody of the directory: use one of ana, ben"),
    ],
)
def test_what_is_unknown_is_told_with_what_is_known(given: Draft, author: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        told(given, author)


def test_where_nobody_can_approve_it_is_told_and_the_command_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = POLICY.replace('"manager_of(author)"]', "'group(\"none\")']").replace("'role(\"director\")'", "")
    assert policy.main([*PREVIEW, "--author", "ana", *files(tmp_path, nobody)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("policy: Nobody can approve this: stage line of rule software")


def test_all_that_is_wrong_with_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = POLICY.replace('currency = "EUR"', "").replace("quorum = 2", "quorum = 0")
    assert policy.main(["lint", *files(tmp_path, broken)]) == 1
    first, *problems = capsys.readouterr().err.splitlines()
    assert first == f"policy: {tmp_path / 'policy.toml'} cannot be used:"
    assert [line.split(":")[0] for line in problems] == ["  currency", "  rules[0].stages[2].quorum"]


def test_a_broken_directory_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = DIRECTORY.replace('manager = "ben"', 'manager = "zoe"')
    assert policy.main(["lint", *files(tmp_path, POLICY, broken)]) == 1
    assert "people.ana.manager: 'zoe' is nobody" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.toml"
    assert policy.main(["lint", "--policy", str(missing)]) == 1
    assert capsys.readouterr().err == f"policy: {missing} cannot be read: No such file or directory.\n"
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# Größe".encode("latin-1"))
    assert policy.main(["lint", "--policy", str(latin)]) == 1
    assert capsys.readouterr().err == f"policy: {latin} is not UTF-8: save it as UTF-8 text.\n"


@pytest.mark.parametrize("budget", ["lots", "-1", "NaN", "Infinity", ""])
def test_what_is_no_amount_of_money_is_told(budget: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["preview", "--category", "c", "--department", "d", f"--budget={budget}", "--author", "a"]
    with pytest.raises(SystemExit) as left:
        policy.main(words)
    assert left.value.code == 2
    assert "is not an amount of money; write it like 12000.50" in capsys.readouterr().err
