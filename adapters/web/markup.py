"""What is allowed of Markdown and HTML on the page, and how code, formulas and tables look there."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from math_core import LatexError, LatexToMathML
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from mdit_py_plugins.texmath import texmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MAX_HIGHLIGHT = 60_000  # characters of code; more is shown without colours
MAX_MATH = 2_000  # characters of one formula; more is shown as its source


def _words(*lines: str) -> set[str]:
    return {word for line in lines for word in line.split()}


_TAGS = _words(
    "h1 h2 h3 h4 h5 h6 p br hr strong em s a code pre span div blockquote ul ol li input",
    "table thead tbody tr th td",
)
_MATH = _words(
    "math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded mphantom merror mtable mtr mtd",
    "msub msup msubsup munder mover munderover mmultiscripts mprescripts",
)
_MATH_ATTRIBUTES = _words(
    "display displaystyle mathvariant stretchy form fence separator lspace rspace minsize maxsize symmetric",
    "largeop movablelimits accent accentunder linethickness scriptlevel width height depth voffset",
    "columnalign rowspan columnspan",
)
_CLEANER = nh3.Cleaner(
    tags=_TAGS | _MATH,
    attributes={
        **dict.fromkeys(_MATH, _MATH_ATTRIBUTES),
        **{tag: {"class"} for tag in ("span", "th", "td", "li")},
        "a": {"href", "title"},
        "ol": {"start"},
        "div": {"class", "data-lang"},
        "input": {"checked"},
    },
    set_tag_attribute_values={
        "a": {"target": "_blank"},
        "input": {"type": "checkbox", "disabled": ""},
    },
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)

_mathml = LatexToMathML(fancy_error=False, max_expansions=200)
_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def clean(html: str) -> str:
    """Only what the lists above allow; the last word on what reaches the page."""
    return _CLEANER.clean(html).strip()


def code_html(code: str, info: str, *, more: bool = False) -> str:
    """A code block; ``more`` of them continue the one before."""
    language = info.split(maxsplit=1)[0].strip("{}.") if info.strip() else ""
    lexer = _lexer(language.lower()) if len(code) <= MAX_HIGHLIGHT else None
    shown = highlight(code, lexer, _formatter) if lexer else escapeHtml(code)
    kind = "code more" if more else "code"
    name = escapeHtml(language[:32])
    return f'<div class="{kind}" data-lang="{name}"><pre><code>{shown}</code></pre></div>'


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


def _math_html(source: str, *, block: bool) -> str:
    try:
        if len(source) > MAX_MATH:
            raise LatexError
        shown = _mathml.convert_with_local_state(source.strip(), displaystyle=block)
    except LatexError:
        shown = f"<code>{escapeHtml(source.strip())}</code>"
    return f'<div class="formula">{shown}</div>' if block else shown


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return code_html(tokens[index].content, tokens[index].info)


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A link: loading it would tell a stranger's server that somebody reads this."""
    token = tokens[index]
    label = self.renderInlineAsText(token.children or [], options, env) or "image"
    return f'<a href="{escapeHtml(str(token.attrGet("src") or ""))}">{escapeHtml(label)}</a>'


def _formula(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    shown = _math_html(token.content, block=token.type != "math_inline")
    return shown if token.block or token.type == "math_inline" else f"<span>{shown}</span>"


def _cell(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """Alignment by class: the page's policy allows no inline style."""
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrSet("class", style.rpartition(":")[2])
    return self.renderToken(tokens, index, options, env)


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return '<div class="table"><table>'


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>"


class _Links:
    """Finds addresses that say what they are. Bare words such as main.py would be taken for some, too.

    Most texts hold none, which is known at a glance; the finder itself looks at every word.
    """

    def __init__(self, finder: Any) -> None:
        self._finder = finder.set({"fuzzy_link": False, "fuzzy_email": False})

    def pretest(self, text: str) -> bool:
        return ("://" in text or "mailto:" in text) and bool(self._finder.pretest(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def reader() -> MarkdownIt:
    """A Markdown reader for the page: no HTML, no foreign pictures."""
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.linkify = _Links(markdown.linkify)
    markdown.use(texmath_plugin, delimiters="brackets")
    markdown.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)
    markdown.use(tasklists_plugin)
    rules = {
        "fence": _fence,
        "code_block": _fence,
        "image": _image,
        "math_inline": _formula,
        "math_inline_double": _formula,
        "math_block": _formula,
        "math_block_eqno": _formula,
        "th_open": _cell,
        "td_open": _cell,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown
