"""A strict Discord for tests: real sockets, one bot, and the people who talk with it.

::

    async with Discord() as server:
        # in the bot's process, and nothing else of it is changed:
        #   discord.http.Route.BASE = server.url
        #   discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
        await server.until(lambda: server.connected)
        ann = server.user("Ann", locale="de")
        painters = server.guild("Painters", [ann])
        general = server.channel(painters, "general")
        server.say(ann, general, f"{server.bot.mention} hello", files=[picture()])
        server.say(ann, ann, "hello")                       # a direct chat is named by its person

        imagine = server.slash(ann, general, "imagine", prompt="a fox")
        await server.until(lambda: imagine.answered)        # failed, deferred, refused, modal, message …
        card = await server.until(lambda: server.last(general))
        press = server.press(ann, card, "U2")               # by label
        form = server.press(ann, card, "Custom zoom")
        await server.until(lambda: form.modal)              # title, fields
        server.fill(form, {"Prompt": "a wider fox"})
        assert server.messages(general)[-1].rows == (("U1", "U2"),)
        assert not server.violations                        # the bot kept to the specification

People and places: user install block guild invite kick outage add leave role give entitle permit rights
mute channel rename delete_channel thread archive direct chat.
People's deeds: say post forward edit unfurl remove dismiss react unreact pin type; slash autocomplete menu
offered; press choose fill forge; repeat redeliver inject.
To see: messages ours texts last seen whispers history reactions typing pings threads channel_named link
interaction until requests calls counts refusals violations unknown_routes syncs connected refused_429
invalid_requests; ``gateway.identified resumed presence``.
Mishaps: fail cut hang delay release expire offline online heal; drop refuse_resume reconnect invalidate close
deafen.
Switches: ``rates`` (None: off), ``world.approved`` (privileged intents), ``shards``, ``advance`` and
``world.clock.speed``, ``gateway.heartbeat``. Over HTTP: ``use_endpoint knock leave_endpoint public_key``.

In another process: ``python -m tests.emulators.discord --port N``, and ``Remote(url)`` with the same verbs,
awaited. ``library.running`` connects the real discord.py in this process.
"""

from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.interactions import Interaction
from tests.emulators.discord.rates import Rates
from tests.emulators.discord.remote import Remote
from tests.emulators.discord.server import TOKEN, Discord
from tests.emulators.discord.sight import Button, Seen
from tests.emulators.discord.things import Channel, Guild, Role, User
from tests.emulators.discord.watch import Request
from tests.emulators.telegram.files import picture

__all__ = [
    "TOKEN",
    "ApiError",
    "Button",
    "Channel",
    "Discord",
    "Guild",
    "Interaction",
    "Rates",
    "Remote",
    "Request",
    "Role",
    "Seen",
    "Upload",
    "User",
    "picture",
]
