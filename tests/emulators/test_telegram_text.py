"""Text as the server takes it, for any text."""

from hypothesis import given
from hypothesis import strategies as st

from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.people import found_entities
from tests.emulators.telegram.text import check_entities, cleaned, cut, units

words = st.text(st.sampled_from("ab 🦊\n\t\r é"), max_size=30)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[dict]]:
    """A text with bold parts that begin and end between characters."""
    text = draw(words)
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return text, [
        {"type": "bold", "offset": units(text[:start]), "length": units(text[start:end])}
        for start, end in pairs
    ]


@given(words)
def test_units_are_those_of_utf16(text: str):
    assert units(text) == len(text.encode("utf-16-le")) // 2


@given(marked())
def test_entities_keep_what_they_cover_when_text_is_cleaned(given_: tuple[str, list[dict]]):
    text, entities = given_
    check_entities(text, entities)
    fresh, kept = cleaned(text, entities)

    assert fresh == fresh.rstrip(" \n")
    assert "\t" not in fresh
    assert "\r" not in fresh
    check_entities(fresh, kept)
    before = [cut(text, one["offset"], one["length"]).replace("\r", "") for one in entities]
    before = [" ".join(part.split()) for part in before if part.strip()]
    after = [" ".join(cut(fresh, one["offset"], one["length"]).split()) for one in kept]
    assert after == before


@given(marked())
def test_cleaning_twice_is_cleaning_once(given_: tuple[str, list[dict]]):
    once = cleaned(*given_)
    assert cleaned(*once) == once


@given(words, st.integers(-3, 40), st.integers(-3, 40))
def test_an_entity_is_taken_only_if_it_covers_whole_characters(text: str, offset: int, length: int):
    try:
        check_entities(text, [{"type": "bold", "offset": offset, "length": length}])
    except ApiError:
        return
    part = cut(text, offset, length)
    assert part
    assert "\ufffd" not in part
    assert part in text


def test_commands_mentions_and_links_are_found():
    found = found_entities("🦊 /imagine@bot_x a https://e.org/x?y=1 @ann_b #fox me@e.org and 1/2")

    assert [(one["type"], one["offset"], one["length"]) for one in found] == [
        ("bot_command", 3, 14),
        ("url", 20, 19),
        ("mention", 40, 6),
        ("hashtag", 47, 4),
        ("email", 52, 8),
    ]
