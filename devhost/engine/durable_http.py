"""Durable HTTP: the request that an orchestrator asked the host for."""

from __future__ import annotations

import json

import aiohttp

from devhost.functions.worker import FunctionFailed
from devhost.protocol.events import compact

LIMIT_SECONDS = 100


async def call(text: str) -> str:
    """Make the request in ``text``, the framework's list of one; returns the answer as JSON. Raises FunctionFailed."""
    (request,) = json.loads(text)
    if request.get("tokenSource"):
        why = "a managed identity gives tokens on Azure only: call the address without token_source here"
        raise FunctionFailed(ValueError(why))
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(LIMIT_SECONDS)) as session,
            session.request(
                request["method"],
                request["uri"],
                data=request.get("content"),
                headers=request.get("headers") or {},
            ) as answer,
        ):
            content = await answer.text()
            headers = dict(answer.headers)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise FunctionFailed(error) from error
    return compact({"statusCode": answer.status, "headers": headers, "content": content})
