"""Settings of those who carry messages out of the house: mail, Teams, the Logic App. Unset: not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# greenlight@example.com, or Greenlight <greenlight@example.com>
MAIL_FROM = re.compile(r"(?:(?P<name>[^<>@,;]*)<)?(?P<mail>[^@\s<>,;]+@[^@\s<>,;]+)(?(name)>)")
MAX_PORT = 65535
# What is left of a reference that App Service could not resolve:
# https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
UNRESOLVED = "@Microsoft.KeyVault("


class MailSecurity(Enum):
    """How the connection to the mail server is protected; plain is for a server on this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


# https://www.rfc-editor.org/rfc/rfc8314#section-7.3 and, for plain, RFC 5321
MAIL_PORTS = {MailSecurity.STARTTLS: "587", MailSecurity.TLS: "465", MailSecurity.PLAIN: "25"}


@dataclass(frozen=True)
class Mail:
    """The mail server and who mail is from. Without ``user`` nobody signs in."""

    host: str
    port: int
    security: MailSecurity
    user: str
    password: str = field(repr=False)
    sender: str
    sender_name: str


@dataclass(frozen=True)
class LogicAppTrigger:
    """Where the Logic App is asked, and for whom tokens of the app's identity must be made out."""

    url: str = field(repr=False)
    audience: str


def mail(environ: Mapping[str, str], problems: list[str]) -> Mail | None:
    host = environ.get("SMTP_HOST")
    if not host:
        return None
    security = _mail_security(environ, problems)
    user, password = environ.get("SMTP_USER", ""), _secret(environ, "SMTP_PASSWORD", problems)
    if bool(user) != bool(password):
        problems.append("SMTP_USER and SMTP_PASSWORD go together; set both, or neither")
    if user and security is MailSecurity.PLAIN:
        problems.append("SMTP_SECURITY=plain would send SMTP_PASSWORD unencrypted; set it to starttls or tls")
    port = environ.get("SMTP_PORT") or MAIL_PORTS[security]
    if not port.isdecimal() or not 0 < int(port) <= MAX_PORT:
        problems.append(f"SMTP_PORT is {port!r}; write a number like {MAIL_PORTS[security]}")
        port = MAIL_PORTS[security]
    name, sender = _mail_from(environ, problems)
    return Mail(host, int(port), security, user, password, sender, name)


def _mail_from(environ: Mapping[str, str], problems: list[str]) -> tuple[str, str]:
    """Name and address of the sender."""
    text = environ.get("MAIL_FROM", "")
    found = MAIL_FROM.fullmatch(text)
    if not found:
        problems.append(
            f"MAIL_FROM is {text!r}; write who mail is from, like Greenlight <greenlight@example.com>"
        )
        return "", ""
    return (found["name"] or "").strip('" ') or "Greenlight", found["mail"]


def _mail_security(environ: Mapping[str, str], problems: list[str]) -> MailSecurity:
    text = environ.get("SMTP_SECURITY") or MailSecurity.STARTTLS.value
    try:
        return MailSecurity(text)
    except ValueError:
        known = ", ".join(each.value for each in MailSecurity)
        problems.append(f"SMTP_SECURITY is {text!r}; set it to one of {known}")
        return MailSecurity.STARTTLS


def _secret(environ: Mapping[str, str], name: str, problems: list[str]) -> str:
    """A secret, or a problem where App Service could not fetch it from the key vault and left the reference."""
    text = environ.get(name, "")
    if text.startswith(UNRESOLVED):
        problems.append(
            f"{name} is a key vault reference that could not be resolved; see that the secret is there, that the"
            " app's identity may read it, and restart"
        )
        return ""
    return text


def secret_url(environ: Mapping[str, str], name: str, problems: list[str]) -> str | None:
    """An address that is itself a secret: it is not told, and sent nothing in the clear but on this machine."""
    before = len(problems)
    text = _secret(environ, name, problems)
    if not text:
        return None
    if not _is_safe(text):
        problems.append(f"{name} is not an address that starts with https://; copy it from where it was made")
    return text if len(problems) == before else None


def logic_app(environ: Mapping[str, str], problems: list[str]) -> LogicAppTrigger | None:
    url = secret_url(environ, "LOGIC_APP_URI", problems)
    audience = environ.get("LOGIC_APP_AUDIENCE")
    if url and not audience:
        problems.append(
            "LOGIC_APP_URI needs LOGIC_APP_AUDIENCE, for its trigger takes tokens alone; set it to api:// and the"
            " client id of the app registration"
        )
    return LogicAppTrigger(url, audience) if url and audience else None


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket that is not closed
        return False
    if parts.scheme == "http":
        return parts.hostname in LOOPBACK
    return parts.scheme == "https" and bool(parts.netloc)
