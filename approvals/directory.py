"""Who is who: people, groups and dated delegations, read from TOML and checked as a whole."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from approvals import ids
from approvals.codec import canonical
from approvals.fields import Problems, Table


class DirectoryError(ValueError):
    """The directory cannot be used; ``problems`` lists every reason with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the directory has problems:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Person:
    """``id`` is how policies and URLs name them; ``object_id`` their Entra object id; ``country`` whose holidays."""

    id: str
    name: str
    mail: str
    manager: str | None
    department: str
    roles: tuple[str, ...]
    time_zone: str
    country: str
    subdivision: str | None
    active: bool
    object_id: str | None


@dataclass(frozen=True)
class Delegation:
    """``to`` gets the tasks of ``of`` from ``start`` to ``end``, both included."""

    of: str
    to: str
    start: date
    end: date


@dataclass(frozen=True)
class Directory:
    """Everybody. ``groups`` maps a name to people's ids."""

    people: tuple[Person, ...]
    groups: dict[str, tuple[str, ...]]
    delegations: tuple[Delegation, ...]

    def person(self, person_id: str) -> Person | None:
        """The person of that id, active or not."""
        return next((person for person in self.people if person.id == person_id), None)

    def in_role(self, role: str, department: str | None = None) -> tuple[Person, ...]:
        """Active holders of a role, of one department or of all, in the directory's order."""
        return tuple(
            person
            for person in self.people
            if person.active and role in person.roles and department in (None, person.department)
        )

    def group(self, name: str) -> tuple[Person, ...]:
        """The active members of a group; empty where there is no such group."""
        members = (self.person(member) for member in self.groups.get(name, ()))
        return tuple(person for person in members if person is not None and person.active)

    def delegate_of(self, person_id: str, day: date) -> str | None:
        """Whom ``person_id`` delegated to for ``day``."""
        for delegation in self.delegations:
            if delegation.of == person_id and delegation.start <= day <= delegation.end:
                return delegation.to
        return None

    def digest(self) -> str:
        """The SHA-256 of the content."""
        return ids.sha256(canonical(self))


def parse_directory(toml_text: str) -> Directory:
    """Read ``directory.toml``: ``[people.ID]`` tables, a ``[groups]`` table, ``[[delegations]]``.

    Raises DirectoryError with every problem found.
    """
    problems = Problems()
    try:
        data = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise DirectoryError([f"not TOML: {error}"]) from None
    root = Table(data, "", problems)
    people = tuple(_person(name, table) for name, table in root.named("people").items())
    groups_table = root.table("groups")
    groups = {name: groups_table.texts(name) for name in groups_table.data}
    delegations = tuple(_delegation(table) for table in root.tables("delegations"))
    root.done()
    directory = Directory(people, groups, delegations)
    _check(directory, problems)
    if problems.found:
        raise DirectoryError(problems.found)
    return directory


def _person(name: str, table: Table) -> Person:
    if not ids.PERSON_PATTERN.match(name):
        table.problems.add(table.path, "must be lower-case letters, digits, dots, dashes or underscores")
    person = Person(
        id=name,
        name=table.text("name"),
        mail=table.text("mail"),
        manager=table.optional_text("manager"),
        department=table.text("department"),
        roles=table.texts("roles", ()),
        time_zone=table.text("time_zone"),
        country=table.text("country"),
        subdivision=table.optional_text("subdivision"),
        active=table.flag("active", default=True),
        object_id=table.optional_text("object_id"),
    )
    table.done()
    return person


def _delegation(table: Table) -> Delegation:
    delegation = Delegation(table.text("of"), table.text("to"), table.day("start"), table.day("end"))
    table.done()
    if delegation.end < delegation.start:
        table.problems.add(table.at("end"), "lies before start; swap them")
    return delegation


def _check(directory: Directory, problems: Problems) -> None:
    known = {person.id for person in directory.people}
    for person in directory.people:
        _check_person(person, known, problems)
    for name, members in directory.groups.items():
        for member in members:
            if member not in known:
                text = f"{member!r} is nobody of this directory; add them or take them out"
                problems.add(f"groups.{name}", text)
    for n, delegation in enumerate(directory.delegations):
        for role in ("of", "to"):
            who = getattr(delegation, role)
            if who not in known:
                problems.add(f"delegations[{n}].{role}", f"{who!r} is nobody of this directory")


def _check_person(person: Person, known: set[str], problems: Problems) -> None:
    path = f"people.{person.id}"
    if person.manager is not None and person.manager not in known:
        text = f"{person.manager!r} is nobody of this directory; add them or choose another"
        problems.add(f"{path}.manager", text)
    if person.time_zone and not _is_zone(person.time_zone):
        text = f"{person.time_zone!r} is no time zone; write one like Europe/Berlin"
        problems.add(f"{path}.time_zone", text)
    if "@" not in person.mail:
        problems.add(f"{path}.mail", f"{person.mail!r} is no mail address")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
