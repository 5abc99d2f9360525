"""What people read is in the catalogue, whole: no text outside it, none missing in it, none that nobody says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fluent.syntax import ast as ftl
from fluent.syntax import parse, visitor

from adapters.files.catalogue import sources

ROOT = Path(__file__).resolve().parents[3]
# The modules that write for people.
WRITERS = [
    "adapters/notifiers/teams.py",
    "approvals/policy/checks.py",
    "approvals/writing/messages.py",
    "approvals/writing/record_page.py",
    "http_api/bodies.py",
    "http_api/handling.py",
    "http_api/identity.py",
    "http_api/problems.py",
    "http_api/proposal/downloads.py",
]
# Programmers read these, in tracebacks, logs and the API's description, which is in English like the code.
FOR_PROGRAMMERS = re.compile(
    r"(re\.compile|log\.\w+|LookupError|ValueError|Header|Field|Answer|file|describes)\Z"
)
# It asks for whatever it is given.
PASSES_ON = ROOT / "approvals" / "texts.py"
ROOMS = ["activities", "adapters", "approvals", "http_api", "services", "timers"]
# What the catalogue is called where it is asked.
ASKED = {"say", "wording", "reader.say", "given.say", "ports.texts", "ports().texts"}
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]")
MARKUP = re.compile(r"<[^<>]*>?|^[^<>]*>")  # tags, and what the places in them leave


class Names(visitor.Visitor):
    """What a pattern takes, and which other messages it uses."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.messages: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - the library's name
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802 - as above
        self.messages.add(node.id.name)


def messages() -> dict[str, Names]:
    """Every message and attribute of the catalogue, by its name."""
    found: dict[str, Names] = {}
    for name, source in sources("en").items():
        for entry in parse(source).body:
            assert not isinstance(entry, ftl.Junk), f"{name}: {entry.content}"
            if isinstance(entry, ftl.Message):
                parts = {f"{entry.id.name}.{each.id.name}": each.value for each in entry.attributes}
                for key, value in (parts | ({entry.id.name: entry.value} if entry.value else {})).items():
                    assert key not in found, f"{key} is there twice"
                    found[key] = Names()
                    found[key].visit(value)
    return found


MESSAGES = messages()


def takes(found: Names) -> set[str]:
    """What a message takes, with what those take that it uses."""
    return found.variables.union(*(takes(MESSAGES[name]) for name in found.messages))


@dataclass(frozen=True)
class Said:
    """A place that asks the catalogue. ``arguments`` are those it names; ``more``: there are others."""

    where: str
    name: re.Pattern[str]
    arguments: frozenset[str]
    more: bool


def said() -> Iterator[Said]:
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if path != PASSES_ON):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKED and node.args:
                arguments = frozenset(each.arg for each in node.keywords if each.arg)
                more = any(each.arg is None for each in node.keywords)
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield Said(where, re.compile(_name(node.args[0])), arguments, more)


def _name(argument: ast.expr) -> str:
    """A pattern of the names that are asked for."""
    if isinstance(argument, ast.JoinedStr):
        return "".join(_name(part) for part in argument.values)
    if isinstance(argument, ast.FormattedValue):
        return "[a-z_-]+"
    assert isinstance(argument, ast.Constant), f"not a name that can be looked up: {ast.unparse(argument)}"
    return re.escape(str(argument.value))


SAID = list(said())


def wrong(place: Said) -> Iterator[str]:
    named = {name: takes(found) for name, found in MESSAGES.items() if place.name.fullmatch(name)}
    if not named:
        yield f"{place.where}: the catalogue has no {place.name.pattern}"
    elif surplus := place.arguments.difference(*named.values()):
        yield f"{place.where}: {', '.join(named)} does not take {surplus}"
    for name, variables in named.items():
        if not place.more and (missing := variables - place.arguments):
            yield f"{place.where}: {name} needs {missing}"


def test_what_is_said_is_in_the_catalogue_with_the_same_arguments() -> None:
    assert SAID, "nobody asks the catalogue: the names in ASKED are out of date"
    assert [problem for place in SAID for problem in wrong(place)] == []


def test_what_is_in_the_catalogue_is_said() -> None:
    used = {reference for found in MESSAGES.values() for reference in found.messages}
    silent = [name for name in MESSAGES if not any(place.name.fullmatch(name) for place in SAID)]
    assert [name for name in silent if name not in used] == []


@pytest.mark.parametrize("path", WRITERS)
def test_who_writes_for_people_has_no_words_of_its_own(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    excused = {
        id(inner)
        for call in calls
        if FOR_PROGRAMMERS.match(ast.unparse(call.func))
        for inner in ast.walk(call)
    }
    excused |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in excused
    ]
    assert [text for text in words if SENTENCE.search(MARKUP.sub("", text))] == []


REFUSING = {"Refusal", "HttpProblem", "FieldError", "invalid"}
# It puts a reason together from what the policy says about people (approvals.policy.selectors).
NOT_YET = {"approvals/policy/routing.py"}


@pytest.mark.parametrize("room", ROOMS)
def test_refusals_have_no_words_of_their_own(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{inner.lineno}: {inner.value}"
        for path in sorted((ROOT / room).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in NOT_YET
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in REFUSING
        for inner in ast.walk(node)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and SENTENCE.search(inner.value)
    ]
    assert found == []
