"""Steps as people read them."""

from bot.features.jobs.words import plain
from bot.texts import N_, _
from bot.wishes import ANEW, CUSTOM, REGION, Step

LONGEST = 300  # characters of a prompt in a list of steps

_WORDS = {
    "upscale:subtle": N_("Upscale (Subtle)"),
    "upscale:creative": N_("Upscale (Creative)"),
    "upscale:2x": N_("Upscale (2x)"),
    "upscale:4x": N_("Upscale (4x)"),
    "vary:subtle": N_("Vary (Subtle)"),
    "vary:strong": N_("Vary (Strong)"),
    "zoom:2": N_("Zoom Out 2x"),
    "zoom:1.5": N_("Zoom Out 1.5x"),
    CUSTOM: N_("Zoom out"),
    "pan:left": N_("Pan left"),
    "pan:right": N_("Pan right"),
    "pan:up": N_("Pan up"),
    "pan:down": N_("Pan down"),
    "square": N_("Make Square"),
    "animate:high": N_("Animate (High motion)"),
    "animate:low": N_("Animate (Low motion)"),
    "reroll": N_("Reroll"),
    REGION: N_("Repaint a part"),
    ANEW: N_("Paint it anew"),
}


def in_words(step: Step) -> str:
    """One step in a few words, with its prompt where that is a new one, as Markdown."""
    verb, _sep, number = step.action.partition(":")
    if verb == "upscale" and number.isdecimal():
        words = _("Upscale picture {number}").format(number=number)
    elif verb == "variation":
        words = _("Variations of picture {number}").format(number=number)
    else:
        words = _(_WORDS[step.action])
    if step.where:
        words = f"{words} ({plain(step.where)})"
    if not step.prompt:
        return words
    prompt = step.prompt if len(step.prompt) <= LONGEST else step.prompt[: LONGEST - 1] + "…"
    return _("{step}: “{prompt}”").format(step=words, prompt=plain(prompt))
