"""What is asked of Graph to know the directory, and in which order.

1. Groups of the policy, with nested ones: ``/groups/{id}/transitiveMembers``.
   https://learn.microsoft.com/graph/api/group-list-transitivemembers
2. App roles: ``/servicePrincipals(appId='..')/appRoleAssignedTo``. A group that holds one gives it to its own members,
   not to those of groups within it, as in the tokens that Entra issues.
   https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto
   https://learn.microsoft.com/entra/identity/enterprise-apps/assign-user-or-group-access-portal
3. People: all users (``/users``), or the members of one group. Whoever is named but not read yet, as a member, as a
   holder of a role or as somebody's manager, is read by id, 20 at a time, until nobody is missing.
   https://learn.microsoft.com/graph/api/user-list, https://learn.microsoft.com/graph/api/user-list-manager
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapters.graph.client import GraphClient, GraphError, NotFound
from adapters.graph.people import SELECT, Profile, assemble, is_user, read_id, read_profile
from adapters.graph.supplement import Supplement
from approvals.policy.directory import Directory

# Only with $levels may $select be within $expand; no advanced query, which would exclude $expand.
QUERY = f"$select={SELECT}&$expand=manager($levels=1;$select=id)"
PAGE = 999  # the most users of a page
# What a revision freezes is the whole directory: more people belong behind `members`.
MOST_PEOPLE = 20_000


def read_directory(graph: GraphClient, supplement: Supplement, app_id: str | None) -> Directory:
    """The directory of now. ``app_id`` is the client id of the app registration that has the app roles.

    Raises GraphError and Malformed, and DirectoryError where ids clash.
    """
    groups = {
        name: _users(graph, f"/groups/{group}/transitiveMembers", f"groups.{name}")
        for name, group in supplement.groups.items()
    }
    roles = _roles(graph, supplement, app_id)
    named = {member for members in [*groups.values(), *roles.values()] for member in members}
    profiles = _profiles(graph, supplement.members, named)
    return assemble(profiles, groups, roles, supplement)


def _users(graph: GraphClient, path: str, setting: str) -> set[str]:
    """The users of a list of members; devices, contacts and the groups themselves are none."""
    try:
        return {
            read_id(member) for member in graph.pages(f"{path}?$select=id&$top={PAGE}") if is_user(member)
        }
    except NotFound as error:
        raise GraphError(f"{setting} names a group that Graph does not have; correct it ({error})") from error


# -- roles -----------------------------------------------------------------------------------------------


def _roles(graph: GraphClient, supplement: Supplement, app_id: str | None) -> dict[str, set[str]]:
    wanted = {value for role in supplement.roles.values() for value in role.app_roles}
    by_app_role = _app_roles(graph, app_id, wanted) if wanted else {}
    found: dict[str, set[str]] = {}
    for name, role in supplement.roles.items():
        holders = [by_app_role[value] for value in role.app_roles]
        holders += [
            _users(graph, f"/groups/{group}/transitiveMembers", f"roles.{name}") for group in role.groups
        ]
        found[name] = set().union(*holders)
    return found


def _app_roles(graph: GraphClient, app_id: str | None, wanted: set[str]) -> dict[str, set[str]]:
    """Who has the app roles of these values: users, and the members of groups."""
    if app_id is None:
        raise GraphError("[roles] names app roles; set GRAPH_APP_ID to the client id of the app registration")
    service = f"/servicePrincipals(appId='{app_id}')"
    values = _role_values(graph, service, wanted)
    found: dict[str, set[str]] = {value: set() for value in wanted}
    for assignment in graph.pages(f"{service}/appRoleAssignedTo"):
        value = values.get(str(assignment.get("appRoleId")).lower())
        if value is not None:
            found[value] |= _principals(graph, assignment)
    return found


def _role_values(graph: GraphClient, service: str, wanted: set[str]) -> dict[str, str]:
    """The ids of the app roles of these values. Raises GraphError where one does not exist or is switched off."""
    try:
        known = graph.get(f"{service}?$select=id,appRoles").get("appRoles") or []
    except NotFound as error:
        raise GraphError(f"GRAPH_APP_ID names no application of this tenant; correct it ({error})") from error
    roles = [role for role in known if isinstance(role, dict) and role.get("isEnabled")]
    values = {str(role.get("id")).lower(): str(role.get("value")) for role in roles}
    missing = sorted(wanted - set(values.values()))
    if missing:
        there = ", ".join(sorted(values.values())) or "none"
        raise GraphError(
            f"the app registration has no app role {', '.join(missing)}; it has {there}: add or correct"
        )
    return {role: value for role, value in values.items() if value in wanted}


def _principals(graph: GraphClient, assignment: dict[str, Any]) -> set[str]:
    principal = read_id({"id": assignment.get("principalId")})
    kind = assignment.get("principalType")
    if kind == "User":
        return {principal}
    if kind == "Group":
        return _users(graph, f"/groups/{principal}/members", "an app role")
    return set()  # a service principal decides nothing


# -- people ----------------------------------------------------------------------------------------------


def _profiles(graph: GraphClient, members: str | None, named: set[str]) -> list[Profile]:
    if members is None:
        found = _counted({}, (read_profile(user) for user in graph.pages(f"/users?{QUERY}&$top={PAGE}")))
    else:
        found = {}
        named = named | _users(graph, f"/groups/{members}/transitiveMembers", "members")
    asked: set[str] = set()
    while missing := _missing(found, named) - asked:
        asked |= missing
        users = graph.batch([f"/users/{user}?{QUERY}" for user in sorted(missing)])
        found = _counted(found, (read_profile(user) for user in users if user is not None))
    if not found:
        raise GraphError("Graph has no people for Greenlight; see whether the group of members has any")
    return list(found.values())


def _missing(found: dict[str, Profile], named: set[str]) -> set[str]:
    managers = {profile.manager for profile in found.values() if profile.manager is not None}
    return (named | managers) - found.keys()


def _counted(found: dict[str, Profile], more: Iterable[Profile]) -> dict[str, Profile]:
    for profile in more:
        found[profile.id] = profile
        if len(found) > MOST_PEOPLE:
            raise GraphError(f"there are more than {MOST_PEOPLE:,} people; name a group of fewer by members")
    return found
