"""Reading the management API's requests, and answers in the extension's form."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from devhost.protocol.events import compact

JSON = "application/json"


def entity_id(request: web.Request) -> str:
    return f"@{request.match_info['name'].lower()}@{request.match_info['key']}"


def origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


async def read_text(request: web.Request) -> str:
    return (await request.read()).decode("utf-8-sig", "replace")


def flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"


def number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default


def seconds(request: web.Request, name: str, default: float) -> float:
    return float(number(request, name, int(default)))


def moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def token(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def json_answer(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, text=compact(body), content_type=JSON, charset="utf-8", headers=headers or {}
    )


def text_answer(status: int, text: str) -> web.Response:
    """Text that calls itself JSON, as the extension's does."""
    return web.Response(status=status, text=text, content_type=JSON, charset="utf-8")


def error_answer(status: int, message: str) -> web.Response:
    return json_answer(status, {"Message": message})


def exception_answer(status: int, message: str, text: str, kind: str) -> web.Response:
    """As the extension reports an exception, without a stack that would mean nothing here."""
    body = {"Message": message, "ExceptionMessage": text, "ExceptionType": kind, "StackTrace": ""}
    return json_answer(status, body)


def not_json() -> web.Response:
    text = "The body is not JSON."
    return exception_answer(400, "Invalid JSON content", text, "Newtonsoft.Json.JsonReaderException")
