"""Every rule about edits, files, drafts, reactions, commands and answers refuses what breaks it."""

import pytest

from tests.emulators.telegram import Telegram, Upload, picture


@pytest.fixture
def ann(server: Telegram):
    return server.open(server.user("Ann"))


KEYS = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}


async def test_an_edit_finds_its_message_and_may_change_it(server: Telegram, raw, ann):
    said = server.say(ann.user, ann, "mine")
    assert await raw.refused("editMessageText", chat_id=ann.id, message_id=99, text="x") == (
        "message to edit not found"
    )
    assert await raw.refused("editMessageText", chat_id=ann.id, message_id=said.id, text="x") == (
        "message can't be edited"
    )
    assert await raw.refused("editMessageText", inline_message_id="none", text="x") == "MESSAGE_ID_INVALID"
    await raw("sendMessage", chat_id=ann.id, text="ours")
    sent = server.last(ann).id
    why = await raw.refused(
        "editMessageCaption", chat_id=ann.id, message_id=sent, caption="no picture, no caption"
    )
    assert why == "there is no caption in the message to edit"
    server.remove(ann, sent)
    assert await raw.refused("editMessageText", chat_id=ann.id, message_id=sent, text="x") == (
        "message to edit not found"
    )


async def test_a_reply_answers_something(server: Telegram, raw, ann):
    why = await raw.refused("sendMessage", chat_id=ann.id, text="x", reply_parameters={"message_id": 99})
    assert why == "message to be replied not found"
    lenient = {"message_id": 99, "allow_sending_without_reply": True}
    assert (await raw("sendMessage", chat_id=ann.id, text="x", reply_parameters=lenient))[0] == 200
    said = server.say(ann.user, ann, "a red fox")
    why = await raw.refused(
        "sendMessage", chat_id=ann.id, text="x", reply_parameters={"message_id": said.id, "quote": "wolf"}
    )
    assert why == "QUOTE_TEXT_INVALID"


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (Upload(picture(6000, 4001), "p.png"), "PHOTO_INVALID_DIMENSIONS"),
        (Upload(picture(21, 1), "p.png"), "PHOTO_INVALID_DIMENSIONS"),
        (Upload(b"no picture", "p.png"), "IMAGE_PROCESS_FAILED"),
        (Upload(picture(200, 200, kind="JPEG")[:500], "p.jpg"), "IMAGE_PROCESS_FAILED"),
        (Upload(picture() + bytes(10 << 20), "p.png"), "too big for a photo"),
    ],
)
async def test_a_photo_is_a_picture_of_some_shape(raw, ann, upload, why):
    status, body = await raw.upload("sendPhoto", "photo", upload.data, upload.name, chat_id=ann.id)

    assert status == 400
    assert why in body["description"]


async def test_files_are_known_and_of_their_kind(server: Telegram, raw, ann):
    photo = server.say(ann.user, ann, photo=picture()).file_id
    paper = server.say(ann.user, ann, document=b"x").file_id
    assert (await raw("sendPhoto", chat_id=ann.id, photo=photo))[0] == 200
    assert (await raw("sendVideo", chat_id=ann.id, video=paper))[0] == 200
    for method, params, why in (
        ("sendPhoto", {"photo": "AgACunknown"}, "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": paper}, "can't use file of type Document as Photo"),
        ("sendDocument", {"document": photo}, "can't use file of type Photo as Document"),
    ):
        assert await raw.refused(method, chat_id=ann.id, **params) == why
    assert "wrong file_id" in await raw.refused("getFile", file_id="none")


async def test_an_album_has_two_to_ten_of_a_kind(server: Telegram, raw, ann):
    photo = server.say(ann.user, ann, photo=picture()).file_id
    paper = server.say(ann.user, ann, document=b"x").file_id
    one, other = {"type": "photo", "media": photo}, {"type": "document", "media": paper}
    for media in ([one], [one] * 11, [one, other]):
        await raw.refused("sendMediaGroup", chat_id=ann.id, media=media)
    await raw.refused("sendMediaGroup", chat_id=ann.id, media=[one, one], reply_markup=KEYS)
    assert server.violations
    status, body = await raw("sendMediaGroup", chat_id=ann.id, media=[one, one])
    assert status == 200
    number = body["result"][0]["message_id"]
    await raw.refused("editMessageMedia", chat_id=ann.id, message_id=number, media=other)


async def test_drafts_are_for_private_chats_and_may_be_unknown(server: Telegram, raw, ann):
    group = server.group("Us", [ann.user])
    assert "PEER_INVALID" in await raw.refused("sendMessageDraft", chat_id=group.id, draft_id=1, text="x")
    assert "non-zero" in await raw.refused("sendMessageDraft", chat_id=ann.id, draft_id=0, text="x")
    server.world.drafts = "refused"
    assert (await raw("sendMessageDraft", chat_id=ann.id, draft_id=1, text="x"))[0] == 400
    server.world.drafts = "missing"
    assert (await raw("sendMessageDraft", chat_id=ann.id, draft_id=1, text="x"))[0] == 404


async def test_reactions_come_from_a_list_one_at_a_time(server: Telegram, raw, ann):
    said = server.say(ann.user, ann, "hi")

    def given(*emoji: str) -> dict:
        reaction = [{"type": "emoji", "emoji": one} for one in emoji]
        return {"chat_id": ann.id, "message_id": said.id, "reaction": reaction}

    assert await raw.refused("setMessageReaction", **given("🦊")) == "REACTION_INVALID"
    assert await raw.refused("setMessageReaction", **given("👍", "👀")) == "REACTIONS_TOO_MANY"
    assert (await raw("setMessageReaction", **given("👀")))[0] == 200
    assert server.reactions(ann, said) == ["👀"]
    server.allow_reactions(ann, ["👍"])
    assert await raw.refused("setMessageReaction", **given("👀")) == "REACTION_INVALID"
    assert (await raw("setMessageReaction", **given()))[0] == 200
    assert server.reactions(ann, said) == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"commands": [{"command": "Start", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": f"c{n}", "description": "x"} for n in range(101)]}, "COMMANDS_TOO_MUCH"),
        ({"commands": [], "language_code": "zh-CN"}, "invalid language code"),
        ({"commands": [], "scope": {"type": "everyone"}}, ""),
        ({"commands": [], "scope": {"type": "chat", "chat_id": 5}}, "chat not found"),
    ],
)
async def test_commands_are_checked(raw, ann, params, why):
    assert why in await raw.refused("setMyCommands", **params)


async def test_commands_are_found_by_scope_and_language(server: Telegram, raw, ann):
    def listed(name: str) -> list[dict]:
        return [{"command": name, "description": name}]

    await raw("setMyCommands", commands=listed("default"))
    assert server.commands(ann) == [("default", "default")]
    await raw("setMyCommands", commands=listed("private"), scope={"type": "all_private_chats"})
    ann.user.language_code = "zh-hans"
    chinese = {"scope": {"type": "all_private_chats"}, "language_code": "zh"}
    await raw("setMyCommands", commands=listed("chinese"), **chinese)
    assert server.commands(ann) == [("chinese", "chinese")]
    await raw("deleteMyCommands", **chinese)
    assert server.commands(ann) == [("private", "private")]
    assert (await raw("getMyCommands"))[1]["result"] == listed("default")
    assert not server.violations


async def test_a_menu_button_is_one_of_three(server: Telegram, raw, ann):
    app = {"type": "web_app", "text": "Open", "web_app": {"url": "http://example.org"}}
    assert "HTTPS" in await raw.refused("setChatMenuButton", menu_button=app)
    await raw.refused("setChatMenuButton", menu_button={"type": "loud"})
    assert (await raw("setChatMenuButton", chat_id=ann.id, menu_button={"type": "default"}))[0] == 200
    assert (await raw("getChatMenuButton", chat_id=ann.id))[1]["result"] == {"type": "default"}
    assert (await raw("getChatMenuButton"))[1]["result"] == {"type": "commands"}


async def test_an_action_is_a_known_one(raw, ann):
    await raw.refused("sendChatAction", chat_id=ann.id, action="dancing")


async def test_a_bot_deletes_its_own_and_in_private_all(server: Telegram, raw, ann):
    group = server.group("Us", [ann.user])
    theirs, private = server.say(ann.user, group, "hi"), server.say(ann.user, ann, "hi")
    await raw("sendMessage", chat_id=group.id, text="ours")
    ours = server.last(group)

    assert await raw.refused("deleteMessage", chat_id=group.id, message_id=theirs.id) == (
        "message can't be deleted"
    )
    assert await raw.refused("deleteMessage", chat_id=group.id, message_id=999) == (
        "message to delete not found"
    )
    assert (await raw("deleteMessage", chat_id=ann.id, message_id=private.id))[0] == 200
    numbers = [theirs.id, ours.id, 999]
    assert (await raw("deleteMessages", chat_id=group.id, message_ids=numbers))[0] == 200
    assert [one.text for one in server.messages(group) if one.kind == "text"] == ["hi"]
    server.advance(49 * 3600)
    await raw("sendMessage", chat_id=group.id, text="old")
    old = server.last(group)
    server.advance(49 * 3600)
    await raw.refused("deleteMessage", chat_id=group.id, message_id=old.id)


async def test_toasts_and_links_of_answers(server: Telegram, raw, ann):
    await raw("sendMessage", chat_id=ann.id, text="hi", reply_markup=KEYS)
    press = server.press(ann.user, ann, server.last(ann), "a")

    async def refused(**params: object) -> str:
        return await raw.refused("answerCallbackQuery", callback_query_id=press.id, **params)

    assert await refused(text="x" * 201) == "MESSAGE_TOO_LONG"
    assert await refused(url="https://example.org") == "URL_INVALID"
    link = "https://t.me/chatelier_bot?start=x"
    assert (await raw("answerCallbackQuery", callback_query_id=press.id, url=link))[0] == 200
    assert press.url == link
