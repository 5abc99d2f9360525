"""Messages as mail over SMTP: plain text and HTML, one thread for each proposal, the same mail when it is repeated."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from html import escape
from urllib.parse import urlsplit

from adapters.files.catalogue import english
from adapters.message_settings import Mail as MailSettings
from adapters.message_settings import MailSecurity
from adapters.notifiers.delivery import Rest, clean, one_line, receiver
from approvals.model import Message
from approvals.policy.directory import Person
from approvals.ports import Clock, DirectorySource, NotDelivered

TIMEOUT_SECONDS = 10
say = english()
# "Service not available, closing transmission channel": https://www.rfc-editor.org/rfc/rfc5321#section-3.8
CLOSING = 421
# What is the fault of one mail, and says nothing of the next. ValueError: an address that cannot be encoded.
REFUSALS = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,
)

# The registry knows Message-ID only, and folds other ids that are longer than a line into encoded words, which nobody
# reads as ids.
_headers = HeaderRegistry()
_headers.map_to_type("in-reply-to", MessageIDHeader)  # type: ignore[arg-type]  # typeshed misses that a mixin will do
_headers.map_to_type("references", MessageIDHeader)  # type: ignore[arg-type]  # typeshed misses that a mixin will do
# 7bit: smtplib does not ask servers whether they take more.
_POLICY = policy.SMTP.clone(header_factory=_headers, cte_type="7bit")


@dataclass
class Mail:
    """`Notifier` by mail. ``tls`` is who to trust; by default the system's authorities."""

    settings: MailSettings
    public_url: str
    directory: DirectorySource
    clock: Clock
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._rest = Rest("the mail server", self.clock)

    def send(self, message: Message) -> None:
        """Deliver one message. Raises NotDelivered."""
        mail = compose(message, receiver(self.directory, message.to), self.settings, self.public_url)
        self._rest.check()
        try:
            with self._connected() as server:
                server.send_message(mail)
        except REFUSALS as error:
            if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == CLOSING:
                self._rest.take()
            raise NotDelivered(f"the mail server refuses the mail: {error}") from error
        except OSError as error:  # also all others of smtplib's
            self._rest.take()
            raise NotDelivered(f"the mail server does not take mail: {error}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in as the settings say, never less: without STARTTLS it fails."""
        given = self.settings
        where = (given.host, given.port)
        me = urlsplit(self.public_url).hostname  # how EHLO introduces the app; looking it up may take long
        tls = self.tls or ssl.create_default_context()
        if given.security is MailSecurity.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, me, timeout=TIMEOUT_SECONDS, context=tls)
        else:
            server = smtplib.SMTP(*where, me, timeout=TIMEOUT_SECONDS)
        try:
            if given.security is MailSecurity.STARTTLS:
                server.starttls(context=tls)
            if given.user:
                server.login(given.user, given.password)
            yield server
            with suppress(OSError):  # the mail is accepted, however the goodbye goes
                server.quit()
        finally:
            server.close()


def compose(message: Message, to: Person, settings: MailSettings, public_url: str) -> EmailMessage:
    """The mail. Ids are made of the message's and the proposal's, so a repeat is the same mail of the same thread.

    Raises NotDelivered where the receiver's address is none.
    """
    host = urlsplit(public_url).hostname
    thread = f"<{message.proposal}@{host}>"
    mail = EmailMessage(_POLICY)
    mail["From"] = _address(settings.sender_name, settings.sender)
    mail["To"] = _address(to.name, to.mail)
    mail["Subject"] = _literal(message.subject)
    mail["Date"] = message.at
    mail["Message-ID"] = f"<{message.id}@{host}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    link = public_url + message.path
    mail.set_content(f"{clean(message.text)}\n\n{link}\n")
    mail.add_alternative(_html(message, link), subtype="html")
    return mail


def _literal(text: str) -> str:
    """One line for a header, with nothing that `email` takes for an encoded word (RFC 2047) and decodes.

    What stands in one, a line's end too, would become part of the headers: others than ours, or a body.
    """
    return one_line(text).replace("=?", "= ?")


def _address(name: str, mail: str) -> Address:
    try:
        return Address(_literal(name), addr_spec=mail)
    except (ValueError, IndexError, HeaderParseError, MessageError) as error:
        raise NotDelivered(f"{mail!r} is not a mail address: {error}") from error


def _html(message: Message, link: str) -> str:
    paragraphs = [part.strip("\n") for part in clean(message.text).split("\n\n")]
    body = "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(one_line(message.subject))}</title></head>\n"
        f'<body>\n{body}\n<p><a href="{escape(link)}">{escape(say("mail.open"))}</a></p>\n</body>\n</html>\n'
    )
