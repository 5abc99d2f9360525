"""Request bodies within bounded memory: large ones wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from devhost.protocol.events import compact

# Of the Functions host: larger bodies are refused.
MAX_BODY_BYTES = 104_857_600
# What all large bodies together may hold (they are copied some times on their way); small ones are not counted.
MEMORY_BYTES = MAX_BODY_BYTES
SMALL_BYTES = 65_536
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Budget:
    """A number of bytes to share."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def share(self, size: int) -> AsyncIterator[None]:
        """Wait for ``size`` bytes, at most the whole budget, and hold them."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._left >= size)
            self._left -= size
        try:
            yield
        finally:
            async with self._changed:
                self._left += size
                self._changed.notify_all()


def bounded(budget: Budget) -> Any:
    """A middleware that lets in as many large bodies as the budget holds, and refuses those that are too large."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        size = request.content_length if request.body_exists else 0
        if size is None:
            size = MAX_BODY_BYTES  # chunked: it may become as large as that
        if size > MAX_BODY_BYTES:
            return _too_large(size)
        try:
            if size <= SMALL_BYTES:
                return await handler(request)
            async with budget.share(size):
                answer = await handler(request)
                answer.force_close()  # an open connection would hold on to its last request
                return answer
        except web.HTTPRequestEntityTooLarge:
            return _too_large(None)

    return middleware


def _too_large(size: int | None) -> web.Response:
    what = f"of {size} bytes" if size is not None else "sent in chunks"
    text = f"The body {what} is too large: {MAX_BODY_BYTES} bytes are allowed."
    return web.Response(status=413, text=compact({"Message": text}), content_type="application/json")
