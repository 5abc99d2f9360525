"""Asking for a decision through the Logic App of infra/logic-app/, which asks by mail and raises the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from requests.auth import AuthBase

from adapters.message_settings import LogicAppTrigger
from adapters.notifiers.delivery import Rest, clean, one_line, post_json, receiver
from approvals.model import Message
from approvals.policy.directory import Person
from approvals.ports import Clock, DirectorySource, NotDelivered
from approvals.stored.ids import instance_id

# A run ends after 90 days: https://learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-config
LONGEST_WAIT = timedelta(days=89)


@dataclass
class LogicApp:
    """`Notifier` that passes on questions, and nothing else.

    Those alone that can still be answered, and whose stage takes answers by the raise-event API.
    """

    trigger: LogicAppTrigger
    public_url: str
    directory: DirectorySource
    clock: Clock
    credential: TokenCredential

    def __post_init__(self) -> None:
        self._rest = Rest("the Logic App", self.clock)

    def send(self, message: Message) -> None:
        """Start a run that asks. Raises NotDelivered."""
        if not message.raise_event or message.task is None or message.due_at is None:
            return
        left = message.due_at - self.clock.now()
        if left <= timedelta(0):
            return
        payload = question(message, message.task, left, receiver(self.directory, message.to), self.public_url)
        self._rest.check()
        # by this id a run is found in the history of runs
        headers = {"x-ms-client-tracking-id": message.id}
        post_json(self._rest, self.trigger.url, payload, auth=self._token(), headers=headers)

    def _token(self) -> AuthBase:
        try:
            return _Bearer(self.credential.get_token(f"{self.trigger.audience}/.default").token)
        except AzureError as error:
            self._rest.take()
            raise NotDelivered(f"there is no token for the Logic App: {error.message}") from error


class _Bearer(AuthBase):
    """Said as an AuthBase, for a header of our own would give way to a .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


def question(message: Message, task: str, left: timedelta, to: Person, public_url: str) -> dict[str, str]:
    """What the trigger of infra/logic-app/workflow.json takes. Greenlight escalates itself: no ``escalateTo``."""
    left = min(left, LONGEST_WAIT)
    return {
        "instance": instance_id(message.proposal, message.revision),
        "task": task,
        "assignee": message.to,
        "mail": to.mail,
        "subject": one_line(message.subject),
        "text": clean(message.text),
        "link": public_url + message.path,
        "respondWithin": f"P{left.days}DT{max(left.seconds, 1)}S",
    }
