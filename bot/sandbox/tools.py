"""Tools that the sandbox's models call when they are offered: to paint, and to change a picture."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.answers import Said
from bot.sandbox.mischief import SPEAKER

_PAINT = re.compile(
    SPEAKER
    + r"(?:please\s+|could you\s+|can you\s+)?(?:paint|draw)\s+(?:me\s+|us\s+)?((?:an?|the|some)\s+.+?)[.!?]*"
    r"|" + SPEAKER + r"(?:请|帮我|给我|请你)*画(?:一?[张幅]|一下|个)?(.+?)[。！]?",
    re.IGNORECASE | re.DOTALL,
)
_PROMPT = re.compile(r"from this prompt: “(.*?)”", re.DOTALL)
_NUMBERS = (("first", "第一"), ("second", "第二"), ("third", "第三"), ("fourth", "第四"))
_CHANGES = re.compile(r"\b((?:more|less|with)\s+[\w ]+?)(?=,|;|\.|!|$|\band\b)", re.IGNORECASE)
_ACTIONS = (
    (r"zoom(?:ed)? out.*?1\.5", "zoom:1.5"),
    (r"zoom(?:ed)? out|further away|缩小|拉远", "zoom:2"),
    (r"(?:pan|look) left", "pan:left"),
    (r"(?:pan|look) right", "pan:right"),
    (r"\bsquare\b", "square"),
    (r"\banimate\b|动起来", "animate:low"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool, with its arguments as JSON."""

    name: str
    arguments: str


def call_in(messages: Sequence[Said], tools: Sequence[Any] | None) -> Call | None:
    """What a model would call, for the words that were said last; None when it just answers."""
    offered = {_name(tool) for tool in tools or ()}
    asked = next((said.text for said in reversed(messages) if said.role == "user"), "")
    lines = [line for line in asked.splitlines() if not line.startswith(">")]
    words = "\n".join(lines).strip()
    if "change_picture" in offered:
        system = "\n".join(said.text for said in messages if said.role == "system")
        if steps := _steps(words, system):
            return _call("change_picture", {"steps": steps})
    found = _PAINT.fullmatch(words)
    if found and "imagine" in offered:
        return _call("imagine", {"prompt": (found[1] or found[2]).strip()})
    return None


def first_of(tools: Sequence[Any] | None) -> str:
    """The name of the first tool, "" without any."""
    return _name(tools[0]) if tools else ""


def _steps(words: str, system: str) -> list[dict[str, str]]:
    low = words.lower()
    number = next((n for n, names in enumerate(_NUMBERS, 1) if any(each in low for each in names)), 0)
    steps = [{"action": f"upscale:{number}"}] if number else []
    steps += [{"action": action} for pattern, action in _ACTIONS[:1] if re.search(pattern, low)] or [
        {"action": action} for pattern, action in _ACTIONS[1:] if re.search(pattern, low)
    ]
    painted = _PROMPT.search(system)
    changes = ", ".join(_CHANGES.findall(words))
    if changes and painted:
        prompt = f"{painted[1]}, {changes}"
        zoomed = next((step for step in steps if step["action"].startswith("zoom")), None)
        if zoomed is not None:
            zoomed["prompt"] = prompt
        else:
            steps.append({"action": "imagine", "prompt": prompt})
    return steps


def _call(name: str, arguments: Mapping[str, Any]) -> Call:
    return Call(name, json.dumps(arguments, ensure_ascii=False))


def _name(tool: Any) -> str:
    function = tool.get("function") if isinstance(tool, dict) else None
    return str((function or {}).get("name") or "")
