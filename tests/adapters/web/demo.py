"""Look at the page without a model: ``python -m tests.adapters.web.demo [port]``."""

import asyncio
import sys

from tests.adapters.web.scene import Scene
from tests.adapters.web.server import Server


async def main() -> None:
    server = Server(Scene(pace=0.03), connected_to="a play without a model: nothing leaves this machine")
    server.port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    await server.start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
