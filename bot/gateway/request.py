"""The body of a chat completion request, from a Prompt and from what is known of the model."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.gateway.models import kind_of
from bot.gateway.pictures import DataUrls
from bot.messages import Prompt, Role, Turn

MAX_IMAGES = 10
MAX_IMAGES_ENCODED = 16_000_000  # characters of all pictures; gateways' proxies often stop at 20 MB

# Wire names by type, for settings and commands give strings, and gateways answer 400 to a string.
_TYPES = {
    float: "temperature top_p presence_penalty frequency_penalty repetition_penalty min_p top_a",
    int: "n max_tokens max_completion_tokens seed top_k top_logprobs thinking_budget",
    bool: "stream logprobs parallel_tool_calls store enable_thinking",
    dict: """stop logit_bias response_format tools tool_choice functions function_call stream_options
        modalities audio reasoning thinking metadata prediction web_search_options extra_body""",
}
_TYPE: dict[str, type] = {name: kind for kind, names in _TYPES.items() for name in names.split()}
TOOLS = frozenset(("tools", "tool_choice", "parallel_tool_calls"))  # what paints or sings itself takes none
_OURS = frozenset(("model", "messages"))


@dataclass(slots=True)
class Quirks:
    """What one model has turned out not to take. Learned from its refusals, kept while we run."""

    dropped: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    blind: bool = False  # takes no pictures
    unstreamed: bool = False  # answers in one piece only
    no_system: bool = False  # takes no system message
    unopened: bool = False  # its thoughts have no opening tag


async def build(
    prompt: Prompt, model: str, quirks: Quirks, pictures: DataUrls, *, small: bool = False
) -> dict[str, Any]:
    """The body, with ``stream`` on unless the parameters say otherwise."""
    body: dict[str, Any] = {
        "model": model,
        "messages": await _messages(prompt.turns, quirks, pictures, small=small),
        "stream": True,
    }
    if prompt.user:
        body["user"] = prompt.user
    for name, value in prompt.parameters.items():
        name = "seed" if name == "seen" else name  # a misprint in documentation that people copy
        if name in _OURS:
            continue
        converted = _converted(name, value)
        if converted is not None:
            body[name] = converted
    body["stream"] = bool(body["stream"]) and not quirks.unstreamed
    if body["stream"]:
        body["stream_options"] = {"include_usage": True, **body.get("stream_options", {})}
    else:
        body.pop("stream_options", None)
    for old, new in quirks.renamed.items():
        if old in body:
            body.setdefault(new, body.pop(old))
            body.pop(old, None)
    for name in quirks.dropped | (TOOLS if kind_of(model).media else set()):
        body.pop(name, None)
    return body


def _converted(name: str, value: object) -> object:
    """The value in its type on the wire; None when it is not set; as it is when it does not fit."""
    kind = _TYPE.get(name)
    if isinstance(value, str):
        text = value.strip()
        if not text or (kind in (int, float) and text.lower() in ("null", "none", "inf")):
            return None
        if kind in (int, float):
            value = _number(text)
        elif kind is bool:
            value = {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), value)
        elif kind is dict and text[0] in "{[":
            value = _parsed(text)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if kind is int and value.is_integer() else value
    if name == "logit_bias" and isinstance(value, Mapping):
        return {str(token): _number(bias) if isinstance(bias, str) else bias for token, bias in value.items()}
    return value


def _number(text: str) -> object:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _messages(
    turns: Sequence[Turn], quirks: Quirks, pictures: DataUrls, *, small: bool
) -> list[dict[str, Any]]:
    urls = {} if quirks.blind else await _data_urls(turns, pictures, small=small)
    messages: list[dict[str, Any]] = []
    folded = ""  # what a system message would say, for a model that takes none
    for place, turn in enumerate(turns):
        missing = len(turn.images) - len(urls.get(place, ()))
        text = _text(turn, missing, blind=quirks.blind)
        if quirks.no_system and turn.role is Role.SYSTEM:
            folded = f"{folded}{text}\n\n"
            continue
        if folded and turn.role is Role.USER:
            text, folded = folded + text, ""
        if place in urls:
            parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text.strip() else []
            parts += [
                {"type": "image_url", "image_url": {"url": url, "detail": "auto"}} for url in urls[place]
            ]
            messages.append({"role": turn.role.value, "content": parts})
        elif text.strip():  # some relays refuse an empty content
            messages.append({"role": turn.role.value, "content": text})
    return messages


def _text(turn: Turn, missing: int, *, blind: bool) -> str:
    """What the turn says, and who says it.

    The speaker stands in the text and not in ``name``: that field takes only [a-zA-Z0-9_-], which most
    names are not, some vendors refuse it, and many models never see it.
    """
    text = turn.text
    if missing and turn.role is Role.USER:
        note = "[a picture, but you cannot see pictures]" if blind else "[a picture that could not be read]"
        text = "\n".join([text, *[note] * missing]).strip()
    speaker = " ".join(re.sub(r"[\x00-\x1f\x7f:]", " ", turn.speaker).split())[:64]
    return f"{speaker}: {text}" if speaker and turn.role is Role.USER else text


async def _data_urls(turns: Sequence[Turn], pictures: DataUrls, *, small: bool) -> dict[int, list[str]]:
    """Pictures by the place of their turn, the newest within what one request may carry."""
    left, room = MAX_IMAGES, MAX_IMAGES_ENCODED
    found: dict[int, list[str]] = {}
    for place in range(len(turns) - 1, -1, -1):
        if turns[place].role is not Role.USER:
            continue
        for image in turns[place].images[:left]:
            url = await pictures.of(image, small=small)
            if url is None or len(url) > room:
                continue
            found.setdefault(place, []).append(url)
            left, room = left - 1, room - len(url)
    return found
