"""Mask pages over a running core: a painted picture, its button pressed, and the page's address."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from PIL import Image, ImageDraw

from bot.jobs import Accepted, Action, Asks
from bot.messages import Limits
from bot.ports import Client
from bot.web.mask import Masks
from bot.web.site import Site
from tests.scripted import ANN, FakePlatform, Service, service

REGION = Action("MJ::Inpaint::1::x::SOLO", "Vary (Region)", "vary:region", "🖌️", Asks.MASK)
PRESS = "🖌️ Vary (Region)"
SIZE = (1600, 800)
CLIENT = """
export const proof = new URLSearchParams(location.hash.slice(1)).get("proof") ?? "";
export const dark = undefined;
export const open = () => { window.told = ["open"]; };
export const close = () => { window.told.push("close"); };
"""


class Clients(FakePlatform):
    """A platform whose clients open pages. Whoever proves to be X is X."""

    client = Client("/client.js", ("https://client.example",))

    def vouch(self, proof: str) -> str:
        return proof.removeprefix("I am ") if proof.startswith("I am ") else ""

    def add_to(self, routes: web.UrlDispatcher) -> None:
        async def serve(request: web.Request) -> web.Response:
            return web.Response(text=CLIENT, content_type="text/javascript")

        routes.add_get("/client.js", serve)


def scenery(size=SIZE) -> bytes:
    """A picture with something in it."""
    picture = Image.new("RGB", size, "#27496d")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((size[0] * 0.6, size[1] * 0.1, size[0] * 0.8, size[1] * 0.5), fill="#ffd166")
    draw.rectangle((0, size[1] * 0.7, size[0], size[1]), fill="#3a7d44")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@dataclass
class Scene:
    """A bot with a site."""

    bot: Service
    site: Site

    async def link(self, size=SIZE, person=ANN) -> str:
        """The page for a new picture's button."""
        bot, task = self.bot, f"t{len(self.bot.engine.pictures)}"
        url = f"http://x/{task}.png"
        bot.engine.pictures[url] = scenery(size)
        bot.engine.outcomes.append(Accepted(task))
        before = len(bot.chat().messages)
        await bot.say("/imagine a red <fox>", author=person)
        await bot.work.idle()
        bot.finish(task, REGION, url=url)
        await bot.chat().until(lambda chat: len(chat.messages) > before and chat.last.images)
        await bot.work.idle()
        await bot.press(PRESS, author=person)
        bot.engine.outcomes.append(Accepted(f"{task}-region", form=""))
        (path,) = [button.url for row in bot.chat().last.buttons for button in row if button.app]
        return self.site.url + path

    async def ordered(self) -> tuple[bytes, str]:
        """The mask and the words of the one order that came."""
        await self.bot.work.idle()
        (mask,), ((_task, words),) = self.bot.engine.masks, self.bot.engine.confirmed
        return mask, words


async def fine() -> None:
    """Storage that answers."""


@asynccontextmanager
async def scene(place, kind: type[Clients] = Clients) -> AsyncIterator[Scene]:
    platform = kind(limits=Limits(edit_every=0.0, pages=True))
    async with (
        service(place, platform=platform) as bot,
        Site("127.0.0.1", 0, ping=fine) as site,
    ):
        Masks(bot.painting.regions, {platform.name: platform}).add_to(site.routes)
        platform.add_to(site.routes)
        await site.open()
        yield Scene(bot, site)


def white(mask: bytes, x: float, y: float) -> bool:
    """Whether it is white there, in shares of its size."""
    picture = Image.open(io.BytesIO(mask))
    level = picture.convert("L").getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
    assert level in (0, 255)
    return level == 255


def strokes(size=(200, 100), where=(0, 0, 50, 100)) -> bytes:
    """A mask that is white there."""
    picture = Image.new("L", size, 0)
    picture.paste(255, where)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
