"""What each model of the Images API takes, and how it answers, as OpenAI's document has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox import mischief
from bot.sandbox.wire import Reply

COMMON = frozenset({"model", "prompt", "n", "size", "user"})


@dataclass(frozen=True, slots=True)
class Rules:
    """``fields`` are taken beside those that all take; ``values`` are all that a field may be."""

    fields: frozenset[str] = frozenset()
    values: Mapping[str, Sequence[str]] | None = None
    most: int = 10
    edits: bool = True
    bytes_only: bool = False  # never gives a link


LENIENT = Rules()  # of models that are nobody's in particular
RULES = {
    "dall-e-3": Rules(
        frozenset({"response_format", "quality", "style"}),
        {
            "size": ("1024x1024", "1792x1024", "1024x1792"),
            "quality": ("standard", "hd"),
            "style": ("vivid", "natural"),
            "response_format": ("url", "b64_json"),
        },
        most=1,
        edits=False,
    ),
    "gpt-image-1": Rules(
        frozenset({"quality", "background", "output_format", "output_compression", "moderation"})
        | {"input_fidelity"},
        {
            "size": ("auto", "1024x1024", "1536x1024", "1024x1536"),
            "quality": ("auto", "low", "medium", "high"),
            "background": ("auto", "transparent", "opaque"),
        },
        bytes_only=True,
    ),
}


def rules_of(model: str) -> Rules:
    return RULES.get(model, LENIENT)


def refusal(model: str, body: Mapping[str, Any], *, edit: bool) -> Reply | None:
    """Why such an order is not taken, with the parameter that is wrong; None where it is."""
    rules = rules_of(model)
    if edit and not rules.edits:
        return _wrong(f"Invalid value: '{model}'. Value must be 'dall-e-2' or 'gpt-image-1'.", "model")
    if model not in RULES:
        return None
    for name in body:
        if name not in COMMON | rules.fields:
            return _unknown(name)
    for name, values in (rules.values or {}).items():
        value = body.get(name)
        if value is not None and value not in values:
            listed = ", ".join(f"'{each}'" for each in values)
            return _wrong(f"Invalid value: '{value}'. Supported values are: {listed}.", name)
    if str(body.get("n", 1)).isdigit() and int(body.get("n", 1)) > rules.most:
        return _wrong("invalid value of n", "n")
    return None


def _unknown(name: str) -> Reply:
    return mischief.error(400, f"Unknown parameter: '{name}'.", mischief.INVALID, "unknown_parameter", name)


def _wrong(message: str, name: str) -> Reply:
    return mischief.error(400, message, "image_generation_user_error", "invalid_value", name)
