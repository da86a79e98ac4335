"""Chat models that paint: their answers, line by line as the producers behind relays write them.

After gpt4free-ts (mj-chat, flux) and recorded answers of the closed relays (gpt-4-all, gpt-4o-image, sora).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.answers import Said
from bot.sandbox.media import picture_token
from bot.sandbox.paint.dice import number
from bot.sandbox.prompts import banned_word, parse

STEPS = (0, 31, 62)
SIDE = 1024  # pixels of a square

SORRY = (
    "I wasn't able to generate the image because there is a rate limit in place. "
    "Please try again in 6 minutes."
)

_WANTED = re.compile(r"\b(draw|paint|picture|image|sketch|illustrat\w+)\b|画|图", re.IGNORECASE)
_ASKED = re.compile(r"\A\s*please draw this picture:\s*", re.IGNORECASE)
_RATIO = re.compile(r"(?:aspect ratio:?|比例)\s*(\d{1,3}):(\d{1,3})", re.IGNORECASE)
_ORDER = re.compile(r'"type": "imagine",\s*"prompt": ("(?:[^"\\]|\\.)*")')
_MESSAGE = re.compile(r"message_id: `(\d+)`")
_ROW = re.compile(r"^\|([^|\n]+)\|([^|\n]+)\|2\|([^|\n]+)\|$", re.MULTILINE)
_STROKE = re.compile(r"!?\[[^\]]*\]\([^)]*\)|> [^\n.\[]*|\.|\n+|[^\n.\[>!]+|.", re.DOTALL)
_LONGEST = 60  # characters of a piece; a longer one is cut in two wherever that may be
_NUMBERS = "一二三四"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the words, its chance, its sides, and which of the four (0: all of them)."""

    words: str
    seed: int
    sides: tuple[int, int]
    part: int = 1
    tones: tuple[str, ...] = ()

    def link(self, base: str, share: int = 1, *, download: bool = False) -> str:
        """Where it is; with ``share`` as a preview whose sides are so many times smaller."""
        width, height = (max(64, side // share) for side in self.sides)
        token = picture_token(self.words, self.seed, width, height, self.tones, self.part)
        return f"{base}/images/{'download/' if download else ''}{token}.png"


def drawn(style: str, messages: Sequence[Said], base: str) -> str:
    """What a painter of this style answers; "" where it would rather talk."""
    last = next((said for said in reversed(messages) if said.role == "user"), Said("user", ""))
    text = last.text.strip()
    if style == "all" and not (_WANTED.search(text) or last.pictures):
        return ""
    before = "\n".join(said.text for said in messages if said.role == "assistant")
    if style == "midjourney" and (answer := _pressed(text, before, base)):
        return answer
    words = _ASKED.sub("", text) or "a picture"
    tones = tuple(tone for each in last.pictures for tone in each.tones[:3])
    picture = Picture(words, number(words, *tones) & 0xFFFFFFFF, _sides(words), tones=tones)
    if parse(words).trick == "moderated" or banned_word(words):
        return _moderated(words)
    if parse(words).trick == "fail":
        return json.dumps({"prompt": words, "size": "1024x1024"}, ensure_ascii=False) + SORRY
    return _STYLES[style](picture, base)


def strokes(text: str) -> list[str]:
    """The answer in pieces as they arrive: a line, a dot, a step. Nothing is lost between them."""
    pieces: list[str] = []
    for stroke in _STROKE.findall(text):
        half = len(stroke) // 2
        pieces += [stroke[:half], stroke[half:]] if len(stroke) > _LONGEST else [stroke]
    return pieces


def _midjourney(picture: Picture, base: str, heading: str = "") -> str:
    """mj-chat, as Discord's bot is shown (gpt4free-ts, style A). Four in one, with the buttons of a grid."""
    grid = Picture(picture.words, picture.seed, picture.sides, 0, picture.tones)
    order = json.dumps({"type": "imagine", "prompt": picture.words}, ensure_ascii=False, indent=2)
    job = f"{picture.seed:08x}-5a4d-4b0c-8e1f-000000000000"
    rows = [
        *(f"|放大第{sign}张|U{at}|2|MJ::JOB::upsample::{at}::{job}|" for at, sign in enumerate(_NUMBERS, 1)),
        *(f"|第{sign}张变体|V{at}|2|MJ::JOB::variation::{at}::{job}|" for at, sign in enumerate(_NUMBERS, 1)),
        f"|重新生成|🔄|2|MJ::JOB::reroll::0::{job}::SOLO|",
    ]
    return (
        f"```json\n{heading or order}\n```\n\n> 开始绘制{_steps(grid, base)}\n\n"
        f"![{picture.words}]({grid.link(base)})\n[⏬下载]({grid.link(base, download=True)})\n\n"
        f"> message_id: `136{picture.seed:016d}`\n\n > channel_id: `1350000000000000002`\n\n"
        " > This message contains such action components \n\n"
        "|name|label|type|custom_id|\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        " **接下来你可以直接对我说命令，例如：帮我放大第一张图**"
    )


def _pressed(text: str, before: str, base: str) -> str:
    """What a button of an earlier answer does when it is said in words; "" when these say something else."""
    order, message = _ORDER.findall(before), _MESSAGE.findall(before)
    rows = [row for row in reversed(_ROW.findall(before)) if text in row[:2] or row[0] in text]
    if not (order and message and rows):
        return ""
    words, seed, custom = json.loads(order[0]), int(message[-1][3:]), rows[0][2]
    said = {"type": "component", "message_id": message[-1], "component_type": 2, "custom_id": custom}
    heading = json.dumps(said, ensure_ascii=False, indent=2)
    _mj, _job, verb, index, *_rest = custom.split("::")
    if verb != "upsample":
        again = number(seed, custom) & 0xFFFFFFFF
        return _midjourney(Picture(words, again, _sides(words)), base, heading)
    single = Picture(words, seed, _sides(words), int(index))
    return (
        f"```json\n{heading}\n```\n\n> 开始绘制.\n\n![undefined]({single.link(base)})\n"
        f"[⏬下载]({single.link(base, download=True)})\n"
    )


def _all(picture: Picture, base: str) -> str:
    """gpt-4-all: its order in one line, the picture, a download, and prose."""
    order = json.dumps({"prompt": picture.words, "size": "{}x{}".format(*picture.sides)}, ensure_ascii=False)
    return (
        f"{order}\n\n![image1]({picture.link(base)})\n\n[下载1]({picture.link(base, download=True)})\n\n"
        "Here is the picture you asked for, drawn by the sandbox."
    )


def _four_o(picture: Picture, base: str) -> str:
    """gpt-4o-image: percents, each in a line of its own."""
    order = json.dumps({"prompt": picture.words}, ensure_ascii=False, indent=2)
    lines = "".join(f"> 进度 **{percent}%**\n\n\n" for percent in (2, 34, 67))
    return (
        f"{order}\n\n{lines}\n![file_{picture.seed:012x}]({picture.link(base)})\n"
        f"[下载⏬]({picture.link(base, download=True)})\n\n"
    )


def _sora(picture: Picture, base: str) -> str:
    """sora_image: an id, two pages about it, stages, and a last step that dies early."""
    order = json.dumps({"prompt": picture.words, "ratio": "1:1", "n": 1}, ensure_ascii=False, indent=2)
    last = f"[100]({picture.link(base)}?sig=short-lived)"
    return (
        f"```json\n{order}\n```\n\n> ID: `task_{picture.seed:08x}`\n"
        f">[数据预览]({base}/asyncdata/web/1) | [原始数据]({base}/asyncdata/source/1)\n\n"
        f">🕐 排队中.\n\n>⚡ 生成中.....\n\n>🏃 进度 7..31..72..{last}\n\n> ✅ 生成完成\n\n\n"
        f"![gen_{picture.seed:08x}]({picture.link(base)})\n\n"
        f"[点击下载]({picture.link(base, download=True)})\n"
    )


def _stable_diffusion(picture: Picture, base: str) -> str:
    """stable-diffusion as Poe shows it: the prompt is the picture's name."""
    return f"绘制中..\n![{picture.words}.png]({picture.link(base)}?w=1024&h=1024&pmaid=70000001)\n"


def _moderated(words: str) -> str:
    order = json.dumps({"prompt": words, "ratio": "1:1"}, ensure_ascii=False)
    return (
        f"```json\n{order}\n```\n\n> ID: `task_fail`\n> 排队中..\n> 生成中.\n> 生成失败 ❌\n"
        "> 失败原因：input_moderation\n"
    )


def _steps(picture: Picture, base: str) -> str:
    shares = (16, 8, 4)
    told = (f"..[{step}%]({picture.link(base, share)})" for step, share in zip(STEPS, shares, strict=True))
    return ".....{}..[100%]({})".format("".join(told), picture.link(base))


def _sides(words: str) -> tuple[int, int]:
    """As wide and as high as the words, or Midjourney's flag, have it."""
    said = _RATIO.search(words)
    across, down = (int(said[1]), int(said[2])) if said else parse(words).ratio
    ratio = min(3.0, max(1 / 3, across / down)) if across and down else 1.0
    return (SIDE, round(SIDE / ratio)) if ratio >= 1 else (round(SIDE * ratio), SIDE)


_STYLES = {
    "midjourney": _midjourney,
    "all": _all,
    "4o": _four_o,
    "sora": _sora,
    "stable diffusion": _stable_diffusion,
}
