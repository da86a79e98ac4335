"""Suno's task APIs: as new-api and one-hub have them, Suno-API itself, GoAmz, and the direct servers."""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.media import picture_token
from bot.sandbox.paint.dice import number
from bot.sandbox.prompts import banned_word, parse
from bot.sandbox.refusals import invalid_url, open_ai_error
from bot.sandbox.song import tune
from bot.sandbox.wire import Call, Reply, go_dump, html_502
from bot.sandbox.works import Work, Works

JSON = "application/json; charset=utf-8"
DIALECTS = ("new-api", "one-hub", "suno-api", "relay", "goamz", "direct")  # relay: new-api that joins, too
SECONDS = {"music": 20.0, "lyrics": 4.0, "concat": 6.0}
LENGTH = (8.0, 6.0)  # seconds of the two takes
KEPT = 8  # tunes

_SPACE = uuid.UUID("1d3b7c0e-52f5-4b6e-8d1a-6a3f0f3c2b11")


class Suno:
    """``dialect`` is set by the switch ``suno``; "" for a gateway without music."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._tunes: OrderedDict[str, bytes] = OrderedDict()

    async def handle(self, call: Call, dialect: str) -> Reply:
        """Answer any request under ``/suno``."""
        match call.method, call.path.split("/")[2:]:
            case "POST", ["submit", verb] if dialect in DIALECTS[:4]:
                return await self._submit(call, verb.lower(), dialect)
            case "POST", ["fetch"] if dialect in DIALECTS[:4]:
                return self._fetch_many(call, dialect)
            case "GET", ["fetch", name] if dialect in DIALECTS[:4]:
                return self._fetch(call, name, dialect)
            case method, ["v1", *rest] if dialect == "goamz":
                return await self._goamz(call, method, [each for each in rest if each != "v3.0"])
            case method, rest if dialect == "direct":
                return await self._direct(call, method, rest)
        return invalid_url(call.method, call.path)

    async def sound(self, name: str) -> bytes | None:
        """The file behind ``/songs/<work>-<take>.wav``."""
        found, _sep, take = name.removesuffix(".wav").rpartition("-")
        work = self._works.any(found)
        if work is None or not take.isdigit():
            return None
        if name not in self._tunes:
            length = LENGTH[0] * 2 if work.verb == "concat" else LENGTH[(int(take) - 1) % 2]
            self._tunes[name] = await asyncio.to_thread(tune, work.words, length, int(take))
            while len(self._tunes) > KEPT:
                self._tunes.popitem(last=False)
        return self._tunes[name]

    # --- new-api and its like -----------------------------------------------------------------

    async def _submit(self, call: Call, verb: str, dialect: str) -> Reply:
        body = call.body if isinstance(call.body, dict) else {}
        joins = dialect == "relay"
        if verb not in ("music", "lyrics", *(("concat",) if joins else ())):
            return _flat(400, "invalid_request", "invalid_action")
        if verb == "lyrics" and not body.get("prompt"):
            return _flat(400, "invalid_request", "prompt_empty")
        if verb == "concat" and not body.get("clip_id"):
            return _flat(400, "invalid_request", "clip_id is empty")
        if verb == "music" and body.get("continue_clip_id"):
            if not body.get("task_id"):
                return _flat(400, "invalid_request", "task id is empty")
            if self._works.get(str(body["task_id"]), call.key) is None:
                return _flat(400, "task_not_exist", "task_origin_not_exist")
        words = str(body.get("gpt_description_prompt") or body.get("prompt") or "")
        trick = call.trick or parse(words).trick
        match trick:
            case "quota":
                return _flat(403, "quota_not_enough", "user quota is not enough")
            case "saturated":
                return _flat(429, "fail_to_fetch_task", "当前分组上游负载已饱和，请稍后再试")
            case "nochannel" if dialect == "one-hub":
                return _flat(503, "provider_not_found", "provider not found")
            case "nochannel":
                return open_ai_error(503, f"当前分组 default 下对于模型 suno_{verb} 无可用渠道")
        work = await self._take(call, verb, body, trick)
        match trick:
            case "code5":
                return _flat(500, "do_request_failed", "do_request_failed")
            case "html502":
                return html_502()
            case "hangup":
                return Reply(hangup=True)
        return _json({"code": "success", "message": "", "data": work.id})

    def _fetch(self, call: Call, name: str, dialect: str) -> Reply:
        work = self._works.get(name, call.key)
        if work is None:
            if dialect == "one-hub":
                return _flat(404, "task_not_exist", "")
            return _flat(400, "task_not_exist", "task_not_exist")
        bare = dialect == "suno-api" and work.verb != "lyrics"
        told = self._clips(call, work) if bare else self._task(call, work)
        return _json({"code": "success", "message": "", "data": told})

    def _fetch_many(self, call: Call, dialect: str) -> Reply:
        body = call.body if isinstance(call.body, dict) else {}
        names = [str(name) for name in body.get("ids") or ()]
        found = [work for name in names if (work := self._works.get(name, call.key))]
        rows: Any = [self._task(call, work) for work in reversed(found)]
        if not found and (names or dialect == "one-hub"):
            rows = None
        return _json({"code": "success", "message": "", "data": rows})

    def _task(self, call: Call, work: Work) -> dict[str, Any]:
        now = self._works.clock.now()
        share, reason = work.share(now), work.failure(now)
        started, ended = share >= 0.05, share >= 1.0 or bool(reason)
        status = "FAILURE" if reason else "SUCCESS" if ended else "IN_PROGRESS" if started else "NOT_START"
        shown: Any = None if not started else [] if reason else self._clips(call, work)
        if work.verb == "lyrics":
            shown = _lyrics(work) if status == "SUCCESS" else None
        return {
            "task_id": work.id,
            "action": work.verb.upper(),
            "status": status,
            "fail_reason": reason,
            "submit_time": int(work.made),
            "start_time": int(work.made) if started else 0,
            "finish_time": int(self._works.clock.real(work.at + work.seconds)) if ended else 0,
            "progress": "100%" if ended else "0%",
            "data": shown,
        }

    # --- GoAmz ----------------------------------------------------------------------------------

    async def _goamz(self, call: Call, method: str, rest: Sequence[str]) -> Reply:
        body = call.body if isinstance(call.body, dict) else {}
        match method, rest:
            case "POST", ["music"]:
                asked = body.get("input")
                asked = asked if isinstance(asked, dict) else {}
                return await self._goamz_take(call, "music", {**asked, "mv": body.get("mv")})
            case "POST", ["music", "concat"] if "/v3.0/" in call.path and not body.get("clip_id"):
                return _json({"code": 400, "message": "clip_id is required", "data": None})
            case "POST", ["music", "concat"] if "/v3.0/" in call.path:
                return await self._goamz_take(call, "concat", body)
            case "POST", ["lyrics"] if body.get("prompt"):
                return await self._goamz_take(call, "lyrics", body)
            case "GET", ["music" | "lyrics", name] if found := self._works.get(name, call.key):
                return _json({"code": 200, "data": self._goamz_task(call, found), "message": "success"})
            case ("GET", ["music" | "lyrics", _]):
                return _json({"code": 404, "message": "task not found", "data": None})
        return invalid_url(call.method, call.path)

    async def _goamz_take(self, call: Call, verb: str, body: Mapping[str, Any]) -> Reply:
        words = str(body.get("gpt_description_prompt") or body.get("prompt") or "")
        trick = call.trick or parse(words).trick
        work = await self._take(call, verb, body, trick)
        if trick == "code5":
            return _json({"code": 500, "messages": "error"})
        return _json({"code": 200, "data": {"task_id": work.id}, "message": "success"})

    def _goamz_task(self, call: Call, work: Work) -> dict[str, Any]:
        now = self._works.clock.now()
        share, reason = work.share(now), work.failure(now)
        status = "failed" if reason else "completed" if share >= 1.0 else "processing"
        clips = {} if share < 0.05 or reason else {each["id"]: each for each in self._clips(call, work)}
        told = {"task_id": work.id, "status": status, "input": go_dump(work.facts).decode(), "clips": clips}
        if reason:
            told["error_message"] = reason
        if work.verb == "lyrics" and status == "completed":
            return told | _lyrics(work) | {"status": status, "clips": None}
        return told

    # --- direct servers -------------------------------------------------------------------------

    async def _direct(self, call: Call, method: str, rest: Sequence[str]) -> Reply:
        body = call.body if isinstance(call.body, dict) else {}
        match method, [each for each in rest if each]:
            case "POST", ["generate"] | ["generate", "description-mode"]:
                work = await self._take(call, "music", body)
                clips = [{"id": _clip_id(work, take), "status": "submitted"} for take in (1, 2)]
                return _json({"id": work.id, "clips": clips, "status": "complete"})
            case "POST", ["generate", "lyrics"]:
                return _json({"id": (await self._take(call, "lyrics", body)).id})
            case "POST", ["generate", "concat", "v2"]:
                work = await self._take(call, "concat", body)
                return _json({"id": _clip_id(work, 1), "status": "submitted"})
            case "GET", ["lyrics", name] if found := self._works.get(name, call.key):
                done = found.share(self._works.clock.now()) >= 1.0
                return _json(_lyrics(found) if done else {"status": "running", "title": "", "text": ""})
            case "GET", ["feed", names]:
                return _json([clip for name in names.split(",") for clip in self._clip_of(call, name)])
        return invalid_url(call.method, call.path)

    def _clip_of(self, call: Call, name: str) -> list[dict[str, Any]]:
        for row in self._works.report():
            work = self._works.get(row["id"], call.key)
            if work and work.api == "suno" and work.verb != "lyrics":
                for clip in self._clips(call, work):
                    if clip["id"] == name:
                        return [clip]
        return []

    # --- what all of them tell ------------------------------------------------------------------

    async def _take(self, call: Call, verb: str, body: Mapping[str, Any], trick: str = "") -> Work:
        words = str(body.get("gpt_description_prompt") or body.get("prompt") or "")
        parsed = parse(words)
        trick = trick or call.trick or parsed.trick
        if banned_word(words):
            trick = "moderated"
        names = ("title", "tags", "prompt", "continue_clip_id", "clip_id", "make_instrumental", "mv")
        facts = {name: body[name] for name in names if body.get(name)}
        facts["own"] = not body.get("gpt_description_prompt")
        return await self._works.take(
            "suno", verb, call.key, parsed.words or words, SECONDS[verb], trick, **facts
        )

    def _clips(self, call: Call, work: Work) -> list[dict[str, Any]]:
        now = self._works.clock.now()
        share, reason = work.share(now), work.failure(now)
        takes = (1,) if work.verb == "concat" else (1, 2)
        return [self._clip(call, work, take, share, reason) for take in takes]

    def _clip(self, call: Call, work: Work, take: int, share: float, reason: str) -> dict[str, Any]:
        done, live = share >= 1.0 and not reason, share >= 0.2 * take + 0.1
        status = "error" if reason else "complete" if done else "streaming" if live else "queued"
        words = _lyrics(work)
        cover = picture_token(work.words, number(work.id, take) & 0xFFFFFFFF, 512, 512)
        history = work.facts.get("continue_clip_id") or work.facts.get("clip_id")
        about = {
            "tags": work.facts.get("tags") or "sandbox, pentatonic",
            "prompt": "" if work.facts.get("make_instrumental") else words["text"],
            "gpt_description_prompt": None if work.facts.get("own") else work.words,
            "audio_prompt_id": work.facts.get("continue_clip_id"),
            "history": [{"id": history}] if history else None,
            "duration": LENGTH[take - 1] if done else None,
            "error_type": "moderation_failure" if reason else None,
            "error_message": reason or None,
        }
        sound = f"{call.base}/songs/{work.id}-{take}.wav"
        return {
            "id": _clip_id(work, take),
            "video_url": "",
            "audio_url": sound if done else f"{sound}?live=1" if status == "streaming" else "",
            "image_url": f"{call.base}/images/{cover}.png" if live else "",
            "image_large_url": "",
            "major_model_version": "v3.5",
            "model_name": str(work.facts.get("mv") or "chirp-v3-0"),
            "status": status,
            "title": words["title"],
            "text": "",
            "metadata": about,
        }


def _clip_id(work: Work, take: int) -> str:
    return str(uuid.uuid5(_SPACE, f"{work.id} {take}"))


def _lyrics(work: Work) -> dict[str, str]:
    """The words that were sent, or a verse about them."""
    words = work.words.strip(" .") or "nothing at all"
    text = str(work.facts.get("prompt") or "") if work.verb != "lyrics" else ""
    if not text:
        text = (
            f"[Verse]\n{words[:1].upper()}{words[1:]}\nI hum it high, I hum it low\n\n"
            f"[Chorus]\nOh, {words}\nThe sandbox sings it, so you know"
        )
    title = str(work.facts.get("title") or "") or words.title()[:40]
    return {"id": work.id, "status": "complete", "title": title, "text": text}


def _flat(status: int, code: str, message: str) -> Reply:
    return Reply(status, go_dump({"code": code, "message": message, "data": None}), JSON)


def _json(data: object) -> Reply:
    return Reply(200, go_dump(data), JSON)
