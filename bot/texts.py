"""The bot's own sentences, in the language of whoever reads them.

The source strings are the English sentences themselves. ``speaking`` sets the language for a block of
work; ``_`` translates. Catalogues are gettext's ``.po`` files in ``bot/locale``, read at start.
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).with_name("locale")

_language: ContextVar[str] = ContextVar("language", default="en")


def _(sentence: str) -> str:
    """The sentence in the language now spoken; the English one where there is no translation."""
    return _catalogue(_language.get()).gettext(sentence)


def N_(sentence: str) -> str:
    """Mark a sentence that is translated later, where it is shown."""
    return sentence


def ngettext(one: str, many: str, count: int) -> str:
    """The form for that count."""
    return _catalogue(_language.get()).ngettext(one, many, count)


def spoken() -> str:
    """The language that is spoken now."""
    return _language.get()


def written() -> str:
    """The language (BCP 47) that sentences come in: English where there is no catalogue of the spoken one."""
    return _catalogue(_language.get()).info().get("language", "en").replace("_", "-")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language (BCP 47; "" for English) inside the block and the tasks it starts."""
    token = _language.set(language or "en")
    try:
        yield
    finally:
        _language.reset(token)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """The nearest catalogue: the language itself, or another of the same root (zh-TW → zh_CN)."""
    if not language.replace("-", "").replace("_", "").isalnum():  # it comes from outside, and names a file
        return gettext.NullTranslations()
    wanted = language.replace("-", "_")
    root = wanted.partition("_")[0]
    for path in (LOCALE / f"{wanted}.po", *sorted(LOCALE.glob(f"{root}*.po"))):
        if path.is_file():
            with path.open("rb") as source:
                catalogue = read_po(source)
            compiled = io.BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            return gettext.GNUTranslations(compiled)
    return gettext.NullTranslations()
