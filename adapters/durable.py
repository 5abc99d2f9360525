"""The durable client, as client functions use it: start what is not started, ring for what is stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import azure.durable_functions as df

from adapters.log_lines import within
from approvals.model import Proposal, ProposalState
from approvals.stored import ids
from approvals.stored.codec import encode
from approvals.wire import VERSION, PublicationInput

log = logging.getLogger("greenlight.durable")
T = TypeVar("T")

APPROVAL = "approval"
PUBLICATION = "publication"
SENTINEL = "sentinel"
STOPPED = (
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Suspended,
)
LIVE = (df.OrchestrationRuntimeStatus.Pending, df.OrchestrationRuntimeStatus.Running)


async def ensure_started(client: df.DurableOrchestrationClient, proposal: Proposal, version: int) -> None:
    """Start the revision's instance if there is none. Starting over a finished one would overwrite its history.

    What was claimed or is closed was started before, also where its instance is not there any more: it was purged.
    What fails here is only logged: the proposal is stored, and the sweep starts it. The loser of two that start it at
    the same moment is answered 409 and logged too.
    """
    if proposal.claim is not None or proposal.state is ProposalState.CLOSED:
        return
    request = {"proposal": proposal.proposal, "revision": proposal.revision, "version": version}
    with within(proposal=proposal.proposal, revision=proposal.revision, instance=proposal.instance):
        try:
            if not await client.get_status(proposal.instance):  # falsy for an instance that does not exist
                await client.start_new(APPROVAL, proposal.instance, request)
        except Exception:
            log.warning("was not started here; if nobody else did, the sweep will", exc_info=True)


async def ring(client: df.DurableOrchestrationClient, instance: str, task: str = "") -> None:
    """Tell an instance that something is stored. What fails here is only logged: the sweep rings again.

    A Pending instance would lose the event, so only a running one is rung.
    """
    with within(instance=instance, task=task):
        try:
            status = await client.get_status(instance)
            if status.runtime_status is df.OrchestrationRuntimeStatus.Running:
                await client.raise_event(instance, ids.EVENT, {"ring": task})
        except Exception:
            log.warning("could not be rung; the sweep will", exc_info=True)


async def publish_again(client: df.DurableOrchestrationClient, proposal: Proposal) -> str:
    """Run a failed publication again, unless it is running. Returns the instance's id."""
    instance = ids.child_instance_id(proposal.orchestration(), PUBLICATION)
    request = PublicationInput(
        proposal=proposal.proposal,
        revision=proposal.revision,
        claim=proposal.claim or "",
        version=VERSION,
    )
    try:
        await client.start_new(PUBLICATION, instance, encode(request))
    except Exception:
        status = await client.get_status(instance)
        if status.runtime_status not in LIVE:
            raise
        with within(instance=instance):
            log.info("was started by somebody else before")
    return instance


async def set_sentinel(client: df.DurableOrchestrationClient) -> None:
    """Leave the sentinel in the hub: where it is gone, so is everything else."""
    await client.start_new(SENTINEL, ids.SENTINEL, {})


class TaskHub:
    """`Instances` over the durable client, for use cases, which run in a thread beside the client's event loop."""

    def __init__(self, client: df.DurableOrchestrationClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def status(self, instance: str) -> str | None:
        found = self._wait(self._client.get_status(instance))
        return found.runtime_status.value if found.runtime_status else None

    def purge(self, instance: str) -> None:
        self._wait(self._client.purge_instance_history(instance))

    def stopped(self) -> dict[str, str]:
        found = self._wait(self._client.get_status_by(runtime_status=list(STOPPED)))
        return {str(each.instance_id): each.runtime_status.value for each in found if each.runtime_status}

    def terminate(self, instance: str, reason: str) -> None:
        self._wait(self._client.terminate(instance, reason))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
