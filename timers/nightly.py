"""Every night: what has ended long enough ago is purged from the task hub, and erased where the policy says when."""

from __future__ import annotations

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from adapters.bootstrap import ports, settings
from adapters.durable import TaskHub
from adapters.log_lines import within
from services.closing import purging as chores
from services.upkeep import erasing

bp = df.Blueprint()
log = logging.getLogger("greenlight.retention")


@bp.timer_trigger(arg_name="timer", schedule="0 30 2 * * *")
@bp.durable_client_input(client_name="client")
async def retention(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 - the trigger
    """Purge the instances of proposals that closed PURGE_AFTER_DAYS ago, and report what ended without evidence."""
    hub = TaskHub(client, asyncio.get_running_loop())
    with within(function="retention"):
        purged = await asyncio.to_thread(chores.run, ports(), hub, settings().purge_after)
        log.info("the instances of %d proposals were purged", purged)


@bp.timer_trigger(arg_name="timer", schedule="0 30 3 * * *")
async def erase(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the trigger
    """Erase what people wrote about proposals that are older than the policy keeps it."""
    with within(function="erase"):
        await asyncio.to_thread(erasing.run, ports())
