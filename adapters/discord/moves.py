"""Messages of ours that stand elsewhere than the conversation that they belong to."""

from dataclasses import replace

from adapters.discord.names import Name
from bot.messages import ButtonPress, Channel
from bot.ports import Options


async def note(options: Options, message: Name, home: Channel) -> None:
    """It was posted elsewhere; its buttons belong to ``home``."""
    await options.set(_place(message.id), "home", str(home))


async def forget(options: Options, message: Name) -> None:
    await options.set(_place(message.id), "home", None)


async def homeward(options: Options, press: ButtonPress) -> ButtonPress:
    """The press as one in the conversation that the message belongs to."""
    home = (await options.get(_place(press.message))).get("home")
    if home is None:
        return press
    message = Name(press.message, elsewhere=press.channel.id)
    return replace(press, channel=Channel.parse(home), message=str(message))


def _place(message: str) -> str:
    return f"discord.away.{message}"
