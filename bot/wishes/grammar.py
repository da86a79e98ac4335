"""What people wish of a picture, in plain words: ``the second one, more fog, and zoom out``.

English and Chinese, for what needs no model and for where there is none. Wholly understood or not at all.
"""

import re
from collections import Counter
from dataclasses import replace

from bot.wishes.steps import ANEW, CUSTOM, NUMBERS, Step, changed, zoomed

SPLIT = re.compile(
    r"\s*(?:[,;.!，；。！、\n]|(?:\band\s+)?\bthen\b|\band\b|\bplus\b|然后|并且|并|接着|再(?!画|来))+\s*(?!\d)",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    r"^(?:(?:please|now|ok(?:ay)?|and|also|just|could you|can you|would you|i(?:'d| would) like|i want|"
    r"i like|take|use|let's|let us|make)\s+(?!it\b))+"
    r"|\s*\b(?:please|now|a (?:bit|little)|slightly|thanks|for me)$"
    r"|^(?:请|帮我|把|给我|麻烦|我要|我想要?|选|用)+|(?:吧|一下|一点|谢谢|好吗|呢)+$",
    re.IGNORECASE,
)
_WHICH = {
    "1": r"first|1st|1|one|top left|upper left|left top|第?一|左上",
    "2": r"second|2nd|2|two|top right|upper right|right top|第?二|右上",
    "3": r"third|3rd|3|three|bottom left|lower left|left bottom|第?三|左下",
    "4": r"fourth|4th|4|four|last|bottom right|lower right|right bottom|第?四|右下|最后",
}
_ONE = (
    r"(?:the\s+|number\s+|no\.?\s*|#|image\s+|picture\s+|第)?"
    r"(?P<which>" + "|".join(_WHICH.values()) + r")"
    r"(?:\s+(?:one|picture|image|version)|角)?(?:的)?(?:那)?(?:张|个|幅)?(?:图片?)?"
)
_IT = r"(?:it|this|that|this one|the picture|the image|它|这张|这个|图片?)"
_OF = rf"(?:\s*(?:of\s+|on\s+|from\s+)?(?:{_ONE}|{_IT}))?"
_FACTOR = r"(?:\s*(?:by|to)?\s*(?P<factor>\d(?:\.\d+)?)\s*(?:x|×|times|倍)?)?"
_SIDES = {
    "left": "left|左",
    "right": "right|右",
    "up": "up|upwards?|top|上",
    "down": "down|downwards?|bottom|下",
}
_SIDE = r"(?P<side>" + "|".join(_SIDES.values()) + ")"

_FIRST = re.compile(
    rf"(?:(?:the|image|picture|number|#)\s*(?:{'|'.join(_WHICH.values())})(?:\s+(?:one|picture|image|version))?"
    rf"|第[一二三四1-4](?:张|个|幅)(?:图片?)?|[左右][上下]角?(?:的?那?(?:张|个|幅))?)的?\s*(?P<rest>.+)",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\(\?P<(\w+)>")


def _rule(pattern: str) -> re.Pattern[str]:
    """A pattern in which a group's name may come more than once: the second ``which`` is ``which_2``."""
    seen: Counter[str] = Counter()

    def named(group: re.Match[str]) -> str:
        seen[group[1]] += 1
        return f"(?P<{group[1]}_{seen[group[1]]}>"

    return re.compile(_GROUP.sub(named, pattern), re.IGNORECASE)


def _said(found: re.Match[str]) -> dict[str, str]:
    return {name.rpartition("_")[0]: value.lower() for name, value in found.groupdict().items() if value}


_SORT = r"(?:\s*\(?(?P<kind>subtle|strong)(?:ly)?\)?)?"
_RULES = tuple(
    (name, _rule(pattern))
    for name, pattern in (
        ("pick", _ONE),
        (
            "upscale",
            rf"u(?P<which>[1-4])|(?:upscale|enlarge){_OF}(?:\s*\(?(?P<kind>subtle|creative|2x|4x)\)?)?"
            rf"|make\s+(?:{_ONE}|{_IT})\s+(?:larger?|bigger|big)|(?:larger|bigger)",
        ),
        ("upscale", rf"(?:{_ONE}|{_IT})?放大(?:{_ONE}|{_IT})?"),
        (
            "vary",
            rf"v(?P<which>[1-4])|(?:(?P<kind>subtle|strong)(?:ly)?\s+)?"
            rf"(?:vary|varied|variations?|variants?){_SORT}{_OF}{_SORT}",
        ),
        (
            "vary",
            rf"(?:{_ONE}|{_IT})?(?:做|来)?(?:一?些|几个)?(?P<kind>细微|轻微|微|强烈|大|强)?的?"
            rf"(?:变体|变化|变种)(?:{_ONE}|{_IT})?",
        ),
        ("zoom", rf"zoom(?:ed)?\s*out(?:\s+more|\s+further)?{_FACTOR}{_OF}{_FACTOR}"),
        ("zoom", rf"(?:{_ONE}|{_IT})?(?:缩小|拉远|镜头拉远|扩图){_FACTOR}"),
        ("pan", rf"(?:pan|move|extend|shift)(?:\s+{_IT})?\s+(?:to\s+(?:the\s+)?)?{_SIDE}"),
        ("pan", rf"(?:向|往|朝){_SIDE}(?:边|面|侧|方)?(?:平移|移动?|扩展|延伸|扩)|{_SIDE}移"),
        (
            "square",
            rf"(?:make\s+{_IT}\s+)?(?:a\s+)?square|(?:让?(?:{_ONE}|{_IT}))?(?:变成|改成|做成)?(?:正方形?|方形)的?",
        ),
        (
            "reroll",
            r"again|re-?roll|redo(?: it)?|once more|try again|another(?: one| try)?|repeat"
            r"|重画|再画一?[次遍张]|再来一?[次遍张]|重来|重新(?:画|生成)|换一[张批]",
        ),
        (
            "animate",
            rf"animate{_OF}(?:\s*(?:with\s+)?\(?(?P<motion>high|low)(?:\s+motion)?\)?)?"
            rf"|make\s+{_IT}\s+move|(?:让?(?:{_ONE}|{_IT}))?(?:动起来|(?:做成|变成)?(?:动画|视频|动图))",
        ),
    )
)
_CHANGES = (
    (r"(?:without|no|remove|minus)\s+(?:any\s+|the\s+|an?\s+)?(?P<what>.+)", "no {}"),
    (r"(?:(?:make|turn)\s+(?:it|this))\s+(?:look\s+)?(?:in(?:to)?\s+)?(?P<what>.+)", "{}"),
    (r"(?:add|give it)\s+(?P<what>.+)", "{}"),
    (r"(?P<what>(?:more|less|fewer|with|in the style of)\s+.+|in\s+.+?(?:style|colou?rs?|light))", "{}"),
    (r"(?:不要|去掉|没有|删除|删掉)(?P<what>.+)", "no {}"),
    (r"(?:加上?|添加|加个|带上?|有)(?:一?[个些点])?(?P<what>.+)", "{}"),
    (r"(?:多加?一?[点些]|更多|多)(?:的)?(?P<what>.+)", "更多{}"),
    (r"(?:少一?[点些]|更少|减少)(?:的)?(?P<what>.+)", "更少{}"),
    (r"(?:换成|改成|变成)(?P<what>.+)", "{}"),
)
_SUBTLE = ("subtle", "细微", "轻微", "微")
_TALK = re.compile(
    r".*(?:\?|？)|.*\b(?:thanks?|idea|problem|worries|way|need|about|info(?:rmation)?|like)\b.*",
    re.IGNORECASE,
)
_LONGEST = 80  # characters of one change: more is a conversation


def bare(clause: str) -> str:
    """The clause without politeness."""
    before, words = "", clause.strip().strip("~ ")
    while words != before:
        before, words = words, _FILLERS.sub("", words).strip()
    return words


class Wish:
    """Clauses in, steps out."""

    def __init__(self, *, grid: bool) -> None:
        self._grid = grid
        self.number = ""
        self._steps: list[Step] = []
        self._changes: list[str] = []

    def take(self, words: str) -> bool:
        """Understand a clause; False when it is none of ours."""
        for name, rule in _RULES:
            found = rule.fullmatch(words)
            if found:
                return self._apply(name, _said(found))
        for pattern, form in _CHANGES:
            found = re.fullmatch(pattern, words, re.IGNORECASE)
            if found and len(words) <= _LONGEST and not _TALK.fullmatch(words):
                self._changes.append(form.format(found["what"].strip()))
                return True
        found = _FIRST.fullmatch(words)
        return bool(found and self.take(words[: found.start("rest")].strip()) and self.take(found["rest"]))

    def steps(self, prompt: str) -> list[Step]:
        """With changed words where they are surely heard: a custom zoom, a variation, or a new picture."""
        number, steps = self.number, list(self._steps)
        words = changed(prompt, self._changes)
        for place, step in enumerate(steps):
            if step.action == CUSTOM or (step.action.startswith("zoom") and self._changes):
                factor = step.prompt or step.action.removeprefix("zoom:")
                steps[place] = Step(CUSTOM, zoomed(words, factor))
                return steps
        if not self._changes:
            return steps or ([Step(f"upscale:{number}")] if number else [])
        for place, step in enumerate(steps):
            if step.action.startswith(("variation", "vary")):
                steps[place] = replace(step, prompt=words)
                return steps
        steps = [step for step in steps if not step.action.startswith("upscale") and step.action != "reroll"]
        return [Step(f"variation:{number}" if number else ANEW, words), *steps]

    def _apply(self, name: str, said: dict[str, str]) -> bool:
        number = _number(said.get("which", ""))
        if number and self.number and number != self.number:
            return False  # two of them at once
        self.number = number or self.number
        kind = said.get("kind", "")
        match name:
            case "pick":
                pass
            case "upscale" if kind:
                self._steps.append(Step(f"upscale:{kind}"))
            case "upscale":
                which = self.number or (NUMBERS[0] if self._grid else "subtle")
                self._steps.append(Step(f"upscale:{which}"))
            case "vary" if kind:
                self._steps.append(Step(f"vary:{'subtle' if kind in _SUBTLE else 'strong'}"))
            case "vary":
                self._steps.append(Step(f"variation:{self.number or 1}"))
            case "zoom":
                return self._zoom(said.get("factor", "2"))
            case "pan":
                self._steps.append(Step(f"pan:{_side(said['side'])}"))
            case "animate":
                self._steps.append(Step(f"animate:{said.get('motion', 'high')}"))
            case _:
                self._steps.append(Step(name))
        return True

    def _zoom(self, factor: str) -> bool:
        times = float(factor)
        if not 1 <= times <= 2:
            return False
        exact = {1.5: "zoom:1.5", 2.0: "zoom:2"}.get(times)
        self._steps.append(Step(exact) if exact else Step(CUSTOM, factor))
        return True


def _number(which: str) -> str:
    return next((number for number, words in _WHICH.items() if which and re.fullmatch(words, which)), "")


def _side(said: str) -> str:
    return next(side for side, words in _SIDES.items() if re.fullmatch(words, said))
