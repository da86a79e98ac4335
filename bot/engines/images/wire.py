"""The Images API on the wire: one request that is paid for, and what comes of it."""

import asyncio
import io
import json
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image, ImageChops, ImageOps

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError
from bot.gateway.http import TRANSPORT, body_of, error_in, error_of, failure_of, post_of, values_in
from bot.gateway.parts import Pictures
from bot.messages import Picture
from bot.metrics import gateway_requests

PATIENCE = 600.0  # seconds for an answer; a picture of high quality takes two minutes and more
LARGEST = 200_000_000  # bytes of an answer: several pictures as text
_TAKEN = {"PNG": ("png", "image/png"), "JPEG": ("jpg", "image/jpeg"), "WEBP": ("webp", "image/webp")}
_DAMAGED = (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError)

Headers = list[tuple[bytes, bytes]]
File = tuple[str, tuple[str, bytes, str]]  # field, (name, bytes, media type)


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer brings: pictures as bytes or links, and the prompt as it was run."""

    pictures: tuple[Picture, ...]
    prompt: str = ""


async def pay(
    client: httpx.AsyncClient, url: str, headers: Headers, content: bytes, *, patience: float = PATIENCE
) -> Made:
    """Send it, once. OutcomeUnknown when no answer came: the picture may have been made, and billed."""
    gateway_requests.labels("images", url.rpartition("/")[2]).inc()
    try:
        async with asyncio.timeout(patience):
            timeout = httpx.Timeout(connect=10.0, write=120.0, pool=10.0, read=None)
            request = post_of(client, url, headers, content, timeout=timeout)
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                body = await body_of(response, LARGEST)
            finally:
                with suppress(*TRANSPORT):
                    await response.aclose()
    except TimeoutError:
        raise OutcomeUnknown("no answer in time", kind=Kind.TIMEOUT) from None
    except TRANSPORT as error:
        raise failure_of(error) from error
    if not response.is_success:
        raise error_of(response.status_code, body, response.headers)
    return await asyncio.to_thread(_read, response, body)


def _read(response: httpx.Response, body: bytes) -> Made:
    """Off the loop: an answer of several pictures has tens of megabytes."""
    values = list(values_in(body.decode("utf-8-sig", "replace").strip()))
    for value in values:
        made = made_of(value)
        if made.pictures:
            return made
        if error := error_in(value, headers=response.headers):
            raise error
    if not values:
        raise error_of(response.status_code, body, response.headers)
    raise ServiceError("the answer holds no picture", kind=Kind.EMPTY, status=response.status_code)


def made_of(value: Any) -> Made:
    """The pictures in an answer: ``data`` or one of its relatives, with keys that may be there and empty."""
    rows = value
    if isinstance(value, dict):
        rows = value.get("data") or value.get("images") or value.get("output") or []
    if isinstance(value, dict) and str(value.get("type", "")).endswith(".completed"):
        rows = [value]  # an event of a stream that nobody asked for
    if isinstance(rows, dict):
        rows = rows.get("data") or rows.get("images") or [rows]
    rows = rows if isinstance(rows, list) else [rows]
    seen = Pictures()
    pictures = [picture for row in rows if row and (picture := seen.new(row))]
    prompts = (row.get("revised_prompt") for row in rows if isinstance(row, dict))
    return Made(tuple(pictures), next((each for each in prompts if isinstance(each, str) and each), ""))


def body_json(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    """A body and its type."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace"), "application/json"


def body_form(fields: Mapping[str, Any], images: Sequence[bytes], mask: bytes = b"") -> tuple[bytes, str]:
    """A form with pictures, and its type. To be made off the loop; Refused for what is no picture.

    One picture is called ``image`` and several ``image[]``: gateways read one or the other.
    """
    name = "image" if len(images) == 1 else "image[]"
    files: list[File] = [(name, _file(f"image{at}", data)) for at, data in enumerate(images, 1)]
    if mask:
        files.append(("mask", ("mask.png", _see_through(mask, images[0]), "image/png")))
    said = {field: str(value) for field, value in fields.items()}
    form = httpx.Request("POST", "http://localhost/", data=said, files=files)
    return form.read(), form.headers["content-type"]


def _file(name: str, data: bytes) -> tuple[str, bytes, str]:
    try:
        with Image.open(io.BytesIO(data)) as opened:
            found = _TAKEN.get(opened.format or "")
            if found is None:
                out = io.BytesIO()
                ImageOps.exif_transpose(opened).convert("RGBA").save(out, "PNG")
                found, data = _TAKEN["PNG"], out.getvalue()
            else:
                opened.load()
    except _DAMAGED as error:
        raise Refused("a picture cannot be read", kind=Kind.REQUEST) from error
    ending, media_type = found
    return f"{name}.{ending}", data, media_type


def _see_through(mask: bytes, picture: bytes) -> bytes:
    """A mask of ours, white where it is painted anew, as one of theirs: see-through there."""
    try:
        with Image.open(io.BytesIO(mask)) as ours, Image.open(io.BytesIO(picture)) as opened:
            white = ours.convert("L").resize(opened.size)
    except _DAMAGED as error:
        raise Refused("the mask cannot be read", kind=Kind.REQUEST) from error
    theirs = Image.new("RGBA", white.size, "black")
    theirs.putalpha(ImageChops.invert(white))
    out = io.BytesIO()
    theirs.save(out, "PNG")
    return out.getvalue()
