"""What people write, read: their formatting as Markdown where it matters, our name cut out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import MessageEntity, User

_SPACES = re.compile(r"[ \t]{2,}")
_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    """``ours``: our name, or a command of ours, is in it. ``others``: a command for another bot."""

    text: str
    ours: bool = False
    others: bool = False


def read(text: str, entities: Sequence[MessageEntity], me: User) -> Words:
    """The text without our name. Entities count UTF-16 units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    parts: list[str] = []
    at = 0
    ours = others = False
    for entity in sorted(entities, key=lambda each: (each.offset, -each.length)):
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        if start < at or end > len(raw):
            continue  # inside of what was read, or not in this text
        said = _decoded(raw[start:end])
        match entity.type:
            case MessageEntity.MENTION if me.username and said.casefold() == f"@{me.username}".casefold():
                ours, shown = True, ""
            case MessageEntity.TEXT_MENTION if entity.user is not None and entity.user.id == me.id:
                ours, shown = True, ""
            case MessageEntity.BOT_COMMAND if entity.offset == 0:
                shown, _at, bot = said.partition("@")
                others = bool(bot) and bot.casefold() != (me.username or "").casefold()
                ours = not others
            case MessageEntity.PRE:
                fence = max(["```", *(each + "`" for each in _FENCE.findall(said))], key=len)
                shown = f"\n{fence}{entity.language or ''}\n{said.strip(chr(10))}\n{fence}\n"
            case MessageEntity.CODE:
                shown = f"`{said}`" if "`" not in said else said
            case MessageEntity.TEXT_LINK if entity.url:
                shown = f"[{said}]({entity.url})"
            case _:
                continue
        parts += [_decoded(raw[at:start]), shown]
        if not shown and ours and parts[-2].endswith((" ", "\n")):
            parts[-2] = parts[-2][:-1]
        at = end
    parts.append(_decoded(raw[at:]))
    return Words("".join(parts).strip(), ours, others)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-16-le", "surrogatepass")
