"""The client function with which operators run a failed publication again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters.durable import publish_again
from approvals.refusals import RefusalKind
from http_api.access import Who
from http_api.declaration import JSON, LOCATION, RETRY_AFTER, Answer
from http_api.handling import Call, answer, describes
from services.closing.publishing import may_run_again

bp = df.Blueprint()


@dataclass(frozen=True)
class PublicationStarted:
    """The instance that publishes the record again."""

    proposal: str
    instance: str


@bp.route(route="api/proposals/{proposal}/publication", methods=["POST"])
@bp.durable_client_input(client_name="client")
@describes(
    Who.OPERATORS,
    "proposals",
    answers=(Answer(HTTPStatus.ACCEPTED, "It runs", {JSON: PublicationStarted}, (LOCATION, RETRY_AFTER)),),
    problems=(RefusalKind.NOT_FOUND, RefusalKind.WRONG_STATE),
)
async def run_publication_again(call: Call, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Run a failed publication again."""
    stored = await asyncio.to_thread(may_run_again, call.ports, call.person.id, call.route("proposal"))
    instance = await publish_again(client, stored)
    headers = {"Location": f"/api/proposals/{stored.proposal}/status", "Retry-After": "2"}
    return answer(PublicationStarted(stored.proposal, instance), HTTPStatus.ACCEPTED, headers)
