"""The images and audio routes: drawn pictures, a melody for speech, and honest words for hearing."""

import asyncio
import base64
import io
import json
import math
import re
import struct
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox import catalogue, mischief, plans
from bot.sandbox.image_rules import refusal, rules_of
from bot.sandbox.looks import NoPicture, look
from bot.sandbox.paint.dice import number
from bot.sandbox.paint.painter import Painter
from bot.sandbox.paint.shots import Sheet
from bot.sandbox.prompts import banned_word, parse
from bot.sandbox.studio import new_seed
from bot.sandbox.wire import Reply, go_dump

SMALLEST, WIDEST = 64, 2048  # pixels of a side
BAD_SIZE = "size must be two numbers from 64 to 2048 with the letter x between them, such as 1024x1024"
HEARD = "This is the sandbox. It cannot hear, but it received {name}: {size:,} bytes of {kind}."
RATE = 24_000  # samples a second


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    name: str
    media_type: str
    data: bytes


class Media:
    """Answers ``/v1/images/*`` and ``/v1/audio/*``."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter

    async def generations(self, body: Any, base: str) -> Reply:
        if not isinstance(body, dict):
            return _refused("prompt is required")
        return await self._draw(body, base)

    async def edits(self, fields: Mapping[str, str], files: Sequence[Upload], base: str) -> Reply:
        if not files:
            return _refused("image is required")
        try:
            seen = [await look(file.data) for file in files]
        except NoPicture:
            return _refused("image is not a picture")
        tones = tuple(tone for each in seen for tone in each.tones[:3])
        return await self._draw(dict(fields), base, tones, edit=True)

    async def _draw(
        self, body: Mapping[str, Any], base: str, tones: tuple[str, ...] = (), *, edit: bool = False
    ) -> Reply:
        prompt, model = body.get("prompt"), body.get("model") or catalogue.IMAGES[0]
        if not isinstance(prompt, str) or not prompt.strip():
            return _refused("prompt is required")
        if model not in catalogue.IMAGES:
            return _no_channel(str(model))
        if refused := refusal(model, body, edit=edit):
            return refused
        if parse(prompt).trick == "moderated":
            message = "Your request was rejected as a result of our safety system."
            return mischief.error(400, message, "image_generation_user_error", "moderation_blocked")
        if word := banned_word(prompt):
            message = f"Your request was rejected by the safety system: {word}."
            return mischief.error(400, message, mischief.INVALID, "content_policy_violation")
        size = re.fullmatch(r"(\d{2,4})x(\d{2,4})", str(body.get("size") or "1024x1024"))
        if body.get("size") in (None, "auto"):
            size = re.fullmatch(r"(\d+)x(\d+)", "1024x1024")
        if size is None or not all(SMALLEST <= int(side) <= WIDEST for side in size.groups()):
            return _refused(BAD_SIZE)
        count = body.get("n", 1)
        count = int(count) if str(count).isdigit() else 0
        if not 1 <= count <= 10:
            return _refused("invalid value of n")
        seed = parse(prompt).seed
        data = []
        for index in range(count):
            token = picture_token(prompt, new_seed(seed, index), int(size[1]), int(size[2]), tones)
            if rules_of(model).bytes_only:
                painted = await self.painted(token)
                data.append({"b64_json": base64.b64encode(painted or b"").decode()})
            elif body.get("response_format") == "b64_json":
                painted = await self.painted(token)
                data.append(
                    {
                        "url": "",
                        "b64_json": base64.b64encode(painted or b"").decode(),
                        "revised_prompt": prompt,
                    }
                )
            else:
                data.append({"url": f"{base}/images/{token}.png", "b64_json": "", "revised_prompt": prompt})
        return Reply(
            200, go_dump({"created": 1_700_000_000, "data": data}), "application/json; charset=utf-8"
        )

    async def painted(self, token: str) -> bytes | None:
        """The picture that a token stands for; None for something that is none."""
        try:
            prompt, seed, width, height, tones, *part = json.loads(base64.urlsafe_b64decode(token))
            ratio = tuple(min(WIDEST, max(SMALLEST, int(side))) for side in (width, height))
            colours = [tone for tone in map(str, tones) if re.fullmatch("[0-9a-f]{6}", tone)]
            sheet = plans.from_prompt(parse(str(prompt)), int(seed), colours, (ratio[0], ratio[1]))
            which = min(4, max(0, int(part[0]))) if part else 1
        except (ValueError, TypeError):
            return None
        if which:
            sheet = Sheet(sheet.tile(which), grid=False, seed=sheet.seed)
        return await self._painter.sized(sheet, ratio[0], ratio[1])

    async def speech(self, body: Any) -> Reply:
        """A melody as long as the text, as WAV whatever was asked for; ``pcm`` without its header."""
        if not isinstance(body, dict) or not str(body.get("input") or "").strip():
            return mischief.error(400, "field input is required", "new_api_error", "invalid_audio_request")
        if body.get("model") not in catalogue.SPEECH:
            return _no_channel(str(body.get("model") or ""))
        text = str(body["input"])
        if len(text) > 4096:
            return mischief.error(400, "input is too long", "new_api_error", "text_too_long")
        samples = await asyncio.to_thread(_melody, text)
        if body.get("response_format") == "pcm":
            return Reply(200, samples, "audio/pcm")
        return Reply(200, _wav(samples), "audio/wav")

    async def transcription(self, fields: Mapping[str, str], files: Sequence[Upload]) -> Reply:
        if not files:
            return mischief.error(400, "file is required", "new_api_error", "invalid_audio_request")
        if fields.get("model") not in catalogue.HEARING:
            return _no_channel(fields.get("model", ""))
        file = files[0]
        said = HEARD.format(name=file.name or "a file", size=len(file.data), kind=file.media_type or "sound")
        plain = "text/plain; charset=utf-8"
        match fields.get("response_format", "json"):
            case "text":
                return Reply(200, f"{said}\n".encode(), plain)
            case "srt":
                return Reply(200, f"1\n00:00:00,000 --> 00:00:04,000\n{said}\n\n".encode(), plain)
            case "vtt":
                return Reply(200, f"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n{said}\n".encode(), plain)
            case "verbose_json":
                segment = {"id": 0, "start": 0.0, "end": 4.0, "text": said}
                body: Any = {"task": "transcribe", "language": "english", "duration": 4.0, "text": said}
                return Reply(200, go_dump({**body, "segments": [segment]}), "application/json")
        return Reply(200, go_dump({"text": said}), "application/json")


def picture_token(
    prompt: str, seed: int, width: int, height: int, tones: Sequence[str] = (), part: int = 1
) -> str:
    """A name that says all about a picture, so that nothing has to be kept for it.

    ``part`` is which of the four that belong together; 0 is all of them in one.
    """
    facts = json.dumps([prompt[:300], seed, width, height, list(tones[:6]), part], ensure_ascii=False)
    return base64.urlsafe_b64encode(facts.encode()).decode()


def _melody(text: str) -> bytes:
    """One note a word, at most twelve of them, on a scale that always sounds well."""
    notes = (261.6, 293.7, 329.6, 392.0, 440.0, 523.3)
    samples = bytearray()
    for word in text.split()[:12]:
        pitch = notes[number(word) % len(notes)]
        length = RATE // 5
        for step in range(length):
            fade = min(1.0, step / 600) * (1 - step / length) ** 1.5
            samples += struct.pack("<h", round(9000 * fade * math.sin(2 * math.pi * pitch * step / RATE)))
    return bytes(samples)


def _wav(samples: bytes) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    return data.getvalue()


def _refused(message: str) -> Reply:
    return mischief.error(400, message, "new_api_error", "invalid_image_request")


def _no_channel(model: str) -> Reply:
    return mischief.error(503, f"当前分组 default 下对于模型 {model} 无可用渠道", "new_api_error", None)
