"""Links in messages: signed, so that nobody makes one up, and without any power: they only say where to look.

A token is ``base64url(version, HMAC-SHA256, payload)``. The payload names proposal, revision, task, person and expiry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# How long a link leads to its task after the decision was due, or after the message where nothing is due.
VALID_AFTER = timedelta(days=30)
# A key shorter than the digest would be its weakest part: RFC 2104, section 3.
SHORTEST_KEY = 32
_VERSION = b"\x01"
_DIGEST_BYTES = hashlib.sha256().digest_size
_PURPOSE = b"greenlight link\n"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{44,600}\Z")


class BadLink(ValueError):
    """The token is not one that any of the keys has signed."""


@dataclass(frozen=True)
class Link:
    """Where a message leads its receiver. ``task`` is None where it is about the whole proposal."""

    proposal: str
    revision: int
    task: str | None
    person: str
    expires_at: datetime


def page(proposal: str, task: str | None = None, note: str | None = None, made_for: str | None = None) -> str:
    """The page of a proposal, at one of its tasks, with a note for who comes there; ``made_for`` is a person's id."""
    given = (("task", task), ("note", note), ("for", made_for))
    query = "&".join(f"{name}={value}" for name, value in given if value)
    return f"/#/proposals/{proposal}" + (f"?{query}" if query else "")


def expiry(sent_at: datetime, due_at: datetime | None) -> datetime:
    """When a link of a message ends."""
    return max(sent_at, due_at or sent_at) + VALID_AFTER


def sign(key: bytes, link: Link) -> str:
    """The link's token, fit for a URL. The same link is always the same token; seconds are the finest of its expiry."""
    moment = str(int(link.expires_at.timestamp()))
    fields = (link.proposal, str(link.revision), link.task or "", link.person, moment)
    payload = "\n".join(fields).encode()
    return base64.urlsafe_b64encode(_VERSION + _digest(key, payload) + payload).decode().rstrip("=")


def verify(keys: Sequence[bytes], token: str) -> Link:
    """The link that one of ``keys`` has signed; whether it has expired is for the caller to say. Raises BadLink."""
    data = _bytes(token)
    digest, payload = data[1 : 1 + _DIGEST_BYTES], data[1 + _DIGEST_BYTES :]
    known = [hmac.compare_digest(digest, _digest(key, payload)) for key in keys]
    if data[:1] != _VERSION or not any(known):
        raise BadLink("no key has signed this")
    proposal, revision, task, person, moment = payload.decode().split("\n")
    return Link(proposal, int(revision), task or None, person, datetime.fromtimestamp(int(moment), UTC))


def _bytes(token: str) -> bytes:
    """What a token holds. Base64 says the same in more than one way; one of them is the token."""
    if not _TOKEN.match(token):
        raise BadLink("this is no token")
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadLink("this is no base64url") from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != token:
        raise BadLink("this is no base64url as it is written here")
    return data


def _digest(key: bytes, payload: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + _VERSION + payload, hashlib.sha256).digest()
