"""Messages as Adaptive Cards in Teams, posted to the webhook of a workflow ("Send webhook alerts to a channel")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.files.catalogue import english
from adapters.notifiers.delivery import Rest, clean, one_line, post_json, receiver
from approvals.model import Message
from approvals.policy.directory import Person
from approvals.ports import Clock, DirectorySource

# A message may have 28 KB: https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat
# A character takes up to 4 bytes in UTF-8, a line some 90 for what surrounds it; the rest is what Teams adds.
MAX_CHARACTERS = 3000
MAX_LINES = 60
MAX_TITLE = 200
say = english()


@dataclass
class Teams:
    """`Notifier` in Teams. ``webhook_url`` is a secret: whoever knows it may post."""

    webhook_url: str
    public_url: str
    directory: DirectorySource
    clock: Clock

    def __post_init__(self) -> None:
        self._rest = Rest("Teams", self.clock)

    def send(self, message: Message) -> None:
        """Deliver one message. Raises NotDelivered."""
        to = receiver(self.directory, message.to)
        post_json(self._rest, self.webhook_url, envelope(message, to, self.public_url))


def envelope(message: Message, to: Person, public_url: str) -> dict[str, Any]:
    """What the workflow's trigger expects: a message with one card. A known object id notifies the person in Teams.

    What people wrote is in text runs, which are shown as they are (https://adaptivecards.io/explorer/TextRun.html);
    text blocks would read it as Markdown, links and all.
    """
    name, title = one_line(to.name), one_line(message.subject)[:MAX_TITLE]
    if to.object_id:
        address: dict[str, Any] = {"type": "TextBlock", "text": "<at>receiver</at>", "wrap": True}
        mention = {
            "type": "mention",
            "text": "<at>receiver</at>",
            "mentioned": {"id": to.object_id, "name": name},
        }
    else:
        address, mention = _line(say("card.for", name=name)), None
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "body": [
            _line(title, weight="Bolder", size="Medium"),
            address,
            *(_line(line) for line in shortened(clean(message.text))),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": say("card.open"), "url": public_url + message.path}],
        "msteams": {"width": "Full", "entities": [mention] if mention else []},
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def shortened(text: str) -> list[str]:
    """The lines that are not empty, as many as a card can hold."""
    lines = [line for line in text[:MAX_CHARACTERS].splitlines() if line.strip()]
    if len(text) > MAX_CHARACTERS or len(lines) > MAX_LINES:
        return [*lines[:MAX_LINES], say("card.more")]
    return lines


def _line(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
