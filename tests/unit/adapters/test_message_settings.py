"""Settings of notifiers: what is not set is not there, what cannot work stops the app, and no secret is told."""

from __future__ import annotations

import pytest

from adapters.message_settings import LogicAppTrigger, Mail, MailSecurity
from tests.unit.adapters.test_settings import STORAGE, problems, read

MAIL = {"SMTP_HOST": "mail.example.com", "MAIL_FROM": "Greenlight <greenlight@example.com>"}


def test_without_settings_there_is_neither_mail_nor_teams() -> None:
    assert (read().mail, read().teams_webhook_url) == (None, None)
    empty = dict.fromkeys(("SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_USER", "SMTP_PASSWORD"), "")
    assert read(**empty, MAIL_FROM="", TEAMS_WEBHOOK_URL="").mail is None


def test_mail_is_encrypted_unless_told_otherwise() -> None:
    assert read(**MAIL).mail == Mail(
        "mail.example.com", 587, MailSecurity.STARTTLS, "", "", "greenlight@example.com", "Greenlight"
    )


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("plain", 25)])
def test_the_port_of_mail_follows_from_its_security(security: str, port: int) -> None:
    mail = read(**MAIL, SMTP_SECURITY=security, SMTP_PORT="").mail
    assert mail is not None
    assert (mail.security.value, mail.port) == (security, port)
    mail = read(**MAIL, SMTP_SECURITY=security, SMTP_PORT="2525").mail
    assert mail is not None
    assert mail.port == 2525


def test_a_sender_may_be_an_address_alone_and_its_secret_is_not_shown() -> None:
    mail = read(**MAIL | {"MAIL_FROM": "g@example.com"}, SMTP_USER="g", SMTP_PASSWORD="s3cret").mail
    assert mail is not None
    assert (mail.sender, mail.sender_name, mail.user, mail.password) == (
        "g@example.com",
        "Greenlight",
        "g",
        "s3cret",
    )
    shown = repr(
        read(**MAIL, SMTP_USER="g", SMTP_PASSWORD="s3cret", TEAMS_WEBHOOK_URL="https://h/?sig=s3cret")
    )
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"MAIL_FROM": ""}, "MAIL_FROM is ''; write who mail is from"),
        ({"MAIL_FROM": "Greenlight"}, "MAIL_FROM is 'Greenlight'"),
        ({"MAIL_FROM": "a@b, c@d"}, "MAIL_FROM is 'a@b, c@d'"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT is '0'; write a number like 587"),
        ({"SMTP_PORT": "65536"}, "SMTP_PORT is '65536'"),
        ({"SMTP_PORT": "smtp", "SMTP_SECURITY": "tls"}, "SMTP_PORT is 'smtp'; write a number like 465"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY is 'ssl'; set it to one of starttls, tls, plain"),
        ({"SMTP_USER": "g"}, "SMTP_USER and SMTP_PASSWORD go together"),
        ({"SMTP_PASSWORD": "s3cret"}, "SMTP_USER and SMTP_PASSWORD go together"),
        (
            {"SMTP_USER": "g", "SMTP_PASSWORD": "s3cret", "SMTP_SECURITY": "plain"},
            "SMTP_SECURITY=plain would send SMTP_PASSWORD unencrypted",
        ),
    ],
)
def test_mail_that_cannot_work_stops_the_app(changes: dict[str, str], problem: str) -> None:
    [found] = problems(STORAGE | MAIL | changes)
    assert found.startswith(problem)
    assert "s3cret" not in found


REFERENCE = "@Microsoft.KeyVault(VaultName=v;SecretName=s)"


def test_a_secret_that_the_key_vault_did_not_give_stops_the_app() -> None:
    environ = STORAGE | MAIL | {"SMTP_USER": "g", "SMTP_PASSWORD": REFERENCE}
    assert any(
        line.startswith("SMTP_PASSWORD is a key vault reference that could not be resolved")
        for line in problems(environ)
    )
    [found] = problems(STORAGE | {"TEAMS_WEBHOOK_URL": REFERENCE})
    assert found.startswith("TEAMS_WEBHOOK_URL is a key vault reference that could not be resolved")


@pytest.mark.parametrize(
    "url", ["https://prod.example.com/hook?sig=s3cret", "http://127.0.0.1:9/hook", "http://localhost/hook"]
)
def test_teams_is_posted_to_over_https_or_on_this_machine(url: str) -> None:
    assert read(TEAMS_WEBHOOK_URL=url).teams_webhook_url == url


@pytest.mark.parametrize(
    "url",
    [
        "not-set-yet",
        "http://prod.example.com/hook?sig=s3cret",
        "ftp://127.0.0.1/s3cret",
        "https:///s3cret",
        "https://[::1/s3cret",
    ],
)
def test_teams_is_not_posted_to_in_the_clear(url: str) -> None:
    [found] = problems(STORAGE | {"TEAMS_WEBHOOK_URL": url})
    assert found.startswith("TEAMS_WEBHOOK_URL is not an address that starts with https://")
    assert "s3cret" not in found


def test_the_logic_app_is_asked_with_a_token_for_its_audience() -> None:
    assert read(LOGIC_APP_URI="", LOGIC_APP_AUDIENCE="api://a").logic_app is None
    settings = read(LOGIC_APP_URI="https://logic.example.com/invoke?sig=s3cret", LOGIC_APP_AUDIENCE="api://a")
    assert settings.logic_app == LogicAppTrigger("https://logic.example.com/invoke?sig=s3cret", "api://a")
    assert "s3cret" not in repr(settings)
    [found] = problems(STORAGE | {"LOGIC_APP_URI": "https://logic.example.com/invoke"})
    assert found.startswith("LOGIC_APP_URI needs LOGIC_APP_AUDIENCE")
    [found] = problems(
        STORAGE | {"LOGIC_APP_URI": "http://logic.example.com", "LOGIC_APP_AUDIENCE": "api://a"}
    )
    assert found.startswith("LOGIC_APP_URI is not an address that starts with https://")
