"""What all notifiers share: who gets it, when to leave a server alone, and one way to post JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import AuthBase

from approvals.policy.directory import Person
from approvals.ports import Clock, DirectorySource, NotDelivered

CONNECT_SECONDS = 5
ANSWER_SECONDS = 15
# How long a server is left alone that does not answer, or is busy without saying for how long. People who decide wait
# for the messages of their decision to be tried: a dead server may cost one of them its timeout, not each.
REST = timedelta(minutes=1)
# A server that asks for more is wrong about it.
LONGEST_REST = timedelta(days=1)
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass
class Rest:
    """When a server may be asked again. Each process learns it for itself."""

    server: str
    clock: Clock
    until: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def check(self) -> None:
        """Raises NotDelivered while the server is to be left alone."""
        if self.clock.now() < self.until:
            raise NotDelivered(f"{self.server} is left alone until {self.until:%Y-%m-%d %H:%M:%S} UTC")

    def take(self, rest: timedelta = REST) -> None:
        """Leave the server alone from now on."""
        self.until = self.clock.now() + min(rest, LONGEST_REST)


def receiver(directory: DirectorySource, person: str) -> Person:
    """Whom a message is to. Raises NotDelivered where today's directory does not know them."""
    found = directory.current().person(person)
    if found is None:
        raise NotDelivered(f"{person} is not in the directory; put them back, or tell them yourself")
    return found


def clean(text: str) -> str:
    """``text`` without what no mail and no card can carry: control characters, and halves of surrogate pairs."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign for sign in whole if sign in "\n\t" or (ord(sign) >= ord(" ") and sign != "\x7f"))


def one_line(text: str) -> str:
    """`clean` text for a header or a title."""
    return clean(" ".join(text.split()))


def post_json(
    rest: Rest, url: str, payload: Any, *, auth: AuthBase | None = None, headers: dict[str, str] | None = None
) -> None:
    """POST ``payload`` and expect a 2xx. Redirects are not followed: they would carry the message elsewhere.

    Raises NotDelivered, never with the address: it may be signed. A server that is busy (429, 503) is left alone for as
    long as its ``Retry-After`` says.
    """
    rest.check()
    try:
        answer = requests.post(
            url,
            data=json.dumps(payload, ensure_ascii=False).encode(),
            auth=auth,
            headers={"Content-Type": "application/json", **(headers or {})},
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,  # the answer's body is not read
        )
    except requests.RequestException as error:
        rest.take()
        raise NotDelivered(f"{rest.server} does not answer: {type(error).__name__}") from None
    answer.close()
    if answer.status_code in BUSY:
        rest.take(_retry_after(answer.headers.get("Retry-After", ""), rest.clock.now()))
    if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise NotDelivered(f"{rest.server} answers {answer.status_code}")


def _retry_after(text: str, now: datetime) -> timedelta:
    """Seconds, or a date (RFC 9110, 10.2.3); `REST` where it is neither."""
    if text.isdecimal():
        return timedelta(seconds=min(int(text), LONGEST_REST.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return REST
    return moment.replace(tzinfo=moment.tzinfo or UTC) - now
