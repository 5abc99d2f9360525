"""Who is who: people, groups and dated delegations, read from TOML and checked as a whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from approvals.policy.toml_tables import Problems, Table
from approvals.stored import ids
from approvals.stored.codec import canonical

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")


# What a person is called, by id.
Naming = Callable[[str], str]


class DirectoryError(ValueError):
    """The directory cannot be used; ``problems`` lists every reason with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the directory has problems:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Person:
    """``id`` is how policies and URLs name them, ``object_id`` their Entra object id.

    ``country`` (ISO 3166-1 alpha-2) and ``subdivision`` (ISO 3166-2) say whose holidays they keep, ``time_zone`` is a
    name of the IANA database.
    """

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
        return self._by_id.get(person_id)

    @cached_property
    def _by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def _by_role(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.people:
            for role in person.roles:
                found.setdefault(role, []).append(person)
        return found

    def holders(self, role: str, department: str | None = None) -> tuple[Person, ...]:
        """Holders of a role, active or not, of one department or of all, in the directory's order."""
        return tuple(
            person for person in self._by_role.get(role, ()) if department in (None, person.department)
        )

    def in_role(self, role: str, department: str | None = None) -> tuple[Person, ...]:
        """The active `holders`."""
        return tuple(person for person in self.holders(role, department) if person.active)

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
    groups = _groups(root.table("groups"))
    delegations = read_delegations(root)
    root.done()
    directory = Directory(people, groups, delegations)
    _check(directory, problems)
    if problems.found:
        raise DirectoryError(problems.found)
    return directory


def read_delegations(root: Table) -> tuple[Delegation, ...]:
    """The tables ``[[delegations]]``, checked against each other; that their people exist is for the caller to see."""
    delegations = tuple(_delegation(table) for table in root.tables("delegations"))
    for n, delegation in enumerate(delegations):
        path = f"delegations[{n}]"
        if delegation.of == delegation.to:
            root.problems.add(f"{path}.to", "is who delegates; choose somebody else")
        for m, earlier in enumerate(delegations[:n]):
            same_days = earlier.start <= delegation.end and delegation.start <= earlier.end
            if earlier.of == delegation.of and same_days:
                text = f"overlaps delegations[{m}]; on each day one person may stand in for {delegation.of}"
                root.problems.add(path, text)
    return delegations


def _groups(table: Table) -> dict[str, tuple[str, ...]]:
    return {name: table.texts(name) for name in table.data}


def _person(name: str, table: Table) -> Person:
    if not ids.PERSON_PATTERN.match(name):
        table.problems.add(table.path, "must be lower-case letters, digits, dots, dashes or underscores")
    if name == ids.SYSTEM:
        table.problems.add(table.path, "is how the audit trail calls Greenlight itself; choose another id")
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
    _check_object_ids(directory, problems)
    for name, members in directory.groups.items():
        for member in dict.fromkeys(members):
            if member not in known:
                text = f"{member!r} is nobody of this directory; add them or take them out"
                problems.add(f"groups.{name}", text)
            if members.count(member) > 1:
                problems.add(f"groups.{name}", f"has {member!r} twice; take one out")
    for n, delegation in enumerate(directory.delegations):
        _check_delegation(directory, n, delegation, problems)


def _check_person(person: Person, known: set[str], problems: Problems) -> None:
    path = f"people.{person.id}"
    if person.manager is not None and person.manager not in known:
        text = f"{person.manager!r} is nobody of this directory; add them or choose another"
        problems.add(f"{path}.manager", text)
    if person.time_zone and not is_zone(person.time_zone):
        text = f"{person.time_zone!r} is not a time zone; write one like Europe/Berlin"
        problems.add(f"{path}.time_zone", text)
    if person.country and not is_country(person.country):
        text = f"{person.country!r} is not a country; write two capital letters like DE"
        problems.add(f"{path}.country", text)
    if person.mail and not is_mail(person.mail):
        problems.add(f"{path}.mail", f"{person.mail!r} is not a mail address; write one like ana@example.com")


def _check_object_ids(directory: Directory, problems: Problems) -> None:
    holders: dict[str, str] = {}
    for person in directory.people:
        if person.object_id is not None:
            first = holders.setdefault(person.object_id, person.id)
            if first != person.id:
                text = f"is that of {first} too; one sign-in cannot be two people"
                problems.add(f"people.{person.id}.object_id", text)


def _check_delegation(directory: Directory, n: int, delegation: Delegation, problems: Problems) -> None:
    path = f"delegations[{n}]"
    for role in ("of", "to"):
        who = getattr(delegation, role)
        if who and directory.person(who) is None:
            text = f"{who!r} is nobody of this directory; add them or choose another"
            problems.add(f"{path}.{role}", text)


def is_zone(name: str) -> bool:
    """Is ``name`` in the IANA time zone database?"""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_country(code: str) -> bool:
    """Does ``code`` look like one of ISO 3166-1 alpha-2: two capital letters?"""
    return _COUNTRY.match(code) is not None


def is_mail(text: str) -> bool:
    """Is ``text`` something before an @, and something behind it?"""
    return _MAIL.match(text) is not None
