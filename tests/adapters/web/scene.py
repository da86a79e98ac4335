"""A bot that plays all its parts without a model: for tests in a browser, and to look at the page."""

import asyncio
import io

from PIL import Image, ImageDraw, ImageFilter

from bot.commands import Command
from bot.messages import (
    Attachment,
    Button,
    ButtonPress,
    CommandCall,
    Content,
    Event,
    IncomingMessage,
    Question,
    Style,
)
from bot.ports import Chat, Inbox

STOP = ((Button("Stop", "talk:stop", Style.DANGER),),)
THOUGHTS = "The person wants to see what I can do. So I show a table, code, lists and a formula."
AFTER = ((Button("Retry", "talk:retry"), Button("Continue", "talk:on")),)

SHOWCASE = """\
Here is **what it looks like**, with a bit of everything.

## A table

| way | time | taste |
|:--|--:|:--|
| Filter | 4 min | clean, *light* |
| French press | 5 min | full, round |
| Espresso | 25 s | strong |

## Some code

```python
def primes(limit: int) -> list[int]:
    \"\"\"All primes below the limit.\"\"\"
    found = []
    for number in range(2, limit):
        if all(number % prime for prime in found):  # not divisible
            found.append(number)
    return found


print(primes(30))
```

1. First, heat the water to `93 °C`.
2. Then pour it slowly:
   - a little at first,
   - the rest in circles.
3. Wait.

- [x] Beans ground
- [ ] Cup warmed

> Good coffee takes its time.

The energy of a photon is $E = h\\nu$, and

$$
\\int_{-\\infty}^{\\infty} e^{-x^2}\\,dx = \\sqrt{\\pi}
$$

More at <https://example.org/coffee>. <script>alert("never")</script>
"""


async def _run(call: CommandCall, chat: Chat, prompt: str) -> None:
    raise NotImplementedError


async def _run_bare(call: CommandCall, chat: Chat) -> None:
    raise NotImplementedError


COMMANDS = (
    Command("imagine", "Paint a picture from words.", _run, "/imagine a red fox in the snow --ar 16:9"),
    Command("new", "Start afresh: I forget what was said here.", _run_bare),
    Command("retry", "Answer the last question once more.", _run_bare),
    Command("model", "Show the models, or choose one.", _run),
    Command("history", "Show what I remember here.", _run_bare),
    Command("help", "What I can do.", _run_bare),
)


class Scene(Inbox):
    """``pace`` is seconds between steps; 0 leaves them to the event loop."""

    commands = COMMANDS

    def __init__(self, pace: float = 0.0) -> None:
        self.pace = pace
        self.events: list[Event] = []
        self.go_on = asyncio.Event()  # an answer that was asked to wait waits for this

    async def receive(self, event: Event, chat: Chat) -> None:
        self.events.append(event)
        match event:
            case IncomingMessage() if event.text.startswith("/imagine"):
                await self._paint(chat, event.text.removeprefix("/imagine").strip())
            case IncomingMessage() if event.text.startswith("/"):
                await chat.notice(f"I do not know `{event.text}`. Did you mean `/imagine`?")
            case IncomingMessage():
                await self._talk(event, chat)
            case ButtonPress():
                await self._press(event, chat)

    async def _step(self, times: float = 1.0) -> None:
        await asyncio.sleep(self.pace * times)

    async def _talk(self, message: IncomingMessage, chat: Chat) -> None:
        async with chat.typing():
            await self._step(5)
        shown = await chat.send(Content(growing=True, buttons=STOP), key=f"a{message.id}")
        text = SHOWCASE
        if message.attachments:
            names = ", ".join(f"{file.name} ({file.size} bytes)" for file in message.attachments)
            text = f"I see {names}.\n\n{text}"
        if "long" in message.text:
            text = "\n\n".join([text] * 20)
        thoughts = ""
        for word in [
            "The",
            "person",
            "wants",
            "to",
            "see",
            "what",
            "I",
            "can",
            "do.",
            "So",
            "I",
            "show",
            "a",
            "table,",
            "code,",
            "lists",
            "and",
            "a",
            "formula.",
        ]:
            thoughts += word + " "
            await chat.edit(shown, Content(thoughts=thoughts, growing=True, buttons=STOP), passing=True)
            await self._step()
        half = len(text) // 2
        for end in range(0, len(text), 12):
            if "wait" in message.text and end >= half:
                await self.go_on.wait()
            content = Content(text=text[:end], thoughts=thoughts, growing=True, buttons=STOP)
            await chat.edit(shown, content, passing=True)
            await self._step()
        note = "gpt-4o-mini · edited question" if message.edited else "gpt-4o-mini"
        await chat.edit(shown, Content(text=text, thoughts=thoughts, note=note, buttons=AFTER))

    async def _paint(self, chat: Chat, prompt: str, *, above: str = "") -> None:
        if not prompt:
            await chat.notice("I need the prompt: `/imagine <prompt>`, for example `/imagine a red fox`")
            return
        text = f"**{prompt}**" + (f"\n\n{above}" if above else "")
        shown = await chat.send(Content(text=text, note="In the queue, 2 in front of it", progress=0))
        for percent in range(10, 100, 15):
            await self._step(10)
            preview = _attachment(_drawn(prompt, 256, blur=12 - percent / 10), "preview.png")
            content = Content(text=text, note="Painting", progress=percent, images=(preview,))
            await chat.edit(shown, content, passing=True)
        picture = _attachment(_drawn(prompt, 1024, blur=0), "picture.png")
        rows = (
            tuple(Button(f"U{n}", f"job:1:u{n}") for n in range(1, 5)),
            tuple(Button(f"V{n}", f"job:1:v{n}") for n in range(1, 5)),
            (Button("🔄 Reroll", "job:1:reroll"), Button("Custom zoom", "job:1:zoom")),
        )
        await self._step(10)
        await chat.edit(shown, Content(text=text, note="fast · 38 s", images=(picture,), buttons=rows))

    async def _press(self, press: ButtonPress, chat: Chat) -> None:
        await self._step(4)
        if press.data == "job:1:zoom" and press.text is None:
            await chat.ask(Question("Zoom out, from --zoom 1 to 2", press.data, "a red fox --zoom 1.8", True))
        elif press.data == "job:1:zoom":
            await self._paint(chat, press.text or "", above="Zoomed")
        elif press.data == "job:1:v4":
            await chat.notice("That picture is not yours.")
        elif press.data.startswith("job:"):
            await self._paint(chat, "a red fox", above=press.data.rpartition(":")[2].upper())
        elif press.data == "talk:stop":
            self.go_on.set()


def _attachment(data: bytes, name: str) -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment(name, "image/png", len(data), load, alt="The picture so far")


def _drawn(prompt: str, size: int, *, blur: float) -> bytes:
    """Four skies and hills in a grid."""
    seed = sum(map(ord, prompt))
    picture = Image.new("RGB", (size, size * 9 // 16))
    draw = ImageDraw.Draw(picture)
    width, height = picture.width // 2, picture.height // 2
    for place in range(4):
        left, top = place % 2 * width, place // 2 * height
        hue = (seed * 37 + place * 60) % 255
        draw.rectangle((left, top, left + width, top + height), fill=(70 + hue // 3, 110, 190 - hue // 3))
        draw.ellipse(
            (left + width // 2, top + height // 6, left + width * 2 // 3, top + height // 2), fill="#f6e3b5"
        )
        hills = [(left, top + height), (left + width // 3, top + height // 2), (left + width, top + height)]
        draw.polygon(hills, fill=(60, 90 + hue // 4, 70))
    if blur > 0:
        picture = picture.filter(ImageFilter.GaussianBlur(blur * size / 256))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
