"""Who is asking: a person of the directory, or 401 with a sentence."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from adapters.settings import IdentityMode
from approvals.policy.directory import Directory
from http_api.identity import MAIL_CLAIMS, OBJECT_ID_CLAIMS, identify
from http_api.problems import HttpProblem
from tests.fakes import example_directory

OBJECT_ID = "00000000-0000-0000-0000-00000000c0de"


def with_object_id(person: str, object_id: str) -> Directory:
    directory = example_directory()
    people = tuple(replace(p, object_id=object_id) if p.id == person else p for p in directory.people)
    return replace(directory, people=people)


def principal(*claims: tuple[str, str]) -> dict[str, str]:
    """The header of App Service authentication."""
    content = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims]}
    return header(json.dumps(content).encode())


def header(content: bytes) -> dict[str, str]:
    return {"x-ms-client-principal": base64.b64encode(content).decode()}


def refused(mode: IdentityMode, headers: dict[str, str], directory: Directory | None = None) -> str:
    with pytest.raises(HttpProblem) as caught:
        identify(mode, headers, directory or example_directory())
    assert caught.value.status is HTTPStatus.UNAUTHORIZED
    assert caught.value.kind == "unauthenticated"
    return caught.value.what


@pytest.mark.parametrize("name", ["x-greenlight-user", "X-Greenlight-User"])
def test_local_is_whoever_the_header_says(name: str) -> None:
    assert identify(IdentityMode.LOCAL, {name: "ana"}, example_directory()).id == "ana"


@pytest.mark.parametrize("headers", [{}, {"x-greenlight-user": ""}])
def test_local_without_a_header_is_told_which(headers: dict[str, str]) -> None:
    assert "X-Greenlight-User" in refused(IdentityMode.LOCAL, headers)


@pytest.mark.parametrize("name", ["nobody", "Ana", "ana@example.com", " ana"])
def test_local_knows_ids_of_the_directory_alone(name: str) -> None:
    assert f"{name!r} is not in the directory" in refused(IdentityMode.LOCAL, {"x-greenlight-user": name})


def test_local_refuses_the_inactive() -> None:
    assert "'pete' is not active" in refused(IdentityMode.LOCAL, {"x-greenlight-user": "pete"})


def test_local_does_not_believe_a_principal() -> None:
    refused(IdentityMode.LOCAL, principal((MAIL_CLAIMS[0], "ana@example.com")))


@pytest.mark.parametrize("kind", OBJECT_ID_CLAIMS)
def test_a_principal_is_found_by_object_id(kind: str) -> None:
    directory = with_object_id("ana", OBJECT_ID)
    found = identify(IdentityMode.EASYAUTH, principal(("name", "X"), (kind, OBJECT_ID)), directory)
    assert found.id == "ana"


@pytest.mark.parametrize("kind", MAIL_CLAIMS)
@pytest.mark.parametrize("mail", ["ben@example.com", "Ben@Example.com"])
def test_a_principal_is_found_by_mail(kind: str, mail: str) -> None:
    assert identify(IdentityMode.EASYAUTH, principal((kind, mail)), example_directory()).id == "ben"


def test_the_object_id_wins_over_the_mail() -> None:
    directory = with_object_id("ana", OBJECT_ID)
    headers = principal((MAIL_CLAIMS[0], "ben@example.com"), (OBJECT_ID_CLAIMS[0], OBJECT_ID))
    assert identify(IdentityMode.EASYAUTH, headers, directory).id == "ana"


def test_who_has_an_object_id_is_not_found_by_a_mail_that_somebody_else_may_have_now() -> None:
    directory = with_object_id("ana", OBJECT_ID)
    headers = principal((MAIL_CLAIMS[0], "ana@example.com"), (OBJECT_ID_CLAIMS[0], "another"))
    assert "You are not in the directory" in refused(IdentityMode.EASYAUTH, headers, directory)


@pytest.mark.parametrize(
    "claims",
    [
        (),
        (("name", "ana"),),
        (("roles", "ana@example.com"),),
        ((MAIL_CLAIMS[0], "stranger@example.com"),),
        ((MAIL_CLAIMS[0], ""), (OBJECT_ID_CLAIMS[0], "")),
    ],
)
def test_a_principal_of_nobody(claims: tuple[tuple[str, str], ...]) -> None:
    assert "You are not in the directory" in refused(IdentityMode.EASYAUTH, principal(*claims))


@pytest.mark.parametrize("claim", [(MAIL_CLAIMS[0], "pete@example.com"), (OBJECT_ID_CLAIMS[0], OBJECT_ID)])
def test_a_principal_of_somebody_inactive(claim: tuple[str, str]) -> None:
    kind, _ = claim
    directory = with_object_id("pete", OBJECT_ID) if kind in OBJECT_ID_CLAIMS else example_directory()
    assert "You are not active" in refused(IdentityMode.EASYAUTH, principal(claim), directory)


MALFORMED: list[Any] = [
    [],
    None,
    "text",
    {},
    {"claims": None},
    {"claims": [1]},
    {"claims": [{"typ": "oid"}]},
    {"claims": {"typ": "oid", "val": "x"}},
]


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", *(json.dumps(each).encode() for each in MALFORMED)])
def test_a_principal_that_cannot_be_read_is_no_failure(content: bytes) -> None:
    what = refused(IdentityMode.EASYAUTH, header(content))
    assert what in ("Sign in first.", "The sign-in information cannot be read. Sign in again.")


@pytest.mark.parametrize("value", ["no base64!", "YQ", "é", "[" * 10_000])
def test_a_header_that_is_no_base64_is_no_failure(value: str) -> None:
    assert "Sign in again" in refused(IdentityMode.EASYAUTH, {"x-ms-client-principal": value})


def test_a_principal_between_other_letters_is_not_read() -> None:
    sent = principal((MAIL_CLAIMS[0], "ana@example.com"))["x-ms-client-principal"]
    assert "Sign in again" in refused(
        IdentityMode.EASYAUTH, {"x-ms-client-principal": f"{sent[:4]}!{sent[4:]}"}
    )


def test_no_object_id_is_nobodys() -> None:
    directory = with_object_id("ana", "")
    assert "You are not" in refused(IdentityMode.EASYAUTH, principal((OBJECT_ID_CLAIMS[0], "")), directory)


def test_a_principal_nested_too_deeply_is_no_failure() -> None:
    assert "Sign in again" in refused(IdentityMode.EASYAUTH, header(b"[" * 200_000))


def test_without_a_principal_one_signs_in() -> None:
    assert refused(IdentityMode.EASYAUTH, {}) == "Sign in first."


def test_easyauth_does_not_believe_the_local_header() -> None:
    assert refused(IdentityMode.EASYAUTH, {"x-greenlight-user": "ana"}) == "Sign in first."


@pytest.mark.parametrize(
    "headers", [{}, {"x-greenlight-user": "ana"}, principal((MAIL_CLAIMS[0], "ana@example.com"))]
)
def test_where_no_identity_is_set_up_nobody_is_known(headers: dict[str, str]) -> None:
    assert "Set IDENTITY to local" in refused(IdentityMode.NONE, headers)
