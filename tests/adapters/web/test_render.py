"""Markdown as blocks of safe HTML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web import markup
from adapters.web import render as rendering
from adapters.web.render import SEGMENT, Growing, render
from tests.adapters.web.visitor import text_of

BLOCKS = [
    "# A heading\n",
    "Some *text* with `code`, **bold** and a [link](https://example.org/a_b).\nAnd a second line.\n",
    "- one\n- two\n  - nested\n- three\n",
    "1. first\n\n2. second\n\n   with more\n\n3. third\n",
    "> quoted\n> twice\n",
    "| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |\n",
    "```python\ndef f(x):\n    return x  # **not bold**\n```\n",
    "~~~\nplain\n\nwith a gap\n~~~\n",
    "- [x] done\n- [ ] open\n",
    "$$\nx^2 + y^2\n$$\n",
    "Inline $a_b$ and \\(c_d\\).\n",
    "---\n",
    "Setext\n===\n",
    "* other\n* markers\n",
    "Über 中文 🎉 text.\n",
]


def grown(text: str, cuts: list[int]) -> Growing:
    growing = Growing()
    for cut in sorted(cut % (len(text) + 1) for cut in cuts):
        growing.feed(text[:cut])
    growing.feed(text)
    return growing


@given(
    st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=8), st.lists(st.integers(0, 10_000), max_size=40)
)
@settings(max_examples=80, deadline=None)
def test_a_text_that_grew_looks_like_the_text_as_a_whole(blocks, cuts):
    text = "\n".join(blocks)

    assert grown(text, cuts).blocks == list(render(text))


MARKUP = st.text(alphabet="#`*-|$\\[](){}^_<>~=!:/1. ax\n\r\t", max_size=120)


@given(st.text() | MARKUP, st.lists(st.integers(0, 1000), max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_at_all_can_grow(text, cuts):
    growing = grown(text, cuts)

    for tag in ("<script", "<img", "<iframe", "onerror=", "<style"):
        assert tag not in "".join(growing.blocks).replace("&lt;", "")


@given(
    st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=40)
)
@settings(max_examples=60, deadline=None)
def test_what_feed_says_is_unchanged_is_unchanged(blocks, cuts):
    text = "\n".join(blocks)
    growing = Growing()
    before: list[str] = []
    for cut in sorted(cut % (len(text) + 1) for cut in cuts):
        first = growing.feed(text[:cut])
        assert growing.blocks[:first] == before[:first]
        before = list(growing.blocks)


@given(st.integers(SEGMENT, 5 * SEGMENT), st.integers(1, 37), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_long_code_block_in_segments_holds_every_line_once(count, step, closed):
    code = "".join(f"x{n} = '{n}'\n" for n in range(count))
    text = f"Look:\n\n```python\n{code}" + ("```\n\nThat was it.\n" if closed else "")
    growing = grown(text, list(range(0, len(text), step)))

    shown = "".join(text_of(block) + "\n" for block in growing.blocks[1 : -1 if closed else None])
    assert shown == code
    assert text_of(growing.blocks[0]) == "Look:"
    if closed:
        assert text_of(growing.blocks[-1]) == "That was it."


class _Counting:
    """Counts the characters that are parsed."""

    def __init__(self, markdown) -> None:
        self._markdown = markdown
        self.parsed = 0

    def parse(self, text, *args):
        self.parsed += len(text)
        return self._markdown.parse(text, *args)

    def __getattr__(self, name):
        return getattr(self._markdown, name)


@pytest.mark.parametrize("block", [*BLOCKS, "```\n" + "a line of code\n" * 200 + "```\n"])
def test_a_preview_of_a_long_answer_parses_no_more_than_one_of_a_short_one(monkeypatch, block):
    counting = _Counting(rendering._markdown)
    monkeypatch.setattr(rendering, "_markdown", counting)
    growing = Growing()
    text = ""
    most = 0
    for _ in range(200):
        before = counting.parsed
        text += block + "\nA paragraph in between.\n\n"
        growing.feed(text)
        most = max(most, counting.parsed - before)

    assert most <= 4 * (len(block) + 30)


def test_one_endless_block_is_rendered_again_only_now_and_then(monkeypatch):
    counting = _Counting(rendering._markdown)
    monkeypatch.setattr(rendering, "_markdown", counting)
    growing = Growing()
    text = "".join(f"- item {n} of a list that does not end\n" for n in range(2000))
    for end in range(0, len(text), 50):
        growing.feed(text[:end])

    assert counting.parsed < 60 * len(text)
    assert "item 1800" in growing.blocks[0]


def test_a_text_that_begins_anew_is_rendered_anew():
    growing = Growing()
    growing.feed("# One\n\nTwo\n\nThree\n\nFour")

    assert growing.feed("# Other\n\nTwo") == 0
    assert growing.blocks == list(render("# Other\n\nTwo"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Some **bold", "<p>Some <strong>bold</strong></p>"),
        ("Some **", "<p>Some</p>"),
        ("Some `cod", "<p>Some <code>cod</code></p>"),
        ("See [the docs](https://exam", "<p>See the docs</p>"),
        ("See [the do", "<p>See the do</p>"),
        ("A paragraph\n-", "<p>A paragraph</p>"),
        ("A paragraph\n---", "<p>A paragraph</p>"),
        ("- one\n- ", "<ul>\n<li>one</li>\n</ul>"),
        ("1. one\n2", "<ol>\n<li>one</li>\n</ol>"),
        ("`a**b` and", "<p><code>a**b</code> and</p>"),
    ],
)
def test_an_unfinished_end_looks_like_what_it_will_become(text, shown):
    growing = Growing()
    growing.feed(text)

    assert growing.blocks == [shown]


def test_a_link_definition_that_came_earlier_is_known_later():
    text = "[docs]: https://example.org/docs\n\nOne.\n\nTwo.\n\nThree, see [docs].\n\nEnd."

    assert 'href="https://example.org/docs"' in "".join(grown(text, list(range(len(text)))).blocks)


def test_links_open_elsewhere_and_tell_nothing():
    (block,) = render("[here](https://example.org) or https://example.com/x")

    assert block.count('target="_blank" rel="noopener noreferrer nofollow"') == 2


def test_pictures_in_a_text_are_links_and_are_not_loaded():
    (block,) = render("![a fox](https://example.org/fox.png)")

    assert "<img" not in block
    assert '<a href="https://example.org/fox.png"' in block
    assert ">a fox</a>" in block


def test_file_names_are_not_taken_for_addresses():
    (block,) = render("Open main.py and README.md, or write to a@b.")

    assert "<a" not in block


def test_code_names_its_language_and_is_coloured():
    (block,) = render("```python title=x\nif x: pass\n```")

    assert '<div class="code" data-lang="python">' in block
    assert '<span class="k">if</span>' in block


def test_code_in_an_unknown_language_is_shown_as_it_is():
    (block,) = render("```klingon\nif <x> & y\n```")

    assert "if &lt;x&gt; &amp; y" in block


def test_a_block_that_trips_a_highlighter_is_still_read(monkeypatch):
    def trip(*args):
        raise RecursionError

    monkeypatch.setattr(markup, "highlight", trip)

    assert render("Before.\n\n```python\nif <x>: pass\n```\n\nAfter.") == (
        "<p>Before.</p>",
        "<pre><code>if &lt;x&gt;: pass\n</code></pre>",
        "<p>After.</p>",
    )


def test_formulas_become_mathml_and_broken_ones_stay_readable():
    good, bad = render("$$\\frac{1}{2}$$\n\n$$\\frac{1}{$$")

    assert "<math" in good
    assert "<mfrac>" in good
    assert "\\frac{1}{" in text_of(bad)


def test_prices_are_not_formulas():
    (block,) = render("It costs $5 here and $10 there.")

    assert block == "<p>It costs $5 here and $10 there.</p>"


def test_a_line_break_stays_one():
    assert render("one\ntwo") == ("<p>one<br>\ntwo</p>",)


def test_columns_keep_their_alignment_without_inline_style():
    (block,) = render("| a | b |\n|:-:|--:|\n| 1 | 2 |")

    assert '<td class="center">1</td>' in block
    assert '<td class="right">2</td>' in block
    assert "style" not in block
