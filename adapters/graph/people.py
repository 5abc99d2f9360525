"""What Graph says about users, as people of the directory. Pure: no request is made here.

**Ids.** ``ana.ferreira-5d41402a``: the mail nickname (mailNickname, else what is before the @ of userPrincipalName) in
lower case, other letters than the directory's replaced by a dash, and the first eight hex digits of the SHA-256 of the
object id. So an id is derived from one user alone: it does not depend on who else there is or in which order Graph
answers, and a nickname that is given to somebody new does not make them who had it before. Where the nickname changes
the id does, too; ``[people.ID]`` of the supplement pins an id to an object id, and gives short ones to people whom the
policy names. https://learn.microsoft.com/graph/api/resources/user
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.graph.supplement import Place, Supplement, is_object_id
from approvals.policy.directory import Delegation, Directory, DirectoryError, Person, is_country, is_mail
from approvals.stored import ids

log = logging.getLogger("greenlight.graph")

SELECT = (
    "id,displayName,mail,otherMails,mailNickname,userPrincipalName,accountEnabled,department,officeLocation,"
    "usageLocation"
)
USER_TYPE = "#microsoft.graph.user"
_DIGITS = 8
_NICKNAME_LENGTH = 63 - 1 - _DIGITS
# A guest's user principal name: ana_example.com#EXT#@tenant.onmicrosoft.com, for ana@example.com.
_GUEST = "#ext#"


class Malformed(Exception):
    """Graph answered with something that its documentation does not describe."""


@dataclass(frozen=True)
class Profile:
    """A user of Graph, checked. Ids are object ids; texts are empty where Graph has none."""

    id: str
    name: str
    mail: str
    nickname: str
    active: bool
    department: str
    office: str
    country: str
    manager: str | None


def read_profile(user: Mapping[str, Any]) -> Profile:
    """A user as Graph sends it, read with SELECT and its manager expanded. Raises Malformed."""
    object_id = read_id(user)
    principal = _text(user, "userPrincipalName")
    if not is_mail(principal):
        raise Malformed(f"the user {object_id} has no userPrincipalName")
    if not isinstance(user.get("accountEnabled"), bool):
        raise Malformed(
            f"the user {object_id} comes without accountEnabled; the identity needs the permission User.Read.All"
        )
    local = principal.partition("@")[0]
    return Profile(
        id=object_id,
        name=_text(user, "displayName") or local,
        mail=_mail(user, principal),
        nickname=_text(user, "mailNickname") or local,
        active=user["accountEnabled"],
        department=_text(user, "department"),
        office=_text(user, "officeLocation"),
        country=_text(user, "usageLocation").upper(),
        manager=_manager(user, object_id),
    )


def read_id(thing: Any) -> str:
    """The object id of what Graph sends, in lower case. Raises Malformed."""
    value = thing.get("id") if isinstance(thing, Mapping) else None
    if not isinstance(value, str) or not is_object_id(value.lower()):
        raise Malformed(f"{value!r} is not an object id")
    return value.lower()


def is_user(thing: Mapping[str, Any]) -> bool:
    """Is this member (or manager) a user, and no group, device, contact or service principal?"""
    return str(thing.get("@odata.type", USER_TYPE)) == USER_TYPE


def _manager(user: Mapping[str, Any], own: str) -> str | None:
    manager = user.get("manager")
    if manager is None or (
        isinstance(manager, Mapping) and not is_user(manager)
    ):  # a contact decides nothing
        return None
    found = read_id(manager)
    return None if found == own else found


def _mail(user: Mapping[str, Any], principal: str) -> str:
    """Where messages go: mail; a guest's own address; the user principal name, which need not be a mailbox."""
    others = user.get("otherMails") or ()
    candidates = [user.get("mail"), *(others if isinstance(others, list) else ())]
    return next((each for each in candidates if isinstance(each, str) and is_mail(each)), principal)


def _text(user: Mapping[str, Any], key: str) -> str:
    value = user.get(key)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{key} is {value!r:.60}, which is not text")
    return (value or "").strip()


# -- ids -------------------------------------------------------------------------------------------------


def person_id(nickname: str, object_id: str) -> str:
    """The directory's id of a user: see the module's text."""
    plain = unicodedata.normalize("NFKD", nickname.lower().partition(_GUEST)[0])
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    readable = re.sub(r"[^a-z0-9._-]+", "-", letters).strip("._-")[:_NICKNAME_LENGTH]
    return f"{readable or 'user'}-{ids.sha256(object_id.encode())[:_DIGITS]}"


def _ids(profiles: Iterable[Profile], pinned: Mapping[str, str]) -> dict[str, str]:
    """Object ids to the directory's ids. Raises DirectoryError where two people would have the same one."""
    found = {
        profile.id: pinned.get(profile.id) or person_id(profile.nickname, profile.id) for profile in profiles
    }
    owners: dict[str, str] = {}
    problems = []
    for object_id, person in found.items():
        first = owners.setdefault(person, object_id)
        if first != object_id:
            text = f"is the id of {first} and of {object_id}; give one of them another by [people.ID]"
            problems.append(f"{person}: {text}")
    if problems:
        raise DirectoryError(problems)
    return found


# -- the directory ---------------------------------------------------------------------------------------


def assemble(
    profiles: Iterable[Profile],
    groups: Mapping[str, Iterable[str]],
    roles: Mapping[str, Iterable[str]],
    supplement: Supplement,
) -> Directory:
    """The directory of these users; ``groups`` and ``roles`` map the policy's names to object ids.

    Everything is in the order of ids, so that the same content has the same digest. Object ids without a profile
    (deleted meanwhile) are left out, delegations of people who are not there, too, with a warning.
    Raises DirectoryError where two people would have the same id.
    """
    known = {profile.id: profile for profile in profiles}
    names = _ids(known.values(), supplement.people)
    holders = {role: frozenset(members) for role, members in roles.items()}
    people = (
        _person(
            profile, names, tuple(sorted(role for role in holders if profile.id in holders[role])), supplement
        )
        for profile in known.values()
    )
    return Directory(
        people=tuple(sorted(people, key=lambda person: person.id)),
        groups={name: _members(groups[name], names) for name in sorted(groups)},
        delegations=_delegations(supplement.delegations, frozenset(names.values())),
    )


def _members(members: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({names[member] for member in members if member in names}))


def _person(
    profile: Profile, names: Mapping[str, str], roles: tuple[str, ...], supplement: Supplement
) -> Person:
    department = supplement.departments.get(profile.department)
    place = _place(profile, supplement)
    assert place.time_zone is not None  # noqa: S101 - the supplement's own place has both
    assert place.country is not None  # noqa: S101
    return Person(
        id=names[profile.id],
        name=profile.name,
        mail=profile.mail,
        manager=names.get(profile.manager) if profile.manager else None,
        department=department.name if department else profile.department,
        roles=roles,
        time_zone=place.time_zone,
        country=place.country,
        subdivision=place.subdivision,
        active=profile.active,
        object_id=profile.id,
    )


def _place(profile: Profile, supplement: Supplement) -> Place:
    """The most particular answer to each question; a subdivision counts in its own country alone."""
    department = supplement.departments.get(profile.department)
    own = [
        supplement.exceptions.get(profile.id),
        supplement.offices.get(profile.office),
        department.place if department else None,
    ]
    by_graph = Place(country=profile.country if is_country(profile.country) else None)
    particular = [place for place in own if place is not None]
    country = _first(place.country for place in [*particular, by_graph, supplement.place])
    places = [*particular, supplement.countries.get(country or "", Place()), supplement.place]
    return Place(
        _first(place.time_zone for place in places),
        country,
        _first(place.subdivision for place in places if place.country == country),
    )


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text is not None), None)


def _delegations(delegations: Iterable[Delegation], people: frozenset[str]) -> tuple[Delegation, ...]:
    kept = []
    for delegation in delegations:
        strangers = sorted({delegation.of, delegation.to} - people)
        if strangers:
            log.warning(
                "the delegation of %s to %s is left out: Graph has no %s",
                delegation.of,
                delegation.to,
                " and no ".join(strangers),
            )
        else:
            kept.append(delegation)
    return tuple(kept)
