"""Sessions at the gateway: gone on with for as long as the platform keeps them."""

import logging

from discord.gateway import ReconnectWebSocket
from discord.shard import Shard

from adapters.discord.troubles import FAILURES

TRIES = 8  # to go on with a session; then a new one is begun, at the address that everybody is told


def hold(shard: Shard) -> None:
    """Have a shard go on with its session when the network was away for longer.

    The library does so only if its first try succeeds; otherwise whatever happened meanwhile is lost.
    """
    logging.getLogger("discord.shard").addFilter(_briefly)
    anew = shard.reconnect
    tries, lost = 0, shard.ws

    async def reconnect() -> None:
        nonlocal tries, lost
        tries, lost = (tries + 1 if shard.ws is lost else 1), shard.ws
        if shard.ws.session_id is None or tries > TRIES:
            await anew()
        else:
            await shard.reidentify(ReconnectWebSocket(shard.id, resume=True))

    shard.reconnect = reconnect  # type: ignore[method-assign]


def _briefly(record: logging.LogRecord) -> bool:
    """A network that is away is a line in the log, and no traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, FAILURES):
        record.msg, record.args = f"{record.getMessage()}: {str(error) or type(error).__name__}", ()
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
    return True
