"""Who is asking. The answer is a person of the directory, or 401."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping

from adapters.settings import IdentityMode
from approvals.policy.directory import Directory, Person
from http_api.problems import HttpProblem, say

LOCAL_HEADER = "x-greenlight-user"
LOCAL_COOKIE = "greenlight-user"
LOCAL_NAME = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?\Z", re.IGNORECASE)
PRINCIPAL_HEADER = "x-ms-client-principal"
OBJECT_ID_CLAIMS = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
MAIL_CLAIMS = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "preferred_username",
    "email",
    "upn",
)


def identify(mode: IdentityMode, headers: Mapping[str, str], directory: Directory) -> Person:
    """The current person. Raises HttpProblem (401) that says what is missing."""
    lowered = {name.lower(): value for name, value in headers.items()}
    require_identity(mode)
    if mode is IdentityMode.LOCAL:
        return _local(lowered, directory)
    return _principal(lowered.get(PRINCIPAL_HEADER), directory)


def require_identity(mode: IdentityMode) -> None:
    """Raises HttpProblem (401) where no identity is set up: then nobody is told anything."""
    if mode is IdentityMode.NONE:
        raise _unknown(say("identity.not-set-up"))


def require_local_name(mode: IdentityMode, headers: Mapping[str, str]) -> None:
    """Raises HttpProblem (421) where a request without sign-in came for another name than this machine's own.

    A web site can let its own name lead here (DNS rebinding); a browser then takes what we answer for the site's.
    """
    host = next((value for name, value in headers.items() if name.lower() == "host"), "")
    if mode is IdentityMode.LOCAL and not LOCAL_NAME.match(host):
        raise HttpProblem("other-host", say("problem.other-host", host=repr(host[:253])))


def _local(headers: Mapping[str, str], directory: Directory) -> Person:
    """By a header, as programs send it, or else by the cookie that the page's picker sets."""
    name = headers.get(LOCAL_HEADER) or _cookie(headers.get("cookie", ""))
    if not name:
        raise _unknown(say("identity.say-who"))
    return _active(directory.person(name), name)


def _cookie(header: str) -> str | None:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == LOCAL_COOKIE), None)


def _principal(header: str | None, directory: Directory) -> Person:
    if not header:
        raise _unknown(say("identity.sign-in"))
    claims = _claims(header)
    object_ids = _values(claims, OBJECT_ID_CLAIMS)
    mails = {mail.lower() for mail in _values(claims, MAIL_CLAIMS)}
    for person in directory.people:
        if person.object_id and person.object_id in object_ids:
            return _active(person)
    for person in directory.people:
        if person.mail.lower() in mails and person.object_id is None:
            return _active(person)
    return _active(None)


def _claims(header: str) -> list[tuple[str, str]]:
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
        return [(str(claim["typ"]), str(claim["val"])) for claim in principal["claims"]]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise _unknown(say("identity.sign-in-again")) from None


def _values(claims: Iterable[tuple[str, str]], kinds: tuple[str, ...]) -> set[str]:
    return {value for kind, value in claims if kind in kinds}


def _active(person: Person | None, name: str | None = None) -> Person:
    """``name`` is what somebody called themselves, where that is how they are found."""
    if person is None:
        raise _unknown(
            say("identity.unknown") if name is None else say("identity.unknown-name", name=repr(name))
        )
    if not person.active:
        raise _unknown(
            say("identity.inactive") if name is None else say("identity.inactive-name", name=repr(name))
        )
    return person


def _unknown(what: str) -> HttpProblem:
    return HttpProblem("unauthenticated", what)
