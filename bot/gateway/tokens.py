"""About how many tokens a text is: by a tokenizer, corrected by what gateways charge."""

import re
import warnings
from functools import cache
from importlib import import_module
from typing import Protocol, cast

import structlog

log = structlog.get_logger()

PER_MESSAGE = 4  # tokens around each message's text (OpenAI's cookbook, new-api)
EXACT_FROM = 1000  # characters: of shorter texts the estimate is off by a few tokens only
LONGEST = 200_000  # characters that are counted exactly; of a longer text, its beginning is
_CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")


class _Encoding(Protocol):
    def count(self, text: str) -> int: ...


class Tokens:
    """Counts, and learns each model's own measure from the usage that its gateway reports."""

    def __init__(self) -> None:
        self._ratio: dict[str, float] = {}

    def count(self, text: str, model: str = "") -> int:
        """About how many tokens of that model the text is."""
        return round(counted(text) * self._ratio.get(model, 1.0))

    def learn(self, model: str, counted: int, real: int) -> None:
        """A prompt that we counted as ``counted`` was ``real`` tokens. Odd numbers are not believed."""
        if counted < 50 or not 0.4 < real / counted < 4.0:
            return
        known = self._ratio.get(model)
        ratio = real / counted
        self._ratio[model] = ratio if known is None else known + (ratio - known) * 0.2


def counted(text: str) -> int:
    """By the tokenizer of the newer models, or by estimate where that is good enough or all there is.

    The tokenizer takes 70 MB of memory from its first use on, so short texts do not wake it.
    """
    encoding = _encoding() if len(text) >= EXACT_FROM else None
    if encoding is None:
        return estimated(text)
    known = text[:LONGEST].encode("utf-8", "replace").decode()
    return encoding.count(known) * len(text) // len(known)


def estimated(text: str) -> int:
    """Without a vocabulary: four letters to a token, a token for each Chinese character; ± 25 %."""
    cjk = len(_CJK.findall(text))
    ascii_ = sum(character.isascii() for character in text) if not text.isascii() else len(text)
    return round(ascii_ / 4 + cjk + (len(text) - ascii_ - cjk) / 2)


@cache
def _encoding() -> _Encoding | None:
    """Carried by its package, never downloaded; read when it is first needed.

    The bindings themselves, for the package's own wrapper keeps the whole vocabulary a second time.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it opens its data in an old way
            bindings = import_module("bpe_openai._bindings")
        return cast(_Encoding, bindings.tokenizer_for_encoding("o200k_base"))
    except (ImportError, AttributeError, OSError, ValueError, RuntimeError) as error:
        log.warning("tokens are estimated", error=str(error))
        return None
