"""Places: threads, forums, direct chats, and rights in them."""

import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.library import Raw, discord, raw, running, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@pytest.fixture
async def ann(server: Discord):
    return server.user("Ann")


@pytest.fixture
async def general(server: Discord, ann):
    return server.channel(server.guild("Painters", [ann]), "general")


@pytest.fixture
async def api(server: Discord):
    async with raw(server) as api:
        yield api


async def test_threads(server: Discord, ann, general):
    async with running(server) as client:
        said = server.say(ann, general, "A question")
        await server.until(lambda: client.all("message"))
        thread = await client.all("message")[0].create_thread(name="About that")
        await thread.send("An answer")
        assert thread.id == said.id == server.seen(said).thread
        assert server.texts(thread.id) == ["An answer"]
        assert (await thread.parent.fetch_message(thread.id)).content == "A question"
        with pytest.raises(discord.HTTPException) as refused:
            await client.all("message")[0].create_thread(name="Twice")
        assert refused.value.code == 160004

        theirs = server.thread(general, "Theirs", by=ann)
        server.say(ann, theirs, "hello")
        heard = await server.until(
            lambda: [one for one in client.all("message") if one.channel.id == theirs.id]
        )
        assert heard[0].channel.name == "Theirs"
        assert heard[0].channel.parent.id == general.id
        assert not server.violations


async def test_archived_threads(server: Discord, api: Raw, ann, general):
    thread = server.thread(general, "Old", by=ann)
    path = f"/channels/{thread.id}/messages"
    _, sent = await api("POST", path, content="x")
    server.archive(thread)

    assert (await api("PATCH", f"{path}/{sent['id']}", content="y"))[1]["code"] == 50083
    assert (await api("POST", path, content="wakes it"))[0] == 200
    assert not thread.archived
    server.archive(thread, locked=True)
    assert (await api("POST", path, content="x"))[1]["code"] == 50083
    _, listed = await api("GET", f"/channels/{general.id}/threads/archived/public")
    assert [one["name"] for one in listed["threads"]] == ["Old"]


async def test_forum_posts(server: Discord, ann, general):
    forum = server.channel(general.guild, "questions", kind="forum", tags=["help", "show"])
    async with running(server) as client:
        post = server.post(ann, forum, "How?", "Like this?", files=[b"x"], tags=["help"])
        await server.until(lambda: client.all("message"))
        said = client.all("message")[0]
        assert (said.id, said.channel.name) == (post.id, "How?")
        assert [one.name for one in said.channel.applied_tags] == ["help"]
        assert (await said.channel.fetch_message(post.id)).content == "Like this?"

        mine = await client.get_channel(forum.id).create_thread(name="Mine", content="First")
        assert server.texts(mine.thread.id) == ["First"]
        assert {one.name for one in server.threads(forum)} == {"How?", "Mine"}
        with pytest.raises(discord.HTTPException):
            await client.http.send_message(
                forum.id, params=discord.http.handle_message_parameters(content="not without a thread")
            )


async def test_private_threads_are_for_those_inside(server: Discord, api: Raw, ann, general):
    secret = server.thread(general, "Secret", by=ann, private=True)
    assert (await api("GET", f"/channels/{secret.id}"))[1]["code"] == 50001

    member = server.thread(general, "With us", by=ann, private=True, joined=[server.bot])
    assert (await api("GET", f"/channels/{member.id}"))[0] == 200


async def test_the_bot_begins_a_direct_chat(server: Discord, ann, general):
    async with running(server) as client:
        person = await client.fetch_user(ann.id)
        await person.send("hello")
        assert server.texts(ann) == ["hello"]
        async with person.typing():
            await server.until(lambda: server.typing(ann))
        server.type(ann, ann)
        await server.until(lambda: client.all("raw_typing"))


async def test_hidden_places_are_not_told_of(server: Discord, ann, general):
    hidden = server.channel(general.guild, "hidden", hidden=True)
    async with running(server) as client:
        server.say(ann, hidden, "psst")
        server.say(ann, general, "hello")
        await server.until(lambda: client.all("message"))
        assert [one.content for one in client.all("message")] == ["hello"]
        assert "view_channel" not in server.rights(hidden, server.bot)


async def test_people_cannot_speak_where_they_may_not(server: Discord, ann, general):
    eve = server.user("Eve")
    with pytest.raises(PermissionError):
        server.say(eve, general, "hi")
    server.add(general.guild, eve)
    server.mute(general.guild, eve)
    with pytest.raises(PermissionError):
        server.say(eve, general, "hi")
    with pytest.raises(ValueError, match="2000"):
        server.say(ann, general, "x" * 2001)


async def test_forwards_carry_the_message(server: Discord, ann, general):
    async with running(server) as client:
        said = server.say(ann, general, "look at this", files=[b"x"])
        server.forward(ann, said, ann)
        forward = await server.until(
            lambda: next((one for one in client.all("message") if one.message_snapshots), None)
        )
        snapshot = forward.message_snapshots[0]
        assert (forward.content, snapshot.content) == ("", "look at this")
        assert await snapshot.attachments[0].read() == b"x"


async def test_pins_and_reactions(server: Discord, ann, general):
    async with running(server) as client:
        said = server.say(ann, general, "look")
        message = await client.get_channel(general.id).fetch_message(said.id)
        await message.add_reaction("👀")
        assert server.reactions(said) == ["👀"]
        await message.remove_reaction("👀", client.user)
        assert server.reactions(said) == []
        with pytest.raises(discord.Forbidden):
            await message.pin()
        with pytest.raises(discord.HTTPException):
            await message.add_reaction("nonsense")
        server.permit(general, server.bot, allow=["pin_messages"])
        await message.pin()
        assert server.seen(said).pinned
        assert [one.id async for one in client.get_channel(general.id).pins()] == [said.id]


async def test_history(server: Discord, ann, general):
    numbers = [server.say(ann, general, str(number)).id for number in range(7)]
    async with running(server) as client:
        channel = client.get_channel(general.id)

        async def texts(**how):
            return [one.content async for one in channel.history(**how)]

        assert await texts(limit=3) == ["6", "5", "4"]
        assert await texts(limit=2, before=discord.Object(numbers[3])) == ["2", "1"]
        assert await texts(limit=2, after=discord.Object(numbers[3])) == ["4", "5"]
        assert sorted(await texts(limit=3, around=discord.Object(numbers[3]))) == ["2", "3", "4"]


async def test_several_messages_are_deleted_at_once(server: Discord, api: Raw, ann, general):
    numbers = [str(server.say(ann, general, "x").id) for _ in range(3)]
    path = f"/channels/{general.id}/messages/bulk-delete"
    assert (await api("POST", path, messages=numbers))[1]["code"] == 50013
    server.permit(general, server.bot, allow=["manage_messages"])

    assert await api.refused("POST", path, messages=numbers[:1]) == ["messages BASE_TYPE_BAD_LENGTH"]
    assert (await api("POST", path, messages=numbers[:2]))[0] == 204
    assert len(server.messages(general)) == 1
    server.advance(15 * 86_400)
    assert (await api("POST", path, messages=numbers))[1]["code"] == 50034


async def test_a_thread_of_its_own_is_announced_in_the_channel(server: Discord, ann, general):
    async with running(server) as client:
        server.thread(general, "On its own", by=ann)
        announced = await server.until(lambda: client.all("message"))

        assert (announced[0].type, announced[0].is_system()) == (discord.MessageType.thread_created, True)
        assert (announced[0].author.id, announced[0].content) == (ann.id, "On its own")


async def test_voices_and_stickers(server: Discord, ann, general):
    async with running(server) as client:
        server.say(ann, general, files=[("voice.ogg", b"OggS")], voice=True)
        server.say(ann, general, stickers=["1"])
        await server.until(lambda: len(client.all("message")) == 2)

        voice, sticker = client.all("message")
        assert (voice.flags.voice, voice.attachments[0].is_voice_message()) == (True, True)
        assert sticker.stickers[0].name == "wave"
