"""Markdown as Telegram shows it: nothing lost, nothing refused, never too long."""

import re
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from telegram import MessageEntity

from adapters.telegram.text import CAPTION, ENTITIES, TEXT, Written, caption, compose, measure, write
from bot.markdown import Packer, pack
from bot.messages import Content
from tests.bot.test_markdown import pieces
from tests.bot.test_packing import Writer

WORD = r"w\d+w?"
lively = settings(deadline=None, max_examples=300)

# fmt: off
SAID = (
    "**", "*", "__", "_", "~~w0~~", "||", "`w0`", "\n", "\n\n", " ", "- ", "  - ", "1. ", "> ", "# ", "    ",
    "\n```\n", "\n```python\n", "[w0](http://x.y/z)", "![w0](https://x.y/z.png)", "[w0", "](http://x.y)",
    "<b>", "</b>", "<div>\n", "<!-- ", "-->",
    "- [ ] ", "- [x] ", "\\", "。", "：", "“", "漢字", "😀", "\t", "\r\n", "[w0]: http://x.y\n", "[w0]",
    "\n===\n", "~w0~", "\n| w0 | w0 |\n|:--|--:|\n", "| w0 | **w0** | w0 |\n", "|", "---\n",
)
# fmt: on
said = st.lists(st.one_of(st.just("w0"), st.sampled_from(SAID)), max_size=30)
contents = st.builds(
    Content,
    text=pieces.map("".join),
    thoughts=st.one_of(st.just(""), pieces.map("".join), st.text(min_size=300).map(lambda text: text * 20)),
    note=st.one_of(st.just(""), st.text(max_size=60)),
    progress=st.one_of(st.none(), st.integers(-5, 120)),
    growing=st.booleans(),
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def shown(written: Written) -> list[tuple[str, str]]:
    """Entities and the words they are over."""
    whole = written.text.encode("utf-16-le")
    return [
        (str(each.type), whole[2 * each.offset : 2 * (each.offset + each.length)].decode("utf-16-le"))
        for each in written.entities
    ]


def as_the_server_keeps_it(written: Written) -> Written:
    """What is left after control characters and white space at the ends are taken away."""
    text = "".join(" " if char < " " and char != "\n" else char for char in written.text)
    assert text == written.text
    assert not re.search("[\r\u2028-\u202e]", text)
    kept = text.rstrip(" \n")
    first = min([len(kept), *(each.offset for each in written.entities)])
    begin = min(first, len(kept) - len(kept.lstrip(" \n")))
    return Written(kept[begin:], written.entities if not begin else ())


def assert_valid(written: Written) -> None:
    """The rules of the server, and the stricter ones of its documentation."""
    assert as_the_server_keeps_it(written) == written
    size = units(written.text)
    whole = written.text.encode("utf-16-le")
    order = [(each.offset, -each.length) for each in written.entities]
    assert order == sorted(order)
    around: list[MessageEntity] = []
    beside: dict[tuple[object, ...], int] = {}
    for each in written.entities:
        end = each.offset + each.length
        assert 0 <= each.offset < end <= size
        words = whole[2 * each.offset : 2 * end].decode("utf-16-le")  # raises where it splits a character
        assert words.strip()
        if each.type not in ("pre", "code", "blockquote"):
            assert words == words.strip()
        while around and around[-1].offset + around[-1].length <= each.offset:
            around.pop()
        outer = {str(other.type) for other in around}
        assert all(end <= other.offset + other.length for other in around)
        assert not outer & {"pre", "code"}
        assert str(each.type) not in outer
        if each.type in ("pre", "code"):
            assert outer <= {"blockquote", "expandable_blockquote"}
        if each.type in ("blockquote", "expandable_blockquote"):
            assert not outer
        if each.type == "text_link":
            assert re.match(r"https?://[^/?#@]+\.[^/?#@]+|tg://", each.url or "")
        if each.type not in ("pre", "code", "blockquote"):
            key = (each.type, each.url, len(around), around[-1] if around else None)
            assert beside.get(key) != each.offset
            beside[key] = end
        around.append(each)


def numbered(parts: list[str]) -> str:
    """The parts as one text in which every word is there once."""
    count = iter(range(1, 10_000))
    return re.sub("w0", lambda _: f"w{next(count)}w", "".join(parts))


def in_order(words: list[str], text: str) -> bool:
    found = iter(re.findall(WORD, text))
    return all(word in found for word in words)


# --- whatever it is -------------------------------------------------------------------------


@lively
@given(pieces)
def test_entities_are_valid_for_any_text(parts):
    assert_valid(write("".join(parts)))


@lively
@given(said, st.integers(0, 200))
def test_entities_are_valid_wherever_an_answer_is_cut(parts, cut):
    assert_valid(write(numbered(parts)[:cut]))


@lively
@given(st.text())
def test_any_characters_make_a_text_that_can_be_sent(text):
    assert_valid(write(text))


@settings(deadline=None, max_examples=600)
@given(said)
def test_no_word_is_lost(parts):
    text = numbered(parts)

    assert in_order(re.findall(WORD, text), write(text).text)


@lively
@given(st.text())
def test_no_letter_or_digit_of_plain_words_is_lost(text):
    assume(not re.search(r"[&$\\\[]|(\d[.)])|```|~~~", text))
    letters = [char for char in text if unicodedata.category(char) in ("Lu", "Ll", "Lo", "Nd")]
    found = iter(write(text).text)

    assert all(letter in found for letter in letters)


@lively
@given(pieces)
def test_a_measure_is_never_below_what_the_server_counts(parts):
    text = "".join(parts)
    written = write(text)

    assert measure(text) >= units(written.text)
    assert measure(text) * ENTITIES >= len(written.entities) * TEXT


def test_many_entities_measure_as_much_as_a_long_text():
    assert measure("**a** " * 50) == 50 * TEXT / ENTITIES
    assert measure("**a** " * 101) > TEXT


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.booleans())
def test_a_packed_answer_fits_piece_by_piece(seed, letter_by_letter):
    text = "\n\n".join(Writer(seed + more).answer() for more in range(4))
    packer = Packer(3_900, measure)
    steps = range(0, len(text), 211) if letter_by_letter else ()
    messages = [packer.feed(text[:at]) for at in [*steps, len(text)]][-1]

    for message in messages:
        written = write(message)
        assert_valid(written)
        assert units(written.text) <= TEXT
        assert len(written.entities) <= ENTITIES
    assert in_order(re.findall(WORD, text), " ".join(write(message).text for message in messages))


@settings(deadline=None, max_examples=50)
@given(said, st.integers(100, 400))
def test_whatever_is_packed_fits(parts, limit):
    for message in pack(numbered(parts) * 5, limit, measure):
        assert measure(message) <= limit


# --- what Markdown becomes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "text", "entities"),
    [
        ("# Fox *news*", "Fox news", [("bold", "Fox news"), ("italic", "news")]),
        (
            "**b** *i* ~~s~~ `c`",
            "b i s c",
            [("bold", "b"), ("italic", "i"), ("strikethrough", "s"), ("code", "c")],
        ),
        ("||the end||", "the end", [("spoiler", "the end")]),
        ("||a **b**||", "a b", [("spoiler", "a b"), ("bold", "b")]),
        ("a || b || c", "a || b || c", []),
        ("~5 to ~6~", "~5 to ~6~", []),
        ("**use `x` now**", "use x now", [("bold", "use"), ("code", "x"), ("bold", "now")]),
        ("**重要：**世界", "重要：世界", [("bold", "重要：")]),
        ("中文**“引用”**中文", "中文“引用”中文", [("bold", "“引用”")]),
        ("**a**__b__", "ab", [("bold", "ab")]),
        ("😀 **x**", "😀 x", [("bold", "x")]),
        ("**bo", "**bo", []),
        ("a <b>c</b> &amp; <!-- d -->", "a <b>c</b> & <!-- d -->", []),
        ("<div>\nhi **x**\n</div>", "<div>\nhi x\n</div>", [("bold", "x")]),
        ("- a\n  - b\n    1. c\n- d", "• a\n    ◦ b\n        1. c\n• d", []),
        ("3. a\n4. b", "3. a\n4. b", []),
        ("- a\n\n  b\n- c", "• a\n\n    b\n\n• c", []),
        ("1. a\n   - b\n     - c", "1. a\n    • b\n        ◦ c", []),
        ("- [ ] a\n- [x] b", "☐ a\n☑ b", []),
        ("> a\n> > b\n\nc", "a\n\nb\n\nc", [("blockquote", "a\n\nb")]),
        ("a\n***\nb", "a\n\n────────────\n\nb", []),
        ("a  \nb\nc", "a\nb\nc", []),
        ("```py\nx\n\ty\n```", "x\n    y", [("pre", "x\n    y")]),
        ("```\n  x", "  x", [("pre", "  x")]),
        ("> ```\n> x\n> ```", "x", [("blockquote", "x"), ("pre", "x")]),
        ("- a\n  ```\n  x\n  ```", "• a\nx", [("pre", "x")]),
    ],
)
def test_marks_become_entities(markdown, text, entities):
    written = write(markdown)

    assert written.text == text
    assert shown(written) == entities
    assert_valid(written)


def test_a_fence_keeps_its_language():
    assert [each.language for each in write("```c++ {1}\nx\n```\n\n```\ny\n```").entities] == ["c++", None]


def test_a_table_is_aligned_whatever_the_width_of_its_letters():
    written = write("| Name | 价格 |\n|---|--:|\n| tea | 5 |\n| 绿茶 | 12 |\n")

    assert written.text == "Name │ 价格\n─────┼─────\ntea  │    5\n绿茶 │   12"
    assert shown(written) == [("pre", written.text)]


def test_a_table_keeps_its_links_and_its_surplus_cells():
    written = write("| a | b |\n|---|---|\n| [x](http://y.z) | 2 | 3 |\n")

    assert written.text.endswith("x │ 2 │ 3\nx")
    assert [(each.type, each.url) for each in written.entities] == [
        ("pre", None),
        ("text_link", "http://y.z"),
    ]


def test_one_long_cell_does_not_widen_every_row():
    assert len(write(f"| a | b |\n|---|---|\n| {'x' * 500} | 1 |\n| c | d |\n").text) < 700


@pytest.mark.parametrize(
    ("markdown", "text", "address"),
    [
        ("[a](https://x.y/z?q=1)", "a", "https://x.y/z?q=1"),
        ("[a](tg://resolve?domain=b)", "a", "tg://resolve?domain=b"),
        ("![a fox](http://x.y/f.png)", "a fox", "http://x.y/f.png"),
        ("[![a](http://i.j/p.png)](http://k.l)", "a", "http://k.l"),
        ("[`c`](http://x.y)", "c", "http://x.y"),
        ("see [1]\n\n[1]: http://x.y", "see [1]\n\n[1]: http://x.y", "http://x.y"),
        ("[a](javascript:b)", "a", None),
        ("[a](docs/b.md)", "a", None),
        ("[write](mailto:a@b.c)", "write (a@b.c)", None),
        ("[call](tel:+123)", "call (+123)", None),
        ("[here](http://localhost:8080/x)", "here (http://localhost:8080/x)", None),
        ("[a](https://who:pass@x.y)", "a (https://who:pass@x.y)", None),
        ("[a](https://x.y:99999)", "a (https://x.y:99999)", None),
        ("[a](tg://user?id=5)", "a", None),
        ("<http://x.y>", "http://x.y", None),
    ],
)
def test_links_are_those_that_the_server_accepts(markdown, text, address):
    written = write(markdown)

    assert written.text == text
    assert [each.url for each in written.entities] == ([address] if address else [])


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("$E = mc^2$", "E = mc²"),
        (r"\(\frac{1}{2a}\)", "1/(2a)"),
        (r"$\sqrt{b^2-4ac}$ and $\alpha_1 \le \infty$", "√(b²-4ac) and α₁ ≤ ∞"),
        ("变量$x$的", "变量x的"),
        ("so\n\\[\nx\n+ y = 2\n\\]\nthen", "so\nx + y = 2\nthen"),
        ("$$\\int_0^1 x$$", "∫₀¹ x"),
        ("is $$x^2$$. So", "is \nx². So"),
        ("$5 and $6, or 5$", "$5 and $6, or 5$"),
        ("US$5=A$7", "US$5=A$7"),
        ("$5 or **6$**", "$5 or 6$"),
        (r"\[text\] \[1\]", "[text] [1]"),
        ("`$x^2$`", "$x^2$"),
        ("```\n\\(x^2\\)\n```", "\\(x^2\\)"),
    ],
)
def test_formulas_can_be_read_and_prices_too(markdown, text):
    assert write(markdown).text == text


def test_deep_lists_stay_narrow():
    assert units(write("- " * 300 + "x").text) < 12_000


# --- one message ----------------------------------------------------------------------------


@lively
@given(contents, st.sampled_from([60, 200, CAPTION, TEXT]))
def test_a_message_is_never_too_long_nor_empty_nor_refused(content, limit):
    written = compose(content, limit)

    assert_valid(written)
    assert 0 < units(written.text) <= limit
    assert len(written.entities) <= ENTITIES
    assert written.text.strip()


@settings(deadline=None, max_examples=60)
@given(contents)
def test_a_text_that_fits_is_shown_whole(content):
    text = write(content.text).text
    assume(not content.growing and units(text) <= TEXT)

    assert text in compose(content).text


def test_all_parts_of_a_message_are_in_their_places():
    written = compose(Content("**Yes.**", thoughts="Hm, *well*", note="Stopped.", progress=30))

    assert written.text == "💭 Hm, well\nYes.\n\n▰▰▰▱▱▱▱▱▱▱ 30 %\n\nStopped."
    assert shown(written) == [
        ("expandable_blockquote", "💭 Hm, well"),
        ("bold", "Yes."),
        ("italic", "Stopped."),
    ]


def test_long_thoughts_are_cut_at_their_front():
    written = compose(Content("x" * 3_900, thoughts="a" * 500 + " the end"))

    assert units(written.text) <= TEXT
    assert written.text.startswith("💭 …aaa")
    assert "the end\nxxx" in written.text


def test_a_text_that_is_too_long_leaves_room_for_what_was_said_about_it():
    written = caption(Content("x" * 2_000, note="Painted in 30 s"))

    assert units(written.text) <= CAPTION
    assert written.text.endswith("…\n\nPainted in 30 s")


def test_too_many_entities_lose_the_least_of_them():
    written = compose(Content("*i* " * 60 + "[a](http://x.y) " * 60, thoughts="hm"))
    kinds = [each.type for each in written.entities]

    assert len(kinds) == ENTITIES
    assert kinds.count("text_link") == 60
    assert kinds[0] == "expandable_blockquote"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "…"),
        ("Hello", "Hello▌"),
        ("so **bo", "so bo▌"),
        ("see [this](http://exam", "see this▌"),
        ("Some words\n-", "Some words▌"),
        ("```py\nx = 1\n```", "x = 1▌"),
    ],
)
def test_a_growing_text_looks_as_it_will(text, expected):
    written = compose(Content(text, growing=True))

    assert written.text == expected
    assert_valid(written)


def test_the_cursor_stands_in_the_code_that_is_written():
    assert shown(compose(Content("```py\nx\n```", growing=True))) == [("pre", "x▌")]


def test_a_picture_needs_no_caption():
    assert caption(Content()).text == ""
    assert compose(Content()).text == "…"
