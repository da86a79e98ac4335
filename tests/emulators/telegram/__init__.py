"""A strict Bot API server for tests: real sockets, one bot, and the people who talk with it.

::

    async with Telegram() as server:
        bot = telegram.Bot(server.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot")
        ann = server.user("Ann", language_code="en")
        server.say(ann, ann, "hello")                 # a private chat is named by its person
        group = server.supergroup("Painters", [ann], forum=True)
        topic = server.topic(group, "Foxes")
        server.say(ann, group, "/imagine a fox", thread=topic, photo=picture())

        card = await server.until(lambda: server.last(group))         # waits, does not sleep
        press = server.press(ann, group, card, "U2")                  # by label
        await server.until(lambda: press.answered)                    # press.text is the toast
        assert server.messages(group)[-1].buttons == (("U1", "U2"),)
        assert not server.violations                                  # the bot kept to the specification

People and places: user private open group supergroup channel topic delete_topic add promote join kick
block unblock deactivate delete_chat mute allow_reactions migrate.
People's deeds: say start album forward edit remove answer react press inline choose stop_draft inject
redeliver.
To see: messages ours texts last seen history draft action reactions commands inline_messages pressed
asked until requests calls counts refusals violations refused_429 dropped_entities.
Mishaps: fail cut hang delay release offline online heal.
Switches in ``world``: privacy mentions_reach inline_mode inline_feedback private_topics drafts local;
``flood`` (None: off); ``world.clock.speed`` and ``advance``.

In another process: ``python -m tests.emulators.telegram --port N``, and ``Remote(url)`` with the same verbs,
awaited.
Photos are stored as they came (``Seen.data``) and downloaded as the JPEG that Telegram makes of them.
"""

from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.files import Upload, picture
from tests.emulators.telegram.flood import Flood
from tests.emulators.telegram.inline import InlineQuery
from tests.emulators.telegram.presses import Press
from tests.emulators.telegram.remote import Remote
from tests.emulators.telegram.server import TOKEN, Request, Telegram
from tests.emulators.telegram.sight import Seen
from tests.emulators.telegram.world import Chat, User

__all__ = [
    "TOKEN",
    "ApiError",
    "Chat",
    "Flood",
    "InlineQuery",
    "Press",
    "Remote",
    "Request",
    "Seen",
    "Telegram",
    "Upload",
    "User",
    "picture",
]
