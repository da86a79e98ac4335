"""Every rule about what a message consists of refuses what breaks it."""

import pytest

from tests.emulators.telegram import Telegram, picture
from tests.emulators.telegram.spec import published

needs_spec = pytest.mark.skipif(published() is None, reason="the description of the Bot API is not here")


@pytest.fixture
def ann(server: Telegram):
    return server.open(server.user("Ann"))


def keys(*rows: list[dict]) -> dict:
    return {"inline_keyboard": list(rows)}


def key(label: str = "a", **action: object) -> dict:
    return {"text": label} | (action or {"callback_data": "x"})


@needs_spec
@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": "hi", "colour": "red"}, "unknown parameter colour"),
        ({"text": 7}, "text is not a String"),
        ({}, "text is missing"),
        ({"text": "hi", "disable_notification": "yes"}, "disable_notification is not a Boolean"),
        ({"text": "hi", "reply_parameters": {}}, "reply_parameters.message_id is missing"),
        ({"text": "hi", "reply_parameters": {"message_id": 1, "x": 1}}, "reply_parameters.x is unknown"),
        ({"text": "hi", "entities": [{"type": "bold", "offset": "0", "length": 1}]}, "entities[0].offset"),
        ({"text": "hi", "reply_markup": keys([{"callback_data": "x"}])}, "text is missing"),
        ({"text": "hi", "link_preview_options": {"is_disabled": 1}}, "is_disabled is not a Boolean"),
    ],
)
async def test_a_request_keeps_to_the_description(server: Telegram, raw, ann, params, why):
    assert why in await raw.refused("sendMessage", chat_id=ann.id, **params)
    assert why in server.violations[0]


@needs_spec
async def test_parameters_newer_than_the_description_can_be_allowed(server: Telegram, raw, ann):
    assert (await raw("sendMessageDraft", chat_id=ann.id, draft_id=1, text="", can_stop=True))[0] == 200
    server.spec.newer.discard(("sendMessageDraft", "can_stop"))
    try:
        why = await raw.refused("sendMessageDraft", chat_id=ann.id, draft_id=1, text="", can_stop=True)
    finally:
        server.spec.newer.add(("sendMessageDraft", "can_stop"))
    assert "can_stop" in why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "message text is empty"),
        (" \n ", "message text is empty"),
        ("x" * 4097, "message is too long"),
        ("🦊" * 2049, "message is too long"),
        ("x" * 32769, "text is too long"),
    ],
)
async def test_text_has_its_length(raw, ann, text, why):
    assert await raw.refused("sendMessage", chat_id=ann.id, text=text) == why


async def test_text_is_counted_after_trimming_in_utf16(server: Telegram, raw, ann):
    assert (await raw("sendMessage", chat_id=ann.id, text="  " + "🦊" * 2048 + " \n"))[0] == 200
    assert server.texts(ann) == ["🦊" * 2048]


async def test_a_caption_has_its_length(raw, ann, server: Telegram):
    server.publish("https://example.org/p.png", picture())
    photo = "https://example.org/p.png"
    why = await raw.refused("sendPhoto", chat_id=ann.id, photo=photo, caption="x" * 1025)
    assert why == "message caption is too long"
    assert (await raw("sendPhoto", chat_id=ann.id, photo=photo, caption="x" * 1024))[0] == 200


def mark(kind: str, offset: int, length: int, **more: object) -> dict:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    "entities",
    [
        [mark("bold", -1, 2)],
        [mark("bold", 0, 0)],
        [mark("bold", 3, 9)],
        [mark("bold", 1, 2)],  # begins within the fox
        [mark("bold", 0, 1)],  # ends within it
        [mark("loud", 0, 2)],
        [mark("text_link", 0, 2)],
        [mark("bold", 0, 2, url="https://example.org")],
        [mark("pre", 0, 6), mark("bold", 2, 2)],
        [mark("code", 0, 6), mark("text_link", 0, 6, url="https://example.org")],
        [mark("bold", 0, 6), mark("code", 2, 2)],
        [mark("blockquote", 0, 6), mark("expandable_blockquote", 2, 2)],
        [mark("bold", 0, 4), mark("italic", 2, 4)],
        [mark("bold", 0, 4), mark("bold", 0, 4)],
    ],
)
async def test_entities_fit_their_text(server: Telegram, raw, ann, entities):
    await raw.refused("sendMessage", chat_id=ann.id, text="🦊 abc!", entities=entities)
    assert server.violations


@pytest.mark.parametrize(
    "entities",
    [
        [mark("bold", 0, 2), mark("italic", 0, 2)],
        [mark("blockquote", 0, 6), mark("pre", 0, 6, language="py")],
        [mark("expandable_blockquote", 0, 6), mark("text_link", 0, 2, url="https://example.org")],
        [mark("text_link", 0, 6, url="tg://user?id=5"), mark("bold", 3, 2)],
        [mark("spoiler", 0, 6)],
    ],
)
async def test_entities_that_fit_are_taken(server: Telegram, raw, ann, entities):
    assert (await raw("sendMessage", chat_id=ann.id, text="🦊 abc!", entities=entities))[0] == 200
    assert sorted(map(str, server.last(ann).entities)) == sorted(map(str, entities))
    assert not server.violations


async def test_surplus_entities_and_dead_links_are_dropped(server: Telegram, raw, ann):
    many = [mark("bold", at * 2, 1) for at in range(103)]
    assert (await raw("sendMessage", chat_id=ann.id, text="ab" * 103, entities=many))[0] == 200
    assert len(server.last(ann).entities) == 100
    assert [one["offset"] for one in server.dropped_entities] == [200, 202, 204]

    link = mark("text_link", 0, 2, url="http://localhost/x")
    assert (await raw("sendMessage", chat_id=ann.id, text="hi", entities=[link]))[0] == 200
    assert server.last(ann).entities == ()
    assert server.dropped_entities[-1] == link


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("é <b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_wrong_html_is_refused(raw, ann, html, why):
    refusal = await raw.refused("sendMessage", chat_id=ann.id, text=html, parse_mode="HTML")
    assert refusal == f"can't parse entities: {why}"


async def test_html_becomes_entities(server: Telegram, raw, ann):
    html = '<b>🦊 &lt;x&gt;</b> <a href="https://example.org/?a&amp;b">y</a> '
    html += '<pre><code class="language-py">z</code></pre><blockquote expandable>q</blockquote>'
    assert (await raw("sendMessage", chat_id=ann.id, text=html, parse_mode="HTML"))[0] == 200

    assert server.last(ann).text == "🦊 <x> y zq"
    assert list(server.last(ann).entities) == [
        mark("bold", 0, 6),
        mark("text_link", 7, 1, url="https://example.org/?a&b"),
        mark("pre", 9, 1, language="py"),
        mark("expandable_blockquote", 10, 1),
    ]


async def test_both_ways_of_formatting_are_a_mistake(server: Telegram, raw, ann):
    entities = [mark("bold", 0, 1)]
    await raw.refused("sendMessage", chat_id=ann.id, text="x", parse_mode="HTML", entities=entities)
    await raw.refused("sendMessage", chat_id=ann.id, text="x", parse_mode="MarkdownV2")
    assert len(server.violations) == 2


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (keys([key(callback_data="x" * 65)]), "BUTTON_DATA_INVALID"),
        (keys([key(callback_data="🦊" * 17)]), "BUTTON_DATA_INVALID"),
        (keys([key(callback_data="")]), "BUTTON_DATA_INVALID"),
        (keys([key(copy_text={"text": "x" * 257})]), "BUTTON_COPY_TEXT_INVALID"),
        (keys([key(url="http://localhost/")]), "is invalid: Wrong HTTP URL"),
        (keys([key(callback_data="x", url="https://example.org")]), "one button with"),
        (keys([{"text": "only words"}]), "text buttons are unallowed"),
        (keys([key(" ")]), "must be non-empty"),
        (keys([key(style="loud", callback_data="x")]), "invalid button style"),
        (keys([key() for _ in range(9)]), "more than 8 buttons in a row"),
        (keys(*[[key()] * 5 for _ in range(21)]), "REPLY_MARKUP_TOO_LONG"),
        ({"force_reply": True, "input_field_placeholder": "x" * 65}, "1 to 64 characters"),
    ],
)
async def test_keyboards_have_their_limits(raw, ann, markup, why):
    assert why in await raw.refused("sendMessage", chat_id=ann.id, text="hi", reply_markup=markup)


async def test_keyboards_within_the_limits_are_taken(server: Telegram, raw, ann):
    markup = keys([key(copy_text={"text": "x" * 256}), key(style="danger", callback_data="🦊" * 16)])
    markup["inline_keyboard"] += [[key()] * 7 for _ in range(14)]
    assert (await raw("sendMessage", chat_id=ann.id, text="hi", reply_markup=markup))[0] == 200
    assert len(server.last(ann).labels) == 100
