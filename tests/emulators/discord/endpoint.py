"""Interactions on their way to the bot: over the gateway, or signed and posted to its endpoint."""

import asyncio
import json
import time

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.emulators.discord import answering, interactions
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.interactions import PING, Interaction
from tests.emulators.discord.things import Json, User


class Endpoint(Handles):
    """Part of the server: delivery."""

    def _start_endpoint(self) -> None:
        self._posts: set[asyncio.Task[None]] = set()
        self._signing = Ed25519PrivateKey.generate()
        self.world.verify_key = self.public_key

    async def _stop_endpoint(self) -> None:
        for task in self._posts:
            task.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)

    @property
    def public_key(self) -> str:
        """Hex, for checking the signatures."""
        return self._signing.public_key().public_bytes_raw().hex()

    def sign(self, timestamp: str, body: bytes) -> str:
        """Hex."""
        return self._signing.sign(timestamp.encode() + body).hex()

    def _deliver(self, one: Interaction) -> Interaction:
        body = interactions.payload(one)
        if self.world.endpoint_url:
            task = asyncio.get_running_loop().create_task(self._post(one, body))
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)
        else:
            self.world.tell("INTERACTION_CREATE", body, one.channel.guild)
        return one

    def redeliver(self, one: Interaction | int) -> None:
        """Send an interaction a second time."""
        number = one if isinstance(one, int) else one.id
        self._deliver(self.world.interactions[number])

    # --- over HTTP ------------------------------------------------------------------------------

    async def use_endpoint(self, url: str) -> list[str]:
        """Enter the endpoint's address, as in the developer portal; what it did wrong, when it is refused.

        Discord tries it out: a PING must be answered with type 1, a wrong signature with 401.
        """
        wrong: list[str] = []
        status, answer = await self.knock(url)
        if status != 200 or answer.get("type") != 1:
            wrong.append(f"PING was answered with {status} {answer}")
        status, _ = await self.knock(url, forged=True)
        if status != 401:
            wrong.append(f"a wrong signature was answered with {status}")
        if not wrong:
            self.world.endpoint_url = url
        return wrong

    def leave_endpoint(self) -> None:
        """Interactions come over the gateway again."""
        self.world.endpoint_url = ""

    async def knock(
        self, url: str = "", *, forged: bool = False, body: bytes = b"", unsigned: bool = False
    ) -> tuple[int, Json]:
        """Post a PING (or another body); ``forged``: with a wrong signature, ``unsigned``: with none."""
        ping: Json = {"id": "1", "application_id": str(self.world.application), "type": PING, "token": "t"}
        raw = body or json.dumps(ping | {"version": 1, "user": _nobody()}).encode()
        timestamp = str(int(time.time()))
        signature = "0" * 128 if forged else self.sign(timestamp, raw)
        headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
        status, answer = await self._send(url or self.world.endpoint_url, raw, {} if unsigned else headers)
        return status, answer if isinstance(answer, dict) else {}

    async def _post(self, one: Interaction, body: Json) -> None:
        raw = json.dumps(body).encode()
        timestamp = str(int(time.time()))
        headers = {"X-Signature-Ed25519": self.sign(timestamp, raw), "X-Signature-Timestamp": timestamp}
        try:
            one.http, answer = await self._send(self.world.endpoint_url, raw, headers)
        except (aiohttp.ClientError, TimeoutError):
            self.world.changes.notify()
            return
        if one.http == 200 and isinstance(answer, dict):
            try:
                answering.respond(one, answer, {})
            except ApiError as error:
                one.refused.append((error.status, error.code))
        self.world.changes.notify()

    async def _send(self, url: str, raw: bytes, headers: dict[str, str]) -> tuple[int, object]:
        headers = headers | {
            "Content-Type": "application/json",
            "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)",
        }
        limit = aiohttp.ClientTimeout(total=max(0.2, self.world.clock.real(interactions.FIRST)))
        async with (
            aiohttp.ClientSession(timeout=limit) as http,
            http.post(url, data=raw, headers=headers) as r,
        ):
            text = await r.read()
            try:
                return r.status, json.loads(text) if text else None
            except ValueError:
                return r.status, None


def _nobody() -> Json:
    from tests.emulators.discord.shapes import user

    return user(User(1, "Discord"))
