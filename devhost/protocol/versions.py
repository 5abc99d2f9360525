"""Which instances this host runs: orchestration versions, as host.json and the durable task framework have them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devhost.protocol.events import Kind
from devhost.protocol.messages import Decision

# System.Version of .NET: two to four numbers.
_NUMBERS = re.compile(r"\d+(\.\d+){1,3}\Z")
_PARTS = 4
# Of DurableTask.Core's TaskOrchestrationDispatcher.
MISMATCH = {
    "ErrorType": "VersionMismatch",
    "ErrorMessage": "Orchestration version did not comply with Worker Versioning",
    "StackTrace": None,
    "InnerFailure": None,
    "IsNonRetriable": True,
}


class Match(StrEnum):
    """``versionMatchStrategy`` of host.json."""

    NONE = "None"
    STRICT = "Strict"
    CURRENT_OR_OLDER = "CurrentOrOlder"


class Failure(StrEnum):
    """``versionFailureStrategy`` of host.json: what becomes of an instance that does not match."""

    REJECT = "Reject"
    FAIL = "Fail"


@dataclass(frozen=True)
class Versions:
    """The host's version, and how it treats instances of others. ``default`` is what new instances get."""

    default: str | None = None
    match: Match = Match.CURRENT_OR_OLDER
    failure: Failure = Failure.REJECT

    def accepts(self, version: str | None) -> bool:
        """May an instance of this version run here?"""
        if self.match is Match.STRICT:
            return (version or "") == (self.default or "")
        return self.match is Match.NONE or compare(version, self.default) <= 0


def compare(one: str | None, other: str | None) -> int:
    """Below, at or above zero: no version is the oldest, numbers compare as numbers, all else as text.

    As VersioningSettings.CompareVersions of DurableTask.Core.
    """
    left, right = (one or "").strip(), (other or "").strip()
    if left and right and _NUMBERS.match(left) and _NUMBERS.match(right):
        return _sign(_numbers(left), _numbers(right))
    return _sign(left.upper(), right.upper())


def _numbers(text: str) -> list[int]:
    found = [int(part) for part in text.split(".")]
    return found + [-1] * (_PARTS - len(found))  # 2.1 is older than 2.1.0


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def mismatch(event_id: int) -> Decision:
    """The end of an instance that Failure.FAIL does not let run."""
    members = {"OrchestrationStatus": "Failed", "Result": None, "FailureDetails": MISMATCH}
    return Decision(Kind.ExecutionCompleted, event_id, members)
