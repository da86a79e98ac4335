"""Groups: privacy, topics, migration, coming and going."""

import pytest
import telegram
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.emulators.telegram import Telegram, User, picture


@pytest.fixture
def ann(server: Telegram) -> User:
    return server.open(server.user("Ann")).user


async def texts(bot: telegram.Bot) -> list[str]:
    """What the bot hears, and acknowledges."""
    updates = await bot.get_updates()
    await bot.get_updates(offset=updates[-1].update_id + 1) if updates else None
    return [
        one.message.text or one.message.caption
        for one in updates
        if one.message and not _service(one.message)
    ]


def _service(message: telegram.Message) -> bool:
    return bool(message.new_chat_members or message.forum_topic_created or message.migrate_to_chat_id)


async def test_the_bot_is_told_when_it_is_added(server: Telegram, bot: telegram.Bot, ann):
    group = server.group("Us", [ann])
    member, message = await bot.get_updates()

    assert (member.my_chat_member.chat.id, member.my_chat_member.new_chat_member.status) == (
        group.id,
        "member",
    )
    assert message.message.new_chat_members[0].username == "chatelier_bot"
    assert group.id > -10_000_000_000
    assert str(server.supergroup("Them", [ann]).id).startswith("-100")


async def test_with_privacy_the_bot_hears_what_is_meant_for_it(server: Telegram, bot: telegram.Bot, ann):
    group = server.supergroup("Us", [ann], announce=False)
    ours = (await bot.send_message(group.id, "here I am")).message_id
    server.say(ann, group, "among ourselves")
    server.say(ann, group, "/help")
    server.say(ann, group, "/help@chatelier_bot")
    server.say(ann, group, "/help@other_bot")
    server.say(ann, group, "hey @chatelier_bot")
    server.say(ann, group, "as you say", reply_to=ours)
    server.album(ann, group, [picture(), picture(colour="red")], "@chatelier_bot look")

    assert await texts(bot) == [
        *("/help", "/help@chatelier_bot", "hey @chatelier_bot", "as you say", "@chatelier_bot look")
    ]
    server.world.mentions_reach = False
    server.say(ann, group, "hey @chatelier_bot")
    assert await texts(bot) == []
    server.world.privacy = False
    server.say(ann, group, "to all")
    assert await texts(bot) == ["to all"]
    server.world.privacy = True
    server.promote(ann, group)
    server.say(ann, group, "to the admins")
    assert await texts(bot) == ["to the admins"]


async def test_ids_of_messages_count_per_supergroup_and_together_elsewhere(
    server: Telegram, bot: telegram.Bot, ann
):
    bob = server.open(server.user("Bob")).user
    group = server.supergroup("Us", [ann], announce=False)
    sent = [await bot.send_message(chat.id, "hi") for chat in (ann, bob, group, ann, group)]

    assert [one.message_id for one in sent] == [1, 2, 1, 3, 2]


async def test_topics_keep_apart_and_refuse_what_is_no_topic(server: Telegram, bot: telegram.Bot, ann):
    forum = server.supergroup("Us", [ann], forum=True, announce=False)
    topic = server.topic(forum, "Foxes", user=ann)
    said = server.say(ann, forum, "/ask here", thread=topic)
    update = (await bot.get_updates())[-1]

    message = update.message
    assert (message.is_topic_message, message.message_thread_id, message.chat.is_forum) == (
        True,
        topic.id,
        True,
    )
    assert message.reply_to_message.forum_topic_created.name == "Foxes"  # it answers nobody
    assert said.reply_to == 0
    await bot.send_message(forum.id, "answer", message_thread_id=topic.id)
    await bot.send_message(forum.id, "to all")
    assert [one.text for one in server.messages(forum, thread=topic.id)][1:] == ["/ask here", "answer"]
    for thread in (1, 99):
        with pytest.raises(BadRequest, match=r"(?i)thread not found"):
            await bot.send_message(forum.id, "x", message_thread_id=thread)
    server.delete_topic(forum, topic)
    with pytest.raises(BadRequest, match=r"(?i)thread not found"):
        await bot.send_chat_action(forum.id, "typing", message_thread_id=topic.id)


async def test_a_reply_in_a_plain_supergroup_has_a_thread_that_is_no_topic(
    server: Telegram, bot: telegram.Bot, ann
):
    group = server.supergroup("Us", [ann], announce=False)
    first = server.say(ann, group, "one")
    second = server.say(ann, group, "two @chatelier_bot", reply_to=first)
    (update,) = await bot.get_updates()

    assert (update.message.message_thread_id, update.message.is_topic_message) == (first.id, None)
    assert (second.reply_to, second.thread) == (first.id, 0)
    with pytest.raises(BadRequest, match=r"(?i)thread not found"):
        await bot.send_message(group.id, "x", message_thread_id=first.id)


async def test_private_chats_have_topics_where_they_are_switched_on(server: Telegram, bot: telegram.Bot, ann):
    with pytest.raises(ValueError, match="no topics here"):
        server.topic(ann, "Foxes")
    server.world.private_topics = True
    topic = server.topic(ann, "Foxes")
    await bot.send_message_draft(ann.id, 3, "so f", message_thread_id=topic.id)

    assert server.draft(ann) is None
    assert server.draft(ann, thread=topic.id).text == "so f"
    await bot.send_message(ann.id, "so far", message_thread_id=topic.id)
    assert server.draft(ann, thread=topic.id) is None
    assert server.last(ann).thread == topic.id


async def test_topics_are_made_by_administrators(server: Telegram, bot: telegram.Bot, ann):
    forum = server.supergroup("Us", [ann], forum=True, announce=False)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.create_forum_topic(forum.id, "Foxes")
    server.promote(ann, forum)
    made = await bot.create_forum_topic(forum.id, "Foxes")
    await bot.send_message(forum.id, "hi", message_thread_id=made.message_thread_id)
    await bot.delete_forum_topic(forum.id, made.message_thread_id)
    assert server.ours(forum) == []
    with pytest.raises(BadRequest, match=r"(?i)not a forum"):
        await bot.create_forum_topic(server.supergroup("Us", [ann], admin=True).id, "Foxes")


async def test_a_group_becomes_a_supergroup(server: Telegram, bot: telegram.Bot, ann):
    group = server.group("Us", [ann], announce=False)
    new = server.migrate(group)
    old_word, new_word = [one.message for one in await bot.get_updates()]

    assert (old_word.chat.id, old_word.migrate_to_chat_id) == (group.id, new.id)
    assert (new_word.chat.id, new_word.migrate_from_chat_id) == (new.id, group.id)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "hi")
    assert moved.value.new_chat_id == new.id
    assert (await bot.send_message(new.id, "hi")).message_id == 2


async def test_the_bot_is_thrown_out_and_the_group_deleted(server: Telegram, bot: telegram.Bot, ann):
    groups = server.group("Us", [ann]), server.supergroup("Them", [ann]), server.supergroup("Those", [ann])
    server.kick(ann, groups[0])
    server.kick(ann, groups[1])
    server.delete_chat(groups[2])

    for group, why in zip(
        groups, ("kicked from the group", "kicked from the supergroup", "deleted"), strict=True
    ):
        with pytest.raises(Forbidden, match=why):
            await bot.send_message(group.id, "hi")
    server.add(ann, groups[1])
    await bot.send_message(groups[1].id, "back")
    await bot.leave_chat(groups[1].id)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(groups[1].id, "hi")
    server.deactivate(ann)
    with pytest.raises(Forbidden, match="deactivated"):
        await bot.send_message(ann.id, "hi")


async def test_the_bot_may_be_muted(server: Telegram, bot: telegram.Bot, ann):
    group = server.group("Us", [ann])
    server.mute(group, "photo")
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to send photos"):
        await bot.send_photo(group.id, picture())
    await bot.send_message(group.id, "hi")


async def test_who_is_there(server: Telegram, bot: telegram.Bot, ann):
    bob = server.user("Bob")
    group = server.supergroup("Us", [ann, bob], username="painters", admin=True)
    server.allow_reactions(group, ["👍"])

    full = await bot.get_chat("@painters")
    assert (full.id, [one.emoji for one in full.available_reactions]) == (group.id, ["👍"])
    assert (await bot.get_chat_member(group.id, ann.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "administrator"
    assert await bot.get_chat_member_count(group.id) == 3
    assert {one.user.id for one in await bot.get_chat_administrators(group.id)} == {ann.id, bot.id}
    with pytest.raises(BadRequest, match=r"(?i)user not found"):
        await bot.get_chat_member(group.id, 1)


async def test_pins(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "keep")
    await bot.pin_chat_message(ann.id, sent.message_id)
    assert (await bot.get_chat(ann.id)).pinned_message.text == "keep"
    await bot.unpin_chat_message(ann.id)
    group = server.group("Us", [ann])
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.pin_chat_message(group.id, 1)


async def test_quotes_forwards_edits_and_anonymous_words(server: Telegram, bot: telegram.Bot, ann):
    server.world.privacy = False
    group = server.supergroup("Us", [ann], announce=False)
    first = server.say(ann, group, "🦊 a red fox")
    server.say(ann, group, "this?", reply_to=first, quote="red")
    server.forward(ann, ann, group, first)
    server.edit(group, first, "a blue fox /now")
    server.say(ann, group, "from nowhere", anonymous=True)
    _, quoting, forwarded, edited, anonymous = await bot.get_updates()

    assert (quoting.message.quote.text, quoting.message.quote.position) == ("red", 5)
    assert forwarded.message.forward_origin.sender_user.id == ann.id
    assert forwarded.message.text == "🦊 a red fox"
    assert edited.edited_message.text == "a blue fox /now"
    assert edited.edited_message.edit_date
    assert anonymous.message.sender_chat.id == group.id


async def test_copies_and_forwards_by_the_bot(server: Telegram, bot: telegram.Bot, ann):
    shown = server.say(ann, ann, "a fox", photo=picture())
    await bot.copy_message(ann.id, ann.id, shown.id, caption="the fox")
    forwarded = await bot.forward_message(ann.id, ann.id, shown.id)

    assert server.texts(ann) == ["the fox", "a fox"]
    assert forwarded.forward_origin.sender_user.id == ann.id
    assert [one.data for one in server.ours(ann)] == [picture(), picture()]
    with pytest.raises(BadRequest, match=r"(?i)message to copy not found"):
        await bot.copy_message(ann.id, ann.id, 99)


async def test_reactions_of_people_come_where_they_are_asked_for(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "hi")
    server.react(ann, ann, sent.message_id, "👍")
    assert await bot.get_updates(allowed_updates=["message_reaction"]) == ()
    server.react(ann, ann, sent.message_id, "🔥")
    (update,) = await bot.get_updates()

    change = update.message_reaction
    assert ([one.emoji for one in change.old_reaction], [one.emoji for one in change.new_reaction]) == (
        *(["👍"], ["🔥"]),
    )


async def test_channels(server: Telegram, bot: telegram.Bot, ann):
    channel = server.channel("News")
    server.say(ann, channel, "read all about it")
    update = (await bot.get_updates())[-1]
    sent = await bot.send_message(channel.id, "indeed")

    assert (update.channel_post.text, update.channel_post.from_user) == ("read all about it", None)
    assert sent.sender_chat.id == channel.id


async def test_a_start_link_carries_words(server: Telegram, bot: telegram.Bot, ann):
    server.start(ann, "invite-7")
    assert await texts(bot) == ["/start invite-7"]
    with pytest.raises(ValueError, match="cannot carry"):
        server.start(ann, "no spaces")


async def test_a_draft_is_stopped(server: Telegram, bot: telegram.Bot, ann):
    await bot.send_message_draft(ann.id, 9, "writing")
    with pytest.raises(LookupError):
        server.stop_draft(ann)
    await bot.send_message_draft(ann.id, 9, "writing", api_kwargs={"can_stop": True})
    server.stop_draft(ann)
    (update,) = await bot.get_updates()

    assert update.api_kwargs["stopped_message_generation"]["draft_id"] == 9
    assert server.draft(ann) is None
