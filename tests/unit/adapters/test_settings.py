"""Settings: what may be combined, what stops the app, and that every problem is told at once."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from adapters.settings import (
    AZURE_MARKS,
    DEVELOPMENT_STORAGE,
    ROOT,
    ConfigurationError,
    Graph,
    IdentityMode,
    Settings,
    Storage,
    Telemetry,
    is_azure,
)

KEY = "k" * 32
STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "LINK_SIGNING_KEYS": KEY}
CONNECTION = (
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"
)


def read(**environ: str) -> Settings:
    return Settings.from_env(STORAGE | environ)


def problems(environ: dict[str, str]) -> list[str]:
    """What stops the app, without the heading."""
    try:
        Settings.from_env(environ)
    except ConfigurationError as error:
        heading, *lines = str(error).splitlines()
        assert heading == "Greenlight cannot start:"
        return [line.strip() for line in lines]
    return []


# -- identity --------------------------------------------------------------------------------------------

# identity, on Azure, App Service authentication is on -> the setting that stops the app, or None
IDENTITY_TABLE = {
    (None, False, False): None,
    (None, False, True): None,
    (None, True, False): None,
    (None, True, True): None,
    ("local", False, False): None,
    ("local", False, True): None,
    ("local", True, False): "IDENTITY=local lets everybody be anybody",
    ("local", True, True): "IDENTITY=local lets everybody be anybody",
    ("easyauth", False, False): "IDENTITY=easyauth believes a header that anybody could send",
    ("easyauth", False, True): None,
    ("easyauth", True, False): "IDENTITY=easyauth believes a header that anybody could send",
    ("easyauth", True, True): None,
    ("nonsense", False, False): "IDENTITY is 'nonsense'",
    ("nonsense", False, True): "IDENTITY is 'nonsense'",
    ("nonsense", True, False): "IDENTITY is 'nonsense'",
    ("nonsense", True, True): "IDENTITY is 'nonsense'",
}


@pytest.mark.parametrize("authentication", [False, True], ids=["auth absent", "auth on"])
@pytest.mark.parametrize("mark", [None, *AZURE_MARKS])
@pytest.mark.parametrize("identity", [None, "local", "easyauth", "nonsense"])
def test_identity_fits_where_the_app_runs(
    identity: str | None, mark: str | None, authentication: bool
) -> None:
    environ = dict(STORAGE)
    if identity is not None:
        environ["IDENTITY"] = identity
    if mark is not None:
        environ[mark] = "something"
    if authentication:
        environ["WEBSITE_AUTH_ENABLED"] = "true"
    stopped = IDENTITY_TABLE[identity, mark is not None, authentication]
    if stopped is None:
        assert Settings.from_env(environ).identity is IdentityMode(identity or "")
        return
    [found] = problems(environ)
    assert found.startswith(stopped)
    if identity == "local":
        assert mark is not None
        assert mark in found


def test_the_table_has_every_combination() -> None:
    every = product([None, "local", "easyauth", "nonsense"], [False, True], [False, True])
    assert IDENTITY_TABLE.keys() == set(every)


def test_an_empty_identity_is_an_unset_one() -> None:
    assert read(IDENTITY="").identity is IdentityMode.NONE


@pytest.mark.parametrize("text", ["LOCAL", " local", "local,easyauth", "none"])
def test_an_identity_is_not_guessed(text: str) -> None:
    [found] = problems(STORAGE | {"IDENTITY": text})
    assert repr(text) in found
    assert "set it to local (this machine alone) or easyauth (on Azure)" in found


@pytest.mark.parametrize("text", ["True", "true", "TRUE"])
def test_app_service_says_that_authentication_is_on_in_capitals_too(text: str) -> None:
    assert read(IDENTITY="easyauth", WEBSITE_AUTH_ENABLED=text).identity is IdentityMode.EASYAUTH


@pytest.mark.parametrize("text", ["False", "", "1", "yes"])
def test_anything_else_does_not_turn_authentication_on(text: str) -> None:
    assert len(problems(STORAGE | {"IDENTITY": "easyauth", "WEBSITE_AUTH_ENABLED": text})) == 1


def test_every_mark_that_contradicts_a_local_identity_is_named() -> None:
    environ = STORAGE | {"IDENTITY": "local"} | dict.fromkeys(AZURE_MARKS, "x")
    [found] = problems(environ)
    assert ", ".join(AZURE_MARKS) in found


@pytest.mark.parametrize("mark", AZURE_MARKS)
def test_an_empty_mark_says_nothing(mark: str) -> None:
    assert not is_azure({mark: ""})
    assert is_azure({mark: "x"})


# -- storage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "storage"),
    [
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, Storage(DEVELOPMENT_STORAGE)),
        ({"AzureWebJobsStorage": CONNECTION}, Storage(CONNECTION)),
        ({"AzureWebJobsStorage": "no", "PROPOSALS_STORAGE": CONNECTION}, Storage(CONNECTION)),
        ({"AzureWebJobsStorage": CONNECTION, "PROPOSALS_STORAGE": ""}, Storage(CONNECTION)),
        (
            {"PROPOSALS_STORAGE": "BlobEndpoint=http://127.0.0.1:1/a"},
            Storage("BlobEndpoint=http://127.0.0.1:1/a"),
        ),
        (
            {"PROPOSALS_STORAGE__blobServiceUri": "https://a.blob.core.windows.net"},
            Storage(None, "https://a.blob.core.windows.net"),
        ),
        (
            {
                "PROPOSALS_STORAGE": CONNECTION,
                "PROPOSALS_STORAGE__blobServiceUri": "https://a.blob.core.windows.net",
                "PROPOSALS_STORAGE__clientId": "c",
            },
            Storage(None, "https://a.blob.core.windows.net", "c"),
        ),
    ],
)
def test_storage_is_a_connection_or_an_address(environ: dict[str, str], storage: Storage) -> None:
    assert Settings.from_env(environ).storage == storage


@pytest.mark.parametrize(
    "environ", [{}, {"AzureWebJobsStorage": ""}, {"PROPOSALS_STORAGE": "https://a.blob.core.windows.net"}]
)
def test_what_is_no_storage_is_said_with_the_three_that_are(environ: dict[str, str]) -> None:
    [found] = problems(environ)
    assert "PROPOSALS_STORAGE" in found
    assert "UseDevelopmentStorage=true" in found
    assert "PROPOSALS_STORAGE__blobServiceUri" in found


def test_a_secret_is_not_told() -> None:
    text = "AccountKey=c2VjcmV0"
    assert all("c2VjcmV0" not in line for line in problems({"PROPOSALS_STORAGE": text}))


# -- the directory ---------------------------------------------------------------------------------------

ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.mark.parametrize("source", ["", "file"])
def test_the_directory_is_a_file(source: str) -> None:
    settings = read(DIRECTORY=source, GRAPH_CLIENT_ID=ID, GRAPH_APP_ID=ID)
    assert (settings.graph, settings.directory_file) == (None, ROOT / "config/directory.toml")


def test_the_directory_is_microsoft_graph_and_a_file_for_the_rest() -> None:
    settings = read(DIRECTORY="graph", GRAPH_CLIENT_ID=ID.upper(), GRAPH_APP_ID="")
    assert (settings.graph, settings.directory_file) == (Graph(ID, None), ROOT / "config/graph.toml")


@pytest.mark.parametrize("source", ["Graph", "ldap", " graph"])
def test_a_directory_is_not_guessed(source: str) -> None:
    [found] = problems(STORAGE | {"DIRECTORY": source})
    assert found.startswith(f"DIRECTORY is {source!r}; set it to file")


@pytest.mark.parametrize("name", ["GRAPH_CLIENT_ID", "GRAPH_APP_ID"])
@pytest.mark.parametrize("text", ["greenlight", ID[:-1], f"{ID}'", f"{ID}\n"])
def test_what_is_no_client_id_stops_the_app(name: str, text: str) -> None:
    [found] = problems(STORAGE | {"DIRECTORY": "graph", name: text})
    assert found.startswith(f"{name} is {text!r}; write a client id like")


# -- the rest --------------------------------------------------------------------------------------------


def test_defaults() -> None:
    settings = read()
    assert (settings.proposals_container, settings.records_container) == ("greenlight", "greenlight-records")
    assert settings.policy_file == ROOT / "config/policy.toml"
    assert settings.directory_file == ROOT / "config/directory.toml"
    assert settings.public_url == "http://127.0.0.1:7071"
    assert settings.clock_url is None
    assert settings.purge_after == timedelta(days=30)


def test_everything_can_be_set(tmp_path: Path) -> None:
    for name in ("p.toml", "d.toml"):
        (tmp_path / name).touch()
    settings = read(
        PROPOSALS_CONTAINER="one",
        RECORDS_CONTAINER="two",
        POLICY_FILE=str(tmp_path / "p.toml"),
        DIRECTORY_FILE=str(tmp_path / "d.toml"),
        PUBLIC_URL="https://greenlight.example.com/",
        CLOCK_URL="http://127.0.0.1:9/now",
        PURGE_AFTER_DAYS="7",
    )
    assert (settings.proposals_container, settings.records_container) == ("one", "two")
    assert (settings.policy_file, settings.directory_file) == (tmp_path / "p.toml", tmp_path / "d.toml")
    assert settings.public_url == "https://greenlight.example.com"
    assert settings.clock_url == "http://127.0.0.1:9/now"
    assert settings.purge_after == timedelta(days=7)


@pytest.mark.parametrize("name", ["POLICY_FILE", "DIRECTORY_FILE"])
def test_a_file_that_is_not_there_stops_the_app(name: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.toml", tmp_path):
        [found] = problems(STORAGE | {name: str(path)})
        assert found == f"{name} names {path}, which is not a file; correct the path"


@pytest.mark.parametrize("name", ["PUBLIC_URL", "CLOCK_URL"])
@pytest.mark.parametrize("text", ["greenlight.example.com", "ftp://a", "https://", "http:", "http://[::1"])
def test_what_is_no_address_stops_the_app(name: str, text: str) -> None:
    [found] = problems(STORAGE | {name: text})
    assert found.startswith(f"{name} is {text!r}; write an address like https://")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon", "10000", " 7", "7\n"])
def test_what_is_no_number_of_days_stops_the_app(text: str) -> None:
    """Most of all 0: it would purge what has only just ended."""
    [found] = problems(STORAGE | {"PURGE_AFTER_DAYS": text})
    assert found == f"PURGE_AFTER_DAYS is {text!r}; write whole days from 1 to 9999, like 30"


@pytest.mark.parametrize("mark", AZURE_MARKS)
def test_a_clock_that_can_jump_is_not_for_azure(mark: str) -> None:
    [found] = problems(STORAGE | {mark: "x", "CLOCK_URL": "http://127.0.0.1:9/now"})
    assert found.startswith("CLOCK_URL is for tests")


# -- keys of links ---------------------------------------------------------------------------------------


def test_keys_are_read_in_order_without_what_stands_around_them() -> None:
    assert read(LINK_SIGNING_KEYS=f" {'n' * 32} , {KEY},").link_keys == (b"n" * 32, KEY.encode())


@pytest.mark.parametrize("text", ["", " ", ","])
def test_without_a_key_links_are_not_signed_and_azure_does_not_take_that(text: str) -> None:
    assert read(LINK_SIGNING_KEYS=text).link_keys == ()
    [found] = problems(STORAGE | {"LINK_SIGNING_KEYS": text, "WEBSITE_SITE_NAME": "greenlight"})
    assert found.startswith("LINK_SIGNING_KEYS is not set")


@pytest.mark.parametrize(
    ("text", "which"),
    [("short", "key 1 of 1"), (f"{KEY},{'x' * 31}", "key 2 of 2"), (f"a,{KEY},b", "key 1 and 3 of 3")],
)
def test_a_short_key_stops_the_app_and_is_not_told(text: str, which: str) -> None:
    [found] = problems(STORAGE | {"LINK_SIGNING_KEYS": text})
    assert found.startswith(f"LINK_SIGNING_KEYS: {which} is too short; a key has 32 characters or more")
    assert all(part not in found for part in ("short,", "x" * 31, KEY))


def test_a_reference_that_was_not_resolved_is_no_key() -> None:
    text = "@Microsoft.KeyVault(VaultName=kv-greenlight;SecretName=link-signing-keys)"
    for mark in ({}, {"WEBSITE_SITE_NAME": "greenlight"}):
        found = problems(STORAGE | {"LINK_SIGNING_KEYS": text} | mark)
        assert found[0].startswith(
            "LINK_SIGNING_KEYS is a Key Vault reference that App Service has not resolved"
        )
        assert len(found) == 1


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(read())
    assert "c2VjcmV0" not in repr(read(PROPOSALS_STORAGE=CONNECTION))


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        {
            "IDENTITY": "nonsense",
            "POLICY_FILE": "no/policy.toml",
            "DIRECTORY_FILE": "no/directory.toml",
            "PUBLIC_URL": "no",
            "CLOCK_URL": "no",
            "PURGE_AFTER_DAYS": "no",
            "WEBSITE_SITE_NAME": "greenlight",
        }
    )
    expected = [
        "PROPOSALS_STORAGE",
        "IDENTITY",
        "POLICY_FILE",
        "DIRECTORY_FILE",
        "PUBLIC_URL",
        "CLOCK_URL",
        "PURGE_AFTER_DAYS",
        "LINK_SIGNING_KEYS",
        "CLOCK_URL",
    ]
    assert [line.split()[0] for line in found] == expected


INSIGHTS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0;IngestionEndpoint=https://x.example.com"
}
WHO = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"


def test_without_a_connection_string_nothing_is_sent() -> None:
    assert Settings.from_env(STORAGE | {WHO: "Authorization=AAD"}).telemetry is None


@pytest.mark.parametrize("who", [{}, {WHO: "Authorization=AAD"}, {WHO: "ClientId=c;Authorization=AAD"}])
def test_telemetry_is_sent_where_the_settings_say(who: dict[str, str]) -> None:
    found = Settings.from_env(STORAGE | INSIGHTS | who).telemetry
    assert found == Telemetry(INSIGHTS["APPLICATIONINSIGHTS_CONNECTION_STRING"])


def test_telemetry_settings_that_cannot_work_are_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env(STORAGE | {"APPLICATIONINSIGHTS_CONNECTION_STRING": "here", WHO: "ClientId=c"})
    for text in ("must hold InstrumentationKey=", "write ClientId=...;Authorization=AAD"):
        assert text in str(caught.value)
