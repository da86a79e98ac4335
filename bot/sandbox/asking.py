"""Chat requests, checked as strictly as new-api checks them, and understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import mischief
from bot.sandbox.answers import Said, count_tokens
from bot.sandbox.catalogue import CHAT, Character
from bot.sandbox.looks import NoPicture, from_data_url, look
from bot.sandbox.mischief import Mischief
from bot.sandbox.wire import Reply

FLOAT, INT, UINT, BOOL, STRING, ARRAY, OBJECT = "float64", "int", "uint", "bool", "string", "array", "object"
TYPES = {
    "model": STRING,
    "temperature": FLOAT,
    "top_p": FLOAT,
    "n": INT,
    "max_tokens": UINT,
    "max_completion_tokens": UINT,
    "presence_penalty": FLOAT,
    "frequency_penalty": FLOAT,
    "seed": FLOAT,
    "stream": BOOL,
    "user": STRING,
    "messages": ARRAY,
    "tools": ARRAY,
    "response_format": OBJECT,
    "stream_options": OBJECT,
}


class Rejected(Exception):
    """The request is refused with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was understood."""

    body: Mapping[str, Any]
    messages: tuple[Said, ...]
    character: Character
    mischief: Mischief | None

    @property
    def model(self) -> str:
        return str(self.body["model"])

    @property
    def usage_wanted(self) -> bool:
        return bool((self.body.get("stream_options") or {}).get("include_usage"))

    @property
    def tokens(self) -> int:
        pictures = sum(len(said.pictures) for said in self.messages)
        return sum(count_tokens(said.text) + 3 for said in self.messages) + 3 + 85 * pictures


async def understand(body: Any, trick: str) -> Asked:
    """Check a body as new-api would; Rejected for whatever it would refuse."""
    if not isinstance(body, dict):
        raise Rejected(
            mischief.error(400, "Invalid request, 无效的请求, invalid body", "new_api_error", None)
        )
    if not body.get("model"):
        raise Rejected(_invalid("model is required"))
    for name, kind in TYPES.items():
        if (value := body.get(name)) is not None and not _fits(value, kind):
            raise Rejected(_invalid(_cannot(value, name, kind)))
    for tool in body.get("tools") or ():
        if not isinstance(tool, dict):
            raise Rejected(_invalid(_cannot(tool, "tools", "dto.ToolCallRequest")))
    if body["model"] not in CHAT:
        message = f"当前分组 default 下对于模型 {body['model']} 无可用渠道"
        raise Rejected(mischief.error(503, message, "new_api_error", None))
    if not body.get("messages"):
        raise Rejected(_invalid("field messages is required"))
    if body.get("max_tokens", 0) > 1_073_741_823:
        raise Rejected(_invalid("max_tokens is invalid"))
    character = CHAT[body["model"]]
    for name in character.refuses:
        if name in body:
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            raise Rejected(mischief.error(400, message, mischief.INVALID, "unsupported_parameter", name))
    messages = tuple([await _said(message) for message in body["messages"]])
    last = next((said.text for said in reversed(messages) if said.role == "user"), "")
    asked = Asked(body, messages, character, Mischief(trick) if trick else mischief.asked_for(last))
    if character.context and asked.tokens > character.context:
        message = (
            f"This model's maximum context length is {character.context} tokens. However, your messages "
            f"resulted in {asked.tokens} tokens. Please reduce the length of the messages."
        )
        raise Rejected(mischief.error(400, message, mischief.INVALID, "context_length_exceeded", "messages"))
    return asked


async def _said(message: Any) -> Said:
    if not isinstance(message, dict):
        raise Rejected(_invalid(_cannot(message, "messages", "dto.Message")))
    content = message.get("content")
    role, name = str(message.get("role", "")), str(message.get("name") or "")
    if isinstance(content, str) or content is None:
        return Said(role, content or "", name=name)
    texts, pictures, links = [], [], 0
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict):
            raise Rejected(_invalid(_cannot(part, "messages.content", "dto.MediaContent")))
        if part.get("type") == "text":
            texts.append(str(part.get("text") or ""))
        if part.get("type") == "image_url":
            found = part.get("image_url")
            url = found.get("url") if isinstance(found, dict) else found
            if not isinstance(url, str):
                raise Rejected(_unreadable_picture())
            if url.startswith(("http://", "https://")):
                links += 1
                continue
            try:
                pictures.append(await look(from_data_url(url)))
            except NoPicture as error:
                raise Rejected(_unreadable_picture()) from error
    return Said(role, "\n".join(texts), tuple(pictures), links, name)


def _unreadable_picture() -> Reply:
    """new-api counts a picture's tokens before it forwards it."""
    message = "image: unknown format"
    return mischief.error(500, message, "new_api_error", "count_token_messages_failed")


def _fits(value: object, kind: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return {
        FLOAT: number,
        INT: whole,
        UINT: whole and isinstance(value, int) and value >= 0,
        BOOL: isinstance(value, bool),
        STRING: isinstance(value, str),
        ARRAY: isinstance(value, list),
        OBJECT: isinstance(value, dict),
    }[kind]


def _cannot(value: object, name: str, kind: str) -> str:
    names = {str: "string", bool: "bool", list: "array", dict: "object", int: "number", float: "number"}
    found = names.get(type(value), "value")
    return f"json: cannot unmarshal {found} into Go struct field GeneralOpenAIRequest.{name} of type {kind}"


def _invalid(message: str) -> Reply:
    return mischief.error(400, message, "new_api_error", "invalid_text_request")
