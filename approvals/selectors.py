"""Approver expressions of the policy: who is asked, said in a way that still holds when people change.

``manager_of(author)``, ``manager_of(holder)``, ``role("finance", department)``, ``role("finance", "sales")``,
``role("cfo")``, ``group("board")``, ``person("ana")``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from approvals.directory import Directory

FORMS = 'manager_of(author), manager_of(holder), role("name"), role("name", department), group("name"), person("id")'
_CALL = re.compile(r"\s*([a-z_]+)\s*\(([^()]*)\)\s*\Z")
_ARGUMENT = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|([a-z_]+))\s*\Z""")


@dataclass(frozen=True)
class Selector:
    """A parsed expression. ``kind`` is manager_of, role, group or person; ``department`` narrows a role.

    ``department`` is None for all, ``department`` for the proposal's own, otherwise a department's name with quotes
    taken off.
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
    """Whom a selector speaks about: the author, their department, and on a chain the holder before."""

    author: str
    department: str
    holder: str | None = None


def parse_selector(text: str) -> Selector:
    """Parse an expression. Raises ValueError that shows what was read and what is possible."""
    call = _CALL.match(text)
    if not call:
        raise ValueError(f"{text!r} is no approver; write one of: {FORMS}")
    kind, arguments = call[1], [_argument(text, part) for part in call[2].split(",")]
    match kind, arguments:
        case "manager_of", [("", ("author" | "holder") as whose)]:
            return Selector(kind, whose)
        case (("role" | "group" | "person"), [(name, "")]):
            return Selector(kind, name)
        case "role", [(name, ""), ("", "department")]:
            return Selector(kind, name, own_department=True)
        case "role", [(name, ""), (department, "")]:
            return Selector(kind, name, department)
    raise ValueError(f"{text!r} is no approver; write one of: {FORMS}")


def _argument(text: str, part: str) -> tuple[str, str]:
    """An argument as (quoted text, bare word): one of them is empty."""
    found = _ARGUMENT.match(part)
    if not found:
        raise ValueError(f'{text!r}: {part.strip()!r} is no argument; quote names, as in role("finance")')
    return found[1] or found[2] or "", found[3] or ""


def people_of(selector: Selector, directory: Directory, asked: Asked) -> tuple[str, ...]:
    """The ids a selector yields, active or not, in the directory's order."""
    if selector.kind == "person":
        return (selector.name,)
    if selector.kind == "group":
        return directory.groups.get(selector.name, ())
    if selector.kind == "role":
        department = asked.department if selector.own_department else selector.department
        return tuple(
            person.id
            for person in directory.people
            if selector.name in person.roles and department in (None, person.department)
        )
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
    return f"manager of {whose}"
