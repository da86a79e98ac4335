"""What a conversation that rests keeps in memory."""

import asyncio

from benchmarks.measure import Row, plain, resident_bytes
from benchmarks.processes import bot, gateway
from benchmarks.script import Script
from benchmarks.web_client import chat_pages

QUICK = {"conversations": 200, "warm": 100}
SCRIPT = Script(5, 0.0)
AT_ONCE = 20


async def measure(*, conversations: int = 2000, warm: int = 300) -> list[Row]:
    """Every conversation is a person who asked one question, read the answer and closed the page."""
    async with gateway() as service, bot(service.url) as program:
        await _talk(program.url, warm)
        before = resident_bytes(program.pid)
        await _talk(program.url, conversations)
        after = resident_bytes(program.pid)
    each = (after - before) / conversations / 1000
    return [plain("memory per idle conversation", "kB", [each], below=20, note=f"{conversations} of them")]


async def _talk(url: str, count: int) -> None:
    for _ in range(0, count, AT_ONCE):
        async with chat_pages(url, AT_ONCE) as pages:
            await asyncio.gather(*(page.ask(SCRIPT) for page in pages))
