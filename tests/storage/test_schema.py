"""Any text can be stored."""

from hypothesis import given
from hypothesis import strategies as st

from storage.schema import storable

ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=()))


@given(ANY_TEXT)
def test_storable_text_is_utf8_without_nul_and_stays_as_it_is(text: str):
    stored = storable(text)

    assert "\0" not in stored.encode().decode()
    assert storable(stored) == stored


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_ordinary_text_is_stored_to_the_letter(text: str):
    assert storable(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_characters_in_two_halves_become_whole(text: str):
    halves = text.encode("utf-16-le")
    split = "".join(chr(int.from_bytes(halves[n : n + 2], "little")) for n in range(0, len(halves), 2))

    assert storable(split) == text
