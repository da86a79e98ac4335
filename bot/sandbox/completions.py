"""Chat answers: whole or streamed, at a natural pace, or broken on purpose."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from bot.sandbox import mischief
from bot.sandbox.answers import Answer, answer_to, count_tokens
from bot.sandbox.asking import Asked
from bot.sandbox.catalogue import Character
from bot.sandbox.clock import Clock
from bot.sandbox.easels import drawn, strokes
from bot.sandbox.frames import Frames, whole_answer
from bot.sandbox.media import picture_token
from bot.sandbox.paint.dice import number
from bot.sandbox.tools import Call, call_in, first_of
from bot.sandbox.wire import Reply

_PIECE = re.compile(r"\s*[A-Za-z0-9]{1,6}|\s*[^\sA-Za-z0-9]{1,2}|\s+")


Gone = Callable[[], bool]


class Completions:
    """Answers, at the clock's pace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[str, int] = {}

    def world(self) -> float:
        """Unix seconds."""
        return self._clock.world()

    async def pause(self, seconds: float) -> None:
        """Let that many of the clock's seconds pass."""
        await self._clock.sleep(seconds)

    async def reply(self, asked: Asked, base: str, gone: Gone) -> Reply | None:
        """An answer that is no stream; None when one is to be streamed.

        ``base`` is our own address; ``gone`` says whether the caller has left.
        """
        way, argument = (asked.mischief.name, asked.mischief.argument) if asked.mischief else ("", "")
        if way == "error":
            return mischief.error_reply(argument)
        if way in ("flaky", "busy") and self._first_try(asked):
            return mischief.busy_reply() if way == "busy" else mischief.error_reply("500")
        if way == "html":
            return mischief.web_page()
        if asked.body.get("stream") and way != "json":
            return None
        answer = self._answer(asked, way, base)
        await self._clock.sleep(asked.character.first if not self._clock.instant else 0)
        if way == "silent":
            await hush(gone)
        ended = self._ending(asked, answer)
        body = whole_answer(asked.model, answer, asked.tokens, way, _called(asked, way), ended)
        if way == "empty":
            return Reply(200, b"", "application/json")
        return Reply(200, body, "application/json; charset=utf-8")

    async def stream(self, asked: Asked, response: web.StreamResponse, base: str, gone: Gone) -> str:
        """Write the frames; how it ended: done, cut, dropped or gone."""
        way = asked.mischief.name if asked.mischief else ""
        frames = Frames(asked.model, way)
        answer = self._answer(asked, way, base)
        send = _sender(response, way)
        await self._clock.sleep(0 if self._clock.instant else asked.character.first)
        if way == "silent":
            await hush(gone)
            return "gone"
        if way == "empty":
            await send(frames.done())
            return "done"
        if way == "latejson":
            await send(b": PING\n\n: PING\n\n" + mischief.error_reply("500").body)
            return "done"
        if way == "noise":
            await send(frames.noise())
        await send(frames.role())
        if way == "deltaerror":
            await send(frames.delta_error() + frames.stop("stop") + frames.done())
            return "done"
        if made := _called(asked, way):
            for frame in frames.tool(made):
                await send(frame)
            await send(frames.stop("tool_calls") + frames.done())
            return "done"
        text, ending = self._ending(asked, answer)
        if asked.character.thinks == "field":
            async for piece in self._paced(answer.thoughts, asked.character, way):
                await send(frames.thought(piece))
        half = len(text) // 2
        cut = way in ("cut", "drop", "stall", "errorframe", "length")
        async for piece in self._paced(text[:half] if cut else text, asked.character, way):
            await send(frames.text(piece))
            if way == "pings":
                await send(b": PING\n\n")
        match way:
            case "stall":
                await hush(gone)
                return "gone"
            case "cut":
                return "cut"
            case "drop":
                return "dropped"
            case "errorframe":
                await send(frames.error("Provider returned error") + frames.done())
                return "done"
            case "length":
                ending = "length"
            case "refuse":
                ending = "content_filter"
        if way != "nofinish":
            await send(frames.stop(ending))
        if asked.usage_wanted or way == "noise":
            await send(frames.usage(asked.tokens, count_tokens(text)))
        if way != "nodone":
            await send(frames.done())
        return "done"

    def _answer(self, asked: Asked, way: str, base: str) -> Answer:
        if asked.character.paints and (text := drawn(asked.character.paints, asked.messages, base)):
            return Answer(text)
        answer = answer_to(asked.messages)
        if asked.character.thinks == "inline" or way in ("think", "thinkonly"):
            thinking = f"<think>\n{answer.thoughts}\n"
            return Answer(thinking if way == "thinkonly" else f"{thinking}</think>\n{answer.text}")
        kind = (asked.body.get("response_format") or {}).get("type", "text")
        if kind in ("json_object", "json_schema"):
            return Answer(
                json.dumps({"sandbox": True, "answer": answer.text}, ensure_ascii=False), answer.thoughts
            )
        changed = {
            "blank": "",
            "refuse": "I cannot help with that, says the sandbox, because it was asked to refuse.",
            "picture": "Here is a picture that the sandbox has drawn:\n\n"
            f"![A drawn picture]({_picture(asked, base)})\n",
            "lines": "One\u2028two\u2029three\u0085four: all in one line of the stream.",
            "big": "0123456789abcdef" * 32_768,
        }
        return Answer(changed.get(way, answer.text), answer.thoughts)

    def _ending(self, asked: Asked, answer: Answer) -> tuple[str, str]:
        """The text as far as ``stop`` and ``max_tokens`` let it come, and why it ends."""
        text, ending = answer.text, "stop"
        stops = asked.body.get("stop")
        for mark in [stops] if isinstance(stops, str) else stops or ():
            if isinstance(mark, str) and mark and mark in text:
                text = text.partition(mark)[0]
        limit = asked.body.get("max_tokens") or asked.body.get("max_completion_tokens")
        if limit and count_tokens(text) > limit:
            pieces = pieces_of(text)
            text, ending = "".join(pieces[:limit]), "length"
        return text, ending

    async def _paced(self, text: str, character: Character, way: str) -> AsyncIterator[str]:
        """The text in tokens, as fast as the character speaks."""
        cut = strokes if character.paints else pieces_of
        pieces = list(text) if way == "chars" else [text] if way == "big" else cut(text)
        pace = 1.0 if way == "slow" else character.pace
        start = self._clock.now()
        for index, piece in enumerate(pieces):
            if self._clock.instant:
                if index % 32 == 31:
                    await asyncio.sleep(0)
            else:
                ahead = start + index / pace - self._clock.now()
                if ahead > 0.002 * self._clock.speed:
                    await self._clock.sleep(ahead)
            yield piece

    def _first_try(self, asked: Asked) -> bool:
        digest = hashlib.sha256(json.dumps(asked.body, sort_keys=True).encode()).hexdigest()
        self._tries[digest] = self._tries.get(digest, 0) + 1
        return self._tries[digest] % 2 == 1


def _called(asked: Asked, way: str) -> Call | None:
    """The tool that is called instead of an answer."""
    tools = asked.body.get("tools")
    if way == "tool":
        return Call(first_of(tools) or "get_weather", '{"text":"from the sandbox"}')
    return call_in(asked.messages, tools) if not way else None


def _picture(asked: Asked, base: str) -> str:
    """A link to a picture of what was asked for."""
    words = (asked.mischief.argument if asked.mischief else "") or "a lighthouse by the sea at sunset"
    seed = number(json.dumps(asked.body, sort_keys=True)) & 0xFFFFFFFF
    return f"{base}/images/{picture_token(words, seed, 1024, 1024)}.png"


async def hush(gone: Gone) -> None:
    """Say nothing until the caller has left."""
    # aiohttp tells of a lost connection only to those who write.
    while not gone():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def pieces_of(text: str) -> list[str]:
    """A text in pieces like tokens; nothing is lost between them."""
    return _PIECE.findall(text)


def _sender(response: web.StreamResponse, way: str) -> Callable[[bytes], Awaitable[None]]:
    async def send(data: bytes) -> None:
        if way == "crlf":
            data = data.replace(b"data: ", b"data:").replace(b"\n", b"\r\n")
        if way != "bytes":
            await response.write(data)
            return
        for index in range(len(data)):
            await response.write(data[index : index + 1])
            await asyncio.sleep(0)

    return send
