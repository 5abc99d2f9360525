"""Messages as cards in Teams, posted to a real web server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters.notifiers import delivery, teams
from adapters.notifiers.delivery import LONGEST_REST, REST
from adapters.notifiers.teams import Teams, envelope, shortened
from approvals.policy.directory import Person
from approvals.ports import NotDelivered
from tests.fakes import MONDAY, DirectoryToday, FixedClock, example_directory
from tests.unit.adapters.notifiers.server import Webhook, webhook
from tests.unit.services.store.test_outbox import MESSAGE

PUBLIC_URL = "https://greenlight.example.com"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


def notifier(url: str, clock: FixedClock | None = None) -> Teams:
    return Teams(url, PUBLIC_URL, DirectoryToday(example_directory()), clock or FixedClock(MONDAY))


def ben() -> Person:
    found = example_directory().person("ben")
    assert found is not None
    return found


def card(**changes: str) -> Any:
    message = replace(MESSAGE, **changes)  # type: ignore[arg-type]  # replace() checks names at run time
    made = envelope(message, ben(), PUBLIC_URL)
    return made["attachments"][0]["content"]


def texts(content: Any) -> list[str]:
    return [block["inlines"][0]["text"] for block in content["body"] if block["type"] == "RichTextBlock"]


def test_a_message_is_posted_as_one_card_with_a_way_to_the_page(hook: Webhook) -> None:
    notifier(hook.url).send(MESSAGE)
    [request] = hook.got
    assert request.path == "/workflows/hook?sig=s3cret"
    assert request.headers["content-type"] == "application/json"
    assert request.json["type"] == "message"
    [attachment] = request.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert texts(content) == [MESSAGE.subject, f"For {ben().name}", MESSAGE.text]
    assert content["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open in Greenlight", "url": PUBLIC_URL + MESSAGE.path}
    ]


def test_a_person_whose_object_id_is_known_is_notified_by_teams() -> None:
    person = replace(ben(), object_id="00000000-0000-0000-0000-00000000000b", name="Ben\n</at> **B**")
    content = envelope(MESSAGE, person, PUBLIC_URL)["attachments"][0]["content"]
    [entity] = content["msteams"]["entities"]
    assert entity["mentioned"] == {"id": person.object_id, "name": "Ben </at> **B**"}
    [block] = [block for block in content["body"] if block["type"] == "TextBlock"]
    assert block["text"] == entity["text"]
    assert "Ben" not in block["text"]


def test_what_people_wrote_is_never_read_as_markdown() -> None:
    content = card(
        subject="[Free](https://evil.example)", text="**now**\n\n[Click](https://evil.example)\n- x"
    )
    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}
    assert texts(content)[2:] == ["**now**", "[Click](https://evil.example)", "- x"]


def test_what_no_card_can_carry_is_left_out(hook: Webhook) -> None:
    notifier(hook.url).send(replace(MESSAGE, subject="a\x00b\r\nc", text="half \ud83d of it\x1b[0m"))
    [request] = hook.got
    assert texts(request.json["attachments"][0]["content"])[::2] == ["ab c", "half ? of it[0m"]


@pytest.mark.parametrize(
    "text", ["\U0001f600" * 100_000, "\U0001f600\n" * 10_000, "\\" * 50_000, "line\n" * 61]
)
def test_a_long_message_is_cut_to_what_teams_takes(hook: Webhook, text: str) -> None:
    notifier(hook.url).send(replace(MESSAGE, text=text, subject=text[:5000]))
    [request] = hook.got
    assert len(request.body) < 24_000
    assert texts(request.json["attachments"][0]["content"])[-1] == "… The rest is in Greenlight."


def test_what_fits_is_not_cut() -> None:
    text = "\n\n".join(f"line {n}" for n in range(teams.MAX_LINES))
    assert shortened(text) == [f"line {n}" for n in range(teams.MAX_LINES)]
    assert shortened("x" * teams.MAX_CHARACTERS) == ["x" * teams.MAX_CHARACTERS]


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 500])
def test_what_is_not_taken_is_not_delivered_and_may_be_tried_at_once(hook: Webhook, status: int) -> None:
    hook.status, hook.headers = status, {"Location": hook.url}
    sender = notifier(hook.url)
    with pytest.raises(NotDelivered, match=f"Teams answers {status}"):
        sender.send(MESSAGE)
    assert len(hook.got) == 1, "redirects are not followed"
    hook.status = 202
    sender.send(MESSAGE)
    assert len(hook.got) == 2


IN_AN_HOUR = format_datetime(MONDAY + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "rest"),
    [
        ("90", timedelta(seconds=90)),
        (IN_AN_HOUR, timedelta(hours=1)),
        (IN_AN_HOUR.replace("GMT", "-0000"), timedelta(hours=1)),
        ("soon", REST),
        ("", REST),
        ("9" * 400, LONGEST_REST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_REST),
    ],
)
def test_a_busy_teams_is_left_alone_for_as_long_as_it_says(
    hook: Webhook, status: int, retry_after: str, rest: timedelta
) -> None:
    clock = FixedClock(MONDAY)
    sender = notifier(hook.url, clock)
    hook.status, hook.headers = status, {"Retry-After": retry_after}
    with pytest.raises(NotDelivered, match=f"answers {status}"):
        sender.send(MESSAGE)
    hook.status = 202
    clock.set(MONDAY + rest - timedelta(microseconds=1))
    with pytest.raises(NotDelivered, match="left alone until 20"):
        sender.send(MESSAGE)
    assert len(hook.got) == 1
    clock.set(MONDAY + rest)
    sender.send(MESSAGE)
    assert len(hook.got) == 2


def test_a_server_that_does_not_answer_costs_its_timeout_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/hook?sig=s3cret"
    clock = FixedClock(MONDAY)
    sender = notifier(url, clock)
    with pytest.raises(NotDelivered, match="does not answer: ConnectionError") as first:
        sender.send(MESSAGE)
    with pytest.raises(NotDelivered, match="left alone") as second:
        sender.send(MESSAGE)
    for error in (first.value, second.value):
        assert "s3cret" not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
    clock.advance(REST)
    with pytest.raises(NotDelivered, match="does not answer"):
        sender.send(MESSAGE)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook?sig=s3cret"
        with pytest.raises(NotDelivered, match=r"does not answer: ReadTimeout$"):
            notifier(url).send(MESSAGE)


def test_somebody_who_left_the_directory_cannot_be_told(hook: Webhook) -> None:
    with pytest.raises(NotDelivered, match="zoe is not in the directory"):
        notifier(hook.url).send(replace(MESSAGE, to="zoe"))
    assert hook.got == []
