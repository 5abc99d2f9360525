"""A ballot as it is sent: one model for both doors, the API's route and the raise-event API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from approvals.refusals import invalid
from approvals.stored import ids
from approvals.texts import wording
from approvals.verdicts import Verdict, named, names
from services.deciding.decide import (
    MAX_COMMENT,
    MAX_CONDITION_TEXT,
    MAX_CONDITIONS,
    Ballot,
    ConditionDraft,
)
from services.validation import WHOLE_CHARACTERS, Body, parse


def _verdict(name: object) -> Verdict:
    """Raises ValueError."""
    found = named(name)
    if found is None:
        raise ValueError(f"must be one of: {', '.join(names())}")
    return found


def _as_text(moment: object) -> object:
    """A number would be taken for seconds since 1970. Raises ValueError."""
    if not isinstance(moment, str):
        raise ValueError("must be text with an offset, like 2026-12-01T12:00:00Z")  # noqa: TRY004 - pydantic's way
    return moment


def _in_utc(moment: datetime) -> datetime:
    """Raises ValueError at the ends of the calendar, where UTC has no such moment."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


class ConditionBody(Body):
    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CONDITION_TEXT),
        WHOLE_CHARACTERS,
    ]
    due: Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_utc)]


class DecisionBody(Body):
    """A decision on an approval task."""

    verdict: Annotated[
        Verdict, PlainValidator(_verdict), WithJsonSchema({"type": "string", "enum": list(names())})
    ]
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT), WHOLE_CHARACTERS] = ""
    conditions: Annotated[tuple[ConditionBody, ...], Field(max_length=MAX_CONDITIONS)] = ()

    def ballot(self) -> Ballot:
        conditions = tuple(ConditionDraft(each.text, each.due) for each in self.conditions)
        return Ballot(self.verdict, self.comment, conditions)


def _task(name: object) -> object:
    """Raises ValueError."""
    if not (isinstance(name, str) and ids.TASK_PATTERN.match(name)):
        raise ValueError("must be the name of an approval task, like finance-1")
    return name


def _person(name: object) -> object:
    """Raises ValueError."""
    if not (isinstance(name, str) and ids.PERSON_PATTERN.match(name)):
        raise ValueError("must be the id of a person of the directory")
    return name


class RaisedDecision(DecisionBody):
    """A decision as an event carries it: nobody has said by other means who decides, or about what."""

    task: Annotated[str, PlainValidator(_task)]
    by: Annotated[str, PlainValidator(_person)]


def parse_decision(payload: Any) -> tuple[str, str, Ballot]:
    """Who decides what on which task. Raises Refusal (INVALID) that names each field and its mend."""
    if not isinstance(payload, dict):
        raise invalid(wording("refusal.payload-not-object"))
    raised = parse(RaisedDecision, payload, wording("refusal.payload-not-decision"))
    return raised.by, raised.task, raised.ballot()
