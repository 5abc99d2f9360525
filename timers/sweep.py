"""Every minute, and at start on a laptop: the sweep."""

from __future__ import annotations

import asyncio
import logging
import os

import azure.durable_functions as df
import azure.functions as func

from adapters.bootstrap import ports
from adapters.durable import ensure_started, ring
from adapters.log_lines import within
from adapters.settings import is_azure
from approvals.metrics import CHORES
from services.submitting.submission import ORCHESTRATION_VERSION
from services.upkeep import sweeping as chores

bp = df.Blueprint()
log = logging.getLogger("greenlight.sweep")


# At start only on a laptop: on Azure every new instance of the app would begin with a sweep of its own.
@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=not is_azure(os.environ))
@bp.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 - the trigger
    """Start what was not started, ring for what was not heard, pay what is owed to the trail."""
    with within(function="sweep"):
        walk = chores.walk(ports())
        while (chore := await asyncio.to_thread(next, walk, None)) is not None:
            await _do(chore, client)


async def _do(chore: chores.Chore, client: df.DurableOrchestrationClient) -> None:
    found = chore.proposal
    with within(proposal=found.proposal, revision=found.revision, instance=found.instance, task=chore.task):
        log.info("%s", chore.kind, extra={"chore": chore.kind})
        ports().meter.measure(CHORES, 1, chore=chore.kind)
        if chore.kind == "start":
            await ensure_started(client, found, ORCHESTRATION_VERSION)
        else:
            await ring(client, found.instance, chore.task)
