"""Buttons in rows: as many side by side as can be read."""

from hypothesis import given
from hypothesis import strategies as st

from bot.features.rows import fits, in_rows
from bot.messages import Button, Limits

PHONE = Limits(button_rows=19, buttons_per_row=5, row_letters=40)


def buttons(*labels):
    return tuple(Button(label, "x") for label in labels)


def seen(rows):
    return [[button.label for button in row] for row in rows]


def test_short_labels_share_a_row_and_long_ones_get_room():
    groups = [
        buttons("U1", "U2", "U3", "U4"),
        buttons("🔄 Reroll"),
        buttons("Upscale (Subtle)", "Upscale (Creative)"),
        buttons("🪄 Vary (Subtle)", "🪄 Vary (Strong)", "🖌️ Vary (Region)"),
    ]

    assert seen(in_rows(groups, PHONE)) == [
        ["U1", "U2", "U3", "U4", "🔄 Reroll"],
        ["Upscale (Subtle)", "Upscale (Creative)"],
        ["🪄 Vary (Subtle)", "🪄 Vary (Strong)"],
        ["🖌️ Vary (Region)"],
    ]
    assert len(in_rows(groups, Limits())) == 2


@given(st.lists(st.lists(st.text(min_size=1, max_size=60), max_size=8), max_size=6))
def test_nothing_is_lost_and_every_row_fits(labels):
    groups = [buttons(*each) for each in labels]
    rows = in_rows(groups, Limits(button_rows=100, row_letters=40))

    assert [button for row in rows for button in row] == [button for group in groups for button in group]
    assert all(row and fits(row, PHONE) for row in rows)
