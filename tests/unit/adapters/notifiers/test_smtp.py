"""Messages as mail, sent to a real SMTP server."""

# ruff: noqa: N802 - aiosmtpd calls handlers by the names of SMTP's commands

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from adapters.message_settings import Mail as MailSettings
from adapters.message_settings import MailSecurity
from adapters.notifiers import smtp
from adapters.notifiers.delivery import REST
from adapters.notifiers.smtp import Mail, compose
from approvals.policy.directory import Person
from approvals.ports import NotDelivered
from tests.fakes import MONDAY, DirectoryToday, FixedClock, example_directory
from tests.unit.services.store.test_outbox import MESSAGE

PUBLIC_URL = "https://greenlight.example.com"
LINK = PUBLIC_URL + MESSAGE.path


@dataclass
class Inbox:
    """What a server took, and what it answers: ``refuse`` maps a command to an answer."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[LoginPassword] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        if "MAIL" in self.refuse:
            return self.refuse["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.refuse:
            return self.refuse["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        self.names.append(session.host_name)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Envelope) -> str:
        return self.refuse.get("QUIT", "221 Bye")

    def mail(self) -> EmailMessage:
        """The one mail. (aiosmtpd reads all properties of a handler.)"""
        [envelope] = self.envelopes
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def inbox(**options: Any) -> Iterator[Inbox]:
    """A server on a port of its own. ``options`` are the Controller's."""
    handler = Inbox(port=free_port())

    def authenticate(*given: Any) -> AuthResult:
        handler.logins.append(given[-1])
        return AuthResult(success=given[-1].password == b"s3cret", handled=False)

    controller = Controller(
        handler, hostname="127.0.0.1", port=handler.port, authenticator=authenticate, **options
    )
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def settings(port: int, security: MailSecurity = MailSecurity.PLAIN, **changes: str) -> MailSettings:
    made = MailSettings("127.0.0.1", port, security, "", "", "greenlight@example.com", "Greenlight")
    return replace(made, **changes)  # type: ignore[arg-type]  # replace() checks names at run time


def notifier(given: MailSettings, clock: FixedClock | None = None, tls: ssl.SSLContext | None = None) -> Mail:
    directory = DirectoryToday(example_directory())
    return Mail(given, PUBLIC_URL, directory, clock or FixedClock(MONDAY), tls)


def ben(**changes: str) -> Person:
    found = example_directory().person("ben")
    assert found is not None
    return replace(found, **changes)  # type: ignore[arg-type]  # as above


def sent(**changes: str) -> EmailMessage:
    """A message as it arrives."""
    with inbox() as server:
        notifier(settings(server.port)).send(replace(MESSAGE, **changes))  # type: ignore[arg-type]  # as above
        return server.mail()


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    text: str = found.get_content()
    return text.replace("\r\n", "\n")


# -- the mail --------------------------------------------------------------------------------------------


def test_a_message_arrives_as_mail_to_the_address_in_the_directory() -> None:
    with inbox() as server:
        notifier(settings(server.port)).send(MESSAGE)
        [envelope] = server.envelopes
        assert (envelope.mail_from, envelope.rcpt_tos) == ("greenlight@example.com", [ben().mail])
        assert server.names == ["greenlight.example.com"]
        mail = server.mail()
    assert mail["From"] == "Greenlight <greenlight@example.com>"
    assert mail["To"] == f"{ben().name} <{ben().mail}>"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Date"].datetime == MESSAGE.at
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_mail_is_the_same_when_it_is_repeated_and_threads_by_proposal() -> None:
    one, again, other = sent(), sent(), sent(id=f"{MESSAGE.proposal}-r2-line-1-over")
    thread = f"<{MESSAGE.proposal}@greenlight.example.com>"
    assert one["Message-ID"] == again["Message-ID"] == f"<{MESSAGE.id}@greenlight.example.com>"
    assert other["Message-ID"] != one["Message-ID"]
    for mail in (one, other):
        assert mail["In-Reply-To"] == mail["References"] == thread
        assert mail["Message-ID"] != thread


def test_an_id_that_is_longer_than_a_line_is_still_an_id() -> None:
    url = f"https://{'very-long-name.' * 5}azurewebsites.net"
    lines = compose(MESSAGE, ben(), settings(25), url).as_bytes().decode().split("\r\n")
    host = url.removeprefix("https://")
    for header in ("In-Reply-To", "References"):
        assert f"{header}: <{MESSAGE.proposal}@{host}>" in lines
    assert f"Message-ID: <{MESSAGE.id}@{host}>" in lines


def test_plain_text_and_html_say_the_same() -> None:
    mail = sent(text="First.\n\nSecond,\nnext line.\n\n\n\nThird.")
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    assert part(mail, "plain") == f"First.\n\nSecond,\nnext line.\n\n\n\nThird.\n\n{LINK}\n"
    html = part(mail, "html")
    assert "<p>First.</p>\n<p>Second,<br>next line.</p>\n<p>Third.</p>\n" in html
    assert f'<a href="{LINK}">' in html


def test_html_shows_what_people_wrote_and_runs_none_of_it() -> None:
    mail = sent(
        subject="<b>x</b>", text="<script>alert(1)</script> & \"more\" 'here'", path='/#/"><script>x</script>'
    )
    html = part(mail, "html")
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot; &#x27;here&#x27;" in html
    assert f'<a href="{PUBLIC_URL}/#/&quot;&gt;&lt;script&gt;x&lt;/script&gt;">' in html


def test_every_letter_arrives() -> None:
    text = "Grüße, 承認 \U0001f600 " + "lang " * 500
    mail = sent(subject="Größe “x” \U0001f600 " + "und " * 60, text=text)
    assert mail["Subject"] == ("Größe “x” \U0001f600 " + "und " * 60).strip()
    assert part(mail, "plain").startswith(text)
    assert "Grüße, 承認 \U0001f600" in part(mail, "html")


def test_mail_is_sent_in_seven_bits_and_short_lines() -> None:
    with inbox() as server:
        notifier(settings(server.port)).send(replace(MESSAGE, text="ü" * 5000, subject="ü" * 500))
        content = server.envelopes[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: eve@example.com",
        "Hello\nBcc: eve@example.com\n\nbody",
        "Hello\x0b\x85\u2028Bcc: eve@example.com",
    ],
)
def test_a_subject_cannot_add_a_header(subject: str) -> None:
    mail = sent(subject=subject)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Hello Bcc: eve@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?Hall=0D=0ABcc:_eve@example.com?=",
        "=?utf-8?b?SGFsbA0KDQpQYXkgaGVyZTogaHR0cDovL2V2aWwuZXhhbXBsZQ==?=",
        "A =?us-ascii?q?=00=0A?= hall",
    ],
)
def test_an_encoded_word_that_somebody_wrote_is_no_header_and_no_body(text: str) -> None:
    """The header's parser decodes it, and prints the lines that it holds."""
    plain, sent = (
        compose(replace(MESSAGE, subject=subject), ben(name=subject), settings(25), PUBLIC_URL)
        for subject in ("Hall", text)
    )
    read = message_from_bytes(sent.as_bytes(), policy=policy.default)
    assert read.keys() == plain.keys()
    assert read["Subject"] == text.replace("=?", "= ?")
    assert [each.addr_spec for each in read["To"].addresses] == [ben().mail]


def test_what_no_mail_can_carry_is_left_out() -> None:
    mail = sent(subject="a\x00b\ud83d", text="c\x00d\ud83d\x1b[0m")
    assert mail["Subject"] == "ab?"
    assert part(mail, "plain").startswith("cd?[0m\n")


def test_a_name_cannot_add_a_header_or_a_receiver() -> None:
    mail = compose(
        MESSAGE, ben(name='Ben" <eve@example.com>,\r\nBcc: x@example.com'), settings(25), PUBLIC_URL
    )
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == [ben().mail]
    again = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert [address.addr_spec for address in again["To"].addresses] == [ben().mail]


@pytest.mark.parametrize("address", ["", "ben", "a@b,c@d", "ben@", "@x", "<a@b>", "a@b\r\nBcc:e@x", "a@b>x"])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(NotDelivered, match="is not a mail address"):
        compose(MESSAGE, ben(mail=address), settings(25), PUBLIC_URL)


def test_somebody_who_left_the_directory_cannot_be_told() -> None:
    with inbox() as server, pytest.raises(NotDelivered, match="zoe is not in the directory"):
        notifier(settings(server.port)).send(replace(MESSAGE, to="zoe"))
    assert server.envelopes == []


# -- the connection --------------------------------------------------------------------------------------


def test_starttls_encrypts_before_anything_is_said(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    with inbox(tls_context=server_tls, require_starttls=True, auth_require_tls=True) as server:
        given = settings(server.port, MailSecurity.STARTTLS, user="greenlight", password="s3cret")
        notifier(given, tls=client_tls).send(MESSAGE)
        assert server.encrypted == [True]
        assert server.logins == [LoginPassword(b"greenlight", b"s3cret")]
        assert server.mail()["Subject"] == MESSAGE.subject


def test_tls_encrypts_from_the_first_byte(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    with inbox(ssl_context=server_tls, auth_require_tls=False) as server:
        given = settings(server.port, MailSecurity.TLS, user="greenlight", password="s3cret")
        notifier(given, tls=client_tls).send(MESSAGE)
        assert server.logins == [LoginPassword(b"greenlight", b"s3cret")]
        assert server.mail()["Subject"] == MESSAGE.subject


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    security: MailSecurity, server_tls: ssl.SSLContext
) -> None:
    option = "tls_context" if security is MailSecurity.STARTTLS else "ssl_context"
    with inbox(**{option: server_tls}) as server:
        with pytest.raises(NotDelivered, match="certificate verify failed"):
            notifier(settings(server.port, security)).send(MESSAGE)
        assert server.envelopes == []


def test_without_starttls_nothing_is_sent() -> None:
    with inbox(auth_require_tls=False) as server:
        given = settings(server.port, MailSecurity.STARTTLS, user="greenlight", password="s3cret")
        with pytest.raises(NotDelivered, match="STARTTLS extension not supported"):
            notifier(given).send(MESSAGE)
        assert (server.envelopes, server.logins) == ([], [])


def test_a_wrong_password_is_said_but_not_repeated(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """An account may be locked after a few of them."""
    with inbox(tls_context=server_tls) as server:
        given = settings(server.port, MailSecurity.STARTTLS, user="greenlight", password="wr0ng")
        sender = notifier(given, tls=client_tls)
        with pytest.raises(NotDelivered, match="535") as error:
            sender.send(MESSAGE)
        assert "wr0ng" not in str(error.value)
        tried = len(server.logins)
        with pytest.raises(NotDelivered, match="left alone"):
            sender.send(MESSAGE)
        assert len(server.logins) == tried


# -- what fails ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer"), [("RCPT", "550 no such user"), ("MAIL", "553 not you"), ("DATA", "554 spam")]
)
def test_a_refused_mail_does_not_hold_up_the_next(command: str, answer: str) -> None:
    with inbox() as server:
        sender = notifier(settings(server.port))
        server.refuse = {command: answer}
        with pytest.raises(NotDelivered, match=f"refuses the mail: .*{answer[:3]}"):
            sender.send(MESSAGE)
        server.refuse = {}
        sender.send(MESSAGE)
        assert len(server.envelopes) == 1


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
def test_a_server_that_is_closing_is_left_alone(command: str) -> None:
    clock = FixedClock(MONDAY)
    with inbox() as server:
        sender = notifier(settings(server.port), clock)
        server.refuse = {command: "421 try later"}
        with pytest.raises(NotDelivered, match="421"):
            sender.send(MESSAGE)
        server.refuse = {}
        with pytest.raises(NotDelivered, match="left alone"):
            sender.send(MESSAGE)
        assert server.commands == ["MAIL"]
        clock.advance(REST)
        sender.send(MESSAGE)
        assert len(server.envelopes) == 1


def test_a_server_that_is_not_there_costs_its_timeout_once() -> None:
    clock = FixedClock(MONDAY)
    sender = notifier(settings(free_port()), clock)
    with pytest.raises(NotDelivered, match="does not take mail"):
        sender.send(MESSAGE)
    with pytest.raises(NotDelivered, match="left alone"):
        sender.send(MESSAGE)
    clock.advance(REST)
    with pytest.raises(NotDelivered, match="does not take mail"):
        sender.send(MESSAGE)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = notifier(settings(silent.getsockname()[1]))
        with pytest.raises(NotDelivered, match="does not take mail"):
            sender.send(MESSAGE)


def test_a_mail_that_was_accepted_is_delivered_however_the_goodbye_goes() -> None:
    with inbox() as server:
        server.refuse = {"QUIT": "500 what?"}
        notifier(settings(server.port)).send(MESSAGE)
        assert len(server.envelopes) == 1


def test_an_address_that_the_server_cannot_take_does_not_hold_up_others() -> None:
    directory = example_directory()
    people = tuple(replace(p, mail="ben@exämple.com") if p.id == "ben" else p for p in directory.people)
    with inbox(enable_SMTPUTF8=False) as server:
        sender = notifier(settings(server.port))
        sender.directory = DirectoryToday(replace(directory, people=people))
        with pytest.raises(NotDelivered, match="refuses the mail"):
            sender.send(MESSAGE)
        sender.send(replace(MESSAGE, to="ana"))
        assert len(server.envelopes) == 1
