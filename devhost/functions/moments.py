"""The moments of histories: the SDK parses each again in every replay, and most of a replay's time goes there.

The values, and their types, are those that the SDK's own parser makes: for texts as .NET writes them another one, which
takes a twentieth of the time, is put in its place.
"""

from __future__ import annotations

import importlib
import re
from datetime import datetime
from typing import Any

_EVENTS: Any = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")
_PARSE: Any = _EVENTS.dt_parse  # dateutil's
_NET_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")
# Not always UTC's own: on a machine whose zone is called UTC it is the local one.
_ZONE = _PARSE("2000-01-01T00:00:00Z").tzinfo


def moment(text: str) -> datetime:
    """What the SDK's parser makes of it. Raises what that raises."""
    if not _NET_TIME.fullmatch(text):
        found: datetime = _PARSE(text)
        return found
    head, _, fraction = text[:-1].partition(".")
    return datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}").replace(tzinfo=_ZONE)


def hasten_replays() -> None:
    """Let the SDK use it for the events of histories."""
    _EVENTS.dt_parse = moment
