"""Threads that we open, each for the answer to a question in a channel; and those that were put away."""

import structlog

from adapters.discord.desk import Desk
from adapters.discord.directs import Lack
from adapters.discord.line import PLATFORM, Line
from adapters.discord.troubles import Trouble
from bot.errors import Refused
from bot.messages import Channel

log = structlog.get_logger()

NAME = 100  # characters
_PATH = "/channels/{channel_id}/messages/{message_id}/threads"


async def open_thread(desk: Desk, channel: Channel, message: str, title: str, asker: str) -> Channel | None:
    """The thread of that message, which has its id; None where there can be none.

    One that is there already, because we opened it before or somebody else did, is as good.
    """
    thread = Channel(PLATFORM, message, within=channel.id)
    desk.directs.asked(thread.id, asker)
    if desk.places.missing(channel.id, threads=True):  # or else it would be opened, and stay empty
        await desk.directs.explain(channel.id, Refused(), Lack.THREADS)
        return None
    try:
        await desk.line.surely(
            "POST", _PATH, body={"name": title[:NAME]}, channel_id=channel.id, message_id=message
        )
    except Refused as error:
        if error.code == Trouble.BRANCHED:
            return thread
        if error.code == Trouble.PERMISSION:
            await desk.directs.explain(channel.id, error, Lack.THREADS)
        log.info("no thread for a question", channel=str(channel), error=str(error))
        return None
    return thread


async def bring_back(line: Line, thread: str) -> None:
    """Take out a thread that was put away, as whoever may write there can unless it is locked.

    New messages do that by themselves, changes of old ones are refused until it is done. Raises Refused.
    """
    await line.surely("PATCH", "/channels/{channel_id}", body={"archived": False}, channel_id=thread)
