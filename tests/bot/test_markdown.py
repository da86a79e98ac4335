"""Reading Markdown: into blocks, while it grows, and closed for a preview."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.markdown import Block, Growing, blocks, close_open, reading

# fmt: off
NASTY = (
    "a", "foo bar", "word ", "- ", "* ", "+", "1. ", "2) ", "10. ", "> ", "    ", "   ", "  ", "\t",
    "\n", "\n\n", "\r\n", "\r", "```", "~~~", "````", "```py", "`", "# ", "## x", "---", "***",
    "===", "|", "| a | b |", "|---|---|", "a | b", "--|--", "| 1 | 2 |\n", "<div>", "</div>",
    "<!--", "-->", "<b>", "<pre>", "<?", "?>", "<![CDATA[", "]]>", "[a]", "[a]: b", "[a]:", "'t",
    "(t)", "!", "\\", "&amp;", "_", "漢字", "中文。", "👩\u200d👩\u200d👧", "🇩🇪🇫🇷", "👍🏽", "e\u0301",
    "שלום ", "مرحبا ", "\0", "- item\n", "  - sub\n", "x\n", "**bold** ", "`code` ",
    "[link](http://x.y/z) ", "x" * 70,
)
# fmt: on
pieces = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=4)), max_size=25)
lively = settings(deadline=None, max_examples=300)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in blocks(text)]


def test_a_text_is_read_into_its_top_level_blocks():
    text = (
        "# Title\n\nSome words\non two lines.\n\n- one\n\n  more\n- two\n\n> said\n\n```py\n\nx\n```\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n\n    code\n\n<div>\n</div>\n\n[x]: /y\n"
    )

    assert kinds(text) == [
        ("heading", "# Title\n\n"),
        ("paragraph", "Some words\non two lines.\n\n"),
        ("list", "- one\n\n  more\n- two\n\n"),
        ("quote", "> said\n\n"),
        ("fence", "```py\n\nx\n```\n"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |\n\n"),
        ("rule", "***\n\n"),
        ("code", "    code\n\n"),
        ("html", "<div>\n</div>\n\n"),
        ("reference", "[x]: /y\n"),
    ]


@pytest.mark.parametrize(("text", "expected"), [("", []), (" \n\n", [Block("blank", 0, 3)])])
def test_a_text_without_words_has_no_more_than_a_blank_block(text, expected):
    assert blocks(text) == expected


def test_all_three_ends_of_lines_are_known():
    assert kinds("# a\r\n\r\nb\r\rc\n") == [
        ("heading", "# a\r\n\r\n"),
        ("paragraph", "b\r\r"),
        ("paragraph", "c\n"),
    ]


def test_a_text_that_the_reader_of_markdown_stumbles_over_is_read():
    assert kinds(">- <!--\n>") == [("quote", ">- <!--\n>")]


@lively
@given(pieces)
def test_blocks_cover_a_text_exactly(parts):
    text = "".join(parts)

    assert "".join(text[block.start : block.end] for block in blocks(text)) == text


@settings(deadline=None, max_examples=500)
@given(pieces, st.booleans())
def test_a_growing_text_is_read_as_if_it_had_come_at_once(parts, letter_by_letter):
    """But for link definitions inside quotes, whose titles may go on where the quote does not."""
    steps = "".join(parts) if letter_by_letter else parts
    growing, text = Growing(), ""
    for step in steps:
        text += step
        assume("]:" not in text)

        assert growing.feed(text) == blocks(text)


@lively
@given(pieces)
def test_finished_blocks_do_not_change(parts):
    growing, text, finished = Growing(), "", []
    for part in parts:
        text += part
        read = growing.feed(text)

        assert read[: len(finished)] == finished
        finished = read[: growing.finished]


@lively
@given(pieces)
def test_a_growing_text_with_link_definitions_is_covered_exactly(parts):
    growing, text = Growing(), ""
    for part in parts:
        text += part
        read = growing.feed(text)

        assert "".join(text[block.start : block.end] for block in read) == text


def test_a_growing_reader_starts_afresh_with_another_text():
    growing = Growing()
    growing.feed("# one\n\ntwo")

    assert growing.feed("three") == [Block("paragraph", 0, 5)]


@pytest.mark.parametrize(
    "line",
    [
        "- an item of a list\n",
        "   - an item inside an item\n",
        "x = 1  # code\n",
        "| a cell | another |\n",
        "a line of a poem\n",
        "words without an end ",
    ],
)
def test_reading_a_long_block_does_not_read_it_again_and_again(line, monkeypatch):
    read = 0

    def counting(text):
        nonlocal read
        read += len(text)
        return parse(text)

    parse = reading.parse
    monkeypatch.setattr(reading, "parse", counting)
    begin = {"x": "```\n", "|": "| a | b |\n|---|---|\n", " ": "1. a\n"}.get(line[0], "")
    text = begin + line * 2_000
    growing = Growing()
    for end in range(0, len(text), 10):
        growing.feed(text[:end])

    assert len(growing.blocks) == 1
    assert read < 20 * len(text)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a **bold", "a **bold**"),
        ("a **bold *and more ", "a **bold *and more*** "),
        ("some `code", "some `code`"),
        ("**bold `code", "**bold `code`**"),
        ("~~gone", "~~gone~~"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3", "2 * 3"),
        (r"\*not", r"\*not"),
        ("`**` done", "`**` done"),
        ("opens nothing **", "opens nothing **"),
        ("**one**\n\ntwo", "**one**\n\ntwo"),
        ("**one\n\ntwo", "**one\n\ntwo"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx = 1\n", "```py\nx = 1\n```"),
        ("```\nx\n```", "```\nx\n```"),
        ("```\n**x", "```\n**x\n```"),
        ("- a\n  ~~~~\n  b", "- a\n  ~~~~\n  b\n  ~~~~"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("- an *item", "- an *item*"),
        ("| a | b |\n|---|---|\n| 1 | **2", "| a | b |\n|---|---|\n| 1 | **2**"),
    ],
)
def test_what_is_open_is_closed_for_a_preview(text, closed):
    assert close_open(text) == closed


marked = st.recursive(
    st.sampled_from(["word", "two words", "zwei", "漢字", "`code`", "`a * b`"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        inner.filter(lambda text: "**" not in text).map(lambda text: f"**{text}**"),
        inner.filter(lambda text: "~~" not in text).map(lambda text: f"~~{text}~~"),
    ),
    max_leaves=6,
)


@lively
@given(marked, st.data())
def test_a_preview_shows_no_marks_of_what_is_open(text, data):
    end = data.draw(st.integers(1, len(text)))
    begun = text[:end].rstrip()
    assume(begun[-1] not in "*~`")

    shown = MarkdownIt().enable("strikethrough").render(close_open(begun))

    assert "**" not in shown
    assert "~~" not in shown


@lively
@given(pieces)
def test_closing_only_adds(parts):
    text = "".join(parts)
    closed = close_open(text)

    assert closed.startswith(text.rstrip())
    assert len(closed) <= len(text) + 200
