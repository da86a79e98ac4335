"""A gateway that answers with exactly the bytes it was given, in exactly the writes it was given."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Any, TypeVar

Cut = TypeVar("Cut", bytes, str)


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is written, one write after another, with pauses in seconds between them.

    ``then``: end in order, cut the connection, or hang.
    """

    writes: tuple[bytes | float, ...]
    then: str = "end"  # end, reset, hang
    hold: asyncio.Event | None = field(default=None, compare=False)  # waited for before the last write


def whole(
    body: bytes | str, status: int = 200, type: str = "application/json", *, then: str = "end", **headers: str
) -> Reply:
    """An answer with a length."""
    data = body.encode() if isinstance(body, str) else body
    return Reply(
        (head(status, {"Content-Type": type, "Content-Length": str(len(data)), **named(headers)}) + data,),
        then,
    )


def stream(
    *reads: bytes | float,
    type: str = "text/event-stream",
    then: str = "end",
    hold: asyncio.Event | None = None,
    **headers: str,
) -> Reply:
    """A chunked answer, a chunk per read; without its last chunk unless it ends in order."""
    first = head(200, {"Content-Type": type, "Transfer-Encoding": "chunked", **named(headers)})
    chunks = [
        b"%x\r\n%s\r\n" % (len(read), read) if isinstance(read, bytes) else read for read in reads if read
    ]
    return Reply((first, *chunks, *([b"0\r\n\r\n"] if then == "end" else [])), then, hold)


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(value: Any) -> bytes:
    """A frame as new-api writes it."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def delta(text: str | None = None, *, finish: str | None = None, **more: Any) -> bytes:
    """A frame with one choice."""
    inner = {**({} if text is None else {"content": text}), **more}
    return frame({"id": "c", "choices": [{"index": 0, "delta": inner, "finish_reason": finish}]})


DONE = b"data: [DONE]\n\n"
GOOD = (delta("Hello"), delta(" there"), delta(finish="stop"), DONE)


class Gateway:
    """Replies in the order given, the last one for ever; models are listed apart."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: deque[Reply] = deque([stream(*GOOD)])
        self.listing: Reply = whole('{"object":"list","data":[{"id":"gpt-4o-mini","object":"model"}]}')
        self.connections = 0
        self.left = asyncio.Event()  # a client went before its answer was at an end
        self.asked = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def answers(self, *replies: Reply) -> None:
        self.replies = deque(replies)

    @property
    def chats(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]

    async def busy(self, count: int) -> None:
        """Wait until that many have asked."""
        while len(self.requests) < count:
            self.asked.clear()
            await self.asked.wait()

    async def __aenter__(self) -> "Gateway":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            while request := await _request(reader):
                self.requests.append(request)
                self.asked.set()
                if request.method == "GET":
                    reply = self.listing
                else:
                    reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
                if not await self._answer(reply, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Write it; whether the connection can be used again."""
        for place, data in enumerate(reply.writes):
            if reply.hold and place == len(reply.writes) - 1:
                await reply.hold.wait()
            if isinstance(data, bytes):
                writer.write(data)
                await writer.drain()
            await asyncio.sleep(data if isinstance(data, float) else 0)
        if reply.then == "end":
            return True
        if reply.then == "reset":
            writer.transport.abort()
        if reply.then == "hang":
            await reader.read(1)  # until the client goes
            self.left.set()
        return False


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def cut(data: Cut, places: Iterable[int]) -> list[Cut]:
    """The data in pieces, cut at these places."""
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[begin:end] for begin, end in pairwise(marks)]
