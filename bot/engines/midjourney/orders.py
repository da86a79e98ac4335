"""Orders as request bodies."""

from collections.abc import Sequence
from typing import Any

from bot.engines.midjourney.pictures import data_url
from bot.errors import Kind, Refused, Unsupported
from bot.jobs import Order

PATHS = {
    "imagine": "submit/imagine",
    "blend": "submit/blend",
    "describe": "submit/describe",
    "shorten": "submit/shorten",
    "swap": "insight-face/swap",
    "edit": "submit/edits",
    "video": "submit/video",
}


async def body_of(order: Order, images: Sequence[bytes]) -> tuple[str, dict[str, Any]]:
    """Path and body of a submit. Pictures go as data URLs, shrunk where they must be."""
    pictures = [await data_url(image) for image in images]
    body: dict[str, Any] = {}
    bot = order.options.get("botType", "MID_JOURNEY")
    if bot != "MID_JOURNEY":  # some gateways refuse the field, and this is what they do without it
        body["botType"] = bot
    match order.verb:
        case "blend":
            if not 2 <= len(pictures) <= 5:
                raise Refused("blending takes 2 to 5 pictures", kind=Kind.REQUEST)
            dimensions = order.options.get("dimensions", "SQUARE")
            return PATHS["blend"], {**body, "base64Array": pictures, "dimensions": dimensions}
        case "describe":
            if len(pictures) != 1:
                raise Refused("describing takes one picture", kind=Kind.REQUEST)
            return PATHS["describe"], {**body, "base64": pictures[0]}
        case "shorten":
            return PATHS["shorten"], {**body, "prompt": order.prompt}
        case "swap":
            if len(pictures) != 2:
                raise Refused("swapping takes a face and a picture", kind=Kind.REQUEST)
            return PATHS["swap"], {"sourceBase64": pictures[0], "targetBase64": pictures[1]}
        case "edit":
            if len(pictures) != 1:
                raise Refused("editing takes one picture", kind=Kind.REQUEST)
            return PATHS["edit"], {**body, "prompt": order.prompt, "image": pictures[0]}
        case "video":
            return PATHS["video"], _video(order, pictures)
        case "imagine":
            return PATHS["imagine"], {**body, "prompt": order.prompt, "base64Array": pictures}
    raise Unsupported(f"Midjourney has no {order.verb!r}", kind=Kind.REQUEST)


def _video(order: Order, pictures: Sequence[str]) -> dict[str, Any]:
    """A clip from a first picture, and to a last one where there are two."""
    if not 1 <= len(pictures) <= 2:
        raise Refused("a clip begins with one picture, and may end with another", kind=Kind.REQUEST)
    body: dict[str, Any] = {"prompt": order.prompt, "image": pictures[0]}
    if len(pictures) == 2:
        body["endImage"] = pictures[1]
    return {**body, "motion": order.options.get("motion", "low")}
