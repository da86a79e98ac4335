"""Finished pictures for the gallery, and an inbox that goes on with them."""

import colorsys
import io
from dataclasses import replace

from PIL import Image, ImageDraw

from bot.jobs import Action, Job, Order, Progress, Removed, Stage, new_id
from bot.messages import ButtonPress, Channel, Event, Person
from bot.ports import Chat, Inbox, Room
from tests.adapters.web.server import Server
from tests.fakes import MemoryPosts
from tests.memory import MemoryGallery

U2 = Action("MJ::JOB::upsample::2::x", "U2", "upscale:2")


def drawn(number: int, size: tuple[int, int] = (320, 240), kind: str = "PNG") -> bytes:
    """A sky of its own colour with a hill."""
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(number * 0.17 % 1, 0.4, 0.9))
    picture = Image.new("RGB", size, (red, green, blue))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((size[0] * 0.6, size[1] * 0.15, size[0] * 0.75, size[1] * 0.35), fill="#fff4d6")
    draw.polygon([(0, size[1]), (size[0] * 0.4, size[1] * 0.5), size], fill=(red // 3, green // 2, blue // 3))
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


async def hang(server: Server, person: str, room: str, prompt: str, **fields) -> Job:
    """A finished picture of that person, the newest by now."""
    assert isinstance(server.gallery, MemoryGallery)
    number = len(server.gallery.jobs) + 1
    data = fields.pop("data", None) or drawn(number, fields.pop("size", (320, 240)))
    digest = await server.files.put(data)
    fields = {"task": f"t{number}", "progress": Progress(Stage.DONE), "results": (f"{digest}.png",), **fields}
    job = Job(
        new_id(),
        Channel("web", room),
        Person(person, "You"),
        "mj",
        Order(prompt),
        stage=Stage.DONE,
        created=number * 1000.0,
        finished=number * 1000.0,
        **fields,
    )
    server.gallery.jobs.append(job)
    return job


async def room_of(server: Server, person: str, name: str = "Foxes") -> str:
    room = f"{name.casefold():0<16}"
    assert isinstance(server.posts, MemoryPosts)
    await server.posts.save_room("web", Room(room, person, name, 1.0))
    return room


class Painter(Inbox):
    """Does at once what the gallery asks for; ``refuses`` is said instead, when there is anything in it."""

    commands = ()

    def __init__(self) -> None:
        self.server: Server
        self.events: list[Event] = []
        self.refuses: list[str] = []

    async def receive(self, event: Event, chat: Chat) -> None:
        self.events.append(event)
        if self.refuses:
            await chat.notice(self.refuses.pop(0))
            return
        gallery = self.server.gallery
        assert isinstance(event, ButtonPress)
        assert isinstance(gallery, MemoryGallery)
        _gallery, verb, name, _rest = event.data.split(":", 3)
        job = next(each for each in gallery.jobs if each.id == name)
        if verb == "surely":
            gallery.jobs[gallery.jobs.index(job)] = replace(job, removed=Removed.DELETED)
        else:
            prompt = job.order.prompt + (" --seed 1" if verb == "seed" else "")
            await hang(self.server, event.author.id, event.channel.id, prompt, parent=job.id)
