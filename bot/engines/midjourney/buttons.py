"""The buttons under a result: Midjourney's customIds and what they mean to us."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.engines.midjourney.learned import Learned
from bot.engines.midjourney.values import text
from bot.jobs import Action, Asks

CHANGE = "change"  # ids of our own making start with it; they go to /submit/change

# Wishes that an order can carry out where their buttons are refused, and its path.
OTHER_WAYS = {"animate": "submit/video", "reroll": "submit/imagine"}

# Tasks whose pictures `/submit/change` takes (novicezk checks the parent's action).
_GRIDS = ("IMAGINE", "VARIATION", "REROLL", "BLEND")

# What a customId's verb is called here. `\1` is its number or word.
_NAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"MJ::JOB::upsample::([1-4])::.+", r"upscale:\1"),
        (r"MJ::JOB::upsample_\w*?_?(subtle|creative)::.+", r"upscale:\1"),
        (r"MJ::JOB::upsample_\w*?_?(\dx)::.+", r"upscale:\1"),
        (r"MJ::JOB::variation::1::.+::SOLO", "variation"),
        (r"MJ::JOB::variation::([1-4])::.+", r"variation:\1"),
        (r"MJ::JOB::low_variation::.+", "vary:subtle"),
        (r"MJ::JOB::high_variation::.+", "vary:strong"),
        (r"MJ::Inpaint::.+", "vary:region"),
        (r"MJ::JOB::reroll::.+", "reroll"),
        (r"MJ::Outpaint::50::.+", "zoom:2"),
        (r"MJ::Outpaint::75::.+", "zoom:1.5"),
        (r"MJ::Outpaint::100::.+", "square"),
        (r"MJ::CustomZoom::.+", "zoom:custom"),
        (r"MJ::JOB::pan_(left|right|up|down)::.+", r"pan:\1"),
        (r"MJ::JOB::animate_(high|low)_extend::.+", r"extend:\1"),
        (r"MJ::JOB::animate_(high|low)::.+", r"animate:\1"),
        (r"MJ::JOB::video_virtual_upscale::(\d+)::.+", r"clip:\1"),
        (r"MJ::JOB::video::.+", "animate:manual"),
        (r"MJ::BOOKMARK::.+", "bookmark"),
        (r"MJ::(?:Job|JOB)::PicReader::([1-4]|all)", r"pick:\1"),
        (r"MJ::Picread::Retry", "describe"),
        (r"MJ::(?:Job|JOB)::PromptAnalyzer::([1-5])", r"short:\1"),
        (r".*PromptAnalyzerExtended.*", "short:details"),
    )
)

# Words for buttons that show an icon alone.
_LABELS = {
    "reroll": "Reroll",
    "pan:left": "Left",
    "pan:right": "Right",
    "pan:up": "Up",
    "pan:down": "Down",
    "bookmark": "Favourite",
    "describe": "Describe again",
    "variation": "Make Variations",
    "vary:subtle": "Vary (Subtle)",
    "vary:strong": "Vary (Strong)",
    "vary:region": "Vary (Region)",
    "zoom:2": "Zoom Out 2x",
    "zoom:1.5": "Zoom Out 1.5x",
    "zoom:custom": "Custom Zoom",
    "square": "Make Square",
    "pick:all": "Imagine all",
    "short:details": "Show Details",
}
_INITIALS = {"upscale": "U", "variation": "V", "pick": "", "short": "", "clip": "U"}

# These open a form when the account has remix on.
_REMIXED = ("variation", "vary", "reroll", "pan", "animate", "extend")


def name_of(custom: str) -> str:
    """Our name for a customId, the same on every backend; "" for one that we do not know."""
    for pattern, name in _NAMES:
        found = pattern.fullmatch(custom)
        if found:
            return found.expand(name)
    return ""


def kind_of(action: Action) -> str:
    """What a gateway refuses when it refuses this button: ``pan`` on all sides, ``zoom:custom`` alone."""
    name = action.name or name_of(action.id)
    if action.id.startswith(f"{CHANGE}:"):
        return CHANGE
    if name in ("zoom:custom", "vary:region", "pick:all", "short:details"):
        return name
    return name.partition(":")[0] or re.sub(r"\d+|[0-9a-f]{8}-.*", "", action.id)


def opens_form(custom: str) -> bool:
    """Whether a form always follows, whatever code the answer has (relays rewrite it)."""
    return name_of(custom) in ("zoom:custom", "vary:region")


def remixed(action: Action) -> bool:
    """Whether a form follows where remix is on."""
    name = action.name or name_of(action.id)
    return name != "vary:region" and name.partition(":")[0] in _REMIXED


def actions_of(row: Mapping[str, Any], learned: Learned) -> tuple[Action, ...]:
    """A finished task's buttons in the service's order, without what this gateway has refused."""
    found = _listed(row.get("buttons")) or _synthesised(row)
    return tuple(_asking(action, learned) for action in found if _offered(action, learned))


def _offered(action: Action, learned: Learned) -> bool:
    """Whether the wish can be carried out: by the button, or by an order that does the same."""
    kind = kind_of(action)
    other = OTHER_WAYS.get(kind)
    return kind not in learned.refused or (other is not None and other not in learned.missing)


def change_of(custom: str) -> tuple[str, int] | None:
    """``change:UPSCALE:2`` → what `/submit/change` wants; None for the service's own ids."""
    word, _, rest = custom.partition(":")
    verb, _, index = rest.partition(":")
    return (verb, int(index)) if word == CHANGE and index.isdecimal() else None


def _listed(buttons: object) -> list[Action]:
    entries: Iterable[object] = buttons if isinstance(buttons, list) else ()
    actions: dict[str, Action] = {}
    for entry in entries:
        custom = entry.get("customId") if isinstance(entry, dict) else None
        # Only what can be sent back byte for byte is a button.
        if isinstance(entry, dict) and isinstance(custom, str) and custom and text(custom) == custom:
            actions.setdefault(custom, _action(custom, text(entry.get("label")), text(entry.get("emoji"))))
    return list(actions.values())


def _action(custom: str, label: str, emoji: str) -> Action:
    name = name_of(custom)
    # An emoji in plain letters is the name of a picture that only Discord has (`upscale_1`).
    emoji = "" if emoji.isascii() else emoji
    return Action(id=custom, label=label or _label(name, custom), name=name, emoji=emoji)


def _label(name: str, custom: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    head, _, which = name.partition(":")
    if head in _INITIALS and which.isdecimal():
        return f"{_INITIALS[head]}{which}"
    if name:
        return f"{head} ({which})".capitalize() if which else head.capitalize()
    words = [part for part in custom.split("::") if part.lower() not in ("mj", "job", "solo")]
    return words[0].replace("_", " ").capitalize()[:40] if words and words[0] else "…"


def _asking(action: Action, learned: Learned) -> Action:
    match action.name:
        case "zoom:custom":
            asks = Asks.ZOOM
        case "vary:region":
            asks = Asks.MASK
        case "animate:manual":
            asks = Asks.PROMPT
        case name if re.fullmatch(r"(pick|short):\d", name):
            asks = Asks.PROMPT
        case _:
            asks = Asks.PROMPT if learned.remix and _can_remix(action) else Asks.NOTHING
    return Action(action.id, action.label, action.name, action.emoji, asks)


def _can_remix(action: Action) -> bool:
    return remixed(action) and change_of(action.id) is None


def _synthesised(row: Mapping[str, Any]) -> list[Action]:
    """What `/submit/change` can do with a grid of a service that lists no buttons (novicezk)."""
    if text(row.get("action")).upper() not in _GRIDS:
        return []
    ups = [Action(f"{CHANGE}:UPSCALE:{i}", f"U{i}", f"upscale:{i}") for i in range(1, 5)]
    varies = [Action(f"{CHANGE}:VARIATION:{i}", f"V{i}", f"variation:{i}") for i in range(1, 5)]
    # Relays want an index that is not zero even here (new-api).
    return [*ups, Action(f"{CHANGE}:REROLL:1", "Reroll", "reroll", "🔄"), *varies]
