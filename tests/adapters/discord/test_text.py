"""Markdown as Discord shows it: nothing is lost, and what is shown is valid."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord.text import TEXT, compose, measure, pack, units, write
from bot.messages import Content
from tests.adapters.discord.visitor import readable

WORDS = st.text("abcxyz äß中文🦊*_~`|\\#>-[]()!.<&\n 123", max_size=60)
BLOCKS = st.sampled_from(
    [
        "# Title",
        "##### Deep",
        "Under\n=====",
        "- one\n- two\n  - three",
        "1. one\n\n   ```python\n   print(1)\n   ```\n2. two",
        "> quoted\n> > deeper",
        "```js\nlet a = `x`;\n```",
        "````md\n```py\nx\n```\n````",
        "```\nopen",
        "| a | b |\n|---|--:|\n| one | 1 |",
        "a **bold** and *soft* and ~~gone~~ and ||hid||",
        "[link](https://example.org/a_b) and <https://example.org>",
        "---",
        "2 * 3 * 4 and snake_case and __init__",
        "$x_1^2$ and \\(a_1\\) and $5 or $6",
        "- [ ] open\n- [x] done",
    ]
)
MARKDOWN = st.lists(st.one_of(BLOCKS, WORDS), max_size=6).map("\n\n".join)


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


def fences(text: str) -> int:
    return len(re.findall(r"(?<!\\)```", text))


@given(MARKDOWN)
@example("``` a\nb")
@example("[a]: http://x.y")
@example("[a](b 'c')")
def test_no_letter_is_lost(markdown):
    wanted = letters(re.sub(r"&[a-zA-Z]+;|&#\d+;|\[x\]", "", markdown))
    shown = iter(letters(write(markdown)))

    assert all(letter in shown for letter in wanted)


@given(MARKDOWN)
def test_fences_are_closed(markdown):
    assert fences(write(markdown)) % 2 == 0


@given(MARKDOWN, st.text("abc *_", max_size=400), st.text(max_size=200), st.booleans())
def test_a_message_is_never_empty_and_never_too_long(markdown, thoughts, note, growing):
    shown = compose(Content(markdown * 20, thoughts=thoughts, note=note, progress=50, growing=growing))

    assert shown.strip()
    assert units(shown) <= TEXT
    assert fences(shown) % 2 == 0


@given(MARKDOWN)
def test_packed_pieces_fit(markdown):
    assert all(units(compose(Content(piece))) <= TEXT for piece in pack(markdown * 10))
    assert all(measure(piece) <= TEXT for piece in pack(markdown * 10))


@given(st.text("abc*_~`|\\#>-[]() 1.:/", max_size=80))
def test_what_is_no_markdown_is_shown_as_it_stands(text):
    from adapters.discord.writing.signs import plain

    assert re.sub(r"\\([^0-9A-Za-z\s])", r"\1", plain(text)) == re.sub(
        r"\\([^0-9A-Za-z\s])", r"\1", text
    ) or (readable(plain(text)) == text)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("#### Deep", "### Deep"),
        ("Under\n===", "# Under"),
        ("+ a\n+ b", "- a\n- b"),
        ("3) x\n4) y", "3. x\n4. y"),
        ("__loud__ and _soft_", "**loud** and *soft*"),
        ("2 * 3 * 4", "2 \\* 3 \\* 4"),
        ("2 ** 3 and 4 ** 5", "2 \\*\\* 3 and 4 \\*\\* 5"),
        ("a || b || c", "a \\|\\| b \\|\\| c"),
        ("snake_case_name", "snake_case_name"),
        ("see https://x.y/a_b_c_d", "see https://x.y/a_b_c_d"),
        ("**see** https://x.y/__init__.py *now*", "**see** https://x.y/__init__.py *now*"),
        ("(https://x.y/_a_/*b*), **https://x.y/**", "(https://x.y/_a_/*b*), **https://x.y/**"),
        ("https://x.y/，**重点**", "https://x.y/，**重点**"),
        ("![a fox](https://x.y/fox.png)", "[a fox](https://x.y/fox.png)"),
        ("[go](javascript:alert(1))", "go (javascript:alert(1))"),
        ("[r][1]\n\n[1]: https://x.y", "[r](https://x.y)\n\n[1]: https://x.y"),
        ("- [x] done\n- [ ] open", "- ☑ done\n- ☐ open"),
        ("a<br>b", "a\nb"),
        ("&lt;b&gt; &amp; c", "<b> & c"),
        ("$x^2$ costs $5", "x² costs $5"),
        ("is\n\\[\na*b*c\n= \\frac{x_1}{2}\n\\]\nthen", "is\na\\*b\\*c = x₁/2\nthen"),
        ("$$\\begin{aligned} a &= b \\\\ - c &= d \\end{aligned}$$", "a = b\n\\- c = d"),
        ("- a\n\n  $$x_1$$\n- b", "- a\n\n  x₁\n- b"),
        ("# On $x_1$", "# On x₁"),
        ("|a|b|\n|-|-|\n|$x^2$|$$y_1$$|", "```\na  │ b\n───┼───\nx² │ y₁\n```"),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("````\n```\nx\n```\n````", "```\n``\u200b`\nx\n``\u200b`\n```"),
        ("1. a\n   ```\n   x\n   ```\n2. b", "1. a\n```\nx\n```\n2. b"),
        ("> a\n>\n> b", "> a\n> \n> b"),
        ("text\n\n---\n\ntext", "text\n\n────────────\n\ntext"),
        ("| a | bb |\n|---|---:|\n| 10 | 1 |", "```\na  │ bb\n───┼───\n10 │  1\n```"),
        ("|a|\n|-|\n|[n](https://x.y)|", "```\na\n─\nn\n```\n[n](https://x.y)"),
        ("a\n-# b", "a\n\\-# b"),
        ("Hi:\n\n- a\n- b\n\nBye", "Hi:\n- a\n- b\n\nBye"),
    ],
)
def test_it_is_said_in_the_platforms_own_markdown(markdown, shown):
    assert write(markdown) == shown


def test_a_growing_code_block_holds_the_cursor():
    assert compose(Content("```py\nx = ", growing=True)) == "```py\nx = ▌\n```"


def test_a_note_and_a_bar_stand_below_and_thoughts_above():
    shown = compose(
        Content("text", thoughts="let me think about it for a very long while", note="by me", progress=40)
    )

    assert shown == ("-# 💭 let me think about it for a very long while\ntext\n▰▰▰▰▱▱▱▱▱▱ 40 %\n-# by me")


def test_what_goes_before_a_text_never_costs_the_text():
    text = "word " * 379

    assert text.strip() in compose(Content(text, thoughts="hm " * 500))
