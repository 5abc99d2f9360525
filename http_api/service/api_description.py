"""The client function that serves the API's description."""

from __future__ import annotations

import json
from functools import cache

import azure.durable_functions as df
import azure.functions as func

from http_api.access import Who
from http_api.declaration import ok
from http_api.discovery import routes
from http_api.handling import describes
from http_api.openapi.document import document

bp = df.Blueprint()


@bp.route(route="api/openapi.json", methods=["GET"])
@describes(Who.EVERYBODY, "service", answers=(ok("OpenAPI 3.1", kind={"type": "object"}),))
async def describe_api(_request: func.HttpRequest) -> func.HttpResponse:
    """This description."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return func.HttpResponse(_text(), mimetype="application/json", headers=headers)


@cache
def _text() -> str:
    return json.dumps(document(routes()), ensure_ascii=False)
