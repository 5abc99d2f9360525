"""Moments of histories are what the SDK's own parser makes of them."""

from __future__ import annotations

import re

import pytest
from azure.durable_functions.models.history import HistoryEvent, HistoryEventType

from devhost.functions import moments
from devhost.functions.moments import hasten_replays, moment
from tests.devhost.recordings import GOLDEN

RECORDED = sorted(
    {
        text
        for path in GOLDEN.rglob("*.json")
        for text in re.findall(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", path.read_text(encoding="utf-8")
        )
    }
)
ODD = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "2026-02-28T00:00:00.1Z",
    "2026-11-24T08:52:18.4937838+01:00",
    "2026-11-24T08:52:18",
    "Tue, 24 Nov 2026 08:52:18 GMT",
]


@pytest.mark.parametrize("texts", [RECORDED, ODD], ids=["recorded", "odd"])
def test_every_moment_is_what_it_was(texts: list[str]) -> None:
    slow = [moments._PARSE(text) for text in texts]
    assert [repr(moment(text)) for text in texts] == [repr(found) for found in slow]


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        moments._PARSE(text)
    with pytest.raises(ValueError, match=r".+"):
        moment(text)


def test_the_sdk_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten_replays()
    assert HistoryEvent(
        HistoryEventType.ORCHESTRATOR_STARTED, -1, False, "2026-11-24T08:52:18Z"
    ).timestamp == moment("2026-11-24T08:52:18Z")
    monkeypatch.setattr(moments._EVENTS, "dt_parse", lambda _: "from here")
    assert (
        HistoryEvent(HistoryEventType.ORCHESTRATOR_STARTED, -1, False, "2026-11-24T08:52:18Z").timestamp
        == "from here"
    )
