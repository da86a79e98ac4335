"""Formulas in LaTeX as Unicode that can be read, for networks that show no formulas."""

import re
from functools import lru_cache
from typing import Any

from telegramify_markdown.latex_escape.helper import LatexToUnicodeHelper

MAX = 2_000  # characters of one formula; more is shown as its source

_ATOM = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_][\u0300-\u036f\u1d43-\u1dbf\u2070-\u209f²³¹′]*")


@lru_cache(maxsize=256)
def readable(source: str) -> str:
    """One line for each of the formula's own; the source where it cannot be said otherwise."""
    source = " ".join(source.split())
    if len(source) > MAX:
        return source
    lines = (" ".join(line.split()) for line in _formulas.convert(source).splitlines())
    return "\n".join(line for line in lines if line) or source


class _Formulas(LatexToUnicodeHelper):
    """Roots and fractions by brackets: lines over letters are lost on most phones."""

    @staticmethod
    def translate_sqrt(command: str, option: str, param: str) -> str:
        return f"{_plain.make_sqrt(option.strip(), '')}{_grouped(param.strip())}"

    @staticmethod
    def make_fraction(numerator: str, denominator: str) -> str:
        made = str(_plain.make_fraction(numerator, denominator))
        short = len(made) < 2  # one character, as for a half
        return made if short else f"{_grouped(numerator.strip())}/{_grouped(denominator.strip())}"


def _grouped(text: str) -> str:
    return text if _ATOM.fullmatch(text) else f"({text})"


_plain: Any = LatexToUnicodeHelper
_formulas: Any = _Formulas()
