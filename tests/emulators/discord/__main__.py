"""``python -m tests.emulators.discord --port N``: the server in a process of its own."""

import argparse
import asyncio
import sys

from tests.emulators.discord import TOKEN, Discord, Rates


async def serve(options: argparse.Namespace) -> None:
    server = Discord(
        options.token,
        host=options.host,
        port=options.port,
        speed=options.speed,
        shards=options.shards,
        rates=Rates() if options.rates else None,
        checked=not options.unchecked,
    )
    async with server:
        sys.stdout.write(f"{server.url}\n{server.gateway_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.emulators.discord", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--speed", type=float, default=1.0, help="how fast its clock goes")
    parser.add_argument("--shards", type=int, default=1, help="how many are recommended")
    parser.add_argument("--rates", action="store_true", help="with rate limits")
    parser.add_argument("--unchecked", action="store_true", help="not against the OpenAPI description")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
