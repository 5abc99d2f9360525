"""Client functions that serve a proposal's files: the trail, the record, the documents."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote

import azure.durable_functions as df
import azure.functions as func
from pydantic import Field

from approvals.refusals import Refusal, RefusalKind
from approvals.stored import layout
from approvals.writing.record import DecisionRecord
from approvals.writing.record_style import style_hash
from http_api.access import Who
from http_api.bodies import Query
from http_api.declaration import DISPOSITION, JSON, TEXT, Answer, Header, file, pattern
from http_api.handling import Call, describes
from http_api.problems import say
from services.reading import views
from services.store.cases import refuse_erased

bp = df.Blueprint()

# What is served is somebody's file: it may do nothing in the reader's browser.
FILE_POLICY = "sandbox; default-src 'none'"
PAGE_POLICY = f"default-src 'none'; style-src '{style_hash()}'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Served:
    """How a blob is served: its type, the name to save it under, and what it may do in a browser."""

    content_type: str
    attachment: str | None
    policy: str = FILE_POLICY


@bp.route(route="api/proposals/{proposal}/audit", methods=["GET"])
@describes(Who.INVOLVED, "evidence", answers=(file("application/x-ndjson", "The trail", DISPOSITION),))
async def show_audit(call: Call) -> func.HttpResponse:
    """The audit trail as it lies in storage, one JSON object a line, for the offline verifier."""
    proposal = call.proposal.proposal
    erased = call.proposal.erased_at is not None
    missing = say("served.no-trail")
    kind = Served("application/x-ndjson", f"{proposal}-audit.jsonl")
    return await _file(call, layout.audit(proposal, erased=erased), kind, missing)


class RecordForm(Query):
    format: Annotated[Literal["html", "json"], Field(description="Which of the two")] = "html"


SAVED_AS = Header("Content-Disposition", "Of the JSON: the name to save it under", TEXT, always=False)


@bp.route(route="api/proposals/{proposal}/record", methods=["GET"])
@describes(
    Who.INVOLVED,
    "evidence",
    answers=(Answer(HTTPStatus.OK, "The record", {"text/html": {}, JSON: DecisionRecord}, (SAVED_AS,)),),
    problems=(RefusalKind.INVALID, RefusalKind.ERASED),
)
async def show_record(call: Call, query: RecordForm) -> func.HttpResponse:
    """The sealed decision record: a page that prints, or the bytes that were sealed."""
    current = call.proposal
    refuse_erased(current)
    name = layout.record(current.proposal, current.revision, query.format)
    kind = Served("text/html; charset=utf-8", None, PAGE_POLICY)
    if query.format == "json":
        kind = Served(JSON, f"{current.proposal}-record.json")
    missing = say("served.no-record")
    return await _file(call, name, kind, missing)


@bp.route(route="api/proposals/{proposal}/documents/{sha256}", methods=["GET"])
@describes(
    Who.INVOLVED,
    "evidence",
    places={"sha256": ("The document's digest", pattern("[0-9a-f]{64}$"))},
    answers=(file("application/octet-stream", "Its bytes", DISPOSITION),),
    problems=(RefusalKind.ERASED,),
)
async def show_document(call: Call) -> func.HttpResponse:
    """A document, as an attachment."""
    missing = say("served.no-document")
    found = await asyncio.to_thread(views.find_document, call.ports, call.proposal, call.route("sha256"))
    if found is None:
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    refuse_erased(call.proposal)
    name, document = found
    return await _file(call, name, Served("application/octet-stream", document.name), missing)


async def _file(call: Call, name: str, kind: Served, missing: str) -> func.HttpResponse:
    blob = await asyncio.to_thread(call.ports.store.read, name)
    if blob is None:
        raise Refusal(RefusalKind.NOT_FOUND, missing)
    headers = {
        "Content-Type": kind.content_type,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": kind.policy,
        "Cache-Control": "no-store",
    }
    if kind.attachment is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kind.attachment, safe='')}"
    return func.HttpResponse(blob.data, headers=headers)
