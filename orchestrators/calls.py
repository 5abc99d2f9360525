"""How an orchestration calls: the one place where what `approvals.wire` declares is encoded and decoded."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df

from approvals.stored.codec import CodecError, decode, encode
from approvals.wire import Activity, Function

I = TypeVar("I")  # noqa: E741 - what goes in
O = TypeVar("O")  # noqa: E741 - what comes out

# After the retries of an activity are used up: one storage error must not end an approval. Doubles with every
# further failure, so that a defect that stays for a weekend does not fill the history.
PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=3)
MAX_TROUBLE = 500

Steps = Generator[Any, Any, O]


def call(context: df.DurableOrchestrationContext, activity: Activity[I, O], request: I) -> Steps[O]:
    """Call an activity, with retries. Raises what the SDK raises when they are used up: a plain Exception."""
    answer = yield context.call_activity_with_retry(activity.name, RETRY, encode(request))
    return activity.answer(answer)


def fan_out(
    context: df.DurableOrchestrationContext, activity: Activity[I, O], requests: Sequence[I]
) -> Steps[list[O]]:
    """Call an activity for every request at once, and gather the answers. Raises at the first failure of all."""
    calls = [context.call_activity(activity.name, encode(request)) for request in requests]
    answers = yield context.task_all(calls)
    return [activity.answer(answer) for answer in answers]


def call_child(
    context: df.DurableOrchestrationContext, child: Function[I, O], request: I, instance: str
) -> Steps[O]:
    """Run a child orchestration. Raises where it failed, or somebody ended it: a plain Exception."""
    answer = yield context.call_sub_orchestrator(child.name, encode(request), instance)
    return child.answer(answer)


def insist(
    context: df.DurableOrchestrationContext, activity: Activity[I, O], request: Callable[[], I]
) -> Steps[O]:
    """Call an activity until it succeeds: retries, then a visible pause, then again."""
    pause = PAUSE
    while True:
        try:
            return (yield from call(context, activity, request()))
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions for failed activities
            in_trouble(context, error, activity=activity.name)
            yield context.create_timer(context.current_utc_datetime + pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def in_trouble(context: df.DurableOrchestrationContext, error: Exception, **about: str) -> None:
    """Say in the custom status what does not go on."""
    context.set_custom_status({"state": "in trouble", **about, "error": str(error)[:MAX_TROUBLE]})


def given(context: df.DurableOrchestrationContext, kind: type[O]) -> O | str:
    """The orchestration's input, or what is wrong with it: who has the system key can start it with anything."""
    try:
        return decode(kind, context.get_input())
    except CodecError as error:
        return str(error)
