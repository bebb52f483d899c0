"""The witness as a web application: `POST /add-checkpoint`, and `GET /ORIGIN-HASH/checkpoint`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from paraplu.witness.judgement import BAD, CONFLICT, MOST_BYTES, judge
from paraplu.witness.memory import Memory

_SIZE = "text/x.tlog.size"


def create_app(memory: Memory, tell: Callable[[str], None]) -> Starlette:
    """The application; `tell` is told of each judgement in one line, without content of the log."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return PlainTextResponse("too large\n", BAD)
        judged = await run_in_threadpool(judge, memory, bytes(body))
        tell(f"{judged.status} {judged.said}")
        media_type = _SIZE if judged.status == CONFLICT else "text/plain; charset=utf-8"
        return Response(judged.body.encode(), judged.status, {"content-type": media_type})

    def checkpoint(request: Request) -> Response:
        wanted = request.path_params["origin_hash"]
        for origin, seen in memory.logs():
            if hashlib.sha256(origin.encode()).hexdigest() == wanted:
                return Response(seen.note, media_type="text/plain; charset=utf-8")
        return PlainTextResponse("nothing seen of this log\n", 404)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin_hash}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )
