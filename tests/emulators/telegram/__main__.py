"""``python -m tests.emulators.telegram --port N``: the server in a process of its own."""

import argparse
import asyncio
import sys

from tests.emulators.telegram import TOKEN, Flood, Telegram


async def serve(options: argparse.Namespace) -> None:
    server = Telegram(
        options.token,
        host=options.host,
        port=options.port,
        speed=options.speed,
        flood=Flood() if options.flood else None,
    )
    async with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.emulators.telegram", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--speed", type=float, default=1.0, help="how fast its clock goes")
    parser.add_argument("--flood", action="store_true", help="with flood control")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
