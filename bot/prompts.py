"""Midjourney prompts as people type them: links, words, flags, and what is wrong before it costs."""

import re
import unicodedata
from dataclasses import dataclass

from bot.errors import UserError
from bot.texts import _

MAX_PROMPT = 6000  # characters; Midjourney's own limit for a prompt
ZOOM = (1.0, 2.0)  # what its custom zoom takes
FOREIGN = 0.2  # share of letters in other scripts from which on a prompt is in another language
USUAL_ZOOM = "1.8"

_LINKS = re.compile(r"\s*(?:https?://\S+\s+)*(?:https?://\S+\s*\Z)?")
_FLAG = re.compile(r"(?:(?<=\s)|\A)--([^\W\d_][\w-]*)")
_SAME = {"aspect": "ar", "version": "v", "s": "stylize", "c": "chaos", "w": "weird", "q": "quality"}
_MODELS = {"v", "niji"}  # a prompt has one of them
# One long dash, or two of what Chinese keyboards and word processors make of two hyphens.
_DASHES = re.compile(r"(?:(?<=\s)|\A)(?:[—–―]{1,2}|[－‑−‐]{2})(?=[A-Za-z])")
_SEED = re.compile(r"(?:\s+|\A)--seed(?:\s+(?!--)\S+)?(?=\s|\Z)")
_ZOOM = re.compile(r"(?:(?<=\s)|\A)--zoom(?:\s+(?P<value>[^\s-]\S*))?")


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt taken apart. ``links + words + flags`` is the prompt, character for character."""

    links: str
    words: str
    flags: str

    def __str__(self) -> str:
        return self.links + self.words + self.flags

    def flag(self, name: str) -> str | None:
        """What follows ``--name`` up to the next flag, stripped; "" for a bare one, None without it."""
        parts = _FLAG.split(self.flags)
        found = [value.strip() for each, value in zip(parts[1::2], parts[2::2], strict=True) if each == name]
        return found[-1] if found else None


def read_prompt(text: str) -> Written:
    """Take a prompt apart: picture links in front, words, and everything from the first flag on."""
    match = _LINKS.match(text)
    links = match[0] if match else ""
    rest = text[len(links) :]
    flag = _FLAG.search(rest)
    cut = flag.start() if flag else len(rest)
    return Written(links, rest[:cut], rest[cut:])


def check_prompt(text: str) -> str:
    """The prompt as it may be sent: dashes that a keyboard has joined are two again.

    UserError, in one sentence, for one that Midjourney would not take.
    """
    prompt = _DASHES.sub("--", text).strip()
    written = read_prompt(prompt)
    if not (written.words.strip() or written.links.strip()):
        raise UserError(_("Say what to paint, for example: /imagine a red fox --ar 16:9"))
    if len(prompt) > MAX_PROMPT:
        raise UserError(
            _("That prompt has {count} characters; at most {limit} can be taken.").format(
                count=len(prompt), limit=MAX_PROMPT
            )
        )
    return prompt


def is_foreign(prompt: str) -> bool:
    """Whether its words are in another script than Latin, and so surely not English."""
    letters = [each for each in read_prompt(prompt).words if each.isalpha()]
    foreign = sum(not unicodedata.name(each, "").startswith("LATIN") for each in letters)
    return bool(letters) and foreign > FOREIGN * len(letters)


def check_flags(text: str) -> str:
    """Flags alone, as they may be added to prompts; UserError for anything else."""
    flags = _DASHES.sub("--", text).strip()
    if not flags or read_prompt(flags).flags != flags:
        raise UserError(_("Flags alone, please, for example --ar 16:9 --v 7."))
    return flags


def with_flags(prompt: str, flags: str, *, niji: bool = False) -> str:
    """The prompt with those of the flags that it does not have itself, under either name.

    ``niji``: it goes to the bot for anime, which has versions of its own.
    """
    own = {_SAME.get(name, name) for name in _FLAG.findall(read_prompt(prompt).flags)}
    own |= {"v"} if niji and not own & _MODELS else set()
    parts = _FLAG.split(flags)
    added = [
        f"--{name} {value.strip()}".rstrip()
        for name, value in zip(parts[1::2], parts[2::2], strict=True)
        if _SAME.get(name, name) not in own and not (_SAME.get(name, name) in _MODELS and own & _MODELS)
    ]
    return " ".join([prompt.rstrip(), *added])


def with_seed(prompt: str, seed: str) -> str:
    """The prompt with this ``--seed``, whatever it had."""
    return f"{_SEED.sub('', prompt).rstrip()} --seed {seed}"


def with_zoom(prompt: str, zoom: str = USUAL_ZOOM) -> str:
    """The prompt with ``--zoom``: its own, or this one. UserError when its own is not from 1 to 2."""
    prompt = _DASHES.sub("--", prompt)
    match = _ZOOM.search(prompt)
    if match is None:
        return f"{prompt.rstrip()} --zoom {zoom}".lstrip()
    try:
        fits = ZOOM[0] <= float(match["value"] or "") <= ZOOM[1]
    except ValueError:
        fits = False
    if not fits:
        raise UserError(_("Custom zoom goes from --zoom 1 to --zoom 2, for example --zoom 1.8."))
    return prompt


def without_zoom(prompt: str) -> str:
    """The prompt without ``--zoom``, which is about one press alone."""
    without = _ZOOM.sub("", prompt)
    return prompt if without == prompt else re.sub(r" {2,}", " ", without).strip()
