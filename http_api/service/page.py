"""The page: static files of `web/`, served under a strict Content-Security-Policy.

The start page is asked for each time. Everything else lies under an address that holds the digest of all of it, so
that a browser keeps it for good and never mixes two releases.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from adapters.settings import ROOT
from approvals.refusals import Refusal, RefusalKind
from http_api.access import Who
from http_api.handling import describes, versions
from http_api.problems import say
from http_api.service.bundle import bundle

bp = df.Blueprint()

FOLDER = ROOT / "web"
TEXTS = ROOT / "locales"
START = "index.html"
ENTRY = "core/app.js"
# what its modules and its styles are served as
SCRIPT = "core/page.js"
STYLE = "styles/page.css"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".ftl": "text/plain; charset=utf-8",
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
    "Vary": "Accept-Encoding",
}
ASK_EACH_TIME = "no-cache"
KEEP_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    """``packed`` is the same in gzip, which the platform does not do by itself on Linux."""

    data: bytes
    packed: bytes
    kind: str
    etag: str


@dataclass(frozen=True)
class Site:
    """``top`` lies at the root, by name; ``assets`` under ``/assets/VERSION/``, by room and name."""

    version: str
    top: Mapping[str, StaticFile]
    assets: Mapping[str, StaticFile]


@cache
def site(folder: Path = FOLDER) -> Site:
    """The page's files, read once: what is served can be nothing else."""
    assets = {
        SCRIPT: bundle(_texts(folder, "*.js"), ENTRY).encode(),
        STYLE: "".join(_texts(folder, "*.css").values()).encode(),
        **{f"styles/{path.name}": path.read_bytes() for path in folder.glob("styles/*.svg")},
        **{f"{path.parent.name}/{path.name}": path.read_bytes() for path in TEXTS.glob("*/page.ftl")},
    }
    version = _digest(b"".join(f"{name} {_digest(assets[name])}\n".encode() for name in sorted(assets)))
    tops = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in KINDS}
    tops[START] = tops[START].replace(b"{version}", version.encode())
    return Site(version, _files(tops), _files(assets))


def _texts(folder: Path, pattern: str) -> dict[str, str]:
    """Files of the folder's rooms by room and name, in the order of their names."""
    paths = sorted(folder.glob(f"*/{pattern}"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _files(contents: Mapping[str, bytes]) -> dict[str, StaticFile]:
    return {
        name: StaticFile(data, gzip.compress(data, mtime=0), KINDS[Path(name).suffix], _digest(data))
        for name, data in contents.items()
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]


# An optional parameter is how a function answers at the root: an empty route would be the function's name.
# https://github.com/Azure/azure-functions-host/pull/1102
@bp.route(route="{file?}", methods=["GET"])
@describes(Who.EVERYBODY)
async def page(request: func.HttpRequest) -> func.HttpResponse:
    """The start page and what lies beside it; 304 where the browser has it."""
    return _serve(request, site().top.get(request.route_params.get("file") or START), ASK_EACH_TIME)


@bp.route(route="assets/{version}/{room}/{file}", methods=["GET"])
@describes(Who.EVERYBODY)
async def asset(request: func.HttpRequest) -> func.HttpResponse:
    """What the page is made of, for good: another release has another address."""
    named = request.route_params
    current = site().assets if named["version"] == site().version else {}
    return _serve(request, current.get(f"{named['room']}/{named['file']}"), KEEP_FOR_GOOD)


def _serve(request: func.HttpRequest, found: StaticFile | None, keep: str) -> func.HttpResponse:
    if found is None:
        text = say("problem.no-such-file", path=urlsplit(request.url).path)
        raise Refusal(RefusalKind.NOT_FOUND, text)
    packed = _takes_gzip(request.headers.get("accept-encoding") or "")
    etag = f'"{found.etag}-gzip"' if packed else f'"{found.etag}"'
    headers = {**HEADERS, "Cache-Control": keep, "ETag": etag}
    if etag in versions(request.headers.get("if-none-match")):
        return func.HttpResponse(status_code=int(HTTPStatus.NOT_MODIFIED), headers=headers)
    headers["Content-Type"] = found.kind
    if packed:
        headers["Content-Encoding"] = "gzip"
    return func.HttpResponse(found.packed if packed else found.data, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` names gzip without refusing it."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False
