"""What Graph does not know, from TOML: what groups and app roles mean to the policy, where people work, who stands in.

    members = "GROUP"               # object id: who takes part, nested groups too; without it everybody of the tenant
    refresh_minutes = 10            # how old the directory may be before it is read again, behind everybody's back
    usable_minutes = 720            # how old it may be while Graph fails; after that nobody is let in
    graph = "https://graph.microsoft.com"   # another one for a national cloud

    [place]                         # where somebody works of whom nothing else is said
    [countries.PT]                  # by the user's usageLocation: time_zone, subdivision
    [departments."R & D"]           # by department: name (what the policy calls it), time_zone, country, subdivision
    [offices."Munich"]              # by officeLocation: time_zone, country, subdivision
    [people.ana]                    # object_id, and what differs for this one: time_zone, country, subdivision
    [groups]                        # board = "GROUP": a group that the policy names, nested groups too
    [roles.operator]                # app_roles (values of the app registration), groups: who holds the policy's role
    [[delegations]]                 # as in directory.toml

The more particular one wins: people, offices, departments, countries, place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from approvals.policy.directory import Delegation, DirectoryError, is_country, is_zone, read_delegations
from approvals.policy.toml_tables import Problems, Table
from approvals.stored import ids

T = TypeVar("T")

GRAPH = "https://graph.microsoft.com"
REFRESH_MINUTES = 10
USABLE_MINUTES = 720
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Place:
    """Where somebody works; None where this says nothing. ``country`` is ISO 3166-1 alpha-2."""

    time_zone: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True)
class Department:
    """``name`` is what the policy calls it."""

    name: str
    place: Place


@dataclass(frozen=True)
class Role:
    """Who holds a role: everybody with one of the app roles (by ``value``) or in one of the groups (object ids)."""

    app_roles: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Supplement:
    """The file. ``people`` maps object ids to chosen ids, ``exceptions`` object ids to what differs for them.

    ``place`` has a time zone and a country. Countries, departments and offices are keyed as Graph spells them.
    """

    graph: str
    members: str | None
    refresh_after: timedelta
    usable_for: timedelta
    place: Place
    countries: dict[str, Place]
    departments: dict[str, Department]
    offices: dict[str, Place]
    people: dict[str, str]
    exceptions: dict[str, Place]
    groups: dict[str, str]
    roles: dict[str, Role]
    delegations: tuple[Delegation, ...]


def parse_supplement(toml_text: str) -> Supplement:
    """Read the file. Raises DirectoryError with every problem found."""
    problems = Problems()
    try:
        data = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise DirectoryError([f"not TOML: {error}"]) from None
    root = Table(data, "", problems)
    refresh, usable = _ages(root)
    people, exceptions = _people(root.named("people"))
    supplement = Supplement(
        graph=_graph(root),
        members=_object_id(root, "members") if root.has("members") else None,
        refresh_after=refresh,
        usable_for=usable,
        place=_default_place(root),
        countries={code: _country(code, table) for code, table in root.named("countries").items()},
        departments={name: _department(name, table) for name, table in root.named("departments").items()},
        offices={name: _done(table, _place(table)) for name, table in root.named("offices").items()},
        people=people,
        exceptions=exceptions,
        groups=_groups(root.table("groups")),
        roles={name: _role(table) for name, table in root.named("roles").items()},
        delegations=read_delegations(root),
    )
    root.done()
    if problems.found:
        raise DirectoryError(problems.found)
    return supplement


def is_object_id(text: str) -> bool:
    """Is this an object id of Entra, in lower case?"""
    return _OBJECT_ID.match(text) is not None


def _graph(root: Table) -> str:
    """The address of Graph. A token is sent there: encrypted, or not off this machine."""
    text = root.text("graph", GRAPH).rstrip("/")
    try:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        whole = bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" and "@" not in text
        _ = parts.port
    except ValueError:  # a bracket that is not closed, a port that is not a number
        safe = whole = False
    if not (safe and whole):
        root.problems.add(root.at("graph"), f"is {text!r}; write scheme and host alone, like {GRAPH}")
    return text


def _ages(root: Table) -> tuple[timedelta, timedelta]:
    refresh = root.number("refresh_minutes", REFRESH_MINUTES)
    usable = root.number("usable_minutes", USABLE_MINUTES)
    if usable <= refresh:
        root.problems.add(root.at("usable_minutes"), f"must be more than refresh_minutes, which is {refresh}")
    return timedelta(minutes=refresh), timedelta(minutes=usable)


def _default_place(root: Table) -> Place:
    table = root.table("place")
    for key in ("time_zone", "country"):
        table.text(key)  # these two must be there
    return _done(table, _place(table))


def _country(code: str, table: Table) -> Place:
    if not is_country(code):
        table.problems.add(table.path, "is not a country; write two capital letters like DE")
    return _done(table, Place(_zone(table), code, table.optional_text("subdivision")))


def _department(name: str, table: Table) -> Department:
    return _done(table, Department(table.text("name", "") or name, _place(table)))


def _place(table: Table) -> Place:
    country, subdivision = table.optional_text("country"), table.optional_text("subdivision")
    if country is not None and not is_country(country):
        text = f"{country!r} is not a country; write two capital letters like DE"
        table.problems.add(table.at("country"), text)
    if subdivision is not None and country is None:
        table.problems.add(table.at("subdivision"), "belongs to a country; write country beside it")
    return Place(_zone(table), country, subdivision)


def _zone(table: Table) -> str | None:
    zone = table.optional_text("time_zone")
    if zone is not None and not is_zone(zone):
        table.problems.add(
            table.at("time_zone"), f"{zone!r} is not a time zone; write one like Europe/Berlin"
        )
    return zone


def _people(tables: dict[str, Table]) -> tuple[dict[str, str], dict[str, Place]]:
    people: dict[str, str] = {}
    exceptions: dict[str, Place] = {}
    for name, table in tables.items():
        if not ids.PERSON_PATTERN.match(name) or name == ids.SYSTEM:
            text = f"must be lower-case letters, digits, dots, dashes or underscores, and not {ids.SYSTEM}"
            table.problems.add(table.path, text)
        object_id = _object_id(table, "object_id")
        first = people.setdefault(object_id, name)
        if first != name and object_id:
            table.problems.add(table.at("object_id"), f"is that of {first} too; one person has one id")
        exceptions[object_id] = _done(table, _place(table))
    return people, exceptions


def _groups(table: Table) -> dict[str, str]:
    return {name: _object_id(table, name) for name in table.data}


def _role(table: Table) -> Role:
    groups = table.texts("groups", ())
    _check_object_ids(table, "groups", groups)
    role = Role(table.texts("app_roles", ()), tuple(group.lower() for group in groups))
    if not role.app_roles and not role.groups:
        table.problems.add(table.path, "names nobody; give app_roles or groups")
    return _done(table, role)


def _object_id(table: Table, key: str) -> str:
    text = table.text(key)
    if text:
        _check_object_ids(table, key, [text])
    return text.lower()


def _check_object_ids(table: Table, key: str, texts: Iterable[str]) -> None:
    for text in texts:
        if not is_object_id(text.lower()):
            example = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
            table.problems.add(
                table.at(key), f"{text!r} is not an object id of Entra; write one like {example}"
            )


def _done(table: Table, value: T) -> T:
    """``value``, after every key of the table that nobody read was noted."""
    table.done()
    return value
