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
