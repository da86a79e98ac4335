"""The tools that a chat model is offered, as chat completions describe functions (JSON schema)."""

from collections.abc import Mapping
from typing import Any

from bot.features.jobs.plans import can, is_several
from bot.jobs import Job
from bot.wishes import ACTIONS, ANEW, ON_SINGLES, Step

Tool = Mapping[str, Any]

IMAGINE, CHANGE = "imagine", "change_picture"


def _tool(name: str, description: str, properties: Mapping[str, Any], *required: str) -> Tool:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


PAINTING = _tool(
    IMAGINE,
    "Paint a picture and show it, when they ask for one. Only a call paints, words alone never do.",
    {"prompt": {"type": "string", "description": "What is to be seen, in English"}},
    "prompt",
)


def changing(job: Job) -> Tool:
    """What can be done with a picture: what it offers itself, and what its parts will."""
    offered = [name for name in ACTIONS if name == ANEW or can(job, Step(name))]
    if is_several(job):
        offered += [name for name in ON_SINGLES if name not in offered]
    step = {
        "action": {"type": "string", "enum": offered},
        "prompt": {"type": "string", "description": "The whole new prompt, where its words change"},
        "where": {"type": "string", "description": "For vary:region: which part"},
    }
    item = {"type": "object", "properties": step, "required": ["action"]}
    return _tool(
        CHANGE,
        "Propose steps that change the picture. A grid has 1 2 above and 3 4 below; upscale:n makes one "
        "large, and only then it can be zoomed, panned, varied (vary) or animated. imagine paints it anew.",
        {"steps": {"type": "array", "items": item}},
        "steps",
    )
