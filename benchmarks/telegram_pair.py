"""The bot and the floor on Telegram, each with a Bot API server of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from benchmarks.processes import Program, bot, gateway, telegram_floor
from benchmarks.telegram_server import TOKEN, Server, server


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, and where its people talk."""

    program: Program
    server: Server


def settings_for(api_url: str, token: str = TOKEN) -> dict[str, str]:
    return {"TELEGRAM_TOKEN": token, "TELEGRAM_API_URL": api_url, "ACCESS_OPEN": "true"}


@asynccontextmanager
async def pair(*, free: bool = False) -> AsyncIterator[tuple[Side, Side]]:
    """Ours and the floor, before the same gateway. ``free``: both without a pace."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        model, ours, theirs = await enter(gateway()), await enter(server()), await enter(server())
        floor = await enter(telegram_floor(model.url, theirs.url, TOKEN, free=free))
        module = "benchmarks.hurried" if free else "bot"
        program = await enter(bot(model.url, settings=settings_for(ours.url), module=module))
        yield Side(program, ours), Side(floor, theirs)
