"""The client function that says whether the app is able to work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from adapters.settings import IdentityMode
from approvals import __version__
from http_api.access import Who
from http_api.declaration import JSON, Answer, ok
from http_api.handling import answer, describes
from services.submitting.submission import ORCHESTRATION_VERSION

bp = df.Blueprint()
log = logging.getLogger("greenlight.http")


@dataclass(frozen=True)
class Versions:
    """The release, and the version of the orchestration that new revisions run."""

    app: str
    orchestration: int


@dataclass(frozen=True)
class Health:
    """``status`` is healthy or unhealthy; ``checks`` say ``ok`` or what fails."""

    status: str
    checks: dict[str, str]
    versions: Versions


@bp.route(route="api/health", methods=["GET"])
@describes(
    Who.ALWAYS,
    "service",
    answers=(
        ok("It is", kind=Health),
        Answer(HTTPStatus.SERVICE_UNAVAILABLE, "Something that it needs fails", {JSON: Health}),
    ),
)
async def health(_request: func.HttpRequest) -> func.HttpResponse:
    """Is the app able to work?"""
    ports = bootstrap.ports()
    tries = {
        "storage": lambda: ports.store.read("health"),
        "policy": lambda: ports.policy.current().digest(),
        "directory": lambda: ports.directory.current().digest(),
    }
    checks = {name: await asyncio.to_thread(_tried, attempt) for name, attempt in tries.items()}
    if bootstrap.settings().identity is IdentityMode.NONE:
        checks["identity"] = "not set up: nobody can be known, so routes answer 401; set IDENTITY"
    healthy = all(text == "ok" for text in checks.values())
    versions = Versions(__version__, ORCHESTRATION_VERSION)
    body = Health("healthy" if healthy else "unhealthy", checks, versions)
    return answer(body, HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except Exception as error:
        log.warning("a health check fails", exc_info=True)
        return f"fails: {type(error).__name__}"
    return "ok"
