"""Midjourney's own flags, looked at before they cost: a wrong one is accepted, queued, and fails then.

Names and ranges as Midjourney's documentation lists them for its models up to v7. An operator adds what
comes later (``MIDJOURNEY_FLAGS``).
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping

from bot.errors import UserError
from bot.prompts import read_prompt
from bot.texts import _

MAX_SEED = 4_294_967_295
MAX_NAME = 40  # characters of an unknown flag that are said back

_FLAG = re.compile(r"(?:(?<=\s)|\A)--([^\W\d_]\S*)(?:\s+(?!--)(\S+))?")
_APART = re.compile(r"(?:(?<=\s)|\A)--\s+([A-Za-z]+)\s+(\S*\d\S*)")  # "-- ar 16:9"
_GLUED = re.compile(r"([A-Za-z]+)[:=：＝]?(\S+)")  # "ar:16:9", "v7"
_RATIO = re.compile(r"(\d{1,4}):(\d{1,4})", re.ASCII)
_VERSION = re.compile(r"\d(\.\d{1,2})?", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_STOPS = ".,;:!?。，、；：！？\"'”’)）"

# How wide (or high) a picture may be, by model: older ones have limits, newer ones take any that is one.
WIDEST = {("v", "3"): 2.5, ("version", "3"): 2.5, ("v", "4"): 2.0, ("version", "4"): 2.0, ("niji", "4"): 2.0}
WIDEST_OF_ALL = 50.0

Check = Callable[[str, str], str]  # a flag's name and its value → what is wrong, "" for nothing


def _number(least: float, most: float, *, whole: bool = True) -> Check:
    def check(name: str, value: str) -> str:
        said = _NUMBER.fullmatch(value)
        if said and least <= float(value) <= most and not (whole and "." in value):
            return ""
        return _("--{name} takes a number from {least} to {most}, for example --{name} {example}").format(
            name=name, least=f"{least:g}", most=f"{most:.0f}", example=f"{_between(least, most):g}"
        )

    return check


def _between(least: float, most: float) -> float:
    return 1 if least <= 1 <= most <= 5 else (most // 2 if most < 10_000 else 42)


def _ratio(name: str, value: str) -> str:
    match = _RATIO.fullmatch(value.replace("/", ":").replace("x", ":").replace("：", ":"))
    if match and int(match[1]) and int(match[2]):
        near = f"{int(match[1])}:{int(match[2])}"
        return "" if near == value else _written(name, near)
    return _("--{name} takes two whole numbers, for example --{name} 16:9").format(name=name)


def _version(name: str, value: str) -> str:
    if _VERSION.fullmatch(value):
        return ""
    return _("--{name} takes a version, for example --{name} {example}").format(
        name=name, example="6" if name == "niji" else "7"
    )


def _some(name: str, value: str) -> str:
    if value:
        return ""
    return _("--{name} wants something behind it").format(name=name)


def _any(name: str, value: str) -> str:
    return ""


_WEIGHT = _number(0, 1000)
# fmt: off
BARE = (
    "tile", "raw", "draft", "fast", "relax", "turbo", "video", "loop", "end", "p", "profile", "personalize",
    "hd", "hq", "uplight", "upbeta", "upanime", "stealth", "public", "creative", "test", "testp", "hyper",
)
# fmt: on
CHECKS: Mapping[str, Check] = {
    "ar": _ratio,
    "aspect": _ratio,
    "v": _version,
    "version": _version,
    "niji": lambda name, value: _version(name, value) if value else "",
    "stylize": _WEIGHT,
    "s": _WEIGHT,
    "chaos": _number(0, 100),
    "c": _number(0, 100),
    "weird": _number(0, 3000),
    "w": _number(0, 3000),
    "exp": _number(0, 100),
    "iw": _number(0, 3, whole=False),
    "cw": _number(0, 100),
    "sw": _WEIGHT,
    "ow": _number(1, 1000),
    "sv": _number(1, 9),
    "stop": _number(10, 100),
    "quality": _number(0, 4, whole=False),
    "q": _number(0, 4, whole=False),
    "repeat": _number(1, 40),
    "r": _number(1, 40),
    "seed": _number(0, MAX_SEED),
    "sameseed": _number(0, MAX_SEED),
    "zoom": _number(1, 2, whole=False),
    "motion": lambda name, value: "" if value in ("low", "high") else _("--motion is low or high"),
    "no": _some,
    "style": _some,
    "sref": _some,
    "cref": _some,
    "oref": _some,
    "bs": _number(1, 4),
    **dict.fromkeys(BARE, _any),
}


def check_parameters(prompt: str, also: Collection[str] = ()) -> None:
    """UserError, in one sentence with the nearest right form, for a flag that Midjourney will not take."""
    for name, value in _APART.findall(prompt):
        if name in CHECKS and name not in BARE and not CHECKS[name](name, value):
            raise UserError(_wrong(_written(name, value)))
    for name, value in _FLAG.findall(read_prompt(prompt).flags):
        check = CHECKS.get(name)
        if check is None:
            if name not in also:
                raise UserError(_unknown(name, also))
            continue
        if wrong := check(name, value):
            near = unicodedata.normalize("NFKC", value).strip(_STOPS)
            raise UserError(_wrong(_written(name, near) if near and not check(name, near) else wrong))
    if wrong := _out_of_range(dict(_FLAG.findall(read_prompt(prompt).flags))):
        raise UserError(_wrong(wrong))


def _out_of_range(flags: Mapping[str, str]) -> str:
    """A ratio that the model of the prompt does not paint; the nearest that it does."""
    name = "aspect" if "aspect" in flags else "ar"
    match = _RATIO.fullmatch(flags.get(name, ""))
    if match is None:
        return ""
    old = next((model for model in WIDEST if flags.get(model[0], "").partition(".")[0] == model[1]), None)
    most = WIDEST[old] if old else WIDEST_OF_ALL
    width, height = int(match[1]), int(match[2])
    if max(width, height) <= most * min(width, height):
        return ""
    across, down = (f"{most:g}", "1") if most == int(most) else (f"{most * 2:g}", "2")
    return _written(name, f"{across}:{down}" if width > height else f"{down}:{across}")


def _wrong(what: str) -> str:
    return _("That would fail: {wrong}.").format(wrong=what)


def _written(name: str, value: str) -> str:
    return _("write it as --{name} {near}").format(name=name, near=value)


def _unknown(name: str, also: Collection[str]) -> str:
    glued = _GLUED.fullmatch(name)
    if glued and (check := CHECKS.get(glued[1])) and glued[1] not in BARE:
        value = unicodedata.normalize("NFKC", glued[2]).strip(_STOPS)
        if value and not check(glued[1], value):
            return _wrong(_written(glued[1], value))
    name = name.strip(_STOPS)[:MAX_NAME]
    known = {each.casefold(): each for each in (*CHECKS, *also)}
    near = [known[name.casefold()]] if name.casefold() in known else []
    near = near or difflib.get_close_matches(name.casefold(), [each for each in known if len(each) > 1], n=1)
    if near:
        return _("Midjourney knows no --{name}; did you mean --{near}?").format(name=name, near=near[0])
    return _("Midjourney knows no --{name}.").format(name=name)
