"""The models that the sandbox offers, and what is peculiar to each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Character:
    """How a chat model behaves. Times are the clock's seconds."""

    first: float = 0.35  # until the first token
    pace: float = 45.0  # tokens a second
    thinks: str = ""  # "field": reasoning_content; "inline": <think> in the text
    context: int = 0  # tokens that it takes; 0 for any number
    refuses: tuple[str, ...] = ()  # parameters that it does not take
    paints: str = ""  # the manner in which it does (see ``bot.sandbox.easels``); "" for one that talks


CHAT = {
    "sandbox-chat": Character(),
    "sandbox-reasoner": Character(first=0.5, pace=60.0, thinks="field"),
    "sandbox-think": Character(first=0.5, pace=60.0, thinks="inline"),
    "sandbox-slow": Character(first=3.0, pace=5.0),
    "sandbox-short": Character(context=1000),
    "sandbox-strict": Character(refuses=("temperature", "top_p", "max_tokens", "presence_penalty", "tools")),
    "mj-chat": Character(first=0.8, pace=5.0, paints="midjourney"),
    "gpt-4-all": Character(first=0.8, pace=5.0, paints="all"),
    "gpt-4o-image": Character(first=0.8, pace=3.0, paints="4o"),
    "sora_image": Character(first=0.8, pace=5.0, paints="sora"),
    "stable-diffusion-api": Character(first=0.8, pace=2.0, paints="stable diffusion"),
}
IMAGES = ("flux-sandbox", "dall-e-3", "gpt-image-1")
SPEECH = ("tts-sandbox",)
HEARING = ("whisper-sandbox", "whisper-1")
MIDJOURNEY = """
    mj_imagine mj_variation mj_reroll mj_blend mj_modal mj_zoom mj_shorten mj_high_variation mj_low_variation
    mj_pan mj_inpaint mj_custom_zoom mj_describe mj_upscale swap_face mj_upload mj_edits mj_video
"""


def listing() -> dict[str, Any]:
    """``GET /v1/models`` as new-api answers it."""
    rows = [_row(name, "openai") for name in CHAT]
    rows += [_row(name, "image-generation") for name in IMAGES]
    rows += [_row(name, "openai") for name in (*SPEECH, *HEARING)]
    rows += [_row(name, "openai", "midjourney") for name in MIDJOURNEY.split()]
    return {"success": True, "object": "list", "data": rows}


def one(name: str) -> dict[str, Any]:
    """``GET /v1/models/{name}``; an unknown one is an error with HTTP 200 (new-api)."""
    found = next((row for row in listing()["data"] if row["id"] == name), None)
    if found is not None:
        return dict(found)
    error = {"message": f"The model '{name}' does not exist", "type": "invalid_request_error"}
    return {"error": {**error, "param": "model", "code": "model_not_found"}}


def _row(name: str, endpoint: str, owner: str = "sandbox") -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 1626777600,
        "owned_by": owner,
        "supported_endpoint_types": [endpoint],
    }
