"""Packing Markdown into messages: nothing is lost, and everything stays what it was."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.markdown import Packer, lost, pack
from bot.markdown.places import Layout
from tests.bot.test_markdown import pieces

lively = settings(deadline=None, max_examples=200)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


limits = st.integers(20, 120)
measures = st.sampled_from([len, utf16])


# --- whatever it is -------------------------------------------------------------------------


@lively
@given(pieces, limits, measures)
def test_messages_are_within_the_limit_and_lose_nothing(parts, limit, measure):
    text = "".join(parts)
    messages = pack(text, limit, measure)

    assert all(measure(message) <= limit for message in messages)
    assert all(message.strip() for message in messages)
    assert lost(text, messages) == 0


@lively
@given(pieces, limits, measures)
def test_full_messages_never_change_as_the_text_grows(parts, limit, measure):
    packer, text, full = Packer(limit, measure), "", []
    for part in parts:
        text += part
        messages = packer.feed(text)

        assert messages[: len(full)] == full
        full = messages[:-1]


@lively
@given(pieces, limits, measures, st.booleans())
def test_a_text_that_grew_is_packed_like_one_that_came_at_once(parts, limit, measure, letter_by_letter):
    packer, text = Packer(limit, measure), ""
    messages: list[str] = []
    for part in "".join(parts) if letter_by_letter else parts:
        text += part
        messages = packer.feed(text)

    assert messages == pack(text, limit, measure)


@lively
@given(
    st.lists(
        st.tuples(st.sampled_from(["word ", "line\n", "| a | b |\n", "```\n", "- one\n"]), st.booleans())
    ),
    limits,
)
def test_rough_looks_change_no_message_and_the_exact_one_has_the_last_word(steps, limit):
    packer, text, full = Packer(limit), "", []
    for part, rough in steps:
        text += part
        messages = packer.feed(text, rough=rough)
        assert messages[: len(full)] == full
        full = messages[:-1]

    assert packer.feed(text) == pack(text, limit)


def test_a_rough_look_measures_only_now_and_then():
    looked = []

    def measure(text: str) -> int:
        looked.append(len(text))
        return len(text)

    packer, text = Packer(4000, measure), ""
    for _ in range(500):
        text += "word "
        packer.feed(text, rough=True)

    assert len(looked) < 60


@lively
@given(pieces, limits)
def test_no_message_leaves_a_fence_open(parts, limit):
    for message in pack("".join(parts), limit):
        if message.count("\n") > 1:
            assert Layout(message).ending() == ""


@lively
@given(st.text(), st.integers(1, 9), measures)
def test_even_tiny_limits_come_to_an_end(text, limit, measure):
    messages = pack(text, limit, measure)

    assert lost(text, messages) == 0


@lively
@given(st.text(), st.integers(4, 30))
def test_a_growing_measure_of_any_kind_is_kept(text, limit):
    def weigh(piece: str) -> int:
        return sum(1 + (character > "z") for character in piece)

    assert all(weigh(message) <= limit for message in pack(text, limit, weigh))


# --- ordinary answers: every word stays what it was -----------------------------------------


class Writer:
    """Writes Markdown as models do, in which every word is there once: w1 w2 …"""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.count = 0

    def answer(self) -> str:
        parts = []
        for _ in range(self.chance.randint(1, 5)):
            if self.chance.random() < 0.3:
                parts.append("#" * self.chance.randint(1, 3) + f" {self.words(6)}")
            parts.append(self.block(0))
            if parts[-1][:1].isdigit() or parts[-1][0] in "-*+":
                parts.append(self.words(9))  # or it might become one list with the next
        return "\n\n".join(parts)

    def words(self, most: int) -> str:
        some = []
        for _ in range(self.chance.randint(1, most)):
            self.count += 1
            mark = self.chance.choice(["", "", "", "", "**", "*", "`"])
            some.append(f"{mark}w{self.count}{mark}{self.chance.choice(['', '', '', '.', ',', '?'])}")
        text = " ".join(some)
        return text.replace(", ", self.chance.choice([", ", ", ", ",\n"])) if most > 20 else text

    def code(self) -> str:
        self.count += 3
        indent = self.chance.choice(["", "    "])
        return f"{indent}w{self.count - 2} = w{self.count - 1} + w{self.count}"

    def block(self, depth: int) -> str:
        match self.chance.choice(["words", "words", "code", "list", "list", "numbers", "quote", "table"]):
            case "code":
                lines = [self.code() for _ in range(self.chance.randint(1, 9))]
                fence = self.chance.choice(["```", "```", "~~~~"])
                return "\n".join([f"{fence}python", *lines, fence])
            case "table" if not depth:
                rows = [f"| {self.words(3)} | {self.words(3)} |" for _ in range(self.chance.randint(1, 8))]
                return "\n".join(["| Left | Right |", "|------|-------|", *rows])
            case "quote" if depth < 2:
                return "\n".join(f"> {line}".rstrip() for line in self.block(depth + 1).split("\n"))
            case "list" if depth < 3:
                mark = self.chance.choice(["- ", "- ", "* ", "+   "])
                return "\n".join(self.item(mark, depth) for _ in range(self.chance.randint(1, 5)))
            case "numbers" if depth < 3:
                begin = self.chance.randint(1, 7)
                places = range(begin, begin + self.chance.randint(1, 5))
                return "\n".join(self.item(f"{place}. ", depth) for place in places)
        return self.words(60)

    def item(self, mark: str, depth: int) -> str:
        text = self.words(25)
        if self.chance.random() < 0.3:
            mark_inside = self.chance.choice(["- ", "- ", "* ", "  - ", " 1. ", "-   ", "- [ ] "])
            inner = [mark_inside + self.words(12) for _ in range(self.chance.randint(1, 4))]
            text += self.chance.choice(["\n", "\n\n"]) + "\n".join(inner)
        elif self.chance.random() < 0.3:
            text += "\n\n" + self.block(depth + 1)
        lead = " " * len(mark)
        return mark + "\n".join(f"{lead}{line}" if line else line for line in text.split("\n")).lstrip()


answers = st.integers(0, 2**32).map(lambda seed: Writer(seed).answer())


def places(text: str) -> dict[str, tuple[object, ...]]:
    """What every word is: the lists, quotes, tables and code that it is in, and its emphasis."""
    found: dict[str, tuple[object, ...]] = {}
    around: list[object] = []
    numbers: list[int | None] = []
    columns: list[str] = []
    cell = 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        match token.type:
            case "blockquote_open":
                around.append("quote")
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)))
            case "list_item_open":
                around.append(("item", numbers[-1]))
                if numbers[-1] is not None:
                    numbers[-1] += 1
            case "heading_open":
                around.append(token.tag)
            case "table_open":
                columns = []
            case "tr_open":
                cell = 0
            case "td_open":
                around.append(("cell", columns[cell]))
                cell += 1
            case "th_open":
                around.append("head")
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "blockquote_close" | "list_item_close" | "heading_close" | "td_close" | "th_close":
                around.pop()
            case "fence":
                for line in token.content.split("\n"):
                    for word in re.findall(r"w\d+", line):
                        assert word not in found
                        indent = len(line) - len(line.lstrip())
                        found[word] = (*around, "code", token.info, indent)
            case "inline":
                if around and around[-1] == "head":
                    columns.append(token.content)
                marks: list[str] = []
                for child in token.children or ():
                    if child.nesting:
                        marks.append(child.tag) if child.nesting > 0 else marks.pop()
                    for word in re.findall(r"w\d+", child.content):
                        assert word not in found
                        found[word] = (*around, *marks, child.type)
    return found


@settings(deadline=None, max_examples=300)
@given(answers, st.integers(400, 900))
def test_every_word_stays_in_its_list_quote_cell_and_code(text, limit):
    shown: dict[str, tuple[object, ...]] = {}
    for message in pack(text, limit):
        inside = places(message)
        assert inside
        assert not shown.keys() & inside.keys()
        shown |= inside

    assert shown == places(text)
    assert list(shown) == list(places(text))


# --- examples -------------------------------------------------------------------------------


def test_no_limit_makes_one_message_of_the_text_itself():
    assert pack(" *a*\n", None) == [" *a*\n"]


@pytest.mark.parametrize("limit", [None, 10])
@pytest.mark.parametrize("text", ["", " \n\n"])
def test_white_space_makes_no_message(text, limit):
    assert pack(text, limit) == []


def test_a_limit_that_nothing_fits_into_is_refused():
    with pytest.raises(ValueError, match="0"):
        Packer(0)


def test_blocks_stay_whole_where_they_can():
    text = "One paragraph of words.\n\nAnother paragraph of words.\n\nA third."

    assert pack(text, 58) == ["One paragraph of words.\n\nAnother paragraph of words.", "A third."]


def test_a_heading_goes_with_what_it_heads():
    assert pack("Some words before it.\n\n# Title\n\nWords under the title.", 40) == [
        "Some words before it.",
        "# Title\n\nWords under the title.",
    ]


def test_a_long_paragraph_is_cut_after_a_sentence_then_after_a_word():
    text = "The first sentence is here. The second one is much longer than what is left"

    assert pack(text, 40) == [
        "The first sentence is here.",
        "The second one is much longer than what",
        "is left",
    ]


def test_chinese_is_cut_after_a_sentence():
    assert pack("第一句话在这里。第二句话也在这里。", 12) == ["第一句话在这里。", "第二句话也在这里。"]


def test_emphasis_links_and_code_are_not_cut():
    text = (
        "Words and words and **some bold words** more `code with words` and [a link](http://x.example/y) end."
    )

    assert pack(text, 36) == [
        "Words and words and",
        "**some bold words** more",
        "`code with words` and",
        "[a link](http://x.example/y) end.",
    ]


def test_code_is_closed_and_opened_again():
    assert pack("```python\none = 1\ntwo = 2\nthree = 3\nfour = 4\n```\nDone.", 40) == [
        "```python\none = 1\ntwo = 2\nthree = 3\n```",
        "```python\nfour = 4\n```\nDone.",
    ]


def test_a_fence_that_never_ends_is_ended():
    assert pack("```\nx = 1", 40) == ["```\nx = 1\n```"]


def test_a_list_keeps_its_numbers_and_its_nesting():
    text = "1. First item\n   - inner one\n   - inner two\n   - inner three\n2. Second item\n3. Third item"

    assert pack(text, 50) == [
        "1. First item\n   - inner one\n   - inner two",
        "1. …\n   - inner three\n2. Second item\n3. Third item",
    ]


def test_items_that_are_all_numbered_one_are_counted_on():
    assert pack("1. one\n1. two\n1. three\n1. four", 20) == ["1. one\n1. two", "3. three\n1. four"]


def test_an_item_that_is_too_long_goes_on_as_itself():
    text = "- an item of many words that goes on and on\n- next"

    assert pack(text, 30) == ["- an item of many words that", "- …goes on and on\n- next"]


def test_a_quote_goes_on_as_a_quote():
    assert pack("> somebody said a great many words here", 24) == [
        "> somebody said a great",
        "> many words here",
    ]


def test_a_table_repeats_its_head():
    text = "| a | b |\n|---|---|\n| one | 1 |\n| two | 2 |\n| three | 3 |"

    assert pack(text, 46) == [
        "| a | b |\n|---|---|\n| one | 1 |\n| two | 2 |",
        "| a | b |\n|---|---|\n| three | 3 |",
    ]


def test_a_row_that_is_too_long_goes_on_in_its_column():
    text = "| a | b |\n|---|---|\n| one | " + "word " * 12 + "|"

    assert pack(text, 60) == [
        "| a | b |\n|---|---|\n| one | word word word word word word",
        "| a | b |\n|---|---|\n| | word word word word word word |",
    ]


def test_words_that_would_start_a_list_do_not_begin_a_message():
    assert pack("It was all in the year of 1999. Then came more words.", 28) == [
        "It was all in the year",
        "of 1999. Then came more",
        "words.",
    ]


def test_what_people_see_as_one_character_is_not_cut():
    family = "👩\u200d👩\u200d👧"

    assert pack(family * 3, 16, utf16) == [family * 2, family]
    assert pack("🇩🇪🇫🇷🇮🇹", 3) == ["🇩🇪", "🇫🇷", "🇮🇹"]
    assert pack("e\u0301e\u0301e\u0301", 3) == ["e\u0301", "e\u0301", "e\u0301"]


def test_a_text_that_was_changed_is_packed_afresh():
    packer = Packer(20)
    packer.feed("some words that are too long for one")

    assert packer.feed("other words") == ["other words"]


def test_a_call_reads_no_more_than_the_open_message(monkeypatch):
    read = 0

    class Counting(Layout):
        def __init__(self, text: str) -> None:
            nonlocal read
            read += len(text)
            super().__init__(text)

    monkeypatch.setattr("bot.markdown.packing.Layout", Counting)
    text = (
        "Some words of an ordinary answer, and some more.\n\n- one\n- two\n\n```py\nx = 1\ny = 2\n```\n\n"
        * 200
    )
    packer = Packer(500)
    for end in range(0, len(text), 10):
        packer.feed(text[:end])

    assert read < 12 * len(text)


# --- the receipt ----------------------------------------------------------------------------


@lively
@given(answers, st.integers(80, 300), st.data())
def test_a_missing_word_is_noticed(text, limit, data):
    messages = pack(text, limit)
    place = data.draw(st.integers(0, len(messages) - 1))
    word = data.draw(st.sampled_from(re.findall(r"w\d+", messages[place]) or [""]))
    messages[place] = re.sub(rf"\b{word}\b", "", messages[place]) if word else messages[place]

    missing = lost(text, messages)

    assert missing >= 1 if word else missing == 0
    assert missing <= 100


@lively
@given(answers, st.integers(80, 300))
def test_a_message_that_was_not_sent_is_noticed(text, limit):
    messages = pack(text, limit)

    assert lost(text, messages[:-1]) > 0
    assert lost(text, []) == len("".join(text.split()))


def test_a_receipt_counts_what_is_missing():
    assert lost("one two three", ["one", "three"]) == 3
    assert lost("one two three", ["one two", "three"]) == 0
    assert lost("", []) == 0
