"""The bytes behind picture links: signed ones that expire, as Discord's, and previews."""

import hashlib
import hmac
import re
from urllib.parse import parse_qs

from bot.sandbox.paint.dice import number
from bot.sandbox.paint.painter import Painter
from bot.sandbox.studio import ACCOUNT, Studio
from bot.sandbox.tasks import STEPS, State, Task
from bot.sandbox.wire import Reply, plain

LIFE = 24 * 3600  # seconds that a signed link lives
GONE = "This content is no longer available."

_NAME = re.compile(r"sandbox_.*?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(_grid_0|_thumb)?\.(png|webp)\Z")


class Gallery:
    """Makes links and serves what they lead to."""

    def __init__(self, studio: Studio, painter: Painter) -> None:
        self._studio = studio
        self._painter = painter

    def url(self, base: str, task: Task, state: State) -> str:
        """The picture of a task in this state: a preview, the result, or "" while there is none."""
        if state.status == "SUCCESS" and (task.sheet is not None or task.shown):
            if task.shown.startswith("http"):
                return task.shown
            if task.shown:
                return self.kept_url(base, task.shown)
            return self._link(base, task, f"{self._title(task)}_{task.hash}.png", "result")
        if state.step and self._studio.switches.previews and task.sheet is not None:
            return self._link(base, task, f"{self._title(task)}_{task.hash}_grid_0.webp", str(state.step))
        return ""

    def clip_url(self, base: str, task: Task, part: int) -> str:
        return self._link(base, task, f"{self._title(task)}_{task.hash}.webp", f"clip {part}")

    def thumbnail_url(self, base: str, task: Task) -> str:
        return self._link(base, task, f"{self._title(task)}_{task.hash}_thumb.webp", "thumbnail")

    def kept_url(self, base: str, digest: str) -> str:
        """A picture that was sent to us."""
        return self._signed(
            base, f"/attachments/{ACCOUNT}/{_snowflake(digest)}/{digest[:16]}.png", self._now()
        )

    def kept_digest(self, url: str) -> str | None:
        """The digest in such a link, when we keep that picture."""
        match = re.search(r"/attachments/\d+/\d+/([0-9a-f]{16})\.png", url)
        return match[1] if match and self._studio.picture(match[1]) is not None else None

    async def serve(self, path: str, query: str) -> Reply:
        """Answer a signed link; 404 when it has expired or its signature is not whole."""
        values = {name: found[0] for name, found in parse_qs(query, keep_blank_values=True).items()}
        expected = _signature(path, values.get("ex", ""), values.get("is", ""))
        if not hmac.compare_digest(expected, values.get("hm", "")) or int(values["ex"], 16) < self._now():
            return plain(GONE, 404)
        name = path.rpartition("/")[2]
        if (data := self._studio.picture(name.removesuffix(".png"))) is not None:
            return Reply(200, data, "image/webp")
        match = _NAME.match(name)
        task = self._studio.by_hash(match[1]) if match else None
        if match is None or task is None or task.sheet is None:
            return plain(GONE, 404)
        if match[2] == "_grid_0":
            message = path.split("/")[-2]
            step = next((step for step in STEPS if _snowflake(task.id, str(step)) == message), STEPS[0])
            return Reply(200, await self._painter.preview(task.sheet, step), "image/webp")
        if match[2] == "_thumb":
            return Reply(200, await self._painter.thumbnail(task.sheet), "image/webp")
        if match[3] == "webp":
            return Reply(200, await self._painter.clip(task.sheet), "image/webp")
        return Reply(200, await self._painter.picture(task.sheet), "image/png")

    async def picture(self, task: Task, state: State) -> Reply | None:
        """What the task's own link leads to at the moment; None for nothing yet."""
        if task.shown and state.status == "SUCCESS":
            data = self._studio.picture(task.shown)
            return Reply(200, data, "image/webp") if data is not None else plain(GONE, 404)
        if task.sheet is None:
            return None
        if state.status == "SUCCESS":
            if task.trick == "expired":
                return plain(GONE, 404)
            return Reply(200, await self._painter.picture(task.sheet), "image/png")
        if state.step and self._studio.switches.previews:
            return Reply(200, await self._painter.preview(task.sheet, state.step), "image/webp")
        return None

    def dimensions(self, task: Task) -> tuple[int, int]:
        return self._painter.dimensions(task.sheet) if task.sheet is not None else (0, 0)

    def _title(self, task: Task) -> str:
        words = re.findall(r"[A-Za-z0-9]+", task.prompt)[:6]
        return "_".join(["sandbox", *words])

    def _link(self, base: str, task: Task, name: str, message: str) -> str:
        made = self._now() if task.trick != "expired" else self._now() - 2 * LIFE
        return self._signed(base, f"/attachments/{ACCOUNT}/{_snowflake(task.id, message)}/{name}", made)

    def _signed(self, base: str, path: str, made: float) -> str:
        # The same link for an hour: nobody shall think that the picture has changed.
        since = int(made) // 3600 * 3600
        issued, expires = f"{since:x}", f"{since + LIFE + 3600:x}"
        return f"{base}{path}?ex={expires}&is={issued}&hm={_signature(path, expires, issued)}&"

    def _now(self) -> float:
        return self._studio.clock.world()


def _snowflake(*parts: str) -> str:
    """A Discord id of 19 digits."""
    return f"14{number(*parts) % 10**17:017d}"


def _signature(path: str, expires: str, issued: str) -> str:
    return hashlib.sha256(f"sandbox {path} {expires} {issued}".encode()).hexdigest()
