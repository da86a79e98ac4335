"""What an answer brings: pictures, films, songs, words, buttons, or the reason why there are none."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.engines.chat_image.links import (
    INLINE,
    Link,
    Sort,
    addresses_in,
    bytes_in,
    links_in,
    without_repeats,
)
from bot.errors import Kind
from bot.gateway.catalogue import CONTENT, QUOTA, by_words
from bot.jobs import Failure

MOST = 10  # pictures of one answer

STAGE = (
    r"开始绘制|绘制中|生成中|排队中|进度|提交任务|生成完成|Queuing|Generating|Progress|Generation complete"
)
_FENCE = re.compile(r"```(?:json)?[^\S\n]*\n(.*?)\n?[^\S\n]*```", re.DOTALL)
_STAGE_LINE = re.compile(rf"[^\S\n]*(?:>\s*)?[^\w\s]*\s*(?:{STAGE})")
_ID_LINE = re.compile(r"\s*>?\s*(?:ID|id|gen_id|task_id|message_id|channel_id|request_id|sid):\s*`")
_HINTS = re.compile(
    r"This message contains such action components|接下来你可以直接对我说命令|视频信息"
    r"|请求成功|音乐正在生成中|等待中|等待完整音乐生成|\*\*(?:模型版本|版本ID|音乐时长|资源链接|歌词)[:：]"
    r"|^[#\s]*🎵|^\s*>\s*(?:id|UUID)\s*\Z|^\s*`[\w-]+`\s*\Z|^\W*(?:封面|音频\d?|视频)\W*[:：]?\s*\Z"
)
_SONG = re.compile(r"^[#\s]*🎵\s*(?:歌曲名[:：])?\s*(\S[^\n]*)$", re.MULTILINE)
_ROW = re.compile(r"\|([^|\n]*)\|([^|\n]*)\|\s*2\s*\|\s*([^|\s]+)\s*\|")
_FAILED = re.compile(
    r"生成失败|生成超时|Generate action failed|Generate prompt failed|该图像处理服务器已掉线|^\s*timeout\s*$"
    r"|Image urls length should",
    re.MULTILINE,
)
_REASON = re.compile(r"(?:失败)?原因[:：]\s*(.+)")


@dataclass(frozen=True, slots=True)
class Button:
    """A row of mj-chat's table: what to say to press it, and what it is called."""

    words: str
    label: str
    custom: str


@dataclass(frozen=True, slots=True)
class Reading:
    """``pictures`` are addresses or bytes. ``failure`` is set where none came though some should have."""

    pictures: tuple[str | bytes, ...] = ()
    films: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    cover: str = ""  # of a film or a song
    title: str = ""  # of a song
    caption: str = ""
    prompt: str = ""  # as it was run, where the answer says so
    buttons: tuple[Button, ...] = ()
    failure: Failure | None = None


def read(text: str, structured: Sequence[str | bytes] = ()) -> Reading:
    """Read a whole answer. ``structured`` are the pictures that came apart from its text."""
    if text.strip().startswith(INLINE):
        structured, text = [*structured, bytes_in(text.strip())], ""
    parameters, rest = _parameters(text)
    links = list(links_in(rest))
    films = without_repeats([link.target for link in links if link.sort is Sort.FILM])
    drawn = without_repeats([link.target for link in links if link.sort is Sort.PICTURE])
    sounds = _sounds(links, rest)
    if sounds:
        films = []  # the same song with moving pictures
    covers = drawn if films or sounds else []
    found = [] if films or sounds else drawn or _second_best(links, rest)
    pictures = [*structured, *(bytes_in(each) or each for each in found)][:MOST]
    caption = _caption(rest, links)
    prompt = str(parameters.get("prompt") or "") if parameters else ""
    failure = None
    if not (pictures or films or sounds):
        failure = _failure(rest, caption, asked=parameters is not None)
    return Reading(
        tuple(dict.fromkeys(pictures)),
        tuple(films),
        tuple(sounds),
        covers[0] if covers else "",
        title[1].strip() if sounds and (title := _SONG.search(rest)) else "",
        caption,
        prompt,
        _buttons(rest),
        failure,
    )


def _sounds(links: Sequence[Link], text: str) -> list[str]:
    """Songs; those behind the last sign of waiting are the finished ones, and those before it only begin."""
    found = [link for link in links if link.sort is Sort.SOUND]
    waited = text.rfind("🎵")
    return without_repeats(
        [link.target for link in found if link.start > waited] or [link.target for link in found]
    )


def _second_best(links: Sequence[Link], text: str) -> list[str]:
    """Where no picture is drawn: what else may be one."""
    for sort in (Sort.LAST_STEP, Sort.PICTURE_LINK, Sort.DOWNLOAD):
        found = without_repeats([link.target for link in links if link.sort is sort])
        if found:
            return found
    others = {link.target for link in links}
    return without_repeats([address for address in addresses_in(text) if address not in others])


def _parameters(text: str) -> tuple[dict[str, object] | None, str]:
    """What the model ordered of its painter, as it wrote that down; and the answer without it."""
    for fence in _FENCE.finditer(text):
        found = _object(fence[1])
        if found is not None:
            return found, text[: fence.start()] + text[fence.end() :]
    for line in re.finditer(r"^[^\S\n]*\{", text, re.MULTILINE):
        begin = line.end() - 1
        try:
            found, end = json.JSONDecoder(strict=False).raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and ("prompt" in found or "type" in found):
            return found, text[:begin] + text[end:]
    return None, text


def _object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _caption(text: str, links: Sequence[Link]) -> str:
    """What is left for people to read."""
    kept, at = [], 0
    for link in links:
        kept.append(text[at : link.start])
        at = link.end
        if link.sort is Sort.OTHER:
            kept.append(text[link.start : link.end])
    lines = "".join([*kept, text[at:]]).splitlines()
    words = [
        line.strip()
        for line in lines
        if not (
            _STAGE_LINE.match(line)
            or _ID_LINE.match(line)
            or _HINTS.search(line)
            or re.match(r"\s*\|.*\|\s*\Z", line)
            or not line.strip(" \t>|.~*_-")
        )
        or not line.strip()
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(words)).strip()


def _buttons(text: str) -> tuple[Button, ...]:
    """The table of what can be done next, without the row of its headings."""
    rows = (Button(row[1].strip(), row[2].strip(), row[3]) for row in _ROW.finditer(text))
    return tuple(button for button in rows if button.label and button.words)


def _failure(text: str, caption: str, *, asked: bool) -> Failure | None:
    """Why there is no picture; None when the model simply answered in words."""
    failed = _FAILED.search(text)
    if not (failed or asked):
        return None
    said = _REASON.search(text)
    reason = (said[1] if said else caption or (failed[0] if failed else "")).strip()
    if failed and failed[0].strip() == "timeout":
        return Failure(Kind.TIMEOUT, "timeout")
    verdict = by_words(reason)
    if verdict in (CONTENT, QUOTA):
        return Failure(verdict.kind, reason, again=verdict is not CONTENT)
    return Failure(Kind.UPSTREAM, reason or "no picture came")
