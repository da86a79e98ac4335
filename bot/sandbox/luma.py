"""Luma's task API: both pairs of addresses, answers as objects or lists, links that come a little late."""

import asyncio
import io
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from PIL import Image

from bot.sandbox.film import film
from bot.sandbox.looks import NoPicture, from_data_url, look
from bot.sandbox.media import Media, picture_token
from bot.sandbox.paint.dice import number
from bot.sandbox.prompts import banned_word, parse
from bot.sandbox.refusals import invalid_url
from bot.sandbox.wire import Call, Reply, dump, html_502
from bot.sandbox.works import Work, Works

DIALECTS = ("luma", "list", "v1")
SECONDS = 15.0
LATE = 0.15  # of its time that its link comes later than its end
RATIOS = {"16:9": (256, 144), "9:16": (144, 256), "1:1": (192, 192), "4:3": (192, 144), "3:4": (144, 192)}
FRAMES, RATE = 16, 8  # pictures in a clip, and in a second
KEPT = 4  # films


class Luma:
    """``dialect`` is set by the switch ``luma``; "" for a gateway without video."""

    def __init__(self, works: Works, media: Media) -> None:
        self._works = works
        self._media = media
        self._films: OrderedDict[str, bytes] = OrderedDict()

    async def handle(self, call: Call, dialect: str) -> Reply:
        """Answer any request under ``/luma``, perhaps with a tier before it."""
        match call.method, call.path.split("/")[2:]:
            case ("POST", ["generations"] | ["generations", ""]) if dialect in DIALECTS[:2]:
                return await self._create(call, dialect)
            case "POST", ["generations", name, "extend"] if dialect in DIALECTS[:2]:
                return await self._create(call, dialect, name)
            case "POST", ["tasks"] if dialect == "luma":
                names = call.body.get("ids") if isinstance(call.body, dict) else ()
                found = [self._works.get(str(name), call.key) for name in names or ()]
                return _json([self._row(call, work) for work in found if work])
            case "GET", ["generations", name] if dialect in DIALECTS[:2]:
                return self._query(call, name)
            case "POST", ["v1", "generations"] if dialect == "v1":
                return await self._create(call, dialect)
            case "GET", ["v1", "task"] if dialect == "v1":
                return self._query(call, call.query.get("id", ""))
        return invalid_url(call.method, call.path)

    async def film(self, name: str) -> bytes | None:
        """The file behind ``/clips/<work>.mp4``."""
        work = self._works.any(name.removesuffix(".mp4"))
        if work is None or work.api != "luma":
            return None
        if name not in self._films:
            width, height = RATIOS[work.facts["ratio"]]
            painted = await self._media.painted(_token(work, width * 3 // 2, height * 3 // 2))
            self._films[name] = await asyncio.to_thread(
                _moving, painted or b"", (width, height), loop=bool(work.facts.get("loop"))
            )
            while len(self._films) > KEPT:
                self._films.popitem(last=False)
        return self._films[name]

    async def _create(self, call: Call, dialect: str, extends: str = "") -> Reply:
        body = call.body if isinstance(call.body, dict) else {}
        words = str(body.get("user_prompt") or "")
        pictures = [str(body[name]) for name in ("image_url", "image_end_url") if body.get(name)]
        if not words.strip() and not pictures:
            return _detail(422, "user_prompt is required")
        ratio = body.get("aspect_ratio") or "16:9"
        if ratio not in RATIOS:
            return _detail(422, f"aspect_ratio must be one of {', '.join(RATIOS)}")
        if extends and self._works.get(extends, call.key) is None:
            return _detail(404, "Generation not found")
        try:
            tones = await _tones(pictures)
        except NoPicture:
            return _detail(422, "image_url is not a picture")
        parsed = parse(words)
        trick = call.trick or ("moderated" if banned_word(words) else parsed.trick)
        match trick:
            case "quota":
                return _detail(402, "Insufficient credits")
            case "saturated":
                return _detail(429, "Too many requests")
        work = await self._works.take(
            "luma",
            "extend" if extends else "video",
            call.key,
            parsed.words,
            SECONDS,
            trick,
            prompt=words,
            ratio=ratio,
            loop=bool(body.get("loop")),
            tones=tones,
            parent=extends,
        )
        match trick:
            case "html502":
                return html_502()
            case "hangup":
                return Reply(hangup=True)
        row = self._row(call, work)
        return _json([row] if dialect == "list" else row)

    def _query(self, call: Call, name: str) -> Reply:
        work = self._works.get(name, call.key)
        if work is None:
            return _detail(404, "Generation not found")
        return Reply(
            200, dump(self._row(call, work))
        )  # the content type comes too late to be sent (Luma-API)

    def _row(self, call: Call, work: Work) -> dict[str, Any]:
        now = self._works.clock.now()
        share, reason = work.share(now), work.failure(now)
        state = "failed" if reason else "completed" if share >= 1 else "processing"
        state = "pending" if share < 0.2 and not reason else state
        width, height = RATIOS[work.facts["ratio"]]
        address = f"{call.base}/clips/{work.id}.mp4"
        video = {"url": address, "width": width, "height": height, "thumbnail": None}
        cover = f"{call.base}/images/{_token(work, width, height)}.png"
        row = {
            "id": work.id,
            "prompt": work.facts["prompt"],
            "state": state,
            "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(work.made)),
            "video": {**video, "download_url": address} if share >= 1 + LATE and not reason else None,
            "liked": None,
            "estimate_wait_seconds": None,
            "thumbnail": {"url": cover, "width": width, "height": height} if share >= 0.5 else None,
            "last_frame": None,
        }
        return row | ({"failure_reason": reason} if reason else {})


def _moving(painted: bytes, size: tuple[int, int], *, loop: bool) -> bytes:
    """A slow look across a picture that is larger than the film."""
    with Image.open(io.BytesIO(painted)) as opened:
        picture = opened.convert("RGB")
    frames = []
    for index in range(FRAMES):
        t = index / FRAMES
        t = (2 * t if t < 0.5 else 2 - 2 * t) if loop else t
        left, top = round((picture.width - size[0]) * t), round((picture.height - size[1]) * (1 - t))
        frames.append(picture.crop((left, top, left + size[0], top + size[1])))
    return film(frames, RATE)


def _token(work: Work, width: int, height: int) -> str:
    seed = number(work.facts.get("parent") or work.id) & 0xFFFFFFFF
    return picture_token(work.words or "a picture that moves", seed, width, height, work.facts["tones"])


async def _tones(pictures: Sequence[str]) -> list[str]:
    """The colours of the pictures that were sent; those behind links are not looked at."""
    sent = [from_data_url(each) for each in pictures if not each.startswith("http")]
    return [tone for data in sent for tone in (await look(data)).tones[:3]]


def _detail(status: int, words: str) -> Reply:
    return _json({"detail": words}, status)


def _json(data: object, status: int = 200) -> Reply:
    return Reply(status, dump(data), "application/json")
