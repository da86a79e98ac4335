"""The gateway: sessions that are told of events, and the sockets they are told over."""

import asyncio
import json
import secrets
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.discord import shapes
from tests.emulators.discord.intents import ALL, INTENTS, PRIVILEGED, wanted
from tests.emulators.discord.things import Guild, Json
from tests.emulators.discord.world import Build, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11
SESSION_LIFE = 120  # seconds that a session waits for its socket to come back
SENDS, SENDS_PER = 120, 60.0


@dataclass(eq=False, slots=True)
class Session:
    """What one shard has been told. It outlives its socket for a while."""

    id: str
    shard: tuple[int, int]
    intents: int
    seq: int = 0
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=20_000))  # (seq, frame)
    line: "Line | None" = None
    lost: float = 0.0  # since when it has no socket

    def hears(self, guild: Guild | None) -> bool:
        return (guild.id >> 22) % self.shard[1] == self.shard[0] if guild else self.shard[0] == 0

    def tell(self, event: str, payload: Json, *, keep: bool = True) -> None:
        self.seq += 1
        frame = json.dumps({"op": DISPATCH, "t": event, "s": self.seq, "d": payload})
        if keep:
            self.told.append((self.seq, frame))
        if self.line is not None:
            self.line.send(frame)


class Line:
    """One socket."""

    def __init__(self, socket: web.WebSocketResponse, compress: str) -> None:
        self.socket = socket
        self._deflate = _compressor(compress)
        self._frames: asyncio.Queue[str | tuple[int, bytes] | None] = asyncio.Queue()
        self.session: Session | None = None
        self.sent: deque[float] = deque()
        self.deaf = False  # answers no heartbeats

    def send(self, frame: str) -> None:
        self._frames.put_nowait(frame)

    def op(self, op: int, data: Any = None) -> None:
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int, reason: str = "") -> None:
        self._frames.put_nowait((code, reason.encode()))

    async def write(self) -> None:
        """Send what waits, in order, until the socket is closed."""
        while (frame := await self._frames.get()) is not None:
            if isinstance(frame, tuple):
                await self.socket.close(code=frame[0], message=frame[1])
                return
            try:
                if self._deflate is None:
                    await self.socket.send_str(frame)
                else:
                    await self.socket.send_bytes(self._deflate(frame.encode()))
            except ConnectionError:
                return

    def abort(self) -> None:
        """The connection is gone, without a word."""
        self._frames.put_nowait(None)
        transport = self.socket._req.transport if self.socket._req is not None else None
        if transport is not None:
            transport.abort()


class Gateway:
    """All sessions of the bot."""

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token
        self.url = ""
        self.sessions: list[Session] = []
        self.lines: list[Line] = []
        self.identified: list[Json] = []  # what every IDENTIFY said
        self.resumed = 0
        self.refuse_resume = 0  # how many times
        self.presence: Json = {}
        self.heartbeat = 41_250  # ms
        world.tell_gateway = self.tell

    def tell(self, event: str, build: Build, guild: Guild | None, private: bool) -> None:
        now = self._world.clock.now()
        self.sessions = [one for one in self.sessions if not one.lost or now - one.lost < SESSION_LIFE]
        for session in self.sessions:
            if not session.hears(guild):
                continue
            if event == "INTERACTION_CREATE" and session.line is None:
                continue  # these are not told twice
            payload = build(bool(session.intents & INTENTS["message_content"]))
            about_us = payload.get("user", {}).get("id") == str(self._world.bot.id)
            if not about_us and not wanted(event, session.intents, private=private):
                continue
            session.tell(event, payload, keep=event != "INTERACTION_CREATE")

    @property
    def connected(self) -> bool:
        """Somebody is there who has been told of everything."""
        return any(session.line is not None for session in self.sessions)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        line = Line(socket, request.query.get("compress", ""))
        self.lines.append(line)
        line.op(HELLO, {"heartbeat_interval": self.heartbeat, "_trace": []})
        writer = asyncio.create_task(line.write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                    self._hear(line, message.data)
        finally:
            self._lost(line, socket.close_code)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def _lost(self, line: Line, code: int | None) -> None:
        self.lines.remove(line)
        session = line.session
        if session is not None and session.line is line:
            session.line, session.lost = None, self._world.clock.now()
            if code in {1000, 1001}:
                self.sessions.remove(session)
        self._world.changes.notify()

    def _hear(self, line: Line, raw: str | bytes) -> None:
        try:
            if len(raw) > 4096:
                raise ValueError("too long")
            message = json.loads(raw)
            op, data = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            line.close(4002, "Error while decoding payload.")
            return
        now = self._world.clock.now()
        line.sent.append(now)
        while line.sent and line.sent[0] < now - SENDS_PER:
            line.sent.popleft()
        if len(line.sent) > SENDS:
            line.close(4008, "Rate limited.")
        elif op == HEARTBEAT:
            if not line.deaf:
                line.op(ACK)
        elif op == IDENTIFY:
            self._identify(line, data)
        elif op == RESUME:
            self._resume(line, data)
        elif line.session is None:
            line.close(4003, "Not authenticated.")
        elif op == MEMBERS:
            self._members(line.session, data)
        elif op == PRESENCE:
            self.presence = data
            self._world.changes.notify()
        elif op != VOICE_STATE:
            line.close(4001, "Unknown opcode.")

    def _identify(self, line: Line, data: Json) -> None:
        if line.session is not None:
            line.close(4005, "Already authenticated.")
            return
        intents, shard = data.get("intents"), tuple(data.get("shard") or (0, 1))
        if str(data.get("token", "")).removeprefix("Bot ") != self._token:
            line.close(4004, "Authentication failed.")
        elif len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            line.close(4010, "Invalid shard.")
        elif not isinstance(intents, int) or intents & ~ALL:
            line.close(4013, "Invalid intent(s).")
        elif any(intents & INTENTS[name] and name not in self._world.approved for name in PRIVILEGED):
            line.close(4014, "Disallowed intent(s).")
        else:
            self.identified.append(data)
            session = Session(secrets.token_hex(16), (shard[0], shard[1]), intents)
            self.sessions.append(session)
            self._attach(line, session)
            self._ready(session)

    def _attach(self, line: Line, session: Session) -> None:
        if session.line is not None and session.line is not line:
            session.line.close(4000, "Replaced.")
        session.line, session.lost, line.session = line, 0.0, session

    def _ready(self, session: Session) -> None:
        world = self._world
        guilds = [one for one in world.guilds.values() if world.bot_in(one) and session.hears(one)]
        flags = shapes.application(world)["flags"]
        session.tell(
            "READY",
            {
                "v": 10,
                "user": shapes.me(world),
                "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": self.url,
                "shard": list(session.shard),
                "application": {"id": str(world.application), "flags": flags},
                "private_channels": [],
                "relationships": [],
                "user_settings": {},
                "_trace": [],
            },
        )
        for one in guilds:
            if not one.unavailable and wanted("GUILD_CREATE", session.intents, private=False):
                session.tell("GUILD_CREATE", shapes.guild_create(world, one))
        world.changes.notify()

    def _resume(self, line: Line, data: Json) -> None:
        found = next((one for one in self.sessions if one.id == data.get("session_id")), None)
        if str(data.get("token", "")).removeprefix("Bot ") != self._token:
            line.close(4004, "Authentication failed.")
            return
        life = self._world.clock.now() - SESSION_LIFE
        if self.refuse_resume > 0 or found is None or (found.lost and found.lost < life):
            self.refuse_resume = max(0, self.refuse_resume - 1)
            if found is not None:
                self.sessions.remove(found)
            line.op(INVALID, False)
            return
        seq = data.get("seq") or 0
        if seq > found.seq:
            line.close(4007, "Invalid seq.")
            return
        self.resumed += 1
        self._attach(line, found)
        for number, frame in found.told:
            if number > seq:
                line.send(frame)
        found.tell("RESUMED", {"_trace": []})
        self._world.changes.notify()

    def _members(self, session: Session, data: Json) -> None:
        """Answer a request for members, in chunks."""
        guild = self._world.guilds.get(int(data["guild_id"]))
        if guild is None or not self._world.bot_in(guild):
            return
        wished = data.get("user_ids")
        ids = {int(one) for one in (wished if isinstance(wished, list) else [wished] if wished else [])}
        query, limit = (data.get("query") or "").lower(), data.get("limit") or len(guild.members)
        if not ids and not query and not session.intents & INTENTS["members"]:
            return
        found = [
            one
            for one in guild.members.values()
            if (not ids or one.user.id in ids) and (one.nick or one.user.name).lower().startswith(query)
        ][:limit]
        chunks = [found[start : start + 1000] for start in range(0, len(found), 1000)] or [[]]
        for place, chunk in enumerate(chunks):
            body: Json = {
                "guild_id": str(guild.id),
                "members": [shapes.member(self._world, one) for one in chunk],
                "chunk_index": place,
                "chunk_count": len(chunks),
                "not_found": [str(one) for one in ids if one not in guild.members],
            }
            session.tell(
                "GUILD_MEMBERS_CHUNK", body | ({"nonce": data["nonce"]} if data.get("nonce") else {})
            )


def _compressor(kind: str) -> Any:
    """One stream per connection; every frame ends at a flush."""
    if kind == "zlib-stream":
        stream = zlib.compressobj()
        return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        import zstandard

        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        packer = zstandard.ZstdCompressor().compressobj()
        return lambda data: packer.compress(data) + packer.flush(flush)
    return None
