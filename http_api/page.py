"""The page: static files of `web/`, served as they are under a strict Content-Security-Policy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from adapters import bootstrap
from adapters.settings import ROOT
from http_api.handling import guarded, versions
from http_api.identity import require_identity
from http_api.problems import HttpProblem

bp = df.Blueprint()

FOLDER = ROOT / "web"
START = "index.html"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# Everything comes from here, nothing is inline, nobody frames it, and no text ever becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # a new version of the app is seen at once; an old one costs a 304
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class StaticFile:
    data: bytes
    kind: str
    etag: str


@cache
def files(folder: Path = FOLDER) -> dict[str, StaticFile]:
    """The files of the page by name, read once: what is served can be nothing else."""
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in KINDS}


def _read(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(data, KINDS[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:24]}"')


# An optional parameter is how a function answers at the root: an empty route would be the function's name.
# https://github.com/Azure/azure-functions-host/pull/1102
@bp.route(route="{file?}", methods=["GET"])
async def page(req: func.HttpRequest) -> func.HttpResponse:
    """The page, and the files that it is made of; 304 where the browser has them."""

    async def serve() -> func.HttpResponse:
        require_identity(bootstrap.settings().identity)
        return _serve(req)

    return await guarded(req, serve)


def _serve(request: func.HttpRequest) -> func.HttpResponse:
    name = request.route_params.get("file") or START
    found = files().get(name)
    if found is None:
        text = f"There is no {urlsplit(request.url).path} here. The page is at /, the API under /api."
        raise HttpProblem(HTTPStatus.NOT_FOUND, "not-found", text)
    headers = {**HEADERS, "ETag": found.etag}
    if found.etag in versions(request.headers.get("if-none-match")):
        return func.HttpResponse(status_code=int(HTTPStatus.NOT_MODIFIED), headers=headers)
    return func.HttpResponse(found.data, headers={**headers, "Content-Type": found.kind})
