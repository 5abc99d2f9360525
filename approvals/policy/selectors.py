"""Approver expressions of the policy: who is asked, said in a way that still holds when people change.

``manager_of(author)``, ``manager_of(holder)``, ``role("finance", department)``, ``role("finance", "sales")``,
``role("cfo")``, ``group("board")``, ``person("ana")``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from approvals.policy.directory import Directory

FORMS = 'manager_of(author), manager_of(holder), role("name"), role("name", department), group("name"), person("id")'
KINDS = ("manager_of", "role", "group", "person")
_TOKEN = re.compile(r"""\s*(?:(?P<word>\w+)|(?P<name>"[^"']*"|'[^"']*')|(?P<mark>[(),])|(?P<end>\Z))""")


class SelectorError(ValueError):
    """The text is not an expression. ``position`` is the first character that does not fit, counted from 1."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        where = f"character {position}" if position <= len(text) else "its end"
        super().__init__(f"{text!r} is not an approver: at {where}, write {expected}; possible are: {FORMS}")
        self.position = position


@dataclass(frozen=True)
class Selector:
    """A parsed expression. ``kind`` is one of KINDS; ``name`` the role, group or person, or whose manager.

    A role may be narrowed: to the ``department`` named, or to the proposal's own (``own_department``).
    """

    kind: str
    name: str
    department: str | None = None
    own_department: bool = False

    def __str__(self) -> str:
        if self.kind == "manager_of":
            return f"manager_of({self.name})"
        if self.own_department:
            return f'{self.kind}("{self.name}", department)'
        return f'{self.kind}("{self.name}"' + (f', "{self.department}")' if self.department else ")")


@dataclass(frozen=True)
class Asked:
    """Whom a selector speaks about: the author, the proposal's department, and on a chain the holder before."""

    author: str
    department: str
    holder: str | None = None


def parse_selector(text: str) -> Selector:
    """Parse an expression. Raises SelectorError, which names the character and what belongs there."""
    reader = _Reader(text)
    kind = reader.word(*KINDS)
    reader.mark("(")
    if kind == "manager_of":
        selector = Selector(kind, reader.word("author", "holder"))
    elif kind == "role":
        selector = _role(reader)
    else:
        selector = Selector(kind, reader.name())
    reader.mark(")")
    reader.end()
    return selector


def _role(reader: _Reader) -> Selector:
    name = reader.name()
    if not reader.sees("mark", ","):
        return Selector("role", name)
    reader.mark(",")
    if reader.sees("name"):
        return Selector("role", name, reader.name())
    reader.word("department")
    return Selector("role", name, own_department=True)


class _Reader:
    """Takes one token after the other; what does not fit raises SelectorError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 1
        self._next: tuple[str, str] = ("", "")
        self._advance(0)

    def sees(self, kind: str, token: str | None = None) -> bool:
        return self._next[0] == kind and token in (None, self._next[1])

    def word(self, *words: str) -> str:
        return self._take("word", words, " or ".join(words))

    def mark(self, mark: str) -> None:
        self._take("mark", (mark,), mark)

    def name(self) -> str:
        """What stands between quotes; it must say something."""
        kind, token = self._next
        if kind != "name" or not token[1:-1].strip():
            self._fail('a name in quotes, like "finance"')
        self._advance(self._position - 1 + len(token))
        return token[1:-1]

    def end(self) -> None:
        self._take("end", ("",), "nothing more")

    def _take(self, kind: str, tokens: tuple[str, ...], expected: str) -> str:
        found, token = self._next
        if found != kind or token not in tokens:
            self._fail(expected)
        self._advance(self._position - 1 + len(token))
        return token

    def _advance(self, offset: int) -> None:
        found = _TOKEN.match(self._text, offset)
        if found is None:  # a character that no expression has, or a quote without its partner
            rest = self._text[offset:]
            self._position = offset + 1 + len(rest) - len(rest.lstrip())
            self._next = ("stray", "")
            return
        kind = str(found.lastgroup)
        self._next = (kind, found[kind])
        self._position = found.start(kind) + 1

    def _fail(self, expected: str) -> NoReturn:
        raise SelectorError(self._text, self._position, expected)


def people_of(selector: Selector, directory: Directory, asked: Asked) -> tuple[str, ...]:
    """The ids a selector yields, active or not, in the directory's order."""
    if selector.kind == "person":
        return (selector.name,)
    if selector.kind == "group":
        return directory.groups.get(selector.name, ())
    if selector.kind == "role":
        department = asked.department if selector.own_department else selector.department
        return tuple(person.id for person in directory.holders(selector.name, department))
    whose = asked.author if selector.name == "author" else asked.holder
    person = directory.person(whose) if whose else None
    return (person.manager,) if person is not None and person.manager else ()


def in_words(selector: Selector, asked: Asked) -> str:
    """Why somebody is asked, for people to read."""
    if selector.kind == "person":
        return "named by the policy"
    if selector.kind == "group":
        return f"member of the group {selector.name}"
    if selector.kind == "role":
        department = asked.department if selector.own_department else selector.department
        return f"{selector.name} for {department}" if department else f"holds the role {selector.name}"
    whose = asked.author if selector.name == "author" else asked.holder
    return f"manager of {whose}" if whose else "manager of somebody who is not there"
