"""Client functions about the policy: what a form needs of it, and where a draft would go."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
from pydantic import create_model

from approvals.refusals import RefusalKind
from http_api.access import Who
from http_api.bodies import ProposalBody, declared
from http_api.declaration import ok
from http_api.handling import Call, describes
from services.submitting.form import PolicyForm, form
from services.submitting.preview import PolicyPreview, preview

bp = df.Blueprint()


@bp.route(route="api/policy", methods=["GET"])
@describes(Who.KNOWN, "policy", answers=(ok("Categories, departments, limits, verdicts, people"),))
async def show_policy(call: Call) -> PolicyForm:
    """What a form needs of today's policy and directory."""
    return await asyncio.to_thread(form, call.ports)


class PreviewBody(create_model("FormFields", __base__=ProposalBody, **declared(lambda field: field.routes))):  # type: ignore[misc]  # as ProposalBody
    """A form that is still being filled in: only what the way through the policy depends on must be there."""


@bp.route(route="api/policy/preview", methods=["POST"])
@describes(
    Who.KNOWN,
    "policy",
    answers=(ok("The way through the policy"),),
    problems=(RefusalKind.TOO_LARGE, RefusalKind.NOBODY_CAN_APPROVE),
)
async def preview_policy(call: Call, body: PreviewBody) -> PolicyPreview:
    """Who would have to approve this, why, and by when. Nothing is stored."""
    return await asyncio.to_thread(preview, call.ports, call.person.id, body.draft())
