"""Every minute, and at start on a laptop: the sweep."""

from __future__ import annotations

import asyncio
import logging
import os

import azure.durable_functions as df
import azure.functions as func

from adapters.bootstrap import ports
from adapters.durable import TaskHub, ensure_started, ring, set_sentinel
from adapters.log_lines import within
from adapters.settings import is_azure
from approvals.metrics import CHORES
from services.submitting.submission import ORCHESTRATION_VERSION
from services.upkeep import noticing
from services.upkeep import sweeping as chores

bp = df.Blueprint()
log = logging.getLogger("greenlight.sweep")

BEGIN_AGAIN = "begin again"


# At start only on a laptop: on Azure every new instance of the app would begin with a sweep of its own.
@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=not is_azure(os.environ))
@bp.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 - the trigger
    """Start what was not started, ring for what was not heard, pay what is owed, begin again what lost its instance."""
    failures: list[Exception] = []
    with within(function="sweep"):
        for part in (_walk, _notice):
            try:
                await part(client)
            except Exception as error:  # noqa: BLE001 - raised below: the one must not keep from the other
                failures.append(error)
    if failures:
        raise ExceptionGroup("the sweep could not finish everything", failures)


async def _walk(client: df.DurableOrchestrationClient) -> None:
    walk = chores.walk(ports())
    while (chore := await asyncio.to_thread(next, walk, None)) is not None:
        await _do(chore, client)


async def _notice(client: df.DurableOrchestrationClient) -> None:
    """Let go on what lost its instance; everything that is open, where the task hub is another one."""
    hub = TaskHub(client, asyncio.get_running_loop())
    another = await asyncio.to_thread(noticing.is_another_hub, hub)
    owed = noticing.owed(ports(), hub, everything=another)
    while (begun := await asyncio.to_thread(next, owed, None)) is not None:
        await _do(chores.Chore(BEGIN_AGAIN, begun), client)
    if another:
        await set_sentinel(client)


async def _do(chore: chores.Chore, client: df.DurableOrchestrationClient) -> None:
    found = chore.proposal
    with within(proposal=found.proposal, revision=found.revision, instance=found.instance, task=chore.task):
        log.info("%s", chore.kind, extra={"chore": chore.kind})
        ports().meter.measure(CHORES, 1, chore=chore.kind)
        if chore.kind in ("start", BEGIN_AGAIN):
            await ensure_started(client, found, ORCHESTRATION_VERSION)
        else:
            await ring(client, found.instance, chore.task)
