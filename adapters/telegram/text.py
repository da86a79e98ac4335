"""Markdown as Telegram shows it: text, and entities that say which parts of it are what."""

from dataclasses import dataclass
from functools import lru_cache

from telegram import MessageEntity

from bot.messages import Content

TEXT = 4096  # UTF-16 units of a message
CAPTION = 1024  # and of a caption
ENTITIES = 100  # of either


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its entities, whose offsets and lengths are UTF-16 units."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def units(text: str) -> int:
    """How long a text is for the platform."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=256)
def write(markdown: str) -> Written:
    """What a text shows, however unfinished it is."""
    return Written(markdown.strip())


def measure(markdown: str) -> int:
    """How much of a message it takes: its units, or its share of the entities if that is more."""
    written = write(markdown)
    return max(units(written.text), -(-len(written.entities) * TEXT // ENTITIES))


def compose(content: Content, limit: int = TEXT) -> Written:
    """One message: thoughts folded, text, bar, note; never empty, at most ``limit`` units."""
    return Written((content.text.strip() + (" ▌" if content.growing else "")).strip() or "…")


def caption(content: Content) -> Written:
    """The same for what stands under a picture."""
    return compose(content, CAPTION)
