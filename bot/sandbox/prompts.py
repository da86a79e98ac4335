"""A Midjourney prompt taken apart: pictures, words, flags, and what it provokes on purpose."""

import re
from dataclasses import dataclass, field

MAX_PROMPT = 6000  # characters that Discord's form takes

# Words that a prompt may begin with to provoke something, and what that is.
TRICKS = {
    "fail": "is accepted and fails half-way",
    "moderated": "is accepted, then refused by Midjourney's own moderation",
    "queuefull": "is refused because the queue is full",
    "saturated": "is refused because the gateway is saturated (relay: HTTP 429, code 30)",
    "noaccount": "is refused because no account is free (code 3)",
    "nochannel": "is refused because the gateway has no channel for it (relay: HTTP 503)",
    "quota": "is refused for want of quota",
    "unauthorized": "is refused as if the gateway's own key upstream were wrong (HTTP 401, empty)",
    "limit": "is refused by a daily limit",
    "timeout": "stops at 93 % and times out",
    "stuck": "is accepted and stays at 0 % for five minutes",
    "lost": "is accepted and then forgotten by the service",
    "frozen": "is accepted and then never changes again",
    "cancelled": "is cancelled half-way by somebody else",
    "html502": "is accepted, but the answer is an HTML page with status 502",
    "code5": "is accepted, but the answer says that the upstream did not answer (code 5)",
    "hangup": "is accepted, but the connection is closed without an answer",
    "slow-submit": "is accepted, but the answer takes more than a minute",
    "slow": "takes ten times as long",
    "quick": "is done at once, without any progress",
    "remix": "makes its V, reroll and pan buttons ask for words",
    "nobuttons": "ends without buttons",
    "oddprogress": "tells its progress in words",
    "numeric": "gets a task id that is a number",
    "localhost": "gets picture links to localhost:3000, as a misconfigured relay",
    "expired": "gets picture links that have expired",
}
ORDINARY = {"lost", "frozen", "slow", "quick", "limit", "cancelled", "expired"}  # "lost: a fox", "lost a fox"
BANNED = ("forbidden", "违禁")

FLAGS = frozenset(
    [
        "ar",
        "aspect",
        "seed",
        "v",
        "version",
        "niji",
        "stylize",
        "s",
        "chaos",
        "c",
        "no",
        "tile",
        "iw",
        "zoom",
        "style",
        "quality",
        "q",
        "weird",
        "w",
        "video",
        "motion",
        "fast",
        "relax",
        "turbo",
        "repeat",
        "r",
        "stop",
        "cref",
        "cw",
        "sref",
        "sw",
        "sv",
        "oref",
        "ow",
        "p",
        "profile",
        "personalize",
        "raw",
        "draft",
        "exp",
        "hd",
        "bs",
        "loop",
        "end",
        "sameseed",
        "uplight",
        "upbeta",
        "stealth",
        "public",
        "hq",
    ]
)
_FLAG = re.compile(r"(?:^|\s)(?:--|—)([A-Za-z]+)(?=\s|$)")
_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """``words`` are what is to be seen, without flags, links and tricks. ``fault`` is why it will fail."""

    words: str
    urls: tuple[str, ...] = ()
    flags: dict[str, str] = field(default_factory=dict)
    trick: str = ""
    fault: str = ""

    @property
    def ratio(self) -> tuple[int, int]:
        return _ratio(self.flags.get("ar", self.flags.get("aspect", "1:1"))) or (1, 1)

    @property
    def seed(self) -> int | None:
        return int(self.flags["seed"]) if self.flags.get("seed", "").isdigit() else None

    @property
    def zoom(self) -> float | None:
        try:
            return float(self.flags["zoom"])
        except (KeyError, ValueError):
            return None

    @property
    def version(self) -> str:
        """``7``, ``6.1``, ``niji 6`` …"""
        if "niji" in self.flags:
            return "niji " + (self.flags["niji"] or "6")
        return self.flags.get("v", self.flags.get("version", "")) or "7"


def parse(prompt: str) -> Parsed:
    """Never fails: a prompt that is wrong says so in ``fault``, as Midjourney does after it was accepted."""
    pieces = _FLAG.split(prompt)
    text, flags = pieces[0], {}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
        flags[name.lower()] = value.strip()
    urls = tuple(_URL.findall(text))
    words = " ".join(_URL.sub(" ", text).split())
    trick = trick_of(words)
    if trick:
        words = words[len(trick) :].strip(" ,:;-")
    return Parsed(words, urls, flags, trick, _fault(prompt, flags))


def trick_of(words: str) -> str:
    """The trick that a text begins with; two words count as one written with a hyphen."""
    first, second, *_ = [*words.lower().split(), "", ""]
    name = first.rstrip(",:;")
    if (pair := f"{name}-{second.rstrip(',:;')}") in TRICKS:
        return pair
    # Ordinary words such as "frozen" begin ordinary prompts too ("frozen lake").
    if name in ORDINARY and name == first and second not in ("", "a", "an"):
        return ""
    return name if name in TRICKS else ""


def banned_word(prompt: str) -> str:
    """The word in a prompt that the proxies' word list refuses; "" when there is none."""
    low = prompt.lower()
    return next((word for word in BANNED if word in low), "")


def _fault(prompt: str, flags: dict[str, str]) -> str:
    if len(prompt) > MAX_PROMPT:
        return "Invalid Form Body"
    unknown = [f"`--{name}`" for name in flags if name not in FLAGS]
    if unknown:
        return f"[Invalid parameter] Unrecognized parameter(s): {', '.join(unknown)}"
    shape = flags.get("ar", flags.get("aspect"))
    if shape is not None and _ratio(shape) is None:
        return f"[Invalid parameter] Invalid value provided for argument `--ar`: `{shape}`"
    seed = flags.get("seed")
    if seed is not None and not (seed.isdigit() and int(seed) < 2**32):
        return f"[Invalid parameter] Invalid value provided for argument `--seed`: `{seed}`"
    return ""


def _ratio(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d{1,4}):(\d{1,4})", text)
    if not match:
        return None
    across, down = int(match[1]), int(match[2])
    return (across, down) if across and down and 1 / 14 <= across / down <= 14 else None
