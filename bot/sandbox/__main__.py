"""``python -m bot.sandbox``: the sandbox alone, for tests and for trying clients against it."""

import argparse
import asyncio
import signal
from pathlib import Path

from bot.sandbox import DIALECTS, Sandbox, Switches


def main() -> None:
    """Serve until SIGINT or SIGTERM; prints one line with the address when it is ready."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.sandbox", description="Run the sandbox gateway alone."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=9000, help="port to listen on, 0 for any free one (9000)")
    add("--dialect", choices=list(DIALECTS), default="relay", help="how it speaks the Midjourney API (relay)")
    add("--speed", type=float, default=1.0, help="10: ten times as fast; from 1000 on: instantly (1)")
    add("--key", default="", help="the key that callers need, or several with commas (any)")
    add("--journal", type=Path, help="file that keeps what was accepted over restarts (none)")
    add("--size", type=int, default=1024, help="longer side of pictures in pixels (1024)")
    add("--running", type=int, default=3, help="tasks that run side by side (3)")
    add("--waiting", type=int, default=10, help="tasks that may wait for a place (10)")
    add("--refresh", type=float, default=3.0, help="relay: seconds between its looks upstream (3)")
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    switches = Switches(running=options.running, waiting=options.waiting, refresh=options.refresh)
    sandbox = Sandbox(
        dialect=options.dialect,
        speed=options.speed,
        port=options.port,
        host=options.host,
        key=options.key,
        journal=options.journal,
        size=options.size,
        switches=switches,
    )
    async with sandbox:
        print(f"sandbox at {sandbox.url}", flush=True)  # noqa: T201
        await stop.wait()


if __name__ == "__main__":
    main()
