"""The bot and the floor on Discord, each with a server of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from benchmarks.discord_server import TOKEN, Server, server
from benchmarks.processes import Program, bot, discord_floor, gateway

CONNECTED = 30.0  # seconds within which both have met their servers


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, and where its people talk."""

    program: Program
    server: Server


def settings_for(api_url: str, gateway_url: str, token: str = TOKEN) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": token,
        "DISCORD_API_URL": api_url,
        "DISCORD_GATEWAY_URL": gateway_url,
        "ACCESS_OPEN": "true",
    }


@asynccontextmanager
async def pair(*, free: bool = False) -> AsyncIterator[tuple[Side, Side]]:
    """Ours and the floor, before the same gateway. ``free``: ours may call as often as it likes, too."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        model, ours, theirs = await enter(gateway()), await enter(server()), await enter(server())
        floor = await enter(discord_floor(model.url, theirs.url, theirs.gateway_url, TOKEN))
        module = "benchmarks.hurried" if free else "bot"
        settings = settings_for(ours.url, ours.gateway_url)
        program = await enter(bot(model.url, settings=settings, module=module))
        async with asyncio.timeout(CONNECTED):
            await asyncio.gather(ours.connected.wait(), theirs.connected.wait())
        yield Side(program, ours), Side(floor, theirs)
